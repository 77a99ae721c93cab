"""The frozen pages: what every detector of the course is measured on."""

from __future__ import annotations

import cv2
import numpy as np

from shared.lines import cut, read_arrays
from shared.pages.line import Line
from shared.pages.page import Page
from shared.paths import data_file

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


def unpack(arrays: dict[str, np.ndarray], only: str | None = None) -> dict[str, list[Page]]:
    """Return the pages of the arrays that `data/make/freeze.py` packs, or one set of them."""
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
