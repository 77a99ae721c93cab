"""The frozen pages: what every detector of the course is measured on."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from shared.lines import content_hash, read_arrays
from shared.pages.line import Line
from shared.pages.page import Page
from shared.pages.script import cut
from shared.paths import data_file, write_atomically

FILE = "samples/pages_test.npz"
#: SHA-256 over the arrays of the file, from `data/make/freeze.py`
FROZEN = "dc02bd21f0ecc670f01dca1939a7d0489d627af6f1bbbc7088cf6729bae350f7"
#: Per set the grade, and which hands write it; all texts are test texts
SETS = {
    "regular": ("regular", "train"),
    "unseen": ("regular", "test"),
    "touching": ("touching", "test"),
    "photo": ("photo", "test"),
}
_QUALITY = 80
_VALUES = ("x_height", "ascent", "descent")


def pack(sets: dict[str, Sequence[Page]]) -> dict[str, np.ndarray]:
    """Return pages as plain arrays, images as JPEG, everything else without loss."""
    pages = [page for group in sets.values() for page in group]
    lines = [line for page in pages for line in page.lines]
    images = [
        cv2.imencode(".jpg", page.image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].ravel()
        for page in pages
    ]
    return {
        "sets": np.array([name.encode() for name, group in sets.items() for _ in group], "S"),
        "grades": np.array([page.grade.encode() for page in pages], "S"),
        "writers": np.array([page.writer.encode() for page in pages], "S"),
        "jpegs": np.concatenate([np.zeros(0, np.uint8), *images]),
        "jpeg_lengths": np.array([len(image) for image in images], np.int32),
        "owners": np.concatenate([np.zeros(0, np.uint8), *(p.owner.ravel() for p in pages)]),
        "shapes": np.array([page.owner.shape for page in pages], np.int32).reshape(-1, 2),
        "num_lines": np.array([len(page.lines) for page in pages], np.int32),
        "texts": np.array([line.text.encode("ascii") for line in lines], "S"),
        "baselines": np.concatenate([np.zeros((0, 2)), *(line.baseline for line in lines)]),
        "baseline_lengths": np.array([len(line.baseline) for line in lines], np.int32),
        "boxes": np.array([line.box for line in lines]).reshape(-1, 4),
        "heights": np.array([[getattr(line, name) for name in _VALUES] for line in lines]),
    }


def unpack(arrays: dict[str, np.ndarray], only: str | None = None) -> dict[str, list[Page]]:
    """Return what `pack` was given, or one set of it."""
    curves = cut(arrays["baselines"], arrays["baseline_lengths"])
    of_lines = curves, arrays["heights"].tolist(), arrays["texts"], arrays["boxes"]
    lines = [
        Line(curve, ascent, descent, x_height, 1.0, text.decode("ascii"), box)
        for curve, (x_height, ascent, descent), text, box in zip(*of_lines, strict=True)
    ]
    jpegs = cut(arrays["jpegs"], arrays["jpeg_lengths"])
    owners = cut(arrays["owners"], arrays["shapes"].prod(axis=1))
    ends = np.cumsum(arrays["num_lines"])
    sets: dict[str, list[Page]] = {}
    for k, name in enumerate(arrays["sets"]):
        if only is not None and name.decode() != only:
            continue  # Decoding is what takes the time
        page = Page(
            image=cv2.imdecode(jpegs[k], cv2.IMREAD_GRAYSCALE),
            lines=lines[ends[k] - arrays["num_lines"][k] : ends[k]],
            owner=owners[k].reshape(arrays["shapes"][k]),
            grade=arrays["grades"][k].decode(),
            writer=arrays["writers"][k].decode(),
        )
        sets.setdefault(name.decode(), []).append(page)
    return sets


def save_pages(sets: dict[str, Sequence[Page]], path: Path) -> str:
    """Write pages to an .npz file, whole or not at all, and return the hash of the arrays."""
    arrays = pack(sets)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomically(path, buffer.getvalue())
    return content_hash(arrays)


def frozen_pages(name: str) -> list[Page]:
    """Return the test pages that every number about pages is measured on.

    Args:
        name: "regular" (new texts by training hands), "unseen" (the same kind of page by test
            hands), "touching" (test hands, lines that touch, skewed and curved) or "photo"
            (test hands, photographed).

    Raises:
        ValueError: On another name.
        FileNotFoundError: If the file is missing.
        DamagedFileError: If it is not exactly what was frozen.
    """
    if name not in SETS:
        raise ValueError(f"There are no frozen pages {name!r}; choose one of {', '.join(SETS)}.")
    return unpack(read_arrays(data_file(FILE), FROZEN), only=name)[name]
