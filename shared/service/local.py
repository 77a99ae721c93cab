"""A service on this machine, in a process of its own: for notebooks, tests and measurements."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import io
import json
import os
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
from shared.paths import data_file, write_atomically
from shared.service.corrections import LabelFolder

START_SECONDS = 60.0
STOP_SECONDS = 15.0
LOG_END = 1000  # Characters of the log that a message shows
MOST_PIXELS = 12_000_000  # More of them help nobody, and may be more bytes than the service takes
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
        self._secret, self._stopped = secrets.token_urlsafe(24), False
        token = write_atomically(self.folder / "admin-token", self._secret)
        token.chmod(0o600)
        log, begins_at = self.folder / "log", 0
        with contextlib.suppress(FileNotFoundError):
            begins_at = log.stat().st_size
        if "--line" not in words:
            words = ("--line", str(data_file("models/reader.onnx")), *words)
        if "JUPYTERHUB_SERVICE_PREFIX" in os.environ:  # Its proxy passes the hub's own name on
            words = ("--host-name", "*", *words)
        command = [sys.executable, "-m", "shared.course", "serve", "--with-parent"]
        command += ["--port", str(port), "--admin-token-file", str(token)]
        command += ["--models", str(self.folder / "models")]
        command += ["--corrections", str(self.folder / "corrections"), *words]
        root = str(Path(shared.__file__).parents[1])  # The same `shared`, wherever it is
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=file, stderr=file,
                env=os.environ | {"PYTHONPATH": path}, **_APART,
            )  # fmt: skip
        _running.append(self)
        try:
            self.port = self._wait(begins_at, begun + START_SECONDS)
        except BaseException:
            self.stop()
            raise
        finally:
            token.unlink(missing_ok=True)  # It was read; a secret must not outlive what it opens
        self.started = time.perf_counter() - begun
        self.address = f"http://127.0.0.1:{self.port}/"

    def _wait(self, begins_at: int, until: float) -> int:
        """Return the port once somebody who asks is answered."""
        while True:
            said = (self.folder / "log").read_bytes()[begins_at:].decode(errors="replace")
            _, announced, rest = said.partition("The page is at http://127.0.0.1:")
            if announced and "/" in rest:
                self.port = int(rest.partition("/")[0])
                with contextlib.suppress(OSError):
                    if self._reach("/health/ready", b"", {}, 2.0)[0] == 200:
                        return self.port
            if self.process.poll() is not None or time.perf_counter() > until:
                raise NotRunning(f"The service did not start. Its log ends: {said[-LOG_END:]}")
            time.sleep(0.02)

    def ask(
        self, path: str, image: np.ndarray | bytes | None = None, seconds: float = 30.0
    ) -> tuple[int, dict]:
        """Ask once; return the status and the answer. Below /admin the secret goes with it.

        Args:
            path: Such as "/v1/page".
            image: gray uint8, sent as PNG, or the bytes of a file; None asks by GET.
            seconds: How long to wait for the answer.

        Raises:
            NotRunning: It has stopped.
        """
        content = as_png(image) if isinstance(image, np.ndarray) else image or b""
        return self._send(path, content, "image/png", seconds)

    def tell(self, path: str, message: dict[str, Any]) -> tuple[int, dict]:
        """Send JSON; return the status and the answer. Below /admin the secret goes with it.

        Raises:
            NotRunning: It has stopped.
        """
        return self._send(path, json.dumps(message).encode(), "application/json", 30.0)

    def _send(self, path: str, content: bytes, kind: str, seconds: float) -> tuple[int, dict]:
        headers = {"Content-Type": kind}
        if path.startswith("/admin"):
            headers["Authorization"] = f"Bearer {self._secret}"
        try:
            return self._reach(path, content, headers, seconds)
        except OSError as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(1)  # A connection breaks a moment before its process is gone
            if self.process.poll() is None:
                raise
            again = "Run the cell that starts it again, and those after it."
            if self._stopped:
                raise NotRunning(f"The service at {self.address} was stopped. {again}") from error
            log = (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-LOG_END:]
            raise NotRunning(
                f"The service at {self.address} has ended by itself. {again} Its log ends: {log}"
            ) from error

    def _reach(
        self, path: str, content: bytes, headers: dict[str, str], seconds: float
    ) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        with contextlib.closing(connection):
            return converse(connection, path, content, headers)

    def memory(self) -> float:
        """Return its resident memory in megabytes."""
        import psutil

        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def cpu_seconds(self) -> float:
        """Return the processor time it has used."""
        import psutil

        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def corrections(self) -> LabelFolder:
        """Return what people corrected on its page."""
        return LabelFolder(self.folder / "corrections")

    def stop(self) -> int:
        """Stop it and return its exit status; requests at work come to their end."""
        if self in _running:
            _running.remove(self)
        self._stopped = True
        if self.process.poll() is None:
            if sys.platform != "win32":
                self.process.send_signal(signal.SIGTERM)
            elif self.process.stdin is not None:
                self.process.stdin.close()  # Windows has no SIGTERM; the service follows its input
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
        return self.process.wait(STOP_SECONDS)

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


def converse(
    connection: http.client.HTTPConnection, path: str, content: bytes, headers: dict[str, str]
) -> tuple[int, dict]:
    """Ask on a connection, by POST where there is content; return status and JSON answer."""
    connection.request("POST" if content else "GET", path, content or None, headers)
    response = connection.getresponse()
    body = response.read()
    return response.status, json.loads(body) if body[:1] in (b"{", b"[") else {}


def fit(image: np.ndarray) -> np.ndarray:
    """Return a gray image with as many pixels as help; the service's page does so, too."""
    scale = (MOST_PIXELS / image.size) ** 0.5
    if scale >= 1:
        return image
    import cv2

    height, width = image.shape
    return cv2.resize(
        image, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA
    )


def as_png(image: np.ndarray) -> bytes:
    """Return a gray uint8 image as the bytes of a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


@atexit.register
def _stop_all() -> None:
    for one in list(_running):
        one.stop()
