"""One file of records, one JSON object a line, that survives a kill at any moment.

Nothing but the last record can ever be damaged by a crash, because records are only appended.
Reading leaves damaged lines out; opening for writing moves them beside.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from shared.paths import free_name, write_atomically

Record = dict[str, Any]


class History:
    """Appends records to a file; several may be read while one is written.

    Attributes:
        path: The file.
        earlier: The whole records that it held when it was opened.
    """

    def __init__(self, path: Path | str) -> None:
        """Open a history for appending, creating it and its folder if needed.

        Args:
            path: The file. Damaged lines are set aside; see `recover`.
        """
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.earlier = read(self.path) if self.path.exists() else []
        if aside := recover(self.path):
            print(
                f"{self.path} was damaged: {aside.stat().st_size:,} bytes are set aside as "
                f"{aside.name}, and its {len(self.earlier)} whole records stay."
            )
        self._file = self.path.open("ab", buffering=0)  # What was written cannot wait in a buffer

    def append(self, record: Record, durable: bool = True) -> Record:
        """Write one record and return it as a reader will find it.

        Args:
            record: Plain values, numpy numbers and arrays of numbers among them.
            durable: Wait until the disk has it, so that a power cut does not take it either.

        Raises:
            OSError: Nothing was written; a full disk is named as such.
        """
        record = plain(record)
        line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
        payload = line.encode("utf-8")
        length = os.fstat(self._file.fileno()).st_size
        try:
            rest = memoryview(payload)
            while rest:
                rest = rest[self._file.write(rest) :]
            if durable:
                os.fsync(self._file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(length)  # A part of the record may be there
            if error.errno == errno.ENOSPC:
                raise OSError(
                    errno.ENOSPC,
                    f"The disk is full: {self.path} keeps what it had, but a record of "
                    f"{len(payload):,} bytes did not fit. Free some space and run this again; "
                    "finished work is not repeated",
                ) from error
            raise
        return record

    def close(self) -> None:
        """Close the file; appending is over."""
        self._file.close()


def read(path: Path | str) -> list[Record]:
    """Return the whole records of a history; damaged lines are left out.

    Raises:
        FileNotFoundError: There is no such history.
    """
    lines = Path(path).read_bytes().splitlines(keepends=True)
    return [record for line in lines if (record := _whole(line))]


def recover(path: Path) -> Path | None:
    """Set damaged lines aside; what is whole stays, because each record says its own step.

    Returns:
        The file that has them now, `NAME.damaged` or the next free name, or None without damage.
    """
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    damaged = [line for line in lines if not _whole(line)]
    if not damaged:
        return None
    aside = free_name(path.with_name(path.name + ".damaged"))
    write_atomically(aside, b"".join(damaged))
    write_atomically(path, b"".join(line for line in lines if _whole(line)))
    return aside


def _whole(line: bytes) -> Record | None:
    """Return the record of a line, or None for a line that holds none."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    whole = line.endswith(b"\n") and isinstance(record, dict) and "kind" in record
    return record if whole else None


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: numpy's numbers as Python's, nan and inf by name."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain(part) for part in value]
    raise TypeError(
        f"A history holds numbers, text, lists and dictionaries; {type(value).__name__} "
        f"{str(value)[:60]!r} was given. Log a number or a text that describes it."
    )


def pack_image(image: np.ndarray) -> str:
    """Return a picture, uint8 (height, width), as the text of a PNG."""
    import io

    from PIL import Image

    array = np.asarray(image)
    if array.ndim != 2 or array.dtype != np.uint8:
        raise ValueError(
            f"A logged picture is uint8 (height, width); {array.dtype} {array.shape} was given."
        )
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def unpack_image(text: str) -> np.ndarray:
    """Return the picture that `pack_image` stored, uint8 (height, width)."""
    import io

    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
