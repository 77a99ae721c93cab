"""What a study is doing, as a few lines of text that replace themselves."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from shared.experiments.study import Study
from shared.experiments.tracking.records import RunRecord
from shared.loop import ProgressLine, duration

if TYPE_CHECKING:
    import optuna


class StudyProgress:
    """Says how far the trials are, from Optuna's books and from the histories of those over."""

    def __init__(self, study: Study, total: int, books: optuna.Study, quiet: bool) -> None:
        self._study, self._total, self._books, self._quiet = study, total, books, quiet
        self._line, self._began, self._shown = ProgressLine(), time.monotonic(), 0.0
        self._before: int | None = None  # Trials that were over before this run

    def show(self, done: Sequence[RunRecord], at_work: Collection[int], last: bool = False) -> None:
        """Replace the lines, at most twice a second.

        Args:
            done: The trials that are over.
            at_work: Numbers of Optuna's trials that run.
            last: Whether this is the end.
        """
        if self._quiet or (not last and time.monotonic() - self._shown < 0.5):
            return
        self._shown = time.monotonic()
        trials = self._books.get_trials(deepcopy=False)
        labels = {one.user_attrs.get("id"): one.user_attrs.get("label") for one in trials}
        running = [one for one in trials if one.number in at_work]
        lines = [self._sentence(done, labels, len(running), last)]
        if "ipykernel" in sys.modules:  # A page breaks a longer line in a word
            lines = textwrap.wrap(lines[0], 96, subsequent_indent="  ")
            for one in running:
                step, value = one.last_step, one.intermediate_values.get(one.last_step)
                said = (
                    "starting" if step is None else f"step {step}, {self._study.metric} {value:.3g}"
                )
                lines.append(f"  {one.user_attrs['label']}: {said}")
        self._line.show("\n".join(lines), last)

    def _sentence(
        self, done: Sequence[RunRecord], labels: dict[str, str], running: int, last: bool
    ) -> str:
        """Return the state of the whole study in one line."""
        states, metric = [run.state for run in done], self._study.metric
        self._before = len(done) if self._before is None else self._before
        parts = [f"{states.count('finished')} of {self._total} trials finished"]
        for state in ("stopped", "failed", "paused"):
            if states.count(state):
                word = "stopped early" if state == "stopped" else state
                parts.append(f"{states.count(state)} {word}")
        if running:
            parts.append(f"{running} at work")
        values = {
            run.name: value for run in done
            if run.state == "finished" and (value := run.value(metric)) is not None
        }  # fmt: skip
        if values:
            best = (max if self._study.goal == "max" else min)(values, key=values.get)
            parts.append(f"best {metric} {values[best]:.3g} ({labels.get(best, best)})")
        elapsed, now = time.monotonic() - self._began, len(done) - self._before
        if last:
            parts.append(duration(elapsed))
        elif now:
            rest = elapsed / now * (self._total - len(done))
            parts.append(f"about {duration(rest)} left ...")
        return f"Study {self._study.name}: " + ", ".join(parts)
