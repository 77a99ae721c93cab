"""Labels that survive: an append-only journal beside the label file, and the file itself.

Every action is first written to `labels.json.journal`, a line of JSON that is forced to the disk;
then `labels.json` is replaced as a whole, and a second line says so. Whoever is killed between
the two has the action in the journal, and the next opening replays it. Each entry names the
SHA-256 that the label file has after it. So a file that another tool wrote, such as an older
version that was checked out, is noticed, wins, and the journal is kept under another name.

A lock is held for the moment of writing only. Whoever writes first reads what others wrote since,
so two widgets on one file add up instead of overwriting each other.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.labeling.label_files import format_labels, read_labels
from shared.labeling.records import LabelError, LabelSet
from shared.labeling.widget.history import replay
from shared.paths import locked, write_atomically

WAIT = 10.0  # Seconds for another process to finish writing


class Journal:
    """The labels of one file, and all that was done to them.

    Attributes:
        path: The label file.
        labels: As they are now, as far as this process has read.
        notes: Sentences for the person: what was replayed, or set aside.
    """

    def __init__(self, path: Path | str) -> None:
        """Open a label file and replay what its journal holds beyond it.

        Raises:
            FileNotFoundError: There is no label file.
            LabelError: It cannot be read.
            TimeoutError: Another process has been writing for ten seconds.
        """
        self.path = Path(path)
        self.file = self.path.with_name(f"{self.path.name}.journal")
        self.notes: list[str] = []
        self._lock = self.path.with_name(f".{self.path.name}.lock")
        with locked(self._lock, WAIT):
            self._open()

    @contextmanager
    def writing(self) -> Iterator[int]:
        """Hold the file, replay what others wrote since, and yield how many entries that was."""
        with locked(self._lock, WAIT):
            yield self._catch_up()

    def append(self, labels: LabelSet, entry: dict[str, Any]) -> None:
        """Write one entry and the labels after it; call inside `writing`.

        Args:
            labels: What the label file holds afterwards.
            entry: What `history.Change.entry` returned, with an `id` of its own.
        """
        content = format_labels(labels)
        self._write_line({**entry, "sha": _sha(content.encode())}, to_disk=True)
        self._note_entry({**entry, "sha": _sha(content.encode())})
        self.labels = labels
        self._write_labels(content)

    def holds(self, entry_id: str) -> bool:
        """Say whether an entry is in the journal: what arrives twice is done once."""
        return entry_id in self._seen

    def _open(self) -> None:
        self._read = 0  # Bytes of the journal that were read
        self._seen: set[str] = set()
        self._shas = ["", ""]  # Of the label file before and after the last entry
        self._saved = True  # Whether the label file was replaced after the last entry
        self.labels = read_labels(self.path)
        found = _sha(self.path.read_bytes())
        entries = self._new_entries()
        if entries and found == self._shas[0] and not self._saved:
            self.labels = replay(self.labels, entries[-1])
            self._write_labels(format_labels(self.labels))
            self.notes.append("The last action was taken over from the journal.")
        elif found != self._shas[1]:
            if entries:
                self._set_aside(len(entries))
            self._write_line({"id": f"open-{found[:12]}", "opened": True, "sha": found}, True)
            self._shas, self._saved = ["", found], True

    def _catch_up(self) -> int:
        """Replay what others wrote; a file that another tool replaced is opened anew."""
        if not self.file.exists() or self.file.stat().st_size < self._read:
            self._open()
            return 1
        entries = self._new_entries()
        if any(entry.get("opened") for entry in entries):
            self._open()
            return len(entries)
        for entry in entries:
            self.labels = replay(self.labels, entry)
        found = _sha(self.path.read_bytes())
        if found == self._shas[0] and not self._saved:  # Another widget was killed in between
            self._write_labels(format_labels(self.labels))
        elif found != self._shas[1]:
            self._open()
            return max(1, len(entries))
        return len(entries)

    def _new_entries(self) -> list[dict[str, Any]]:
        """Return entries that were not read yet, and cut off one that was never finished."""
        if not self.file.exists():
            return []
        with self.file.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):  # Killed while writing; nobody was told that it was saved
            os.truncate(self.file, self._read + len(whole))
        self._read += len(whole)
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise LabelError(
                f"{self.file} holds a line that is no JSON ({error}). Move the file away; the "
                f"labels in {self.path.name} stay as they are."
            ) from None
        for line in lines:
            self._note_entry(line)
        return [line for line in lines if "saved" not in line]

    def _note_entry(self, line: dict[str, Any]) -> None:
        if "saved" in line:
            self._saved = True
            return
        self._seen.add(line["id"])
        self._shas = [self._shas[1], line["sha"]]
        self._saved = bool(line.get("opened"))

    def _write_labels(self, content: str) -> None:
        write_atomically(self.path, content)
        self._write_line({"saved": self._shas[1][:12]}, to_disk=False)
        self._saved = True

    def _write_line(self, line: dict[str, Any], to_disk: bool) -> None:
        data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        with self.file.open("ab") as file:
            file.write(data)
            file.flush()
            if to_disk:
                os.fsync(file.fileno())
        self._read += len(data)

    def _set_aside(self, count: int) -> None:
        """Keep a journal that belongs to another label file."""
        number = 1
        while (aside := self.file.with_name(f"{self.file.name}.{number}")).exists():
            number += 1
        os.replace(self.file, aside)
        self._read, self._seen = 0, set()
        self.notes.append(
            f"{self.path.name} was changed by another tool, so its journal of {count} entries was "
            f"kept as {aside.name}. The labels are those of the file."
        )


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
