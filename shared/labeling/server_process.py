"""Label Studio on this machine alone: started when asked, found when it runs, stopped cleanly."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from shared.labeling.label_studio_api import LabelStudio, LabelStudioError
from shared.labeling.tool_environments import LABEL_STUDIO, find_tool, plain_environment
from shared.paths import my_directory, write_atomically

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


class Running(NamedTuple):
    """A running server.

    Attributes:
        address: Of its pages, on this machine only.
        root: The folder that it may show images from.
        process: Its number.
    """

    address: str
    root: str
    process: int


def state_folder() -> Path:
    """Return `my/label-studio`, where database, login and log are; for its owner's eyes alone."""
    folder = my_directory() / "label-studio"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def running() -> Running | None:
    """Return the server that an earlier call started, if it still answers to our token."""
    found = _recorded()
    if found is None or not LabelStudio(found.address, login().token).is_ours():
        return None
    return found


def login() -> Login:
    """Return the login of this course's Label Studio, made at the first call."""
    path = state_folder() / "login.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Login(**json.loads(path.read_text(encoding="utf-8")))
    # The database never tells a password again, so a lost login is followed by a new person
    name = (
        "learner" if not (state_folder() / "data").exists() else f"learner-{secrets.token_hex(2)}"
    )
    made = Login(f"{name}@localhost.local", secrets.token_urlsafe(9), secrets.token_hex(20))
    write_atomically(path, json.dumps(made._asdict(), indent=1))
    path.chmod(0o600)
    return made


def start(
    root: Path | str,
    say: Callable[[str], None] = print,
    patience: float = PATIENCE,
    port: int | None = None,
) -> Running:
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
    there = running()
    if there:
        if Path(there.root) == root:
            say(f"Label Studio runs already, at {there.address}.")
            return there
        raise LabelStudioError(
            f"Label Studio runs already and shows images of {there.root}; it can show one folder "
            "at a time. Stop it first: `labs label --stop`."
        )
    command = find_tool(LABEL_STUDIO)
    _end_left_behind(say)
    person = login()
    folder = state_folder()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    first = not (folder / "data" / "label_studio.sqlite3").exists()
    port = port or _free_port()
    address = f"http://{HOST}:{port}"
    environment = plain_environment(
        **QUIET,
        XDG_CONFIG_HOME=str(folder / "config"),  # It leaves an identity there that is not ours
        LABEL_STUDIO_BASE_DATA_DIR=str(folder / "data"),
        LABEL_STUDIO_DATABASE_NAME=str(folder / "data" / "label_studio.sqlite3"),
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
    say(
        f"Starting Label Studio at {address}"
        + (" for the first time; it makes its database, a minute or more." if first else ".")
    )
    with open(folder / "server.log", "ab") as log:
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,  # Ctrl-C is ours; we stop the server in order
        )  # fmt: skip
    begun = Running(address, str(root), process.pid)
    try:
        # Written before it answers, so that a server is found even if we are killed while waiting
        write_atomically(folder / "server.json", json.dumps(begun._asdict(), indent=1))
        _wait(process, LabelStudio(address, person.token), say, patience)
    except BaseException:
        _end(process.pid)
        (folder / "server.json").unlink(missing_ok=True)
        raise
    return begun


def _wait(
    process: subprocess.Popen[bytes], server: LabelStudio, say: Callable[[str], None], most: float
) -> None:
    begin = told = time.monotonic()
    while not server.is_ours():
        now = time.monotonic()
        if process.poll() is not None or now - begin > most:
            why = "did not answer" if process.poll() is None else "ended"
            log = (state_folder() / "server.log").read_text("utf-8", "replace").strip()
            tail = "\n".join(log.splitlines()[-8:])
            raise LabelStudioError(
                f"Label Studio {why} after {now - begin:.0f} s. It said:\n{tail}"
            )
        if now - told > 5:
            told = now
            say(f"  waiting, {now - begin:.0f} s")
        time.sleep(0.5)
    say(f"Label Studio answers after {time.monotonic() - begin:.0f} s.")


def stop(say: Callable[[str], None] = print) -> bool:
    """Stop the server that an earlier call started; False where none runs.

    Only a process that answers to our token, or that is Label Studio by its command line, is ended:
    after a reboot the number in the file may be somebody else's.
    """
    found = _recorded()
    ours = found is not None and (running() is not None or _is_label_studio(found))
    if ours:
        _end(found.process)
        say(f"Label Studio at {found.address} was stopped; its labels are kept.")
    else:
        say("No Label Studio of this course is running.")
    (state_folder() / "server.json").unlink(missing_ok=True)
    return ours


def _recorded() -> Running | None:
    """Return what the last start left in its file, whether it still runs or not."""
    try:
        return Running(**json.loads((state_folder() / "server.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _end_left_behind(say: Callable[[str], None]) -> None:
    """End a server whose starter was killed before it answered: two must not share a database."""
    found = _recorded()
    if found is not None and _is_label_studio(found):
        say("Ending a Label Studio that an earlier call left unfinished.")
        _end(found.process)


def _is_label_studio(found: Running) -> bool:
    port = found.address.rsplit(":", 1)[-1]
    words = _command_line(found.process)
    return "label-studio" in words and port in words.split()


@contextlib.contextmanager
def serving(root: Path | str, say: Callable[[str], None] = print) -> Iterator[Running]:
    """Keep a server for as long as the block lasts; one that was running before stays."""
    before = running()
    server = start(root, say)
    try:
        yield server
    finally:
        if before is None:
            stop(say)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _command_line(process: int) -> str:
    if sys.platform == "win32":
        return ""
    done = subprocess.run(
        ["ps", "-p", str(process), "-o", "args="], capture_output=True, text=True, check=False
    )
    return done.stdout


def _end(process: int) -> None:
    """End a process and wait until it is gone; kill it if it does not listen."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGTERM)
        end = time.monotonic() + STOPPING
        while alive(process) and time.monotonic() < end:
            time.sleep(0.1)
        if alive(process) and sys.platform != "win32":
            os.kill(process, signal.SIGKILL)


def alive(process: int) -> bool:
    """Return whether a process of this number runs."""
    if sys.platform == "win32":  # There os.kill ends the process at once
        return False
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(process, os.WNOHANG)[0]:  # Ours: take its status, or it stays a zombie
            return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
