"""Optuna's books of a study: its journal, one file, written anew from the histories at each start.

The histories of the trials are what survives a kill; the journal is what pruners and any program
that knows Optuna read. So a journal that was cut off or damaged costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

if TYPE_CHECKING:
    import optuna

    from shared.experiments.study import Planned
    from shared.experiments.tracking.records import RunRecord


def journal_file(path: Path) -> Any:
    """Return Optuna's journal in a file.

    Its lock is the system's: Optuna's own would stay after a kill, and hold others up for 30 s.
    """
    from optuna.storages.journal import JournalFileBackend

    return JournalFileBackend(str(path), FileLock(f"{path}.lock"))


def open_study(
    backend: Any, name: str, goal: str, pruner: optuna.pruners.BasePruner | None
) -> optuna.Study:
    """Return the study that a journal holds, and begin it where there is none."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        study_name=name,
        storage=optuna.storages.JournalStorage(backend),
        direction="maximize" if goal == "max" else "minimize",
        pruner=pruner or optuna.pruners.NopPruner(),
        sampler=optuna.samplers.RandomSampler(),  # The plan says what is tried
        load_if_exists=True,
    )


def distributions_of(plan: Iterable[Planned]) -> dict[str, Any]:
    """Return Optuna's distribution of every setting that a plan varies."""
    from optuna.distributions import CategoricalDistribution

    choices: dict[str, dict[Any, None]] = {}
    for one in plan:
        for key, value in params_of(one).items():
            choices.setdefault(key, {})[value] = None
    return {key: CategoricalDistribution(list(values)) for key, values in choices.items()}


def params_of(one: Planned) -> dict[str, Any]:
    """Return the varied settings of a trial as Optuna may hold them."""
    kept = bool | int | float | str | None
    return {key: v if isinstance(v, kept) else str(v) for key, v in one.varied.items()}


def replay(trial: optuna.Trial, run: RunRecord, metric: str) -> None:
    """Report what a trial reached in an earlier process, so that its pruner knows it, too."""
    for step, value in zip(*run.curves.get(metric, ([], [])), strict=True):
        trial.report(value, step)
        trial.should_prune()  # What it answered then is in the history


def tell(study: optuna.Study, number: int, run: RunRecord, metric: str) -> None:
    """Tell Optuna how a trial ended; one that is to go on stays open."""
    from optuna.trial import TrialState

    value = run.value(metric)
    if run.state == "finished" and value is not None and value == value:
        study.tell(number, value)
    elif run.state in ("finished", "failed"):
        study.tell(number, state=TrialState.FAIL)
    elif run.state == "stopped":
        study.tell(number, state=TrialState.PRUNED)
