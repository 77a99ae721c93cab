"""Where a line stands in a box that a person drew: found from the ink, where nobody said it.

Writing is dense between baseline and x-height. Seen along the right slope, the rows of a box differ
most: the dense ones are very dense and the gaps empty. So the slope is the one whose profile has
the largest sum of squares, and the line is the dense band nearest the middle of the box.
"""

from __future__ import annotations

import numpy as np

from shared.ink import extract_ink, to_gray

STEEPEST, SLOPES = 0.25, 101  # Rows per column, and how many slopes are tried
LEAST_INK = 20  # Pixels; with fewer there is no profile
DENSE = 0.45  # Share of the densest row that still belongs to the band
MIDDLE = 0.25  # Of the box's height: how far the band may be from its middle


def baseline_from_ink(
    gray: np.ndarray, box: tuple[float, float, float, float]
) -> tuple[np.ndarray, float] | None:
    """Find the baseline of the line in a box.

    Args:
        gray: uint8 (height, width), the page.
        box: Left, top, right, bottom in pixels. Parts of neighbors may be inside.

    Returns:
        Two points (x, y) of the baseline, float (2, 2), and the x-height in pixels; None where
        the box holds hardly any ink.
    """
    left, top = (max(0, round(value)) for value in box[:2])
    crop = gray[top : round(box[3]), left : round(box[2])]
    try:
        rows, columns = np.nonzero(extract_ink(to_gray(crop)) > 127)
    except ValueError:
        return None
    if len(rows) < LEAST_INK:
        return None
    height, width = crop.shape
    columns = columns - width / 2
    above = int(STEEPEST * width / 2) + 1  # As far as the steepest slope moves the outermost ink
    slopes = np.linspace(-STEEPEST, STEEPEST, SLOPES)
    profiles = [
        np.bincount(
            np.round(rows - slope * columns + above).astype(int), minlength=height + 2 * above
        )
        for slope in slopes
    ]
    best = int(np.argmax([np.square(profile).sum() for profile in profiles]))
    slope = slopes[best]
    first, last = (row - above for row in _band(profiles[best], above + height / 2, height))
    ends = np.array([0.0, width])
    points = np.column_stack([ends + left, last + slope * (ends - width / 2) + top])
    return points, float(max(2.0, last - first + 1))


def _band(profile: np.ndarray, middle: float, height: int) -> tuple[int, int]:
    """Return first and last row of the dense band near the middle of the box."""
    width = max(1, height // 20) | 1
    smooth = np.convolve(profile, np.ones(width) / width, "same")
    from_middle = np.arange(len(smooth)) - middle
    near = smooth * np.exp(-0.5 * np.square(from_middle / (MIDDLE * height)))
    first = last = int(near.argmax())
    least = DENSE * smooth[first]
    while first > 0 and smooth[first - 1] > least:
        first -= 1
    while last < len(smooth) - 1 and smooth[last + 1] > least:
        last += 1
    return first, last
