"""A model's proposals: where the lines of a page are and what they may say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from shared.labeling.records import LabeledLine, LabeledPage
from shared.pages import PageReader, PageReading
from shared.pages.image_files import open_page_image

BEND = 1.0  # Pixels that a drawn baseline may stray from the detector's


def propose(page: LabeledPage, folder: Path | str, reader: PageReader) -> LabeledPage:
    """Return an open page with the lines that a model reads on it.

    Args:
        page: An open page without lines.
        folder: Where the label file is.
        reader: What reads.

    Raises:
        ValueError: The page has lines or is not open: what a person made is never replaced.
        FileNotFoundError: The image is missing.
        UnreadableImageError: The image is damaged.
    """
    if page.lines or page.status != "open":
        raise ValueError(
            f"The page {page.image!r} is {page.status} and has {len(page.lines)} lines; a model "
            "proposes only on open pages without lines. Remove its lines first."
        )
    reading = reader.read(open_page_image(Path(folder) / page.image))
    return replace(page, lines=proposed_lines(reading, page.width, page.height))


def proposed_lines(reading: PageReading, width: int, height: int) -> tuple[LabeledLine, ...]:
    """Return what was read as lines that wait for a person.

    Boxes are cut off at the edge of the page, and a baseline keeps the points where it bends.

    Args:
        reading: What the page reader returned.
        width: Of the page, in pixels.
        height: As width.
    """
    lines = []
    size = np.array([width, height], dtype=np.float64)
    for read in reading.lines:
        box = np.clip(np.asarray(read.box, dtype=np.float64), 0, [*size, *size])
        if (box[2:] - box[:2] < 1).any():
            continue  # Wholly in the margin that the detector pads: nobody could see it
        points = np.clip(simplified(np.asarray(read.baseline)), 0, size)
        text = read.text or None
        lines.append(
            LabeledLine(
                f"m{len(lines) + 1}", tuple(box.tolist()), text, "proposed",
                tuple(map(tuple, points.tolist())), text, read.confidence,
            )
        )  # fmt: skip
    return tuple(lines)


def simplified(points: np.ndarray, bend: float = BEND) -> np.ndarray:
    """Return the points (n, 2) of a curve without those that lie on a straight piece of it."""
    import cv2

    kept = cv2.approxPolyDP(points.astype(np.float32)[:, None], bend, closed=False)[:, 0]
    return kept if len(kept) > 1 else points[[0, -1]]
