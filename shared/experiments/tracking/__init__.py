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

from shared.experiments.tracking.browser import compare_runs
from shared.experiments.tracking.history import History, unpack_image
from shared.experiments.tracking.pairs import best_and_worst, changed_predictions, compare_two
from shared.experiments.tracking.pictures import (
    parallel_coordinates,
    plot_runs,
    run_label,
    runs_table,
)
from shared.experiments.tracking.records import RunRecord, differing_settings, load_run, ranked
from shared.experiments.tracking.run import Run, publish, runs_folder

__all__ = [
    "History",
    "Run",
    "RunRecord",
    "best_and_worst",
    "changed_predictions",
    "compare_runs",
    "compare_two",
    "differing_settings",
    "load_run",
    "parallel_coordinates",
    "plot_runs",
    "publish",
    "ranked",
    "run_label",
    "runs_folder",
    "runs_table",
    "unpack_image",
]
