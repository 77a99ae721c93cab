"""What people corrected, kept on this machine in the schema of labels of Lab 7.

The store is a folder: `labels.json`, `images/` with each page as it was shown, and `replaced.jsonl`
with what somebody's later correction of the same line replaced. It is the one place here that
knows the schema, so that another store can take its place.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shared.labeling import (
    LabeledLine,
    LabeledPage,
    LabelError,
    LabelSet,
    label_set,
    read_labels,
    write_labels,
)
from shared.paths import locked, write_atomically
from shared.service.images import as_png
from shared.service.schemas import CorrectedLine, Correction

LABELS, REPLACED, UNNAMED = "labels.json", "replaced.jsonl", "unnamed"
LOCK = ".lock"
LOCK_SECONDS = 5.0
NOTE = "Lines that people corrected on the page of the service."
_IMAGE = re.compile(r"[0-9a-f]{16}\.png")


class Stored(NamedTuple):
    """What keeping a correction did.

    Attributes:
        page: The image's name in the label file.
        lines: Labeled lines of the page, earlier ones included.
        replaced: Lines that said something else before; the store has kept that, too.
    """

    page: str
    lines: int
    replaced: int


class LabelFolder:
    """Keeps corrections in a folder, safe against a kill at any moment and a second process."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._looked: tuple[object, str | None] = (None, None)

    def keep(self, gray: np.ndarray, correction: Correction) -> Stored:
        """Store the image and its lines; lines sent before stay, the same ids are replaced.

        The image is written first: labels never name an image that is not there. A line's
        earlier text goes into `replaced.jsonl` before the new one takes its place.

        Args:
            gray: The page as it was shown, uint8 (height, width).
            correction: Its lines.

        Raises:
            OSError: The disk is full, or another process holds the folder too long.
            LabelError: The labels there cannot be read; nothing was changed.
        """
        content = as_png(gray)
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
                page = LabeledPage(name, digest, width, height, None, "open")
            page = replace(page, writer=page.writer or correction.writer)
            before = {line.id: line for line in page.lines}
            for line in correction.lines:
                page = page.with_line(_labeled(line, correction.annotator))
            after = {line.id: line for line in page.lines}
            replaced = [one for one in before.values() if _says(one) != _says(after[one.id])]
            self._set_aside(name, replaced)
            write_labels(self.folder / LABELS, labels.with_page(page))
        kept = sum(line.status == "labeled" for line in page.lines)
        return Stored(name, kept, len(replaced))

    def _set_aside(self, image: str, lines: list[LabeledLine]) -> None:
        if not lines:
            return
        rows = [json.dumps({"image": image, **asdict(line)}) + "\n" for line in lines]
        with open(self.folder / REPLACED, "a", encoding="utf-8") as file:
            file.writelines(rows)
            file.flush()
            os.fsync(file.fileno())

    def labels(self) -> LabelSet:
        """Return everything that was kept; an empty set where nothing was.

        Raises:
            LabelError: The file was changed by hand and cannot be read.
        """
        try:
            return read_labels(self.folder / LABELS)
        except FileNotFoundError:
            return label_set(note=NOTE)

    def trouble(self) -> str | None:
        """Say why nothing can be kept, or None; the file is read anew where it has changed."""
        if self.folder.exists() and not self.folder.is_dir():
            return f"Corrections cannot be kept in {self.folder}: it is no folder."
        try:
            state = os.stat(self.folder / LABELS)
            seen: object = (state.st_mtime_ns, state.st_size, state.st_ino)
        except OSError as error:
            seen = error.errno
        if self._looked[0] != seen:
            try:
                self.labels()
                self._looked = (seen, None)
            except (LabelError, OSError) as error:
                self._looked = (seen, f"Corrections cannot be kept in {self.folder}: {error}")
        return self._looked[1]

    def sweep(self) -> int:
        """Clear up what a kill left, and return how many images no label names.

        Parts of files are removed. An image is moved to `unnamed/`, because its labels may be in
        a copy of the file that somebody is about to put back.

        Raises:
            LabelError: The labels cannot be read, so nothing is known of any image.
            OSError: The folder cannot be changed, or another process holds it too long.
        """
        if not (self.folder / LABELS).is_file():
            return 0
        with self._lock, locked(self.folder / LOCK, LOCK_SECONDS):
            named = {page.image.rpartition("/")[2] for page in self.labels().pages}
            images = self.folder / "images"
            for part in (*self.folder.glob(".*.part"), *images.glob(".*.part")):
                part.unlink()
            strays = [one for one in images.glob("*.png") if one.name not in named]
            strays = [one for one in strays if _IMAGE.fullmatch(one.name)]
            for stray in strays:
                (self.folder / UNNAMED).mkdir(exist_ok=True)
                stray.replace(self.folder / UNNAMED / stray.name)
        return len(strays)


def _says(line: LabeledLine) -> tuple[str, str | None]:
    return line.status, line.text


def _labeled(line: CorrectedLine, annotator: str | None) -> LabeledLine:
    """Turn a corrected line of the interface into one of the schema."""
    given = line.model_dump(exclude={"unreadable"}) | {"annotator": annotator}
    if line.unreadable:
        return LabeledLine(**given | {"text": None}, status="unreadable")
    return LabeledLine(**given, status="labeled")
