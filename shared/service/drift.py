"""Drift: is the traffic still what the model was measured on?

Five numbers of every line are kept, never its image or its text. A window of lines is compared
with the reference, number by number, by the largest distance of the two distribution functions
(Kolmogorov and Smirnov). Lines of one writer resemble each other, so textbook thresholds would
cry wolf: the threshold here comes from windows of normal traffic, drawn writer by writer.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from shared.preparation import PlacedLine

FEATURES = ("ink_width", "darkness", "scale", "width_per_character", "sureness")
GRID = np.linspace(0, 1, 65)
WINDOW, PER_WRITER = 64, 4
FALSE_ALARMS = 0.01
#: The threshold is set stricter than promised: a quantile known from few writers is optimistic
STRICTER = 20
DRAWS = 10_000
LEAST_SPREAD = 1e-3  # Of a feature that hardly varies: rounding is no drift


class LineFeatures(NamedTuple):
    """What is remembered of a line.

    Attributes:
        ink_width: Mean width of a stroke, in pixels of the prepared line (32 high).
        darkness: How far the darkest ink is from the paper, 0 to 1.
        scale: Binary logarithm of given pixels per prepared pixel.
        width_per_character: Prepared pixels per character read.
        sureness: log p(text) per character read.
    """

    ink_width: float
    darkness: float
    scale: float
    width_per_character: float
    sureness: float


def line_features(
    placed: PlacedLine, contrast: float, text: str, log_p: float, scale: float | None = None
) -> LineFeatures:
    """Measure one line.

    Args:
        placed: The prepared line.
        contrast: See `darkness`.
        text: What was read.
        log_p: log p(text).
        scale: Prepared pixels per given pixel, where the line was rectified before.
    """
    ink = placed.image > 127
    area = int(ink.sum())
    edges = int((ink[:, 1:] != ink[:, :-1]).sum() + (ink[1:] != ink[:-1]).sum())
    count = max(1, len(text))
    return LineFeatures(
        # A stroke's outline, counted along the pixel grid, is 4 / pi longer than it is
        ink_width=2 * area / max(1.0, edges * np.pi / 4),
        darkness=contrast,
        scale=-float(np.log2(scale or placed.scale)),
        width_per_character=(placed.image.shape[1] - 2 * placed.margin) / count,
        sureness=max(float(log_p), -1e3) / count,
    )


def darkness(gray: np.ndarray) -> float:
    """Return how far ink is from paper in gray uint8, 0 to 1, on light or dark paper."""
    low, middle, high = np.percentile(gray, [2, 50, 98])
    return float(max(middle - low, high - middle) / 255)


@dataclass(frozen=True)
class Reference:
    """Normal traffic, as a model file holds it.

    Attributes:
        quantiles: For each feature its values at the shares in `GRID`.
        scales: For each feature the distance that 1 in 20 normal windows exceeds.
        threshold: The score that raises the alarm.
        window: Lines of a window.
        per_writer: How many lines of a writer come together in normal traffic.
        false_alarms: Largest share of normal windows that may alarm.
        measured: What windows by writers outside the reference gave.
    """

    quantiles: dict[str, list[float]]
    scales: dict[str, float]
    threshold: float
    window: int
    per_writer: int
    false_alarms: float
    measured: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return what a model file holds."""
        return asdict(self)

    def distances(self, rows: np.ndarray) -> dict[str, float]:
        """Return the distance of each feature of a window (n, 5) from the reference, 0 to 1."""
        found = {}
        for k, name in enumerate(FEATURES):
            values = np.sort(rows[:, k])
            grid = np.asarray(self.quantiles[name])
            expected = np.interp(values, grid, GRID, left=0.0, right=1.0)
            steps = np.arange(len(values) + 1) / len(values)
            ahead, behind = steps[1:] - expected, expected - steps[:-1]
            found[name] = float(max(ahead.max(), behind.max()))
        return found

    def score(self, rows: np.ndarray) -> tuple[float, dict[str, float]]:
        """Return the largest distance in units of what is normal, and each feature's own."""
        relative = {name: d / self.scales[name] for name, d in self.distances(rows).items()}
        return max(relative.values()), relative


def make_reference(
    rows: np.ndarray,
    writers: Sequence[str],
    seed: int = 0,
    window: int = WINDOW,
    per_writer: int = PER_WRITER,
    false_alarms: float = FALSE_ALARMS,
) -> Reference:
    """Learn what is normal from lines of normal traffic.

    Args:
        rows: float (n, 5), a row of `LineFeatures` for each line.
        writers: Whose each line is.
        seed: Of the windows drawn.
        window: Lines of a window.
        per_writer: How many lines of a writer come together.
        false_alarms: Share of normal windows that may alarm.

    Raises:
        ValueError: There are too few writers to draw a window from.
    """
    rows = np.asarray(rows, dtype=np.float64)
    needed = 2 * window // per_writer
    if len(set(writers)) < needed:
        raise ValueError(
            f"{len(set(writers))} writers were given; windows of {window} lines, {per_writer} by "
            f"each, need {needed} or more to be drawn from."
        )
    names = list(dict.fromkeys(writers))
    first = np.array([names.index(writer) % 2 == 0 for writer in writers])
    shape = (window, per_writer, false_alarms)
    table = []
    for known in (first, ~first):  # Windows by other writers than those they are compared with
        half = _plain(rows[known], *shape)
        others = [writer for writer, k in zip(writers, known, strict=True) if not k]
        drawn = draw_windows(rows[~known], others, half, seed, DRAWS // 2)
        table += [[half.distances(one)[name] for name in FEATURES] for one in drawn]
    scales = np.quantile(table, 0.95, axis=0)
    threshold = float(np.quantile((table / scales).max(axis=1), 1 - false_alarms / STRICTER))
    named = {name: float(scale) for name, scale in zip(FEATURES, scales, strict=True)}
    return replace(_plain(rows, *shape), scales=named, threshold=threshold)


def _plain(rows: np.ndarray, window: int, per_writer: int, false_alarms: float) -> Reference:
    """Return a reference that knows the distributions, but not how far normal windows stray."""
    quantiles = {}
    for k, name in enumerate(FEATURES):
        values = np.quantile(rows[:, k], GRID)
        middle = float(np.median(values))
        values[0] = min(values[0], middle - LEAST_SPREAD)
        values[-1] = max(values[-1], middle + LEAST_SPREAD)
        quantiles[name] = [float(f"{value:.6g}") for value in values]
    scales = dict.fromkeys(FEATURES, 1.0)
    return Reference(quantiles, scales, 1.0, window, per_writer, false_alarms, {})


def false_alarm_rate(
    reference: Reference, rows: np.ndarray, writers: Sequence[str], seed: int = 1, count: int = 1000
) -> dict[str, Any]:
    """Measure how often normal windows by writers outside the reference raise the alarm.

    Returns:
        The rate, and how many windows of how many writers gave it. The windows share lines, so
        the rate is less certain than its number of windows suggests.
    """
    drawn = draw_windows(np.asarray(rows, dtype=np.float64), writers, reference, seed, count)
    alarms = sum(reference.score(one)[0] > reference.threshold for one in drawn)
    return {"rate": alarms / count, "windows": count, "writers": len(set(writers))}


def draw_windows(
    rows: np.ndarray, writers: Sequence[str], reference: Reference, seed: int, count: int
) -> list[np.ndarray]:
    """Draw windows of normal traffic: some writers, some lines of each; each (window, 5)."""
    members: dict[str, list[int]] = {}
    for index, writer in enumerate(writers):
        members.setdefault(writer, []).append(index)
    rng, names = np.random.default_rng(seed), list(members)
    drawn = []
    for _ in range(count):
        chosen = rng.choice(len(names), reference.window // reference.per_writer, replace=False)
        numbers = [
            rng.choice(members[names[i]], reference.per_writer, replace=False) for i in chosen
        ]
        drawn.append(rows[np.concatenate(numbers)])
    return drawn


class DriftMonitor:
    """Watches lines as they are read, a window at a time; safe to use from several threads."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self._lock = threading.Lock()
        self._rows: list[LineFeatures] = []
        self._windows = self._alarms = 0
        self._last: dict[str, Any] = {"score": None, "features": {}, "alarm": False}

    def add(self, features: LineFeatures) -> bool | None:
        """Take a line in; return whether the window it completed alarms, or None before that."""
        with self._lock:
            self._rows.append(features)
            if len(self._rows) < self.reference.window:
                return None
            rows, self._rows = np.array(self._rows, dtype=np.float64), []
            score, relative = self.reference.score(rows)
            alarm = score > self.reference.threshold
            self._windows += 1
            self._alarms += alarm
            self._last = {
                "score": round(score, 3),
                "features": {name: round(value, 3) for name, value in relative.items()},
                "alarm": alarm,
            }
            return alarm

    def report(self) -> dict[str, Any]:
        """Return the last window's result and how many windows there were."""
        with self._lock:
            return {
                **self._last,
                "threshold": round(self.reference.threshold, 3),
                "windows": self._windows,
                "alarms": self._alarms,
                "lines_waiting": len(self._rows),
                "window": self.reference.window,
                "false_alarms_promised": self.reference.false_alarms,
                "false_alarms_measured": self.reference.measured,
            }
