"""Drift: is the traffic still what the model was measured on?

Five numbers of every line are kept, never its image or its text. A window of lines is compared
with the reference, number by number, by the largest distance of the two distribution functions
(Kolmogorov and Smirnov). Lines of one writer resemble each other, so textbook thresholds would
cry wolf: the threshold comes from windows of normal traffic, drawn writer by writer; see
`data/make/measure_traffic.py`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from shared.preparation import PlacedLine

FEATURES = ("ink_width", "darkness", "scale", "width_per_character", "sureness")
GRID = np.linspace(0, 1, 65)


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


class DriftMonitor:
    """Watches lines as they are read, a window at a time; safe to use from several threads."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self._lock = threading.Lock()
        self._rows: list[LineFeatures] = []
        self._last: dict[str, Any] = {
            "score": None,
            "features": {},
            "alarm": False,
            "threshold": round(reference.threshold, 3),
            "windows": 0,
            "alarms": 0,
            "window": reference.window,
            "false_alarms_promised": reference.false_alarms,
            "false_alarms_measured": reference.measured,
        }

    def add(self, features: LineFeatures) -> dict[str, Any] | None:
        """Take a line in; return the report of the window it completed, or None before that."""
        with self._lock:
            self._rows.append(features)
            if len(self._rows) < self.reference.window:
                return None
            rows, self._rows = np.array(self._rows, dtype=np.float64), []
            score, relative = self.reference.score(rows)
            alarm = score > self.reference.threshold
            self._last |= {
                "score": round(score, 3),
                "features": {name: round(value, 3) for name, value in relative.items()},
                "alarm": alarm,
                "windows": self._last["windows"] + 1,
                "alarms": self._last["alarms"] + alarm,
            }
            return dict(self._last)

    def report(self) -> dict[str, Any]:
        """Return the last window's result and how many windows there were."""
        with self._lock:
            return {**self._last, "lines_waiting": len(self._rows)}
