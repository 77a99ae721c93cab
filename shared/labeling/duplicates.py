"""Images that are nearly the same: one page photographed or saved twice.

The measure is plain: the page's ink is cut to where it lies, shrunk to a map of 48 x 48 shares of
ink and blurred, and two maps are compared by their correlation. Of 76 different pages, written ones
and photographs, no two reached 0.7; of the same pages made smaller, saved as poor JPEGs, darkened
or cut by one percent, nine in ten exceeded 0.9. A page cut by three percent or photographed askew
may be missed, and so is a copy that was turned: what is found is a list to look at.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from shared.labeling.records import LabelSet
from shared.pages.image_files import open_page_image
from shared.pages.preparation import page_ink

SIDE = 48
AREA = 250_000  # Pixels of the page that are looked at
EDGE = 0.02  # Share of the ink that may lie outside the map on each side
LEAST = 0.8  # Correlation of two copies


class Twins(NamedTuple):
    """Two images that look alike.

    Attributes:
        first: An image.
        second: Another.
        likeness: Correlation of their maps of ink; 1 for the same picture.
        same_file: Whether they are the same bytes.
    """

    first: str
    second: str
    likeness: float
    same_file: bool


def ink_map(image: np.ndarray) -> np.ndarray:
    """Return where a page's ink is, float32 (2304,) of length 1; zeros without ink.

    Args:
        image: gray uint8 (height, width).
    """
    import cv2

    factor = (AREA / image.size) ** 0.5
    if factor < 1:
        size = tuple(max(1, round(side * factor)) for side in image.shape[::-1])
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    ink = page_ink(image)
    if not ink.any():
        return np.zeros(SIDE * SIDE, np.float32)
    ink = ink[_inked(ink, axis=1), _inked(ink, axis=0)]
    shares = cv2.resize(ink, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    shares = cv2.GaussianBlur(shares, (0, 0), 1.0)
    shares -= shares.mean()
    return (shares / max(1e-6, float(np.linalg.norm(shares)))).ravel()


def _inked(ink: np.ndarray, axis: int) -> slice:
    """Return the rows (axis 1) or columns (axis 0) that hold nearly all of the ink."""
    below = np.cumsum(ink.sum(axis=axis, dtype=np.float64))
    first, last = np.searchsorted(below, [EDGE * below[-1], (1 - EDGE) * below[-1]])
    return slice(int(first), max(int(first) + 2, int(last) + 1))


def near_duplicates(label_set: LabelSet, folder: Path | str, least: float = LEAST) -> list[Twins]:
    """Return the pairs of images that look alike, the most alike first.

    Args:
        label_set: Whose images are compared.
        folder: Where the label file is.
        least: Correlation from which on two pages are called copies.
    """
    folder = Path(folder)
    names = [page.image for page in label_set.pages]
    files = {page.image: page.sha256 for page in label_set.pages}
    maps = [ink_map(open_page_image(folder / name)) for name in names]
    found = []
    for k, name in enumerate(names):
        for other, other_map in zip(names[:k], maps, strict=False):
            likeness = other_map @ maps[k]
            same = files[name] == files[other]
            if same or likeness >= least:
                found.append(Twins(other, name, 1.0 if same else float(likeness), same))
    return sorted(found, key=lambda twins: -twins.likeness)
