"""Reading runs back: what was set, what came out, with no account and no server."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.experiments.tracking.history import Record, read
from shared.experiments.tracking.run import runs_folder


@dataclass
class RunRecord:
    """A run as its history tells it.

    Attributes:
        name: Its name within the project.
        project: What it belongs to.
        group: What belongs together, such as the seeds of one setting.
        config: Its configuration.
        state: "finished", "stopped", "failed", "paused", or "unfinished" if nothing says how it
            ended: it still runs, or it was killed.
        seconds: How long it took, pauses left out.
        cpu_seconds: Processor time since it was last resumed, which a busy machine inflates less.
        summary: The numbers it is judged by.
        curves: Name to steps and values, in order of steps.
        tables: Name to rows of predictions; see `Run.predictions`.
        artifacts: Files kept with it, with checksum and size.
        error: Why it failed.
        folder: Where it lies.
    """

    name: str
    project: str = ""
    group: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    state: str = "unfinished"
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    summary: dict[str, float] = field(default_factory=dict)
    curves: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    folder: Path = Path()

    def value(self, metric: str) -> float | None:
        """Return a number of the summary, or the last one of its curve, or None."""
        if metric in self.summary:
            return self.summary[metric]
        return self.curves[metric][1][-1] if metric in self.curves else None


def from_records(records: Iterable[Record], folder: Path = Path()) -> RunRecord:
    """Return the run that a list of records tells."""
    run = RunRecord(folder.name, folder=folder)
    points: dict[str, dict[int, float]] = {}
    for record in records:
        kind = record["kind"]
        run.seconds = max(run.seconds, record.get("seconds", 0.0))
        if kind == "start":
            run.name, run.project, run.group = record["name"], record["project"], record["group"]
            run.config = record["config"]
        elif kind == "resume":
            run.state, run.error = "unfinished", ""
        elif kind == "metrics":
            for name, value in record["values"].items():
                points.setdefault(name, {})[record["step"]] = float(value)
        elif kind == "predictions":
            run.tables[record["table"]] = record["rows"]
        elif kind == "artifact":
            run.artifacts.append({k: record[k] for k in ("file", "sha256", "bytes")})
        elif kind == "end":
            run.state, run.error = record["state"], record.get("error", "")
            run.cpu_seconds = record.get("cpu_seconds", 0.0)
            run.summary = {key: float(value) for key, value in record["summary"].items()}
    for name, at in points.items():  # A resumed run repeats some steps: the later entry counts
        steps = sorted(at)
        run.curves[name] = (steps, [at[step] for step in steps])
    return run


def load_run(folder: Path | str) -> RunRecord:
    """Read the run in a folder; a history cut short by a crash gives what was whole.

    Raises:
        FileNotFoundError: The folder holds no run.
    """
    folder = Path(folder)
    path = folder / "run.jsonl"
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no run in {folder}: it has no run.jsonl. Name a folder below "
            f"{runs_folder()}, or start a run there."
        )
    return from_records(read(path), folder)


def runs_in(folder: Path) -> list[RunRecord]:
    """Return the trials of a study's folder that have begun, by name."""
    runs = [load_run(path.parent) for path in sorted(folder.glob("trials/*/run.jsonl"))]
    return [run for run in runs if run.config]


def differing_settings(runs: Sequence[RunRecord]) -> list[str]:
    """Return the settings that are not the same in all runs, in the order they appear."""
    keys = dict.fromkeys(key for run in runs for key in run.config)
    return [key for key in keys if len({repr(run.config.get(key)) for run in runs}) > 1]


def text_of(value: Any) -> str:
    """Return a setting as short text."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def ranked(runs: Sequence[RunRecord], metric: str, larger: bool = True) -> list[RunRecord]:
    """Return the runs from best to worst; those without a finite value come last."""

    def place(run: RunRecord) -> tuple[bool, float]:
        value = run.value(metric)
        if value is None or not math.isfinite(value):
            return True, 0.0
        return False, -value if larger else value

    return sorted(runs, key=place)
