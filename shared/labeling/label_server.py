"""Label Studio for a folder of pages: it is served, pages go in, what was labeled comes back.

with label_server.serving(folder.parent) as server:
    opened = label_server.open_project(server, folder, labels)
    ...
    exported = label_server.fetch(server, opened.project)
"""

from __future__ import annotations

import contextlib
import json
import secrets
from pathlib import Path
from typing import Any, NamedTuple

from shared.labeling.label_studio import to_tasks
from shared.labeling.label_studio_api import LabelStudio, LabelStudioError
from shared.labeling.label_studio_export import Exported, from_tasks
from shared.labeling.records import LabelSet
from shared.labeling.server_process import (
    Login,
    Running,
    login,
    running,
    serving,
    start,
    state_folder,
    stop,
)
from shared.paths import write_atomically

__all__ = [
    "Login",
    "Opened",
    "Running",
    "add_annotator",
    "fetch",
    "login",
    "open_project",
    "running",
    "serving",
    "start",
    "state_folder",
    "stop",
]


class Opened(NamedTuple):
    """A project that is ready to be labeled.

    Attributes:
        address: Where pages come one after the other, without what others have said about them.
        overview: Where all pages are listed, with everybody's work.
        project: Its id.
        new_pages: How many pages came in; the others were there.
        login: Who signs in.
    """

    address: str
    overview: str
    project: int
    new_pages: int
    login: Login


def open_project(server: Running, folder: Path | str, labels: LabelSet) -> Opened:
    """Bring a folder's pages into its project, made where there is none.

    Args:
        server: A running server.
        folder: With label file and images, inside the server's root.
        labels: Its labels; what they propose is shown for correction.

    Raises:
        LabelStudioError: The folder is not below the server's root, or the server refused.
    """
    folder = Path(folder).resolve()
    if Path(server.root) not in folder.parents:
        raise LabelStudioError(
            f"The folder {folder} is not below {server.root}, which is all that this server may "
            "show. Start it for the folder's parent."
        )
    person = login()
    studio = LabelStudio(server.address, person.token)
    project, _ = studio.project(folder.name[:50], f"Pages of {folder}", str(folder))
    root = folder.relative_to(server.root).as_posix()
    count = studio.add_tasks(project, to_tasks(labels, root))
    overview = f"{server.address}/projects/{project}/data"
    return Opened(f"{overview}?labeling=1", overview, project, count, person)


def fetch(server: Running, project: int) -> Exported:
    """Return what was labeled in a project; see `label_studio_export.from_tasks`."""
    studio = LabelStudio(server.address, login().token)
    return from_tasks(studio.tasks(project), studio.people())


def add_annotator(server: Running, name: str) -> Login:
    """Let another person sign in, with a password that is kept with the first login.

    Args:
        server: A running server.
        name: Letters, digits, dots and dashes.

    Raises:
        LabelStudioError: The name cannot be part of an address, or is taken.
    """
    if not name or not all(c.isascii() and (c.isalnum() or c in ".-_") for c in name):
        raise LabelStudioError(f"The name {name!r} needs letters, digits, dots or dashes alone.")
    path = state_folder() / "annotators.json"
    known: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(path.read_text(encoding="utf-8"))
    email = f"{name.lower()}@localhost.local"
    password = known.setdefault(email, secrets.token_urlsafe(9))
    write_atomically(path, json.dumps(known, indent=1))
    path.chmod(0o600)
    LabelStudio(server.address, login().token).add_person(email, password)
    return Login(email, password, "")
