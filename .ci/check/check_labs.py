"""Check the labs of a clone without executing anything: text, stored notebooks, drift.

Examples:
  labs check      every lab
  labs check 3    Lab 3 alone
"""

from __future__ import annotations

import argparse

import prose
import readme
import stored
from building import build, source
from texture import texture

from shared.course.outline import Course, CourseError, this_course


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs check`."""
    parser.add_argument("lab", nargs="*", help="numbers of labs, all of them if none is given")


def run(arguments: argparse.Namespace, course: Course | None = None) -> int:
    """Print what was found, and the texture of every lab; return 1 if something was found."""
    course = course or this_course()
    labs = course.find(arguments.lab)
    problems = stored.inspect_all(course, labs)
    for lab in labs:
        try:
            cells = source.read(course.solutions / lab.source)
            print(f"Lab {lab.number}: {texture(cells)}")
            problems += prose.lint(lab, cells) + build.compare(course, lab)
        except (CourseError, FileNotFoundError) as error:
            problems.append(str(error))
    problems += [stale for stale in [readme.difference(course)] if stale]
    problems = list(dict.fromkeys(problems))  # A missing notebook is noticed twice
    print("\n".join(problems) or f"{len(labs)} labs checked, nothing found")
    return int(bool(problems))
