"""Which model answers: loaded once, swapped while requests run, rolled back when it was a mistake.

A request takes the model at its beginning and keeps it to its end. A swap loads and tries the new
model first and then changes one name, so no request sees half a model, and none has to wait.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.paths import data_file, write_atomically
from shared.service.drift import DriftMonitor, Reference
from shared.service.exporting.model_file import ModelFileError
from shared.service.exporting.runtime import LoadedModel, load_model
from shared.service.reading import warm_up

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,80}\.onnx")
NOTE = "serving.json"


@dataclass(frozen=True, eq=False)
class Served:
    """A model and what watches it.

    Attributes:
        model: The model.
        file: Where its line reader came from.
        monitors: A drift alarm for lines and one for pages, where the file holds a reference.
    """

    model: LoadedModel
    file: Path
    monitors: dict[str, DriftMonitor] = field(default_factory=dict)


class ModelShelf:
    """The models of a service: the one that answers, and the one before it.

    Attributes:
        current: The one that answers.
        because: Why the first one was served.
    """

    def __init__(
        self, line: Path | None, detector: Path, folder: Path, language: bool = True
    ) -> None:
        """Load the model that was asked for, else the one served last, else the shipped one.

        Args:
            line: Model file of the line reader to serve, or None.
            detector: Model file of the detector, which stays.
            folder: Where other line readers are, and the note which one is served.
            language: Whether language models help to read.

        Raises:
            FileNotFoundError: The detector's file is missing.
            ModelFileError: The line reader's file is missing, or one of both cannot be used.
        """
        self._detector, self._folder = Path(detector), Path(folder)
        self._first = Path(line) if line else data_file("models/reader.onnx")
        self._language = language
        self._lock = threading.Lock()
        self._previous: Served | None = None
        self.current, self.because = self._begin(asked=line is not None)

    def _begin(self, asked: bool) -> tuple[Served, str]:
        """Return what is served at first, and why."""
        note = self._folder / NOTE
        if asked:
            beside = f"; {note} is not followed" if note.exists() else ""
            return self._load(self._first), f"it was asked for{beside}"
        if not note.exists():
            return self._load(self._first), "nothing else was asked for"
        try:
            noted = self._path(json.loads(note.read_text(encoding="utf-8"))["line"])
            return self._load(noted), f"{note} says that it was swapped in"
        except (OSError, ValueError, KeyError, TypeError) as error:
            return self._load(self._first), f"{note} cannot be followed: {error}"

    def names(self) -> list[str]:
        """Return the names of the line readers that may be swapped in."""
        files = self._folder.glob("*.onnx") if self._folder.is_dir() else []
        # Told by its name: loading every file to list them would take seconds
        names = {file.name for file in files if NAME.fullmatch(file.name)}
        names = {name for name in names if not name.startswith("detector")}
        return sorted(names | {self._first.name})

    def swap(self, name: str) -> Served:
        """Serve another line reader from now on.

        Raises:
            ModelFileError: There is no such file in the folder, or it cannot be served; the
                model that was served still is.
        """
        with self._lock:
            following = self._load(self._path(name))
            # One way back; a chain of them keeps models in memory
            self._previous, self.current = self.current, following
            return self._noted()

    def roll_back(self) -> Served:
        """Serve the model before the last swap again; it is still in memory.

        Raises:
            ModelFileError: There was no swap.
        """
        with self._lock:
            if self._previous is None:
                raise ModelFileError("There is no model to go back to: none was swapped.")
            self._previous, self.current = None, self._previous
            return self._noted()

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ModelFileError(f"{name!r} is no name of a model file such as line_mine.onnx.")
        if name == self._first.name and not (self._folder / name).is_file():
            return self._first
        return self._folder / name

    def _load(self, path: Path) -> Served:
        if not path.is_file():
            raise ModelFileError(
                f"There is no model file {path.name}. Name one that is there; `labs export` makes "
                "them, into the folder of models."
            )
        model = load_model(path, self._detector, language=self._language)
        warm_up(model)
        stored: dict[str, Any] = model.description.reference
        monitors = {kind: DriftMonitor(Reference(**values)) for kind, values in stored.items()}
        return Served(model, path, monitors)

    def _noted(self) -> Served:
        served = self.current
        note = {"line": served.file.name, "version": served.model.version}
        write_atomically(self._folder / NOTE, json.dumps(note) + "\n")
        return served
