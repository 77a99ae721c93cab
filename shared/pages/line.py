"""A line on a page: where it is, its outline, and the order in which lines are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Line:
    """A line of handwriting, written, detected or read; lengths in pixels, y downward.

    A line is where its letters stand, and how far they reach above and below, as in PAGE XML
    (Pletschacher and Antonacopoulos 2010, "The PAGE (Page Analysis and Ground-Truth Elements)
    format framework", ICPR).

    Attributes:
        baseline: float64 (n, 2), x and y of what the letters stand on, from left to right.
        ascent: From the baseline up to the top of the tallest letters.
        descent: From the baseline down to the lowest ones.
        x_height: Height of the small letters.
        confidence: From 0 to 1: of a detected line the mean of the core map over its band, of a
            line that was read the chance that its text is right; see `shared.pages.confidence`.
        text: What it says, or what was read; crossed-out words are not in it.
        ink_box: (4,) left, top, right, bottom of its ink, where that is known.
    """

    baseline: np.ndarray
    ascent: float
    descent: float
    x_height: float
    confidence: float = 1.0
    text: str = ""
    ink_box: np.ndarray | None = None

    @property
    def polygon(self) -> np.ndarray:
        """The outline of the line, float64 (2 n, 2): its top from left to right, then back."""
        return band_polygon(self.baseline, self.ascent, self.descent)

    @property
    def box(self) -> np.ndarray:
        """Left, top, right and bottom, float64 (4,): of the ink, or else of the outline."""
        if self.ink_box is not None:
            return self.ink_box
        outline = self.polygon
        return np.concatenate([outline.min(axis=0), outline.max(axis=0)])

    def scaled(self, factor: float) -> Line:
        """Return the line on the page enlarged by a factor."""
        lengths = (self.ascent * factor, self.descent * factor, self.x_height * factor)
        box = None if self.ink_box is None else self.ink_box * factor
        return Line(self.baseline * factor, *lengths, self.confidence, self.text, box)


def band_polygon(baseline: np.ndarray, above: float, below: float) -> np.ndarray:
    """Return the outline (2 n, 2) of what lies so far above and below a baseline (n, 2).

    Distances are taken along the normals of the baseline; a negative one lies on its other side.
    """
    baseline = np.asarray(baseline, dtype=np.float64)
    along = np.empty_like(baseline)
    along[1:-1] = baseline[2:] - baseline[:-2]
    along[0], along[-1] = baseline[1] - baseline[0], baseline[-1] - baseline[-2]
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    up = np.column_stack([along[:, 1], -along[:, 0]])
    return np.concatenate([baseline + above * up, (baseline - below * up)[::-1]])


def reading_order(lines: Sequence[Line]) -> list[Line]:
    """Return lines from top to bottom as the page is tilted, and from left to right in a row.

    Columns beside each other are not told apart: a page is one column here.
    """
    if len(lines) < 2:
        return list(lines)
    ends = np.array([[line.baseline[0], line.baseline[-1]] for line in lines])
    along = ends[:, 1] - ends[:, 0]
    order = np.argsort(along[:, 1] / np.maximum(along[:, 0], 1e-9))
    half = np.searchsorted(np.cumsum(along[order, 0]), along[:, 0].sum() / 2)
    tilt = along[order[half], 1] / max(along[order[half], 0], 1e-9)
    middles = np.array([line.baseline.mean(axis=0) for line in lines])
    heights = middles[:, 1] - tilt * middles[:, 0]
    rows: list[list[int]] = []
    for index in np.argsort(heights, kind="stable"):
        room = 0.5 * lines[index].x_height
        if rows and heights[index] - heights[rows[-1][0]] < room:
            rows[-1].append(int(index))
        else:
            rows.append([int(index)])
    return [lines[i] for row in rows for i in sorted(row, key=lambda i: middles[i, 0])]
