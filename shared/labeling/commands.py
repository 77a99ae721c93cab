"""What `labs label` does with a folder: each function prints what it did and returns a status."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from shared.labeling import label_server
from shared.labeling.label_files import format_labels, keep_before, read_labels, write_labels
from shared.labeling.label_studio import to_tasks
from shared.labeling.label_studio_api import LabelStudioError
from shared.labeling.label_studio_export import read_export
from shared.labeling.page_xml import write_page_xml
from shared.labeling.photographs import load_photographs
from shared.labeling.records import label_set
from shared.labeling.validation import validate
from shared.paths import write_atomically

if TYPE_CHECKING:
    from shared.labeling.label_studio_export import Exported


def propose(path: Path) -> int:
    """Pre-label the photographs with the course's reader."""
    from shared.pages import PageReader

    loaded = load_photographs(path.parent, PageReader.load())
    for problem in loaded.problems:
        print(problem)
    pages = len(loaded.labels.pages)
    print(f"{len(loaded.added)} pages came in; {path.parent}/labels.json has {pages}.")
    return 1 if loaded.problems else 0


def check(path: Path) -> int:
    """Say what is wrong with the labels."""
    labels = read_labels(path)
    problems = validate(labels, path.parent)
    for problem in problems:
        print(problem)
    errors = sum(problem.severity == "error" for problem in problems)
    print(f"{len(labels.pages)} pages: {errors} errors, {len(problems) - errors} warnings.")
    return 1 if errors else 0


def write_tasks(path: Path, file: Path) -> int:
    """Write Label Studio's tasks into a file."""
    folder = path.parent
    tasks = to_tasks(read_labels(path), folder.resolve().name)
    write_atomically(file, json.dumps(tasks, indent=1, ensure_ascii=False))
    print(f"{len(tasks)} tasks are in {file}. The server's local files have to begin")
    print(f"at {folder.resolve().parent}; `labs label {folder}` takes care of that.")
    return 0


def write_pages(path: Path, out: Path) -> int:
    """Write the labels as PAGE XML."""
    finished = [page for page in read_labels(path).pages if page.status != "skipped"]
    files = write_page_xml(label_set(finished), out)
    print(f"{len(files)} PAGE files are in {out}; skipped pages were left out.")
    return 0


def take_export(path: Path, file: Path) -> int:
    """Read an export of Label Studio from a file."""
    return _keep(read_export(file), path.parent)


def fetch(path: Path) -> int:
    """Write what was labeled in the server."""
    with label_server.serving(path.parent.resolve().parent) as server:
        opened = label_server.open_project(server, path.parent, read_labels(path))
        return _keep(label_server.fetch(server, opened.project), path.parent)


def invite(path: Path) -> int:
    """Say where another person signs up in the running server."""
    server = label_server.running()
    if server is None:
        raise LabelStudioError(f"No server is running; `labs label {path.parent}` starts it.")
    print(f"Whoever opens {server.invitation()} chooses a name and a password there.")
    return 0


def serve(path: Path, port: int | None) -> int:
    """Open the photographs in Label Studio until Ctrl-C."""
    labels = read_labels(path)
    before = label_server.running()
    server = label_server.start(path.parent.resolve().parent, port=port)
    try:
        opened = label_server.open_project(server, path.parent, labels)
        print(f"{opened.new_pages} new pages; label them at {opened.address}")
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


def _keep(exported: Exported, folder: Path) -> int:
    """Write a file for every annotator; another one of that name is kept under a number."""
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
