"""Label a folder of photographs: pre-label it, open it in Label Studio, fetch what was labeled.

FOLDER holds the photographs, and labels.json beside them is made from them; what is in it already
is never changed. Without --install, nothing here uses the network; Label Studio runs on this
machine alone, and its login is printed.

Examples:
  labs label my/photos --propose        pre-label the photographs with the course's reader
  labs label --install                  put Label Studio into my/tools (once)
  labs label my/photos                  open them in Label Studio, until Ctrl-C
  labs label my/photos --fetch          write labels-NAME.json for every annotator
  labs label my/photos --annotator bo   let a second person sign in
  labs label --stop                     stop a server that was left running
  labs label my/photos --check          say what is wrong with the labels
  labs label my/photos --tasks t.json   Label Studio's tasks as a file, without a server
  labs label my/photos --export e.json  read an export of Label Studio from a file
  labs label my/photos --page-xml out   write the labels as PAGE XML
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from shared.course.outline import CourseError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs label`."""
    parser.add_argument("folder", nargs="?", type=Path, help="photographs, or their labels.json")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--propose", action="store_true", help="pre-label the photographs")
    what.add_argument("--fetch", action="store_true", help="write what was labeled in the server")
    what.add_argument("--check", action="store_true", help="say what is wrong with the labels")
    what.add_argument(
        "--repair", action="store_true", help="mend what needs no judgment, and say so"
    )
    what.add_argument("--tasks", type=Path, metavar="FILE", help="write Label Studio's tasks")
    what.add_argument("--export", type=Path, metavar="FILE", help="read Label Studio's export")
    what.add_argument("--page-xml", type=Path, metavar="OUT", help="write PAGE XML")
    what.add_argument("--annotator", metavar="NAME", help="let another person sign in")
    what.add_argument("--install", action="store_true", help="install Label Studio into my/tools")
    what.add_argument("--stop", action="store_true", help="stop a server that was left running")
    parser.add_argument("--labels", default="labels.json", help="label file in the folder")
    parser.add_argument("--port", type=int, default=None, help="port of the server; a free one")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked, and return the exit status."""
    from shared.labeling import label_server
    from shared.labeling.label_studio_api import LabelStudioError
    from shared.labeling.records import LabelError
    from shared.labeling.tool_environments import LABEL_STUDIO, ToolMissingError, install_tool

    try:
        if arguments.install:
            install_tool(LABEL_STUDIO)
            return 0
        if arguments.stop:
            label_server.stop()
            return 0
        if arguments.folder is None:
            raise CourseError(
                "Which photographs? Name their folder, such as `labs label my/photos`."
            )
        folder = arguments.folder
        if folder.is_file():
            arguments.labels, folder = folder.name, folder.parent
        if not folder.is_dir():
            raise CourseError(f"There is no folder {folder}; put the photographs into one.")
        return _work(folder, arguments)
    except (LabelError, ToolMissingError, LabelStudioError, FileNotFoundError) as error:
        raise CourseError(str(error)) from error
    except RuntimeError as error:  # An installation that failed says why
        raise CourseError(str(error)) from error


def _work(folder: Path, arguments: argparse.Namespace) -> int:
    from shared.labeling import label_set, read_labels
    from shared.labeling.label_studio import to_tasks
    from shared.labeling.label_studio_export import read_export
    from shared.labeling.page_xml import write_page_xml
    from shared.paths import write_atomically

    path = folder / arguments.labels
    if arguments.propose:
        return _propose(folder)
    if arguments.export:
        return _keep(read_export(arguments.export), folder)
    if arguments.fetch or arguments.annotator:
        return _ask_server(folder, arguments)
    if arguments.repair:
        return _repair(path)
    labels = read_labels(path)
    if arguments.check:
        return _check(labels, folder)
    if arguments.tasks:
        tasks = to_tasks(labels, folder.resolve().name)
        write_atomically(arguments.tasks, json.dumps(tasks, indent=1, ensure_ascii=False))
        print(
            f"{len(tasks)} tasks are in {arguments.tasks}. The server's local files have to begin"
        )
        print(f"at {folder.resolve().parent}; `labs label {folder}` takes care of that.")
        return 0
    if arguments.page_xml:
        finished = label_set(page for page in labels.pages if page.status != "skipped")
        files = write_page_xml(finished, arguments.page_xml)
        print(f"{len(files)} PAGE files are in {arguments.page_xml}; skipped pages were left out.")
        return 0
    return _serve(folder, labels, arguments.port)


def _propose(folder: Path) -> int:
    from shared.labeling.photographs import load_photographs
    from shared.recognizer import PageReader

    loaded = load_photographs(folder, PageReader.load())
    for problem in loaded.problems:
        print(problem)
    print(
        f"{len(loaded.added)} pages came in; {folder}/labels.json has {len(loaded.labels.pages)}."
    )
    return 1 if loaded.problems else 0


def _check(labels: object, folder: Path) -> int:
    from shared.labeling import validate

    problems = validate(labels, folder)
    for problem in problems:
        print(problem)
    errors = sum(problem.severity == "error" for problem in problems)
    print(f"{len(labels.pages)} pages: {errors} errors, {len(problems) - errors} warnings.")
    return 1 if errors else 0


def _repair(path: Path) -> int:
    from shared.labeling import read_labels, repair, repair_file, write_labels

    for sentence in repair_file(path):
        print(sentence)
    labels = read_labels(path)
    mended, done = repair(labels)
    for one in done:
        print(f"{one.code} ({one.page} {one.line}): {one.message}")
    if done:
        keep_before(path)
        write_labels(path, mended)
    print(f"{len(done)} repairs.")
    return 0


def _serve(folder: Path, labels: object, port: int | None) -> int:
    from shared.labeling import label_server

    before = label_server.running()
    server = label_server.start(folder.resolve().parent, port=port)
    try:
        opened = label_server.open_project(server, folder, labels)
        print(f"{opened.new_pages} new pages; label them at {opened.address}")
        print(f"look at all pages, and mend what was submitted, at {opened.overview}")
        print(f"sign in as {opened.login.email} with the password {opened.login.password}")
        if before is not None:
            print("The server was running before and goes on; `labs label --stop` ends it.")
            return 0
        print("Ctrl-C stops the server; what was submitted is kept.", flush=True)
        while label_server.running() is not None:
            time.sleep(5)
        print("The server has ended.")
        return 0
    finally:
        if before is None:
            label_server.stop()


def _ask_server(folder: Path, arguments: argparse.Namespace) -> int:
    from shared.labeling import label_server, read_labels

    with label_server.serving(folder.resolve().parent) as server:
        if arguments.annotator:
            person = label_server.add_annotator(server, arguments.annotator)
            print(f"sign in at {server.address} as {person.email}, password {person.password}")
            return 0
        labels = read_labels(folder / arguments.labels)
        opened = label_server.open_project(server, folder, labels)
        return _keep(label_server.fetch(server, opened.project), folder)


def _keep(exported: object, folder: Path) -> int:
    """Write a file for every annotator; another one of that name is kept under a number."""
    from shared.labeling import write_labels
    from shared.labeling.label_files import format_labels

    for note in exported.notes:
        print(note)
    for name, labels in exported.label_sets.items():
        path = folder / f"labels-{name}.json"
        if path.is_file() and path.read_text(encoding="utf-8") != format_labels(labels):
            keep_before(path)
        write_labels(path, labels)
        done = sum(page.status == "done" for page in labels.pages)
        print(f"{path}: {done} of {len(labels.pages)} pages are done.")
    if not exported.label_sets:
        print("Nobody has submitted a page yet.")
    return 0


def keep_before(path: Path) -> Path | None:
    """Copy a file that is about to be replaced to the first free NAME.1.json, NAME.2.json, ..."""
    from shared.paths import write_atomically

    if not path.is_file():
        return None
    number = 1
    while (kept := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
        number += 1
    return write_atomically(kept, path.read_bytes())
