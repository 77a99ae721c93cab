"""Rectifying a line: it is cut out of its page along the baseline, level and at one size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shared.ink import body_rows, extract_ink
from shared.pages.line import Line
from shared.pages.preparation import resized
from shared.preparation import (
    BELOW,
    BODIES,
    BODY,
    HEIGHT,
    MARGIN,
    MAX_WIDTH,
    READER_MARGIN,
    WHOLE_LINE,
    X_HEIGHT,
    PlacedLine,
    Preparation,
    set_in_rows,
)

CROP_X_HEIGHT = 24.0  # Pixels of a small letter in a crop: enough to keep thin strokes
MARGIN_ABOVE = 0.4  # Paper above and below the line, in x-heights
MARGIN_BESIDE = 0.8  # Paper before and behind it
BASELINE = 22.0  # Mean row of the baseline in the pens' lines of 32 rows


class LineCrop(NamedTuple):
    """A rectified line.

    Attributes:
        image: Gray uint8 (height, width); the baseline is one level row.
        baseline: That row.
        x_height: Height of the small letters in it.
    """

    image: np.ndarray
    baseline: float
    x_height: float


def rectify(gray: np.ndarray, line: Line, x_height: float = CROP_X_HEIGHT) -> LineCrop:
    """Cut a line out along its baseline and make it level.

    Every column of the crop is read along a normal of the baseline, so that skew, curves and
    waves of the line vanish.

    Args:
        gray: uint8 (height, width), the page.
        line: In pixels of `gray`.
        x_height: Height of small letters in the crop.
    """
    import cv2

    zoom = x_height / max(line.x_height, 1e-6)
    above, below = (length + MARGIN_ABOVE * line.x_height for length in (line.ascent, line.descent))
    points, along = _arc(line)
    columns = max(2, min(round(along[-1] * zoom), 20_000))
    places = (np.arange(columns) + 0.5) * along[-1] / columns
    x, y = _at(points, along, places).T
    # The direction is taken over two x-heights: corners of the baseline must not fan out
    direction = _at(points, along, places + line.x_height)
    direction -= _at(points, along, places - line.x_height)
    direction /= np.maximum(np.hypot(*direction.T), 1e-9)[:, None]
    rows = max(2, min(round((above + below) * zoom), 1024))
    away = (np.arange(rows) + 0.5) / rows * (above + below) - above  # Downward
    map_x = x[None] - away[:, None] * direction[None, :, 1] - 0.5
    map_y = y[None] + away[:, None] * direction[None, :, 0] - 0.5
    how = cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_LINEAR
    image = cv2.remap(
        gray, map_x.astype(np.float32), map_y.astype(np.float32), how,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return LineCrop(image, above * zoom, x_height)


def _arc(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """Return the baseline, a straight piece longer at both ends, and each point's arc length."""
    points = np.asarray(line.baseline, dtype=np.float64)
    ends = []
    for end, other in ((points[0], points[-1]), (points[-1], points[0])):
        direction = end - other
        direction = direction / max(np.hypot(*direction), 1e-9)
        ends.append(end + direction * (MARGIN_BESIDE * line.x_height))
    points = np.concatenate([[ends[0]], points, [ends[1]]])
    return points, np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def _at(points: np.ndarray, along: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the points of a curve at these arc lengths, float64 (n, 2)."""
    return np.column_stack([np.interp(places, along, values) for values in points.T])


def page_points(line: Line, columns: np.ndarray, width: int) -> np.ndarray:
    """Return where columns of a rectified line lie on its page's baseline, float64 (n, 2).

    Args:
        line: The line that was rectified, in pixels of the page.
        columns: Columns of the crop.
        width: Columns that the crop has.
    """
    points, along = _arc(line)
    return _at(points, along, np.asarray(columns, dtype=np.float64) / width * along[-1])


def rectify_all(gray: np.ndarray, lines: Sequence[Line]) -> list[LineCrop]:
    """Cut all lines out of a page; a large photograph is scaled down once for all of them."""
    if not lines:
        return []
    factor = 1.5 * CROP_X_HEIGHT / float(np.median([line.x_height for line in lines]))
    if factor < 0.8:
        gray = resized(gray, factor)
        lines = [line.scaled(factor) for line in lines]
    return [rectify(gray, line) for line in lines]


def place_crop(crop: LineCrop, preparation: Preparation = WHOLE_LINE) -> PlacedLine:
    """Return a rectified line as a line network takes it, and which of its columns it shows.

    Baseline and x-height are known, so they come to where the pens' lines have them, which
    the preparation of any other image of a line has to guess from the ink. Strokes of the lines
    above and below are left out.

    Args:
        crop: The rectified line.
        preparation: The one that the network was trained on.

    Raises:
        ValueError: There is no ink in the crop.
    """
    ink = without_neighbors(extract_ink(crop.image.astype(np.float32) / 255), crop)
    columns = np.flatnonzero((ink > 90).any(axis=0))
    if not len(columns):
        raise ValueError("No ink was found: the line is only paper.")
    left = max(0, int(columns[0]) - 1)
    place = _place_bodies if preparation is BODIES else _place_whole_line
    return place(ink[:, left : columns[-1] + 2], crop, left)


def without_neighbors(ink: np.ndarray, crop: LineCrop) -> np.ndarray:
    """Leave out strokes that come in over the crop's edges and never reach its small letters."""
    import cv2

    _, parts, stats, _ = cv2.connectedComponentsWithStats((ink > 40).astype(np.uint8))
    top = crop.baseline - 0.85 * crop.x_height
    bottom = crop.baseline + 0.1 * crop.x_height
    begins = stats[:, cv2.CC_STAT_TOP]
    ends = begins + stats[:, cv2.CC_STAT_HEIGHT]
    outside = (ends < top) & (begins <= 1) | (begins > bottom) & (ends >= len(ink) - 1)
    outside[0] = False
    return np.where(outside[parts], 0, ink).astype(np.uint8)


def _place_whole_line(ink: np.ndarray, crop: LineCrop, left: int) -> PlacedLine:
    """Return ink as the labs' networks take it: the whole line fits into 32 rows."""
    import cv2

    rows = np.flatnonzero((ink > 90).any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    scale = min(X_HEIGHT / crop.x_height, (HEIGHT - 2) / (bottom - top))
    scale = min(scale, (MAX_WIDTH - 2 * MARGIN) / ink.shape[1])
    lowest = 1 + (crop.baseline - top) * scale
    highest = HEIGHT - 1 - (bottom - crop.baseline) * scale
    baseline = float(np.clip(BASELINE, lowest, highest))
    width = max(2, round(ink.shape[1] * scale))
    size = width, max(1, round(ink.shape[0] * scale))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    line = np.zeros((HEIGHT, width + 2 * MARGIN), dtype=np.uint8)
    shift = round(baseline - crop.baseline * scale)
    first, last = max(0, shift), min(HEIGHT, shift + len(small))
    line[first:last, MARGIN : MARGIN + width] = small[first - shift : last - shift]
    gain = 255 / max(1.0, np.percentile(line[line > 64], 80)) if (line > 64).any() else 1.0
    image = np.clip(line * gain, 0, 255).astype(np.uint8)
    return PlacedLine(image, float(left), width / ink.shape[1], MARGIN)


def _place_bodies(ink: np.ndarray, crop: LineCrop, left: int) -> PlacedLine:
    """Return ink as the shipped reader takes it: the letters' bodies have one size."""
    top, bottom = body_rows(ink)
    # Measured as in training, and held to what the detector saw of the whole page
    body = float(np.clip(bottom - top, 0.9 * crop.x_height, 1.4 * crop.x_height))
    scale = min(BODY / body, (MAX_WIDTH - 2 * READER_MARGIN) / ink.shape[1])
    baseline = crop.baseline + BELOW * crop.x_height
    return set_in_rows(ink, scale, baseline, float(left))
