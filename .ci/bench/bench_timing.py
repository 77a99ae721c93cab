"""Measured times: actions take turns, and the median of their repeats counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def median_seconds(
    actions: Mapping[str, Callable[[], object]],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median seconds of each action, after one run that is not counted.

    Taking turns spreads whatever else the machine does over all actions, so that their ratio
    stays right where the seconds do not.

    Args:
        actions: Name to what is timed.
        repeats: Counted runs of each.
        clock: `time.process_time` counts processor time, the sum over all threads.

    Raises:
        ValueError: No repeat was asked for.
    """
    if repeats < 1:
        raise ValueError(f"A median needs at least one run; {repeats} were asked for.")
    for action in actions.values():
        action()
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(repeats):
        for name, action in actions.items():
            begun = clock()
            action()
            seconds[name].append(clock() - begun)
    # A coarse clock may say 0, which no ratio survives
    return {name: max(statistics.median(found), 1e-9) for name, found in seconds.items()}
