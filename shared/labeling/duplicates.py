"""Images that are nearly the same: one page photographed or saved twice.

The measure is a difference hash: the image is shrunk to 17 x 16 pixels of gray, and each of 256
bits says whether a pixel is lighter than its right neighbor. Another size, JPEG quality or exposure
changes few bits, another page about half of them. A page of few lines and much paper has less to
tell, so what is found is a list to look at, not a verdict. Turned and mirrored copies are missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shared.labeling.records import LabelSet
from shared.recognizer import open_page_image

SIDE = 16
MOST_BITS = 24  # Of 256; `labs bench` has measured copies and different pages


class Twins(NamedTuple):
    """Two images that look alike.

    Attributes:
        first: An image.
        second: Another.
        bits: In how many of 256 bits their hashes differ; 0 for the same picture.
        same_file: Whether they are the same bytes.
    """

    first: str
    second: str
    bits: int
    same_file: bool


def difference_hash(image: np.ndarray) -> np.ndarray:
    """Return the hash of an image, bool (256,).

    Args:
        image: gray uint8 (height, width).
    """
    import cv2

    # Blurred first, so that a thin stroke counts by its ink and not by where it falls
    small = cv2.resize(image, (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return (small[:, 1:] > small[:, :-1]).ravel()


def near_duplicates(
    label_set: LabelSet, folder: Path | str, most_bits: int = MOST_BITS
) -> list[Twins]:
    """Return the pairs of images that look alike, the most alike first.

    Args:
        label_set: Whose images are compared.
        folder: Where the label file is.
        most_bits: In how many bits of 256 two copies may differ.
    """
    folder = Path(folder)
    hashes = {
        page.image: difference_hash(open_page_image(folder / page.image))
        for page in label_set.pages
    }
    files = {page.image: page.sha256 for page in label_set.pages}
    names = list(hashes)
    found = []
    for k, name in enumerate(names):
        for other in names[:k]:
            bits = int((hashes[name] != hashes[other]).sum())
            same = files[name] == files[other]
            if same or bits <= most_bits:
                found.append(Twins(other, name, bits, same))
    return sorted(found, key=lambda twins: twins.bits)


def twins_across(twins: list[Twins], split: Mapping[str, str]) -> list[Twins]:
    """Return those that a split tears apart: a test image that was trained on.

    Args:
        twins: From `near_duplicates`.
        split: For every image the name of its part.
    """
    return [pair for pair in twins if split.get(pair.first) != split.get(pair.second)]
