"""What people corrected, kept on this machine in the schema of labels of Lab 7.

The store is a folder: `labels.json`, and `images/` with each page as it was shown. It is the one
place here that knows the schema, so that another store can take its place.
"""

from __future__ import annotations

import hashlib
import io
import threading
from pathlib import Path
from typing import Protocol

import numpy as np

from shared.labeling import (
    LabeledLine,
    LabeledPage,
    LabelSet,
    label_set,
    read_labels,
    write_labels,
)
from shared.paths import locked, write_atomically
from shared.service.schemas import CorrectedLine, Correction

LABELS = "labels.json"
LOCK = ".lock"
LOCK_SECONDS = 5.0
NOTE = "Lines that people corrected on the page of the service."


class CorrectionStore(Protocol):
    """Where corrections go; anything with these two methods will do."""

    def keep(self, gray: np.ndarray, correction: Correction) -> tuple[str, int]:
        """Store a correction; return the page's name and how many labeled lines it has now."""

    def labels(self) -> LabelSet:
        """Return everything that was kept."""


class LabelFolder:
    """Keeps corrections in a folder, safe against a kill at any moment and a second process."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._lock = threading.Lock()

    def keep(self, gray: np.ndarray, correction: Correction) -> tuple[str, int]:
        """Store the image and its lines; lines sent before stay, the same ids are replaced.

        The image is written first: labels never name an image that is not there.

        Args:
            gray: The page as it was shown, uint8 (height, width).
            correction: Its lines.

        Raises:
            OSError: The disk is full, or another process holds the folder too long.
            LabelError: The labels there cannot be read; nothing was changed.
        """
        content = _png(gray)
        digest = hashlib.sha256(content).hexdigest()
        name = f"images/{digest[:16]}.png"
        with self._lock, locked(self.folder / LOCK, LOCK_SECONDS):
            labels = self.labels()
            if not (self.folder / name).is_file():
                write_atomically(self.folder / name, content)
            try:
                page = labels.page(name)
            except KeyError:
                height, width = gray.shape
                page = LabeledPage(name, digest, width, height, correction.writer, "open")
            for line in correction.lines:
                page = page.with_line(_labeled(line, correction.annotator))
            write_labels(self.folder / LABELS, labels.with_page(page))
        return name, sum(line.status == "labeled" for line in page.lines)

    def labels(self) -> LabelSet:
        """Return everything that was kept; an empty set where nothing was.

        Raises:
            LabelError: The file was changed by hand and cannot be read.
        """
        try:
            return read_labels(self.folder / LABELS)
        except FileNotFoundError:
            return label_set(note=NOTE)


def _labeled(line: CorrectedLine, annotator: str | None) -> LabeledLine:
    """Turn a corrected line of the interface into one of the schema."""
    return LabeledLine(
        id=line.id,
        box=line.box,
        text=None if line.unreadable else line.text,
        status="unreadable" if line.unreadable else "labeled",
        baseline=tuple(line.baseline) if line.baseline else None,
        proposal=line.proposal,
        confidence=line.confidence,
        annotator=annotator,
    )


def _png(gray: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "PNG")
    return buffer.getvalue()
