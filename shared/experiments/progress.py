"""What a study is doing, as a few lines of text that replace themselves."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

from shared.experiments.study import Study
from shared.experiments.tracking.records import RunRecord, load_run
from shared.loop import ProgressLine, duration


class StudyProgress:
    """Reads the histories of the trials at work and says how far they are."""

    def __init__(self, study: Study, total: int, quiet: bool = False) -> None:
        self._study, self._total, self._quiet = study, total, quiet
        self._line = ProgressLine()
        self._began = time.monotonic()
        self._shown = 0.0
        self.labels: dict[str, str] = {}

    def show(self, done: Sequence[RunRecord], running: Sequence[Path], last: bool = False) -> None:
        """Replace the lines; at most twice a second, because that reads files."""
        if self._quiet or (not last and time.monotonic() - self._shown < 0.5):
            return
        self._shown = time.monotonic()
        lines = [self.sentence(done, len(running), last)]
        if "ipykernel" in sys.modules:  # A page breaks a longer line in a word
            lines = textwrap.wrap(lines[0], 96, subsequent_indent="  ")
            lines += [self._state(folder) for folder in running if not last]
        self._line.show("\n".join(lines), last)

    def sentence(self, done: Sequence[RunRecord], running: int, last: bool = False) -> str:
        """Return the state of the whole study in one line."""
        states = [run.state for run in done]
        parts = [f"{states.count('finished')} of {self._total} trials finished"]
        for state in ("stopped", "failed", "paused"):
            if states.count(state):
                word = "stopped early" if state == "stopped" else state
                parts.append(f"{states.count(state)} {word}")
        if running:
            parts.append(f"{running} at work")
        metric = self._study.metric
        values = [
            (run.value(metric), run) for run in done
            if run.state == "finished" and run.value(metric) is not None
        ]  # fmt: skip
        if values:
            choose = max if self._study.goal == "max" else min
            value, run = choose(values, key=lambda pair: pair[0])
            parts.append(f"best {metric} {value:.3g} ({self.labels.get(run.name, run.name)})")
        elapsed = time.monotonic() - self._began
        over = len(states) - states.count("paused")
        if last:
            parts.append(f"{duration(elapsed)}")
        elif over and running:
            rest = (self._total - over) * sum(run.seconds for run in done) / len(states) / running
            parts.append(f"about {duration(rest)} left ...")
        return f"Study {self._study.name}: " + ", ".join(parts)

    def _state(self, folder: Path) -> str:
        try:
            run = load_run(folder)
        except (OSError, KeyError):  # It has not written its first record yet
            return f"  {self.labels.get(folder.name, folder.name)}: starting"
        said = [f"{name} {values[-1]:.3g}" for name, (_, values) in run.curves.items()]
        steps = [at[-1] for at, _ in run.curves.values()]
        where = f"step {max(steps)}, {', '.join(said)}" if steps else "starting"
        return f"  {self.labels.get(folder.name, folder.name)}: {where}"
