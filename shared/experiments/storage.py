"""The journal of a study: what Optuna knows about its trials, in one file.

The histories of the trials can make the journal anew, so damage to it costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from shared.experiments.tracking.history import free_name

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


def set_damaged_aside(path: Path) -> Path | None:
    """Move a journal that is not whole out of the way; return where it lies now, if so."""
    try:
        for line in path.read_bytes().splitlines(keepends=True):
            if not isinstance(json.loads(line), dict) or not line.endswith(b"\n"):
                raise ValueError("half a record")
    except FileNotFoundError:
        return None
    except ValueError:
        return path.rename(free_name(path.with_name(f"{path.name}.damaged")))
    return None


def distributions_of(plan: Iterable[Planned]) -> dict[str, Any]:
    """Return Optuna's distribution of every setting that a plan varies."""
    from optuna.distributions import CategoricalDistribution

    choices: dict[str, dict[Any, None]] = {}
    for one in plan:
        for key, setting in one.varied.items():
            choices.setdefault(key, {})[_param(setting)] = None
    return {key: CategoricalDistribution(list(values)) for key, values in choices.items()}


def enqueue(
    study: optuna.Study,
    one: Planned,
    distributions: dict[str, Any],
    run: RunRecord | None,
    metric: str,
) -> None:
    """Add a trial of the plan to the study, with what its history knows, if there is one.

    Optuna's `enqueue_trial` gives a trial its parameters; `add_trial` its past as well.
    """
    from optuna.trial import TrialState, create_trial

    state, value = TrialState.WAITING, None
    steps, values = run.curves.get(metric, ([], [])) if run else ([], [])
    if run and run.state == "finished" and _is_number(run.value(metric)):
        state, value = TrialState.COMPLETE, run.value(metric)
    elif run and run.state in ("finished", "stopped"):
        state = TrialState.PRUNED
    study.add_trial(
        create_trial(
            state=state,
            value=value,
            params={key: _param(setting) for key, setting in one.varied.items()},
            distributions={key: distributions[key] for key in one.varied},
            user_attrs={"id": one.id, "label": one.label, "seed": one.seed},
            intermediate_values=dict(zip(steps, values, strict=True)),
        )
    )


def tell(study: optuna.Study, number: int, run: RunRecord, metric: str) -> None:
    """Tell Optuna how a trial ended; one that is to go on stays open."""
    from optuna.trial import TrialState

    value = run.value(metric)
    if run.state == "finished" and _is_number(value):
        study.tell(number, value)
    elif run.state in ("finished", "failed"):
        study.tell(number, state=TrialState.FAIL)
    elif run.state == "stopped":
        study.tell(number, state=TrialState.PRUNED)


def _is_number(value: float | None) -> bool:
    return value is not None and value == value


def _param(setting: Any) -> Any:
    """Return a setting as Optuna may hold it."""
    return setting if isinstance(setting, bool | int | float | str | None) else str(setting)
