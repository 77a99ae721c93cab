"""One trial, seen from inside: what the function of an experiment reports to."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from shared.experiments.stopping import Rule
from shared.experiments.study import load_function
from shared.experiments.tracking.history import Record, read
from shared.experiments.tracking.run import Run
from shared.paths import locked

Advice = Literal["go", "stop", "pause"]
LOCK_SECONDS = 20.0


class TrialEnded(BaseException):  # noqa: N818
    """Raised by `report` to end a trial early; an experiment lets it pass.

    It is no `Exception`, so that an `except Exception` inside a training does not swallow it.
    """

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True)
class Order:
    """All that a worker needs to know about a trial; it crosses to other processes."""

    study: str
    id: str
    label: str
    group: str
    function: str | Callable
    config: dict[str, Any]
    seed: int
    metric: str
    goal: str
    rule: Rule | None
    study_folder: Path

    @property
    def folder(self) -> Path:
        """Where the history of the trial is kept."""
        return self.study_folder / "trials" / self.id

    @property
    def scratch(self) -> Path:
        """Where the trial may keep checkpoints; deleted once it is over."""
        return self.study_folder / "scratch" / self.id


class Link(Protocol):
    """How a trial reaches the others: by files on one machine, by messages on a cluster."""

    def advise(self, order: Order, step: int, value: float | None) -> Advice:
        """Say whether a trial that reported this value goes on."""

    def record(self, order: Order, record: Record, payload: bytes | None) -> None:
        """Take a copy of a record, and of the file that it tells of."""


class Trial:
    """What an experiment's function gets beside its configuration.

    Attributes:
        config: The configuration.
        seed: The seed.
        folder: An own folder for checkpoints, which outlives a kill; it is deleted at the end.
    """

    def __init__(self, order: Order, run: Run, link: Link) -> None:
        self.config, self.seed, self.folder = order.config, order.seed, order.scratch
        self._order, self._run, self._link = order, run, link

    def report(self, step: int, /, **metrics: float) -> None:
        """Write down numbers reached after `step` updates; may end the trial here."""
        self._run.log(step, **metrics)
        advice = self._link.advise(self._order, step, metrics.get(self._order.metric))
        if advice != "go":
            raise TrialEnded({"stop": "stopped", "pause": "paused"}[advice])

    def predictions(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write down what the model said; see `Run.predictions`."""
        self._run.predictions(table, rows)

    def artifact(self, name: str, content: bytes | Path) -> None:
        """Keep a file with the trial; see `Run.artifact`."""
        self._run.artifact(name, content)


def work(order: Order, link: Link, folder: Path | None = None) -> str:
    """Run one trial in this process and return its state.

    Whatever the function raises is written down and goes no further.

    Args:
        order: The trial.
        link: Reaches the others.
        folder: Where to write, if not in the study's own folder.
    """
    folder = folder or order.folder
    folder.mkdir(parents=True, exist_ok=True)
    order.scratch.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock", LOCK_SECONDS), _log(folder / "log.txt"):
        config = {**order.config, "seed": order.seed}
        run = Run(
            order.study, order.id, config,
            group=order.group, wandb="off", resume=True, folder=folder,
            on_record=lambda record, payload: link.record(order, record, payload),
        )  # fmt: skip
        state, error, summary = "finished", "", {}
        try:
            returned = load_function(order.function)(dict(order.config), Trial(order, run, link))
            summary = _numbers(returned)
        except TrialEnded as ended:
            state = ended.state
        except BaseException as problem:
            state, error = "failed", f"{type(problem).__name__}: {problem}"
            traceback.print_exc()
        run.end(state, summary, error)
        if state in ("finished", "stopped"):
            shutil.rmtree(order.scratch, ignore_errors=True)
        return state


def _numbers(returned: Any) -> dict[str, float]:
    if returned is None:
        return {}
    if not isinstance(returned, Mapping):
        raise TypeError(
            f"An experiment returns its numbers by name, such as {{'accuracy': 0.8}}; "
            f"{type(returned).__name__} {str(returned)[:60]!r} came back."
        )
    return {str(key): float(value) for key, value in returned.items()}


class FileLink:
    """The link on one machine: the histories of the other trials lie beside this one's."""

    def advise(self, order: Order, step: int, value: float | None) -> Advice:
        """Look at the others' histories where the rule looks at all."""
        if (order.study_folder / "pause").exists():
            return "pause"
        if order.rule is None or value is None or not order.rule.looks(step):
            return "go"
        others = []
        for path in sorted((order.study_folder / "trials").glob("*/run.jsonl")):
            if path.parent.name != order.id:
                others += value_at(read(path), step, order.metric)
        return "stop" if order.rule.stops(value, others, order.goal == "max") else "go"

    def record(self, order: Order, record: Record, payload: bytes | None) -> None:
        """Nothing to do: the record was written where everybody looks."""


def value_at(records: Sequence[Record], step: int, metric: str) -> list[float]:
    """Return the value of a metric at a step, as a list of one, or an empty list."""
    found = [
        float(record["values"][metric])
        for record in records
        if record["kind"] == "metrics" and record["step"] == step and metric in record["values"]
    ]
    return found[-1:]


@contextlib.contextmanager
def _log(path: Path) -> Iterator[None]:
    """Send what this process prints, from Python or below, to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    with path.open("ab") as file:
        saved = {}
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                saved[descriptor] = os.dup(descriptor)
                os.dup2(file.fileno(), descriptor)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, copy in saved.items():
                os.dup2(copy, descriptor)
                os.close(copy)
