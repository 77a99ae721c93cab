"""Check the labs of a clone without executing anything: text, stored notebooks, drift.

Examples:
  labs check      every lab
  labs check 3    Lab 3 alone
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from shared.course.outline import CourseError
from shared.paths import checkout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs check`."""
    parser.add_argument("lab", nargs="*", help="numbers of labs, all of them if none is given")


def run(arguments: argparse.Namespace) -> int:
    """Run the repository's own check and return its exit status."""
    root = checkout()
    if root is None:
        raise CourseError("An installed package has no sources to check: use a clone.")
    words = [sys.executable, str(root / ".ci/check"), *arguments.lab]
    return subprocess.run(words, check=False).returncode
