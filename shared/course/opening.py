"""Copy a lab into my/ and open the copy in JupyterLab, so that a pull never touches your answers.

An existing copy is opened as you left it. When the course has a newer version of that lab, the
command says so; with --newer it puts the new version beside yours.

Examples:
  labs open              the first lab
  labs open 3            Lab 3, your copy if there is one
  labs open 3 --newer    the newest Lab 3 beside your copy
  labs open 2 --copy     copy only, for another editor
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from shared.course.outline import Course, CourseError, Lab, this_course
from shared.paths import my_directory, write_atomically

RECORD = ".opened.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs open`."""
    parser.add_argument("lab", nargs="?", help="number of the lab, the first one if none is given")
    parser.add_argument("--newer", action="store_true", help="put a newer version beside yours")
    parser.add_argument("--copy", action="store_true", help="copy only, do not start JupyterLab")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead")
    parser.add_argument("--allow-root", action="store_true", help="for containers that run as root")


#: A link from the copy to another lab would open, and save into, the lab that a pull replaces
NEIGHBOR = re.compile(rb"\[((?:previous|next): [^\]]*)\]\(\.\./labs/0?(\d+)_[^)]*\)")


def run(arguments: argparse.Namespace, course: Course | None = None) -> int:
    """Copy the lab, start JupyterLab on the copy, and return the exit status."""
    course = course or this_course()
    if not course.available():
        raise CourseError(f"No lab was found in {course.labs}. Is this a whole clone?")
    lab = course.find([arguments.lab])[0] if arguments.lab else course.available()[0]
    my = my_directory().resolve()
    path, message = copy(course, lab, my, newer=arguments.newer)
    print(message)
    if arguments.copy:
        return 0
    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError(
            f"Your copy is {path}, but JupyterLab is not installed here. "
            'Install the notebook tools: pip install -e ".[notebooks]"'
        )
    # The folder above my/ is served, so that links from a lab to another keep working.
    page = quote(path.relative_to(path.parents[1]).as_posix())
    words = [sys.executable, "-m", "jupyterlab", f"--LabApp.default_url=/lab/tree/{page}"]
    words += ["--no-browser"] * arguments.no_browser + ["--allow-root"] * arguments.allow_root
    # A kernel starts in the folder of its notebook, from where another my/ would be found
    environment = os.environ | {"HANDWRITING_MY": str(my)}
    return subprocess.run(words, cwd=path.parents[1], env=environment, check=False).returncode


def copy(course: Course, lab: Lab, my: Path, newer: bool = False) -> tuple[Path, str]:
    """Copy a lab into `my`; an existing file is never changed.

    Args:
        course: Where the labs are.
        lab: The lab to copy.
        my: The learner's folder.
        newer: Put the current version beside an older copy.

    Returns:
        The copy to open, and a sentence that says what was done.

    Raises:
        CourseError: The lab's notebook is missing.
    """
    origin = course.labs / lab.notebook
    if not origin.is_file():
        raise CourseError(f"{origin} is missing. `labs build {lab.number}` writes it.")
    content = origin.read_bytes()
    version = hashlib.sha256(content).hexdigest()[:8]
    content = NEIGHBOR.sub(rb"\1: `labs open \2`", content)
    record = _read_record(my)
    target = my.resolve() / lab.notebook
    if not target.exists():
        return _write(target, content, version, record), f"Your copy of Lab {lab.number}: {target}"
    if record.get(target.name) == version:
        return target, f"Your copy of Lab {lab.number}, as you left it: {target}"
    beside = target.with_name(f"{lab.name}-{version}.ipynb")
    if beside.exists():
        return beside, f"The newer Lab {lab.number} that you took before: {beside}"
    if newer:
        _write(beside, content, version, record)
        return beside, f"The newer Lab {lab.number}: {beside}\nYours is untouched: {target}"
    return target, (
        f"Your copy of Lab {lab.number}, as you left it: {target}\n"
        f"The course has a newer version; `labs open {lab.number} --newer` puts it beside yours."
    )


def _read_record(my: Path) -> dict[str, str]:
    try:
        record = json.loads((my / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write(target: Path, content: bytes, version: str, record: dict[str, str]) -> Path:
    write_atomically(target, content)
    write_atomically(target.parent / RECORD, json.dumps({**record, target.name: version}, indent=1))
    return target
