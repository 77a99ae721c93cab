"""One trial, seen from inside: what the function of an experiment reports to."""

from __future__ import annotations

import os
import shutil
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.experiments.storage import journal_file, open_study
from shared.experiments.study import Planned, Study
from shared.experiments.tracking.run import Run
from shared.paths import locked

if TYPE_CHECKING:
    import optuna

LOCK_SECONDS = 20.0
OVER = ("finished", "stopped")  # States in which a trial is never run again


class TrialEnded(BaseException):  # noqa: N818
    """Raised by `report` to end a trial early; an experiment lets it pass.

    It is no `Exception`, so that an `except Exception` inside a training does not swallow it.
    """

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True)
class Order:
    """All that a worker needs to know about a trial; it crosses to other processes.

    Attributes:
        study: The study.
        one: The trial.
        number: Its number in Optuna's study.
        deadline: When the budget is spent, in seconds since 1970.
        folder: Where its history is kept.
        scratch: Where it may keep checkpoints; deleted once it is over.
        journal: The file of Optuna's journal.
    """

    study: Study
    one: Planned
    number: int
    deadline: float
    folder: Path
    scratch: Path
    journal: Path

    def open_run(self) -> Run:
        """Begin the trial's history, or go on with it."""
        return Run(
            "studies", self.one.id, {**self.one.config, "seed": self.one.seed},
            group=self.study.name, wandb="off", resume=True, folder=self.folder,
        )  # fmt: skip


class Trial:
    """What an experiment's function gets beside its configuration.

    Attributes:
        config: The configuration.
        seed: The seed.
        folder: An own folder for checkpoints, which outlives a kill; it is deleted at the end.
        optuna: The trial as Optuna knows it.
        deadline: When the budget is spent, in seconds since 1970; a report after it pauses.
    """

    def __init__(self, order: Order, run: Run, optuna_trial: optuna.Trial) -> None:
        self.config, self.seed, self.folder = order.one.config, order.one.seed, order.scratch
        self.optuna, self.deadline = optuna_trial, order.deadline
        self._order, self._run = order, run

    def report(self, step: int, /, **metrics: float) -> None:
        """Write down numbers reached after `step` updates; may end the trial here."""
        self._run.log(step, **metrics)
        if (value := metrics.get(self._order.study.metric)) is not None:
            self.optuna.report(value, step)
            if self._order.study.stop and self.optuna.should_prune():
                raise TrialEnded("stopped")
        if time.time() > self.deadline:
            raise TrialEnded("paused")

    def predictions(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write down what the model said; see `Run.predictions`."""
        self._run.predictions(table, rows)

    def artifact(self, name: str, content: bytes | Path) -> None:
        """Keep a file with the trial; see `Run.artifact`."""
        self._run.artifact(name, content)


def work(order: Order, journal: Any = None) -> None:
    """Run one trial in this process, a worker's; its history says how it ended.

    Whatever the function raises is written down and goes no further.

    Args:
        order: The trial.
        journal: Where Optuna's records go, if not to its file.
    """
    import optuna

    order.folder.mkdir(parents=True, exist_ok=True)
    order.scratch.mkdir(parents=True, exist_ok=True)
    _log_to(order.folder / "log.txt")
    study = order.study
    with locked(order.folder / "lock", LOCK_SECONDS):
        run = order.open_run()
        state, error, summary = "finished", "", {}
        try:
            journal = journal or journal_file(order.journal)
            books = open_study(journal, study.name, study.goal, study.stop)
            known = books.get_trials(deepcopy=False)[order.number]
            trial = Trial(order, run, optuna.trial.Trial(books, known._trial_id))
            summary = _numbers(study.load_function()(dict(order.one.config), trial))
        except TrialEnded as ended:
            state = ended.state
        except BaseException as problem:
            state, error = "failed", f"{type(problem).__name__}: {problem}"
            traceback.print_exc()
        run.end(state, summary, error)
        sys.stdout.flush()
        if state in OVER:
            shutil.rmtree(order.scratch, ignore_errors=True)


def _numbers(returned: Any) -> dict[str, float]:
    if returned is None:
        return {}
    if not isinstance(returned, Mapping):
        raise TypeError(
            f"An experiment returns its numbers by name, such as {{'accuracy': 0.8}}; "
            f"{type(returned).__name__} {str(returned)[:60]!r} came back."
        )
    return {str(key): float(value) for key, value in returned.items()}


def _log_to(path: Path) -> None:
    """Send all that this process prints from now on, from Python or below, to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    with path.open("ab") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
