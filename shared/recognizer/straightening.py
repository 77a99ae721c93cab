"""Cutting a line out of a page along its baseline, level and at the size the reader knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shared.recognizer.detected_lines import DetectedLine
from shared.recognizer.preparation import HEIGHT, MARGIN, MAX_WIDTH, PlacedLine, extract_ink

STRIP_X_HEIGHT = 24.0  # Pixels of a small letter in a strip: enough to keep thin strokes
ROOM = 0.4  # Paper above and below the line, in x-heights
SIDE = 0.8  # Paper before and behind it
READER_X_HEIGHT = 10.5  # Mean of the pens' small letters in a line 32 pixels high
READER_BASELINE = 22.0  # Mean row of their baseline


class Strip(NamedTuple):
    """A straightened line.

    Attributes:
        image: Gray uint8 (height, width); the baseline is one level row.
        baseline: That row.
        x_height: Height of the small letters in it.
        ascent: From the baseline up to the top of the tallest letters.
        descent: From the baseline down to the lowest ones.
    """

    image: np.ndarray
    baseline: float
    x_height: float
    ascent: float
    descent: float


def straighten(gray: np.ndarray, line: DetectedLine, x_height: float = STRIP_X_HEIGHT) -> Strip:
    """Cut a line out along its baseline and make it level.

    Every column of the strip is read along a normal of the baseline, so that skew, curves and
    waves of the line vanish.

    Args:
        gray: uint8 (height, width), the page.
        line: With `baseline`, `ascent`, `descent` and `x_height`, in pixels of `gray`.
        x_height: Height of small letters in the strip.
    """
    import cv2

    zoom = x_height / max(line.x_height, 1e-6)
    above, below = line.ascent + ROOM * line.x_height, line.descent + ROOM * line.x_height
    points = _extended(np.asarray(line.baseline, dtype=np.float64), SIDE * line.x_height)
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    columns = max(2, min(round(along[-1] * zoom), 20_000))
    places = (np.arange(columns) + 0.5) * along[-1] / columns
    x, y = (np.interp(places, along, values) for values in points.T)
    # The direction is taken over two x-heights: corners of the baseline must not fan out
    reach = line.x_height
    ahead, behind = (
        np.column_stack([np.interp(places + shift, along, values) for values in points.T])
        for shift in (reach, -reach)
    )
    direction = ahead - behind
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
    return Strip(image, above * zoom, x_height, line.ascent * zoom, line.descent * zoom)


def _extended(points: np.ndarray, length: float) -> np.ndarray:
    """Add a straight piece at both ends of a baseline."""
    ends = []
    for end, other in ((points[0], points[-1]), (points[-1], points[0])):
        direction = end - other
        ends.append(end + direction / max(np.hypot(*direction), 1e-9) * length)
    return np.concatenate([[ends[0]], points, [ends[1]]])


def points_of_strip(line: DetectedLine, columns: np.ndarray, width: int) -> np.ndarray:
    """Return where columns of a straightened line lie on its page's baseline, float64 (n, 2).

    Args:
        line: The line that was straightened, in pixels of the page.
        columns: Columns of the strip.
        width: Columns that the strip has.
    """
    points = _extended(np.asarray(line.baseline, dtype=np.float64), SIDE * line.x_height)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    places = np.asarray(columns, dtype=np.float64) / width * along[-1]
    return np.column_stack([np.interp(places, along, values) for values in points.T])


def straighten_all(gray: np.ndarray, lines: Sequence[DetectedLine]) -> list[Strip]:
    """Cut all lines out of a page; a large photograph is scaled down once for all of them."""
    import cv2

    if not lines:
        return []
    factor = 1.5 * STRIP_X_HEIGHT / float(np.median([line.x_height for line in lines]))
    if factor < 0.8:
        size = tuple(max(1, round(side * factor)) for side in gray.shape[::-1])
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        lines = [line.scaled(factor) for line in lines]
    return [straighten(gray, line) for line in lines]


def prepare_strip(strip: Strip) -> np.ndarray:
    """Return a straightened line as the line reader knows it: uint8 (32, width), ink 255.

    Baseline and x-height are known, so they come to where the pens' lines have them, which
    `prepare_line` has to guess from the ink. Strokes that hang in from the lines above and below
    are left out.

    Raises:
        ValueError: There is no ink in the strip.
    """
    return place_strip(strip).image


def place_strip(strip: Strip) -> PlacedLine:
    """Return a strip as `prepare_strip` does, and which of its columns it shows.

    Raises:
        ValueError: There is no ink in the strip.
    """
    import cv2

    ink = own_ink(extract_ink(strip.image.astype(np.float32) / 255), strip)
    columns = np.flatnonzero((ink > 90).any(axis=0))
    if not len(columns):
        raise ValueError("No ink was found: the strip is only paper.")
    left = max(0, int(columns[0]) - 1)
    ink = ink[:, left : columns[-1] + 2]
    rows = np.flatnonzero((ink > 90).any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    scale = min(READER_X_HEIGHT / strip.x_height, (HEIGHT - 2) / (bottom - top))
    scale = min(scale, (MAX_WIDTH - 2 * MARGIN) / ink.shape[1])
    baseline = float(np.clip(
        READER_BASELINE,
        1 + (strip.baseline - top) * scale,
        HEIGHT - 1 - (bottom - strip.baseline) * scale,
    ))  # fmt: skip
    width = max(2, round(ink.shape[1] * scale))
    size = width, max(1, round(ink.shape[0] * scale))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    line = np.zeros((HEIGHT, width + 2 * MARGIN), dtype=np.uint8)
    shift = round(baseline - strip.baseline * scale)
    first, last = max(0, shift), min(HEIGHT, shift + len(small))
    line[first:last, MARGIN : MARGIN + width] = small[first - shift : last - shift]
    gain = 255 / max(1.0, np.percentile(line[line > 64], 80)) if (line > 64).any() else 1.0
    image = np.clip(line * gain, 0, 255).astype(np.uint8)
    return PlacedLine(image, float(left), width / ink.shape[1], MARGIN)


def own_ink(ink: np.ndarray, strip: Strip) -> np.ndarray:
    """Leave out strokes that come in over the strip's edges and never reach its small letters."""
    import cv2

    count, parts, stats, _ = cv2.connectedComponentsWithStats((ink > 40).astype(np.uint8))
    top = strip.baseline - 0.85 * strip.x_height
    bottom = strip.baseline + 0.1 * strip.x_height
    begins = stats[:, cv2.CC_STAT_TOP]
    ends = begins + stats[:, cv2.CC_STAT_HEIGHT]
    outside = (ends < top) & (begins <= 1) | (begins > bottom) & (ends >= len(ink) - 1)
    outside[0] = False
    return np.where(outside[parts], 0, ink).astype(np.uint8)
