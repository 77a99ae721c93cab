"""The entry about studies: what the engine adds to each trial, some seconds."""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any
from unittest import mock

from bench_rows import Row, Sizes

MOST = 50.0  # Milliseconds a trial, without tracking
REPORTS = 4


def report_only(config: dict[str, Any], trial: Any) -> dict[str, float]:
    """Report a few times, and do nothing else."""
    for step in range(1, REPORTS + 1):
        trial.report(step, score=config["x"])
    return {"score": config["x"]}


def my_in(folder: str) -> Any:
    """Return a context in which `my` is another folder."""
    return mock.patch.dict(os.environ, HANDWRITING_MY=folder)


def measure_study(sizes: Sizes) -> list[Row]:
    """Run a short and a longer study of trials that do nothing; the start cancels out."""
    from shared.experiments import Study, run_study

    few, many = sizes.study_trials
    milliseconds = {}
    for mode in ("off", "offline"):
        seconds = []
        for count in (1, few, many):  # The first one loads what is needed
            with tempfile.TemporaryDirectory() as folder, my_in(folder):
                values = [float(k) for k in range(count)]
                study = Study("bench", report_only, "score", space={"x": values})
                begun = time.perf_counter()
                run_study(study, workers=1, wandb=mode, quiet=True)
                seconds.append(time.perf_counter() - begun)
        milliseconds[mode] = max(0.0, 1000 * (seconds[2] - seconds[1]) / (many - few))
    what = f"a trial of {REPORTS} reports"
    return [
        Row("study", f"{what}, without tracking", milliseconds["off"], "{:.0f} ms", at_most=MOST),
        Row("study", f"{what}, with W&B offline", milliseconds["offline"], "{:.0f} ms"),
    ]
