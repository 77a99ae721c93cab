"""A service beside a notebook: one at a time, on a free port, gone when the notebook is gone."""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import secrets
from pathlib import Path
from typing import Any

import numpy as np

from shared.paths import write_atomically
from shared.service.corrections import LabelFolder
from shared.service.load import Child, service

_running: list[Companion] = []


class Companion:
    """A running service, and what a notebook asks of it.

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
        self._secret = secrets.token_urlsafe(24)
        token = write_atomically(self.folder / "admin-token", self._secret + "\n")
        token.chmod(0o600)
        self._open = contextlib.ExitStack()
        started = service(self.folder, "--admin-token-file", str(token), *words)
        self.child: Child = self._open.enter_context(started)
        self.address = f"http://127.0.0.1:{self.child.port}/"
        _running.append(self)

    def ask(self, path: str, image: np.ndarray | bytes | None = None) -> tuple[int, dict]:
        """Ask once; return the status and the answer.

        Args:
            path: Such as "/v1/page".
            image: gray uint8, sent as PNG, or the bytes of a file; None asks by GET.
        """
        content = b"" if image is None else image if isinstance(image, bytes) else as_png(image)
        return self.child.ask(path, content)

    def tell(self, path: str, message: dict[str, Any]) -> tuple[int, dict]:
        """Send JSON; return the status and the answer. Below /admin the secret goes with it."""
        headers = {"Content-Type": "application/json"}
        if path.startswith("/admin"):
            headers["Authorization"] = f"Bearer {self._secret}"
        return self.child.ask(path, json.dumps(message).encode(), headers=headers)

    def corrections(self) -> LabelFolder:
        """Return what people corrected on its page."""
        return LabelFolder(self.folder / "corrections")

    def stop(self) -> int:
        """Stop it and return its exit status; requests at work come to their end."""
        if self in _running:
            _running.remove(self)
        self._open.close()
        (self.folder / "admin-token").unlink(missing_ok=True)
        return self.child.process.wait()

    def __repr__(self) -> str:
        state = "running" if self.child.process.poll() is None else "stopped"
        return f"Companion({self.address}, {state})"


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
