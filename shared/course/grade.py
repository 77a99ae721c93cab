"""Grade the notebooks in a folder: a table of points, a page for each learner, an overview.

Each notebook is judged in a process of its own; only answers and what they use are run. What was
graded is remembered, so a run that was stopped goes on, and a second one grades what is new, and
of the rest those exercises alone whose checks have changed.

Examples:
  labs grade handed-in                        results in handed-in-grades
  labs grade handed-in --roster class.csv     names as the class list has them
  labs grade handed-in --columns canvas.csv   the columns that another program wants
  labs grade handed-in --cases private.py     cases of your own, which nobody else sees
  labs grade handed-in --nbgrader             nbgrader's gradebook and feedback, too
  labs grade --mine 3                         your own Lab 3, as a teacher would grade it
"""

from __future__ import annotations

import argparse
from pathlib import Path

from shared.checks.exercise import load_lab
from shared.checks.labs import Lab
from shared.course.outline import Course, CourseError, this_course
from shared.grading.folder import Roster
from shared.grading.runner import grade
from shared.grading.sheets import COLUMNS
from shared.grading.submission import NotebookError
from shared.grading.whole_folder import grade_folder
from shared.paths import my_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs grade`."""
    parser.add_argument("folder", type=Path, nargs="?", help="what was handed in, at any depth")
    parser.add_argument("--mine", metavar="LAB", help="grade your own copy of a lab instead")
    parser.add_argument("--roster", type=Path, help="CSV file, one learner a line")
    parser.add_argument("--columns", type=Path, help="CSV file: a line of headings, one of fields")
    parser.add_argument("--out", type=Path, help="where results go (default: FOLDER-grades)")
    parser.add_argument("--seed", type=int, help="seed of the inputs (default: the edition's)")
    parser.add_argument("--cases", type=Path, help="Python file with further cases, kept from all")
    parser.add_argument("--nbgrader", action="store_true", help="also its gradebook and feedback")
    parser.add_argument("--workers", type=int, default=2, help="notebooks at a time (default 2)")


def run(arguments: argparse.Namespace, course: Course | None = None) -> int:
    """Grade, write what people read, and return the exit status."""
    course = course or this_course()
    if (arguments.folder is None) == (arguments.mine is None):
        raise CourseError("Give a folder with notebooks, or --mine and the number of a lab.")
    try:
        if arguments.mine:
            return grade_mine(course, course.find([arguments.mine])[0])
        folder = arguments.folder.resolve()
        page = grade_folder(
            folder,
            (arguments.out or folder.with_name(f"{folder.name}-grades")).resolve(),
            {lab: course.labs / lab.notebook for lab in course.available()},
            roster=Roster.read(arguments.roster) if arguments.roster else Roster(),
            columns=arguments.columns.read_text("utf-8-sig") if arguments.columns else COLUMNS,
            cases=arguments.cases,
            seed=arguments.seed,
            workers=arguments.workers,
            nbgrader=arguments.nbgrader,
        )
    except NotebookError as error:
        raise CourseError(str(error)) from None
    print(f"In a browser: {page}")
    return 0


def grade_mine(course: Course, lab: Lab) -> int:
    """Grade the learner's own copy of a lab with the public seed, and print the points."""
    path = my_directory() / lab.notebook
    if not path.is_file():
        raise CourseError(f"There is no {path}. `labs open {lab.number}` makes your copy.")
    results = grade(path, course.labs / lab.notebook, load_lab(lab.number))
    for result in results:
        print(f"{result.points:4g} of {result.exercise.points:<3g} {result.exercise.title}")
        for case in result.cases:
            if not case.passed:
                print(f"       ✗ {case.name}: {case.message.splitlines()[0]}")
        if result.note:
            print(f"       {result.note}")
    total, most = sum(r.points for r in results), sum(r.exercise.points for r in results)
    print(f"Lab {lab.number}: {total:g} of {most:g} points. A teacher may use other inputs.")
    return 0
