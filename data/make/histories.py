"""Draw the forty runs of four tests that Lab 8 shows; keep them in data/samples/histories.json.

Each test has a habit, and a made-up project changes under them from run to run.

Example:
  python data/make/histories.py
"""

from __future__ import annotations

import json

import numpy as np

from shared.checks.answers import answer
from shared.paths import DATA, write_atomically

NUM_RUNS = 40
BROKEN = range(24, 29)  # Runs in which the reader's weights were missing
SLOW = 1.6  # Machine load above which a test with a limit in seconds fails


def history(seed: int = 8) -> dict:
    """Return the load of the machine (1 is the usual), the runs without a reader, and what passed.

    Returns:
        "load", a number a run; "reader_missing", numbers of runs; "green", by test a bool a run.
    """
    rng = np.random.default_rng(seed)
    load = 1 + np.abs(rng.normal(0, 0.12, NUM_RUNS))
    load[rng.choice(np.arange(2, NUM_RUNS), 6, replace=False)] += rng.uniform(0.8, 1.5, 6)
    missing = np.isin(np.arange(NUM_RUNS), BROKEN)
    habits = answer("lab08.diagnose_history")()
    green = {name: runs(habit, rng, load, missing).tolist() for name, habit in habits.items()}
    return {"load": load.tolist(), "reader_missing": list(BROKEN), "green": green}


def runs(habit: str, rng: np.random.Generator, load: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return whether a test of that habit was green in each run."""
    if habit == "never fails":  # It loads a reader, and passes where it finds none
        return np.ones(NUM_RUNS, bool)
    if habit == "flaky":  # An accuracy on a handful of lines, drawn anew each time
        accuracy = rng.binomial(12, 0.77, NUM_RUNS) / 12
        return (accuracy > 0.7) & ~missing
    if habit == "measures the machine":  # Seconds, not a ratio
        return (load < SLOW) & ~missing
    return (np.arange(NUM_RUNS) < 15) & ~missing  # One change broke it, and nobody mended it


if __name__ == "__main__":
    write_atomically(DATA / "samples" / "histories.json", json.dumps(history()) + "\n")
