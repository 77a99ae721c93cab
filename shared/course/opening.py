"""Copy a lab into my/ and open the copy in JupyterLab, so that a pull never touches your answers.

An existing copy is opened as you left it. When the course has a newer version of that lab, the
command says so; with --newer it puts the new version beside yours. Where JupyterLab runs for this
folder already, the copy is opened in it.

Examples:
  labs open              the first lab
  labs open 3            Lab 3, your copy if there is one
  labs open 3 --newer    the newest Lab 3 beside your copy
  labs open 2 --copy     copy only, for another editor
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shared.course.outline import Course, CourseError, Lab, needed, this_course
from shared.paths import my_directory, write_atomically

RECORD = ".opened.json"
#: What Ctrl-C says
STOPPED = "Your copies are in my/, and `labs open` opens them again."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs open`."""
    parser.add_argument("lab", nargs="?", help="number of the lab, the first one if none is given")
    parser.add_argument("--newer", action="store_true", help="put a newer version beside yours")
    parser.add_argument("--copy", action="store_true", help="copy only, do not start JupyterLab")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead")


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
    try:
        needed("notebooks", "jupyterlab")
    except CourseError as error:
        raise CourseError(f"Your copy is {path}. To open it: {error}") from None
    # The folder above my/ is served, so that links from a lab to another keep working.
    folder, page = path.parents[1], quote(path.relative_to(path.parents[1]).as_posix())
    if server := find_server(lambda one: Path(one["root_dir"]).resolve() == folder):
        address = address_of(server, page)
        print(f"JupyterLab runs for this folder already. Lab {lab.number} in it: {address}")
        if not arguments.no_browser:
            webbrowser.open(address)
        return 0
    return serve(folder, page, my, arguments.no_browser)


def serve(folder: Path, page: str, my: Path, no_browser: bool) -> int:
    """Run JupyterLab until Ctrl-C, say where it is, and return its exit status.

    Args:
        folder: What it serves.
        page: The notebook to open, from there.
        my: The learner's folder; from a kernel's own folder another one would be found.
        no_browser: Whether to leave opening it to the person.
    """
    token = secrets.token_hex(16)  # Jupyter prints one that it chose itself in a dozen lines
    words = [sys.executable, "-m", "jupyterlab", f"--LabApp.default_url=/lab/tree/{page}"]
    words += ["--LabApp.log_level=ERROR", "--ServerApp.log_level=ERROR", "-y"] + [
        "--no-browser"
    ] * no_browser
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # Containers run as root
        words.append("--allow-root")
    given = {"HANDWRITING_MY": str(my), "JUPYTER_TOKEN": token}
    process = subprocess.Popen(words, cwd=folder, env=os.environ | given)
    try:
        server = None
        while server is None and process.poll() is None:
            time.sleep(0.2)
            server = find_server(lambda one: one["token"] == token)
        if server:
            print(f"Open in JupyterLab, until Ctrl-C: {address_of(server, page)}", flush=True)
        return process.wait()
    except KeyboardInterrupt:
        process.wait()  # It got the same signal, and stops its kernels
        raise


def find_server(fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """Return what Jupyter notes of a running server of this person that fits, or None."""
    from jupyter_server.serverapp import list_running_servers

    return next(filter(fits, list_running_servers()), None)


def address_of(server: dict[str, Any], page: str) -> str:
    """Return where a notebook opens in a running server."""
    return f"{server['url']}lab/tree/{page}?token={server['token']}"


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
