"""The frozen pages: what every detector of the course is measured on."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from shared import pen
from shared.lines.sets import DamagedFileError, content_hash, read_arrays
from shared.pages.composing import compose_pages
from shared.pages.page import Page, PageLine
from shared.paths import data_file, write_atomically

FILE = "samples/pages_test.npz"
#: SHA-256 over the arrays of the file, from `python -m shared.course.freeze`
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


def compose_frozen(seed: int, count: int = 10, fewest: int = 5) -> dict[str, list[Page]]:
    """Write the pages of every frozen set.

    Args:
        seed: everything follows from it.
        count: pages of a set; its hands are taken far apart.
        fewest: lines of a page; pages with fewer would count as much as whole ones.
    """
    made = {}
    for number, (name, (grade, split)) in enumerate(SETS.items()):
        writers = pen.hands(split)
        writers = writers[:: max(1, len(writers) // count)]
        drawn = compose_pages(4 * count, grade, "test", seed + number, writers[:count])
        long = [page for page in drawn if len(page.lines) >= fewest]
        made[name] = [
            next(page for page in long if page.writer == hand.name) for hand in writers[:count]
        ]
    return made


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
    curves = _cut(arrays["baselines"], arrays["baseline_lengths"])
    lines = [
        PageLine(text.decode("ascii"), curve, *heights.tolist(), box)
        for text, curve, heights, box in zip(
            arrays["texts"], curves, arrays["heights"], arrays["boxes"], strict=True
        )
    ]
    jpegs = _cut(arrays["jpegs"], arrays["jpeg_lengths"])
    owners = _cut(arrays["owners"], arrays["shapes"].prod(axis=1))
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


def _cut(rows: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum(lengths).tolist()
    return [rows[a:b] for a, b in zip([0, *ends], ends, strict=False)]


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
        ValueError: on another name.
        FileNotFoundError: if the file is missing.
        DamagedFileError: if it is not exactly what was frozen.
    """
    if name not in SETS:
        raise ValueError(f"There are no frozen pages {name!r}; choose one of {', '.join(SETS)}.")
    path = data_file(FILE)
    arrays = read_arrays(path)
    found = content_hash(arrays)
    if found != FROZEN:
        raise DamagedFileError(
            f"{path} does not hold the frozen pages: the SHA-256 of its arrays is {found[:12]}..., "
            f"not {FROZEN[:12]}.... Numbers measured on it would mean nothing; restore it with "
            "`git checkout -- data`."
        )
    return unpack(arrays, only=name)[name]
