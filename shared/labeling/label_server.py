"""Label Studio on this machine alone: started when asked, found when it runs, stopped cleanly.

with label_server.serving(folder.parent) as server:
    opened = label_server.open_project(server, folder, labels)
    ...
    exported = label_server.fetch(server, opened.project)
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shared.labeling.label_studio import to_tasks
from shared.labeling.label_studio_api import LabelStudioError, Server
from shared.labeling.label_studio_export import Exported, from_tasks
from shared.labeling.records import LabelSet
from shared.labeling.tool_environments import LABEL_STUDIO, find_tool, plain_environment
from shared.paths import my_directory, write_atomically

if TYPE_CHECKING:
    import psutil

HOST = "127.0.0.1"
PATIENCE = 900.0  # Seconds: the first start makes a database, a minute where nothing else runs
STOPPING = 10.0

#: Nothing of this leaves the machine: no analytics, no error reports, no look for a newer version
QUIET = {
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_FEATURE_FLAGS_OFFLINE": "true",
    "LABEL_STUDIO_CONVERTER_DOWNLOAD_RESOURCES": "false",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    "LABEL_STUDIO_HOST": "",
    "DO_NOT_TRACK": "1",
}


class Login(NamedTuple):
    """Who signs in; kept in a file that only its owner can read."""

    email: str
    password: str
    token: str


class Opened(NamedTuple):
    """A project that is ready to be labeled.

    Attributes:
        address: Where pages come one after the other, without what others have said about them.
        project: Its id.
        new_pages: How many pages came in; the others were there.
        login: Who signs in.
    """

    address: str
    project: int
    new_pages: int
    login: Login


def state_folder() -> Path:
    """Return `my/label-studio`, where database, login and log are; for its owner's eyes alone."""
    folder = my_directory() / "label-studio"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def login() -> Login:
    """Return the login of this course's Label Studio, made at the first call."""
    path = state_folder() / "login.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Login(**json.loads(path.read_text(encoding="utf-8")))
    # The database never tells a password again, so a lost login is followed by a new person
    ending = f"-{secrets.token_hex(2)}" if (state_folder() / "data").exists() else ""
    email = f"learner{ending}@localhost.local"
    made = Login(email, secrets.token_urlsafe(9), secrets.token_hex(20))
    write_atomically(path, json.dumps(made._asdict(), indent=1))
    path.chmod(0o600)
    return made


def running() -> Server | None:
    """Return the server that an earlier call started, if it still answers to our token."""
    found = _recorded()
    return found if found is not None and found.is_ours() else None


def start(
    root: Path | str,
    say: Callable[[str], None] = print,
    patience: float = PATIENCE,
    port: int | None = None,
) -> Server:
    """Start Label Studio and wait until it answers; one that runs for this folder is taken.

    Args:
        root: The folder whose images it may show.
        say: Is told what is going on.
        patience: Seconds to wait.
        port: Another than a free one.

    Raises:
        ToolMissingError: It is not installed.
        LabelStudioError: It ended or did not answer in time, or one runs for another folder.
    """
    root = Path(root).resolve()
    if there := running():
        if Path(there.root) == root:
            say(f"Label Studio runs already, at {there.address}.")
            return there
        raise LabelStudioError(
            f"Label Studio runs already and shows images of {there.root}; it can show one folder "
            "at a time. Stop it first: `labs label --stop`."
        )
    command = find_tool(LABEL_STUDIO)
    _end(_process(_recorded()))  # Its starter was killed; two must not share a database
    person, folder = login(), state_folder()
    data = folder / "data"
    data.mkdir(exist_ok=True)
    port = port or _free_port()
    address = f"http://{HOST}:{port}"
    environment = plain_environment(
        **QUIET,
        XDG_CONFIG_HOME=str(folder / "config"),  # It leaves an identity there that is not ours
        LABEL_STUDIO_BASE_DATA_DIR=str(data),
        LABEL_STUDIO_DATABASE_NAME=str(data / "label_studio.sqlite3"),
        LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED="true",
        LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT=str(root),
        LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN="true",
        LABEL_STUDIO_CORS_ALLOWED_ORIGINS=address,
        LABEL_STUDIO_ALLOWED_HOSTS=f"{HOST},localhost",
        LABEL_STUDIO_USERNAME=person.email,
        LABEL_STUDIO_PASSWORD=person.password,
        LABEL_STUDIO_USER_TOKEN=person.token,
    )
    words = [str(command), "start", "--no-browser", "--internal-host", HOST, "--port", str(port)]
    words += ["--enable-legacy-api-token", "--agree-fix-sqlite"]
    say(f"Starting Label Studio at {address}; the first start takes a minute or more.")
    with open(folder / "server.log", "ab") as log:
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,  # Ctrl-C is ours; we stop it in order
        )  # fmt: skip
    begun = Server(address, person.token, str(root), process.pid)
    try:
        # Written before it answers, so that a server is found even if we are killed while waiting
        record = folder / "server.json"
        write_atomically(record, json.dumps([address, str(root), process.pid]))
        _wait(process, begun, say, patience)
    except BaseException:
        _end(_process(begun))
        record.unlink(missing_ok=True)
        raise
    return begun


def stop(say: Callable[[str], None] = print) -> bool:
    """Stop the server that an earlier call started; False where none runs.

    Only a process that is Label Studio by its command line is ended: after a reboot the number in
    the file may be somebody else's.
    """
    found = _recorded()
    ours = _process(found)
    if found is not None and ours is not None:
        _end(ours)
        say(f"Label Studio at {found.address} was stopped; its labels are kept.")
    else:
        say("No Label Studio of this course is running.")
    (state_folder() / "server.json").unlink(missing_ok=True)
    return ours is not None


@contextlib.contextmanager
def serving(root: Path | str, say: Callable[[str], None] = print) -> Iterator[Server]:
    """Keep a server for as long as the block lasts; one that was running before stays."""
    before = running()
    server = start(root, say)
    try:
        yield server
    finally:
        if before is None:
            stop(say)


def open_project(server: Server, folder: Path | str, labels: LabelSet) -> Opened:
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
    project = server.project(folder.name[:50], f"Pages of {folder}", str(folder))
    tasks = to_tasks(labels, folder.relative_to(server.root).as_posix())
    address = f"{server.address}/projects/{project}/data?labeling=1"
    return Opened(address, project, server.add_tasks(project, tasks), login())


def fetch(server: Server, project: int) -> Exported:
    """Return what was labeled in a project; see `label_studio_export.from_tasks`."""
    return from_tasks(server.tasks(project), server.people())


def _wait(
    process: subprocess.Popen[bytes], server: Server, say: Callable[[str], None], most: float
) -> None:
    begin = time.monotonic()
    while not server.is_ours():
        waited = time.monotonic() - begin
        if process.poll() is not None or waited > most:
            why = "did not answer" if process.poll() is None else "ended"
            log = (state_folder() / "server.log").read_text("utf-8", "replace").strip()
            tail = "\n".join(log.splitlines()[-8:])
            raise LabelStudioError(f"Label Studio {why} after {waited:.0f} s. It said:\n{tail}")
        time.sleep(0.5)
    say(f"Label Studio answers after {time.monotonic() - begin:.0f} s.")


def _recorded() -> Server | None:
    """Return what the last start left in its file, whether it still runs or not."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        address, root, process = json.loads((state_folder() / "server.json").read_text("utf-8"))
        return Server(address, login().token, root, process)
    return None


def _process(found: Server | None) -> psutil.Process | None:
    """Return the process of a server that is still Label Studio at that port."""
    import psutil

    if found is not None:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(found.process)
            words = process.cmdline()
            if "label-studio" in " ".join(words) and found.address.rsplit(":", 1)[1] in words:
                return process
    return None


def _end(process: psutil.Process | None) -> None:
    """End a process and wait until it is gone; kill it if it does not listen."""
    import psutil

    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            try:
                process.wait(STOPPING)
            except psutil.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
