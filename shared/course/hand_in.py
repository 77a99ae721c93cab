"""Make the one file of a lab that you hand in: your answers, and nothing else of yours.

Pictures, printed lines and widgets stay here, and so does everything in my/handwriting.

Examples:
  labs hand-in 3             checks your Lab 3 and writes my/hand-in/03_line_text_recognizer.ipynb
  labs grade --mine 3        grades it as a teacher would
"""

from __future__ import annotations

import argparse

from shared.checks.exercise import load_lab
from shared.course.outline import Course, CourseError, this_course
from shared.grading.handing_in import hand_in
from shared.grading.submission import NotebookError
from shared.paths import my_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs hand-in`."""
    parser.add_argument("lab", help="number of the lab")


def run(arguments: argparse.Namespace, course: Course | None = None) -> int:
    """Write the file, say what is in it and what was left out, and return the exit status."""
    course = course or this_course()
    lab = course.find([arguments.lab])[0]
    path = my_directory() / lab.notebook
    if not path.is_file():
        raise CourseError(f"There is no {path}. `labs open {lab.number}` makes your copy.")
    exercises, target = load_lab(lab.number), my_directory() / "hand-in" / lab.notebook
    try:
        given, outputs = hand_in(path, course.labs / lab.notebook, exercises, target)
    except NotebookError as error:
        raise CourseError(str(error)) from None
    print(f"{target}: answers to {len(given)} of {len(exercises)} exercises.")
    for one in exercises:
        if one not in given:
            print(f"  not answered: {one.title}, {one.points:g} points")
    print("In it, too: how often you tried each exercise, and what you guessed.")
    print(f"Left out: what {outputs} cells showed, and all other files in {my_directory()}.")
    print(f"Your points, with the inputs that the lab uses: labs grade --mine {lab.number}")
    return 0
