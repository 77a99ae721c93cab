"""Cutting a rectified sheet: what a person wrote, without what is printed."""

from __future__ import annotations

import numpy as np

from shared.handwriting.sheet import FRAME, MARK_PLACES, Box, light_strokes

SCALE = 10  # Pixels of a rectified sheet per millimeter, as a scanner's 254 dots per inch
FRINGE = 0.9  # Millimeters beside a printed stroke within which its ink is taken away
DOT = 0.07  # Square millimeters of ink that are more than dust
ODD_LENGTH = (0.62, 1.6)  # How long a line may be, beside this hand's others
NARROW, WIDE = "filjrt.,:;!'|() -1", "mwMW@"


def without_marks(flat: np.ndarray) -> np.ndarray:
    """Return the sheet with its black marks made paper, so that they do not set the ink."""
    flat = flat.copy()
    for left, top in (SCALE * MARK_PLACES).astype(int):
        around = flat[max(top - 20, 0) : top + 130, max(left - 20, 0) : left + 130]
        around[:] = np.percentile(around, 90)
    return flat


def without_print(ink: np.ndarray) -> tuple[np.ndarray, float]:
    """Take rules and cells away where they are no darker than they are printed.

    Returns:
        The ink, and how dark the rules were, 0 to 255.
    """
    import cv2

    printed, levels = np.zeros_like(ink), []
    for start, end in light_strokes():
        ends = [tuple(round(SCALE * value) for value in point) for point in (start, end)]
        cv2.line(printed, *ends, 255, round(2 * FRINGE * SCALE))
        if end[0] - start[0] == FRAME[0]:
            levels.append(np.median(ink[ends[0][1] - 6 : ends[0][1] + 7], axis=1).max())
    level = float(np.median(levels))
    own = np.where((printed > 0) & (ink < 1.6 * level + 14), 0, ink).astype(np.uint8)
    return own, level


def pixels(box: Box, more: float = 0.0) -> Box:
    """Return a box in pixels of the rectified sheet, larger by some millimeters on all sides."""
    left, top, right, bottom = box
    left, top = max(left - more, 0), max(top - more, 0)
    right, bottom = min(right + more, FRAME[0]), min(bottom + more, FRAME[1])
    return Box(*(round(SCALE * value) for value in (left, top, right, bottom)))


def cut(image: np.ndarray, box: Box) -> np.ndarray:
    """Return what is in a box of pixels."""
    return image[box.top : box.bottom, box.left : box.right]


def own_ink(
    ink: np.ndarray, inside: np.ndarray, place: Box, more: float, less: float
) -> np.ndarray | None:
    """Cut a box out, without dust and strokes that come in over its edge and miss its core.

    Args:
        ink: uint8 (height, width), the sheet, ink 255.
        inside: What of it the photograph shows, the same shape.
        place: The box, in millimeters.
        more: Millimeters around it that are cut out, too.
        less: Millimeters that its core is smaller.

    Returns:
        The ink, or None where nothing is written or the photograph does not show all of it.
    """
    import cv2

    box, core = pixels(place, more), pixels(place, -less)
    crop = cut(ink, box)
    _, parts, stats, _ = cv2.connectedComponentsWithStats((crop > 40).astype(np.uint8))
    left, top, width, height, area = stats.T
    right, bottom = left + width, top + height
    edge = (left == 0) | (top == 0) | (right == crop.shape[1]) | (bottom == len(crop))
    away = (right + box.left <= core.left) | (left + box.left >= core.right)
    away |= (bottom + box.top <= core.top) | (top + box.top >= core.bottom)
    foreign = edge & away | (area < DOT * SCALE**2)
    foreign[0] = True  # The paper; strokes keep their soft edges
    own = cv2.dilate((~foreign[parts]).astype(np.uint8), np.ones((5, 5), np.uint8))
    crop = np.where(own > 0, crop, 0).astype(np.uint8)
    written = (crop > 90).sum() >= DOT * SCALE**2
    return crop if written and cut(inside, box).all() else None


def trim(ink: np.ndarray) -> np.ndarray:
    """Cut off the paper before and behind the ink, but for three millimeters."""
    columns = np.flatnonzero((ink > 90).any(axis=0))
    return ink[:, max(0, columns[0] - 3 * SCALE) : columns[-1] + 3 * SCALE]


def odd_rows(rows: dict[int, tuple[str, np.ndarray]]) -> list[int]:
    """Return the lines whose ink is too long or too short for what they should say."""
    lengths = {}
    for index, (text, crop) in rows.items():
        columns = np.flatnonzero((crop > 90).any(axis=0))
        letters = sum(0.6 if c in NARROW else 1.4 if c in WIDE else 1.0 for c in text)
        lengths[index] = (columns[-1] - columns[0]) / SCALE / letters
    usual, (low, high) = float(np.median([*lengths.values()] or [0])), ODD_LENGTH
    if len(lengths) < 3:  # Nothing to compare with: what people write in, at all
        usual, low, high = 3.0, 0.4, 2.2
    return [k for k, length in lengths.items() if not low * usual <= length <= high * usual]
