"""Tracking: what a run was, how it went, and what came out, readable without an account.

`Run` writes one history, `run.jsonl`, and mirrors it to Weights & Biases, offline by default.
`load_run` reads a history back.

Example:
    >>> with Run("characters", "first", {"learning_rate": 4e-3}) as run:  # doctest: +SKIP
    ...     run.log(100, loss=1.2, accuracy=0.61)
    ...     run.finish(accuracy=0.61)
    >>> load_run(run.folder).curves["loss"]  # doctest: +SKIP
    ([100], [1.2])
"""

from shared.experiments.tracking.history import History, unpack_image
from shared.experiments.tracking.pictures import (
    changed_predictions,
    parallel_coordinates,
    run_label,
)
from shared.experiments.tracking.records import RunRecord, differing_settings, load_run, ranked
from shared.experiments.tracking.run import Run, publish, runs_folder

__all__ = [
    "History",
    "Run",
    "RunRecord",
    "changed_predictions",
    "differing_settings",
    "load_run",
    "parallel_coordinates",
    "publish",
    "ranked",
    "run_label",
    "runs_folder",
    "unpack_image",
]
