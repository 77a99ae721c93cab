"""Check the labs without executing anything: text, stored notebooks, drift from the source."""

from __future__ import annotations

import argparse

import prose
import readme
import stored
from texture import texture

from shared.course import build, source
from shared.course.outline import Course, CourseError, this_course


def main(words: list[str] | None = None, course: Course | None = None) -> int:
    """Print what was found, and the texture of every lab; return 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python .ci/check", description=__doc__)
    parser.add_argument("lab", nargs="*", help="numbers of labs, all of them if none is given")
    course = course or this_course()
    labs = course.find(parser.parse_args(words).lab)
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
