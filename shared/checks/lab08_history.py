"""Forty runs of four tests in Lab 8, each test with a habit that a history shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: What a test's history can show, and two habits that none of the four has
HABITS = (
    "broken by one change",
    "flaky",
    "measures the machine",
    "never fails",
    "leans on another test",
    "fails at night",
)

#: Which habit the tests A to D have
_ORDER = ("flaky", "broken by one change", "never fails", "measures the machine")

NUM_RUNS = 40
BROKEN = range(24, 29)  # Runs in which the reader's weights were missing
_SLOW = 1.6  # Machine load above which a test with a limit in seconds fails


@dataclass(frozen=True, eq=False)
class History:
    """What is known of forty runs.

    Attributes:
        names: "A" to "D".
        green: bool (tests, runs).
        load: (runs,), how busy the machine was: 1 is the usual.
        reader_missing: bool (runs,), whether the reader's weights were missing.
    """

    names: tuple[str, ...]
    green: np.ndarray
    load: np.ndarray
    reader_missing: np.ndarray


def history(seed: int = 8) -> History:
    """Run the four tests forty times on a course that changes from run to run."""
    rng = np.random.default_rng(seed)
    load = 1 + np.abs(rng.normal(0, 0.12, NUM_RUNS))
    load[rng.choice(np.arange(2, NUM_RUNS), 6, replace=False)] += rng.uniform(0.8, 1.5, 6)
    missing = np.isin(np.arange(NUM_RUNS), BROKEN)
    rows = [_runs(habit, rng, load, missing) for habit in _ORDER]
    return History(tuple("ABCD"), np.stack(rows), load, missing)


def _runs(
    habit: str, rng: np.random.Generator, load: np.ndarray, missing: np.ndarray
) -> np.ndarray:
    """Return whether a test of that habit was green in each run."""
    if habit == "never fails":  # It loads a reader, and passes where it finds none
        return np.ones(NUM_RUNS, bool)
    if habit == "flaky":  # An accuracy on a handful of lines, drawn anew each time
        accuracy = rng.binomial(12, 0.77, NUM_RUNS) / 12
        return (accuracy > 0.7) & ~missing
    if habit == "measures the machine":  # Seconds, not a ratio
        return (load < _SLOW) & ~missing
    return (np.arange(NUM_RUNS) < 15) & ~missing  # One change broke it, and nobody mended it
