"""A service on this machine, in a process of its own: for notebooks, tests and measurements."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from html import escape
from pathlib import Path
from typing import Any, Self

import numpy as np

import shared
from shared.paths import data_file
from shared.service.corrections import LabelFolder
from shared.service.images import as_png
from shared.service.settings import PREFIX

START_SECONDS, STOP_SECONDS = 60.0, 15.0
LOG_END = 1000  # Characters of the log that a message shows
#: A notebook's interrupt goes to its whole group of processes: the service must not be one of it
_APART: dict[str, Any] = (
    {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    if sys.platform == "win32"
    else {"start_new_session": True}
)
_running: list[LocalService] = []


class NotRunning(ConnectionError):
    """The service did not start or has stopped; the message says what to do."""


class LocalService:
    """A running service on a free port; it ends with this process, killed or not.

    It begins with the shipped reader, whatever an earlier one was told to serve. An interrupt of
    this process does not reach it. As a context manager it stops at the end of the block.

    Attributes:
        folder: Where its `models`, `corrections` and `log` are.
        process: Its process.
        port: Where it listens.
        address: Of its page.
        started: Seconds from its start to its first ready answer.
    """

    def __init__(self, folder: Path | str, *words: str, port: int = 0) -> None:
        """Start a service; one that this process started in the folder before is stopped first.

        Args:
            folder: Where it keeps models, corrections and its log.
            words: Further arguments of `labs serve`.
            port: Where to listen; 0 takes a free one.

        Raises:
            NotRunning: It ended or did not answer in time; the message holds its log's end.
        """
        self.folder, begun = Path(folder), time.perf_counter()
        for earlier in [one for one in _running if one.folder == self.folder]:
            earlier.stop()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._secret, self._stopped = secrets.token_urlsafe(24), False
        root = str(Path(shared.__file__).parents[1])  # The same `shared`, wherever it is
        told = {
            "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            PREFIX + "ADMIN_TOKEN": self._secret,
            PREFIX + "LINE": str(data_file("models/reader.onnx")),
            PREFIX + "MODELS": str(self.folder / "models"),
            PREFIX + "CORRECTIONS": str(self.folder / "corrections"),
        }
        if "JUPYTERHUB_SERVICE_PREFIX" in os.environ:  # Its proxy passes the hub's own name on
            told[PREFIX + "HOSTS"] = "*"
        command = [sys.executable, "-m", "shared.course", "serve", "--with-parent"]
        with open(self.folder / "log", "ab") as log:
            self._log_begins = log.tell()
            self.process = subprocess.Popen(
                [*command, "--port", str(port), *words], stdin=subprocess.PIPE, stdout=log,
                stderr=log, env=os.environ | told, **_APART,
            )  # fmt: skip
        _running.append(self)
        try:
            self._wait(begun + START_SECONDS)
        except BaseException:
            self.stop()
            raise
        self.started = time.perf_counter() - begun

    def _wait(self, until: float) -> None:
        """Return once somebody who asks is answered; the port is known by then."""
        while True:
            if found := re.search(r"The page is at (http://127\.0\.0\.1:(\d+)/)", self._log()):
                self.address, self.port = found[1], int(found[2])
                with contextlib.suppress(OSError):
                    if self._reach("/health/ready", b"", {}, 2.0)[0] == 200:
                        return
            if self.process.poll() is not None or time.perf_counter() > until:
                end = self._log()[-LOG_END:]
                raise NotRunning(f"The service did not start. Its log ends: {end}")
            time.sleep(0.02)

    def _log(self) -> str:
        content = (self.folder / "log").read_bytes()[self._log_begins :]
        return content.decode(errors="replace")

    def ask(
        self,
        path: str,
        content: np.ndarray | bytes | dict[str, Any] | None = None,
        seconds: float = 30.0,
    ) -> tuple[int, dict]:
        """Ask once; return the status and the answer. Below /admin the secret goes with it.

        Args:
            path: Such as "/v1/page".
            content: gray uint8, sent as PNG; the bytes of an image file; or a dictionary, sent as
                JSON. None asks by GET.
            seconds: How long to wait for the answer.

        Raises:
            NotRunning: It has stopped.
        """
        kind = "application/json" if isinstance(content, dict) else "image/png"
        if isinstance(content, dict):
            content = json.dumps(content).encode()
        elif isinstance(content, np.ndarray):
            content = as_png(content)
        headers = {"Content-Type": kind}
        if path.startswith("/admin"):
            headers["Authorization"] = f"Bearer {self._secret}"
        try:
            return self._reach(path, content or b"", headers, seconds)
        except OSError as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(1)  # A connection breaks a moment before its process is gone
            if self.process.poll() is None:
                raise
            how = "was stopped" if self._stopped else "has ended by itself"
            end = "" if self._stopped else f" Its log ends: {self._log()[-LOG_END:]}"
            raise NotRunning(
                f"The service at {self.address} {how}. Run the cell that starts it again, and "
                f"those after it.{end}"
            ) from error

    def _reach(
        self, path: str, content: bytes, headers: dict[str, str], seconds: float
    ) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        with contextlib.closing(connection):
            connection.request("POST" if content else "GET", path, content or None, headers)
            response = connection.getresponse()
            body = response.read()
            return response.status, json.loads(body) if body[:1] in (b"{", b"[") else {}

    def corrections(self) -> LabelFolder:
        """Return what people corrected on its page."""
        return LabelFolder(self.folder / "corrections")

    def stop(self) -> int:
        """Stop it and return its exit status; requests at work come to their end."""
        if self in _running:
            _running.remove(self)
        self._stopped = True
        if sys.platform != "win32":
            self.process.send_signal(signal.SIGTERM)  # Nothing happens where it has ended
        self.process.stdin.close()  # Windows has no SIGTERM; the service follows its input
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def page(self) -> str:
        """The address of its page for a browser; behind JupyterHub, where the proxy has it."""
        prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "")
        return f"{prefix.rstrip('/')}/proxy/{self.port}/" if prefix else self.address

    def __repr__(self) -> str:
        state = "running" if self.process.poll() is None else "stopped"
        return f"LocalService({self.address}, {state})"

    def _repr_html_(self) -> str:
        """Return links to its page and to the description of its interface."""
        links = (("", "The page of the service"), ("docs", "Its interface, for programs"))
        return " · ".join(
            f'<a href="{escape(self.page)}{name}" target="_blank" rel="noopener">{words}</a>'
            for name, words in links
        )


@atexit.register
def _stop_all() -> None:
    for one in list(_running):
        one.stop()
