"""Joining the traced pieces of a line: those whose ends meet across a gap between words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CORE_SHARE = 0.85  # The core band reaches from the baseline up to this share of the x-height
JOIN_GAP = 12.0  # Widest gap inside one line, in x-heights
JOIN_STEP = 1.25  # Highest step of the baseline across a gap between words, in x-heights
FAR_STEP = 0.7  # Highest step across a wider gap
NEAR_GAP = 3.0  # Widest gap between words, in x-heights
OVERLAP = 1.5  # Farthest overlap of two pieces of slanted writing, in x-heights
MOST_PIECES = 300  # A page has fewer; a picture of something else may have thousands


@dataclass(frozen=True, eq=False)
class Band:
    """A traced piece of a band, in pixels of the maps: one centre for every column."""

    columns: np.ndarray
    centers: np.ndarray
    thickness: float
    confidence: float
    above: float  # From the centre up to the top of the line
    below: float

    @property
    def length(self) -> float:
        """Columns from the first to the last."""
        return float(self.columns[-1] - self.columns[0] + 1)


def join_bands(bands: Sequence[Band], band_share: float = CORE_SHARE) -> list[Band]:
    """Join the pieces of a line: those whose ends meet across a gap, nearest first.

    Args:
        bands: Pieces as they were traced.
        band_share: Thickness of a band in x-heights.
    """
    largest = sorted(bands, key=lambda band: -band.length)[:MOST_PIECES]
    pieces = dict(enumerate(largest))
    costs: dict[tuple[int, int], float] = {}

    def meet(new: int) -> None:
        for other in pieces:
            for i, j in ((new, other), (other, new)):
                if pieces[i].columns[0] < pieces[j].columns[0]:
                    cost = _joining_cost(pieces[i], pieces[j], band_share)
                    if cost < np.inf:
                        costs[i, j] = cost

    for index in pieces:
        meet(index)
    number = len(pieces)
    while costs:
        i, j = min(costs, key=costs.__getitem__)
        number += 1
        pieces[number] = _joined(pieces.pop(i), pieces.pop(j))
        costs = {pair: cost for pair, cost in costs.items() if not {i, j} & set(pair)}
        meet(number)
    return list(pieces.values())


def _joining_cost(a: Band, b: Band, band_share: float) -> float:
    """Return how far two pieces are from one line, infinite where they cannot be one."""
    x_height = (a.thickness + b.thickness) / 2 / band_share
    gap = b.columns[0] - a.columns[-1]
    if not -OVERLAP * x_height <= gap <= JOIN_GAP * x_height:
        return np.inf
    if max(a.thickness, b.thickness) > 2.5 * min(a.thickness, b.thickness):
        return np.inf
    # No line rises by half of its length; most pairs of a crowded picture end here
    if abs(a.centers[-1] - b.centers[0]) > 3 * x_height + 0.5 * max(gap, 0):
        return np.inf
    middle = (a.columns[-1] + b.columns[0]) / 2
    step = abs(_height_at(a, middle, x_height) - _height_at(b, middle, x_height))
    end = max(3, round(x_height))
    step = min(step, abs(a.centers[-end:].mean() - b.centers[:end].mean()))
    highest = JOIN_STEP if gap < NEAR_GAP * x_height else FAR_STEP
    return gap + 4 * step if step <= highest * x_height else np.inf


def _height_at(band: Band, x: float, x_height: float) -> float:
    """Follow a band's end to a place beyond it, by a straight line through its last letters."""
    reach = max(4, round(6 * x_height))
    part = slice(-reach, None) if x > band.columns[-1] else slice(0, reach)
    columns, centers = band.columns[part], band.centers[part]
    height = float(centers.mean())
    if len(columns) < 3 * x_height:  # A letter or two have no direction
        return height
    # Least squares; the variance of consecutive columns is (n^2 - 1) / 12
    count, middle = len(columns), (columns[0] + columns[-1]) / 2
    slope = float((columns - middle) @ centers) / (count * (count * count - 1) / 12)
    return height + slope * (x - middle)


def _joined(a: Band, b: Band) -> Band:
    keep = b.columns > a.columns[-1]
    columns = np.concatenate([a.columns, b.columns[keep]])
    centers = np.concatenate([a.centers, b.centers[keep]])
    every = np.arange(columns[0], columns[-1] + 1)
    share = len(a.columns) / (len(a.columns) + len(b.columns))
    mixed = (
        share * getattr(a, name) + (1 - share) * getattr(b, name)
        for name in ("thickness", "confidence", "above", "below")
    )
    return Band(every, np.interp(every, columns, centers), *mixed)
