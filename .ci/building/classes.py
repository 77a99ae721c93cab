"""Make the course ready for a class: an edition without answers, and one to grade with.

FOLDER/students has no solutions, and its checks compare with what was recorded; give that to the
class. FOLDER/grader is the whole course, with a seed of its own for `labs grade`: keep it.

Examples:
  labs class new spring
  labs class new spring --address https://git.school.org/hand/labs     where students fetch theirs
"""

from __future__ import annotations

import argparse
from pathlib import Path

from building import editions
from shared.checks.exercise import labs, load_lab
from shared.course.outline import REPOSITORY, CourseError
from shared.paths import checkout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs class`."""
    parser.add_argument("what", choices=["new"])
    parser.add_argument("folder", type=Path, help="a folder that is not there yet")
    parser.add_argument("--address", default="", help="where the students' edition can be fetched")


def run(arguments: argparse.Namespace) -> int:
    """Write both editions, say what is where, and return the exit status."""
    root, folder = checkout(), arguments.folder.resolve()
    if folder.exists() or folder.is_relative_to(root):
        raise CourseError(f"{folder} exists, or lies in the course. Name a new folder beside it.")
    exercises = [one for lab in labs() for one in load_lab(lab)]
    editions.make(root, folder, exercises, (REPOSITORY, arguments.address or REPOSITORY))
    print(f"{folder / 'students'}: for the class, without solutions; a cell below an exercise that")
    print("  is not solved may say that it needs the learner's own answer.")
    print(f"{folder / 'grader'}: the whole course; `labs grade` there uses a seed of its own.")
    if not arguments.address:
        print("Labs on Colab fetch the public course, with its solutions: --address names yours.")
    return 0
