"""Layout: the rows of a page come to their places on the paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.pages.plan import Plan
from shared.pages.script import Script, add_marks, write_rows
from shared.pages.texts import Row, clipped_normal
from shared.pen import Hand


@dataclass(frozen=True, eq=False)
class Strokes:
    """All the ink of a page in its place; strokes as in `Script`.

    Attributes:
        points: float64 (n, 2), pixels at zoom 1.
        feet: float64 (n, 2), where each point's foot stands on the baseline.
        lengths: Points of each stroke.
        line: The line that each stroke belongs to.
        owned: Per stroke, whether it counts as the line's ink; a crossed-out word does not.
        curves: (m, 2), the baselines of all lines.
        bends: Points of each baseline.
        sizes: x-height of each line.
    """

    points: np.ndarray
    feet: np.ndarray
    lengths: np.ndarray
    line: np.ndarray
    owned: np.ndarray
    curves: np.ndarray
    bends: np.ndarray
    sizes: np.ndarray


def place_rows(
    rows: list[Row], plan: Plan, hand: Hand, rng: np.random.Generator
) -> tuple[Strokes, float]:
    """Write the rows and put them in their places.

    Returns:
        The strokes, and the height that the paper needs.
    """
    script = write_rows(rows, plan.spread, hand, rng)
    sizes, squeeze, left, base = _places(rows, plan, script, rng)
    baselines = _curves(rows, plan, base, rng)
    script = add_marks(script, rows, rng)

    at = np.repeat(script.line, script.lengths)
    x = left[at] + script.along * squeeze[at] * sizes[at]
    y, rise = baselines.at(at, x)
    up = script.up * sizes[at] / np.sqrt(1 + rise * rise)
    feet = np.column_stack([x, y])
    points = feet + np.column_stack([rise * up, -up])

    mine = np.repeat(script.owned, script.lengths)
    firsts = np.searchsorted(at[mine], np.arange(len(rows)))
    low = np.minimum.reduceat(x[mine], firsts)
    high = np.maximum(np.maximum.reduceat(x[mine], firsts), low + 1)
    steps = np.maximum(1, (high - low) // (2 * plan.x_height)).astype(int)
    which = np.repeat(np.arange(len(rows)), steps + 1)
    share = np.concatenate([np.arange(count + 1) / count for count in steps])
    along = low[which] + (high - low)[which] * share
    curves = np.column_stack([along, baselines.at(which, along)[0]])
    strokes = Strokes(
        points, feet, script.lengths, script.line, script.owned, curves, steps + 1, sizes
    )
    return strokes, float(max(points[:, 1].max(), base.max()) + plan.margins[3])


def _places(
    rows: list[Row], plan: Plan, script: Script, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Choose size, squeeze, left edge and height of each row's baseline."""
    count, unit, widths, gaps = len(rows), plan.x_height, script.widths, script.gaps
    inserted = np.array([row.place == "insert" for row in rows])
    sizes = unit * (1 + 0.03 * clipped_normal(rng, count, limit=2))
    sizes[inserted] *= rng.uniform(0.6, 0.8)
    steps = 1.0 + (0.015 if plan.ruled else 0.05) * clipped_normal(rng, count)
    free = np.array([row.gap for row in rows])
    steps = steps + (np.rint(free) if plan.ruled else free)
    steps[inserted] = 0.0
    if not plan.ruled:  # Lines draw together or apart down the page
        steps *= 1 + 0.08 * rng.standard_normal() * np.linspace(-1, 1, count)
    steps[0] -= 1.0
    base = plan.margins[1] + plan.pitch * np.cumsum(steps)
    drift = 0.25 * rng.standard_normal() * unit * np.arange(count) * float(rng.random() < 0.35)
    drift -= min(0.0, drift.min())
    jitter = 0.35 * np.abs(rng.standard_normal(count)).clip(0, 2) * unit
    left = plan.margins[0] + jitter + drift + unit * np.array([row.indent for row in rows])
    for k, row in enumerate(rows):
        room = plan.width - plan.margins[2]
        if row.place == "right":
            left[k] = room - widths[k] * sizes[k] - row.indent * unit
        elif row.place == "center":
            left[k] = (plan.margins[0] + room - widths[k] * sizes[k]) / 2
    left = np.maximum(left, 0.3 * unit)
    # The last words before the edge of the paper are written closer, then smaller
    fits = (plan.width - 0.4 * unit - left) / (widths * sizes)
    squeeze = np.clip(fits, 0.8, 1.0)
    sizes = sizes * np.minimum(1.0, fits / squeeze)
    for k in np.flatnonzero(inserted):
        gap = gaps[k + 1][int(rng.integers(len(gaps[k + 1])))] * squeeze[k + 1] * sizes[k + 1]
        left[k] = left[k + 1] + gap - 0.5 * widths[k] * sizes[k]
        left[k] = np.clip(left[k], 0.3 * unit, plan.width - 0.4 * unit - widths[k] * sizes[k])
        base[k] = base[k + 1] - 1.45 * unit
    return sizes, squeeze, left, base


@dataclass(frozen=True, eq=False)
class _Baselines:
    """Slope, bow and wave of each line, about where it stands."""

    plan: Plan
    base: np.ndarray
    slope: np.ndarray
    bow: np.ndarray
    wave: np.ndarray

    def at(self, k: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return y and slope of the baselines of lines k at x."""
        reach = self.plan.width / 2
        t = (x - reach) / reach
        height, phase, turns = self.wave[k].T
        phase = phase + turns * t
        y = self.base[k] + self.slope[k] * (x - self.plan.margins[0])
        y = y + self.bow[k] * (t * t - 1 / 3) + height * np.sin(phase)
        rise = self.slope[k] + (2 * self.bow[k] * t + height * turns * np.cos(phase)) / reach
        return y, rise


def _curves(rows: list[Row], plan: Plan, base: np.ndarray, rng: np.random.Generator) -> _Baselines:
    """Choose how each baseline runs; neighbors are alike."""
    count = len(rows)
    spread = 0.003 if plan.ruled else 0.03 if plan.tight else 0.016
    slope = spread * clipped_normal(rng)
    slope = slope + 0.25 * spread * clipped_normal(rng, count, limit=2)
    bend = plan.x_height * (0.08 if plan.ruled else 0.5 if plan.tight else 0.28)
    bow = bend * (clipped_normal(rng, limit=2) + 0.3 * clipped_normal(rng, count, limit=2))
    wave = np.zeros((count, 3))
    wave[:, 0] = bend * 0.35 * rng.random(count)
    wave[:, 1] = rng.uniform(0, 2 * np.pi) + 0.5 * rng.standard_normal(count)
    wave[:, 2] = rng.uniform(2, 6)
    for k in range(count - 1):  # A word set in above a line follows that line
        if rows[k].place == "insert":
            slope[k], bow[k], wave[k] = slope[k + 1], bow[k + 1], wave[k + 1]
    return _Baselines(plan, base, slope, bow, wave)
