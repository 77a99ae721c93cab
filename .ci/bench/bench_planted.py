"""The entry about planted bugs: what it costs to plant one and run a test."""

from __future__ import annotations

import time

from bench_rows import Row, Sizes

TIMES = 3.0  # A process of its own costs at least so many forks


def _nothing() -> None:
    """Test nothing, so that only the running is measured."""


def measure_planted(sizes: Sizes) -> list[Row]:
    """Time runs in forks of one warm process, beside a fresh process for each run."""
    from shared.checks.planted.bugs import BUGS
    from shared.checks.planted.running import Runner
    from shared.checks.portable import pack

    patches, test = [BUGS[0].patch()], pack(_nothing)
    seconds = {}
    for fork, count in ((True, 20), (False, 3)):
        runner = Runner(fork)
        runner.run([test], patches)  # Starts the warm process
        begun = time.perf_counter()
        for seed in range(count):
            runner.run([test], patches, seed)
        seconds[fork] = (time.perf_counter() - begun) / count
        runner.close()
    ratio = seconds[False] / seconds[True]
    beside = f"fork {1000 * seconds[True]:.0f} ms, own process {1000 * seconds[False]:.0f} ms"
    what = "forks for one process of its own"
    return [Row("planted", what, ratio, "{:.0f}", beside, at_least=TIMES)]
