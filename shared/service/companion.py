"""A service beside a notebook: one at a time, on a free port, gone when the notebook is gone."""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import secrets
import subprocess
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from shared.paths import write_atomically
from shared.service.corrections import LabelFolder
from shared.service.load import Child, service
from shared.service.models import NOTE

LOG_END = 600  # Characters of the log that a message shows
MOST_PIXELS = 12_000_000  # More of them help nobody, and may be more bytes than the service takes

_running: list[Companion] = []


class NotRunning(ConnectionError):
    """The service that was asked has stopped; the message says what to do."""


class Companion:
    """A running service, and what a notebook asks of it.

    It begins with the shipped reader, whatever an earlier one was told to serve.

    Attributes:
        folder: Where its `models`, `corrections` and `log` are.
        child: Its process.
        address: Of its page.
    """

    def __init__(self, folder: Path | str, *words: str) -> None:
        """Start a service; one that this process started before is stopped first.

        Args:
            folder: Where it keeps models, corrections and its log.
            words: Further arguments of `labs serve`.

        Raises:
            DidNotStart: It ended or did not answer in time; the message holds its log's end.
        """
        for earlier in list(_running):
            earlier.stop()
        self.folder = Path(folder)
        # A notebook that ended between a swap and its rollback left the note which one to serve
        (self.folder / "models" / NOTE).unlink(missing_ok=True)
        self._secret = secrets.token_urlsafe(24)
        self._stopped = False
        self._open = contextlib.ExitStack()
        token = self.folder / "admin-token"
        try:
            write_atomically(token, self._secret + "\n").chmod(0o600)
            started = service(self.folder, "--admin-token-file", str(token), *words)
            self.child: Child = self._open.enter_context(started)
        finally:
            token.unlink(missing_ok=True)  # It was read; a secret must not outlive what it opens
        self.address = f"http://127.0.0.1:{self.child.port}/"
        _running.append(self)

    def ask(self, path: str, image: np.ndarray | bytes | None = None) -> tuple[int, dict]:
        """Ask once; return the status and the answer. Below /admin the secret goes with it.

        Args:
            path: Such as "/v1/page".
            image: gray uint8, sent as PNG, or the bytes of a file; None asks by GET.

        Raises:
            NotRunning: It has stopped.
        """
        content = b"" if image is None else image if isinstance(image, bytes) else as_png(image)
        return self._reach(path, content, "image/png")

    def tell(self, path: str, message: dict[str, Any]) -> tuple[int, dict]:
        """Send JSON; return the status and the answer. Below /admin the secret goes with it.

        Raises:
            NotRunning: It has stopped.
        """
        return self._reach(path, json.dumps(message).encode(), "application/json")

    def _reach(self, path: str, content: bytes, kind: str) -> tuple[int, dict]:
        headers = {"Content-Type": kind}
        if path.startswith("/admin"):
            headers["Authorization"] = f"Bearer {self._secret}"
        try:
            return self.child.ask(path, content, headers=headers)
        except OSError as error:
            if not self._has_ended():
                raise
            again = "Run the cell that starts it again, and those after it."
            if self._stopped:
                raise NotRunning(f"The service at {self.address} was stopped. {again}") from error
            log = (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-LOG_END:]
            raise NotRunning(
                f"The service at {self.address} has ended by itself. {again} Its log ends: {log}"
            ) from error

    def _has_ended(self) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.process.wait(1)  # A connection breaks a moment before its process is gone
        return self.child.process.poll() is not None

    def corrections(self) -> LabelFolder:
        """Return what people corrected on its page."""
        return LabelFolder(self.folder / "corrections")

    def stop(self) -> int:
        """Stop it and return its exit status; requests at work come to their end."""
        if self in _running:
            _running.remove(self)
        self._stopped = True
        self._open.close()
        return self.child.process.wait()

    @property
    def page(self) -> str:
        """The address of its page for a browser; behind JupyterHub, where the proxy has it."""
        prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "")
        return f"{prefix.rstrip('/')}/proxy/{self.child.port}/" if prefix else self.address

    def __repr__(self) -> str:
        state = "running" if self.child.process.poll() is None else "stopped"
        return f"Companion({self.address}, {state})"

    def _repr_html_(self) -> str:
        """Return links to its page and to the description of its interface."""
        links = (("", "The page of the service"), ("docs", "Its interface, for programs"))
        return " · ".join(
            f'<a href="{escape(self.page)}{name}" target="_blank" rel="noopener">{words}</a>'
            for name, words in links
        )


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
