"""What a study says: rates with intervals, differences to the base, and the worst lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shared.experiments.comparing import ComparisonError, Difference, paired_difference
from shared.metrics import bootstrap_interval

INTERVAL_SEED = 0


@dataclass(frozen=True)
class Results:
    """Trials that read the same lines.

    Attributes:
        lines: For `"validation"` and `"test"` the `texts` and the `writers`.
        trials: Records as `trial.run_trial` makes them.
    """

    lines: Mapping[str, Mapping[str, Sequence[str]]]
    trials: list[dict[str, Any]] = field(repr=False)

    @property
    def updates(self) -> int:
        """The budget that most trials have."""
        budgets = [trial["configuration"]["updates"] for trial in self.trials]
        return Counter(budgets).most_common(1)[0][0]  # The earlier one where two are as common

    @property
    def ideas(self) -> list[str]:
        """Names of the ideas that were tried at that budget, in their order."""
        budget = self.updates if self.trials else 0
        tried = [t["idea"] for t in self.trials if t["configuration"]["updates"] == budget]
        return list(dict.fromkeys(tried))

    def of(self, idea: str, updates: int | None = None) -> dict[int, dict[str, Any]]:
        """Return the trials of an idea at one budget, by seed.

        Raises:
            ComparisonError: The study has no such trial.
        """
        updates = updates or self.updates
        found = {
            trial["configuration"]["seed"]: trial
            for trial in self.trials
            if trial["idea"] == idea and trial["configuration"]["updates"] == updates
        }
        if not found:
            raise ComparisonError(
                f"The study has no trial of {idea!r} with {updates} updates. "
                f"It has {', '.join(self.ideas)}; run more with `labs overnight`."
            )
        return found

    def edits(self, idea: str, part: str = "test", updates: int | None = None) -> dict[int, list]:
        """Return the edits of each line by seed."""
        return {seed: trial[part]["edits"] for seed, trial in self.of(idea, updates).items()}

    def lengths(self, part: str = "test") -> list[int]:
        """Return the characters of each line."""
        return [len(text) for text in self.lines[part]["texts"]]

    def rate(self, idea: str, part: str = "test", updates: int | None = None) -> float:
        """Return the error rate of an idea, averaged over its seeds."""
        edits = list(self.edits(idea, part, updates).values())
        return float(np.sum(edits) / len(edits) / sum(self.lengths(part)))

    def interval(
        self, idea: str, part: str = "test", updates: int | None = None
    ) -> tuple[float, float]:
        """Return a 95 % interval of the rate, drawing writers again."""
        edits = np.mean(list(self.edits(idea, part, updates).values()), axis=0)
        writers = self.lines[part]["writers"]
        return bootstrap_interval(edits, self.lengths(part), writers, INTERVAL_SEED)

    def compare(
        self, idea: str, base: str = "base", part: str = "test", updates: int | None = None
    ) -> Difference:
        """Return what changes from the base to an idea; see `paired_difference`."""
        return paired_difference(
            self.edits(base, part, updates),
            self.edits(idea, part, updates),
            self.lengths(part),
            self.lines[part]["writers"],
            INTERVAL_SEED,
        )

    def worst_lines(self, idea: str, part: str = "test", count: int = 10) -> list[int]:
        """Return the numbers of the lines with most errors a character, the worst first."""
        edits = np.mean(list(self.edits(idea, part).values()), axis=0)
        rates = edits / np.maximum(self.lengths(part), 1)
        return np.argsort(-rates, kind="stable")[:count].tolist()

    def with_seeds(self, seeds: Iterable[int]) -> Results:
        """Return the study with the trials of some seeds alone."""
        wanted = set(seeds)
        kept = [trial for trial in self.trials if trial["configuration"]["seed"] in wanted]
        return Results(self.lines, kept)

    def with_trials(self, more: Sequence[dict[str, Any]]) -> Results:
        """Return the study with more trials; one of the same key replaces the older.

        Trials that read other lines than this study's are left out.
        """
        sizes = {part: len(self.lines[part]["texts"]) for part in self.lines}
        fits = [t for t in more if all(len(t[part]["edits"]) == n for part, n in sizes.items())]
        merged = {trial["key"]: trial for trial in [*self.trials, *fits]}
        return Results(self.lines, list(merged.values()))


def next_steps(
    study: Results, menu: Sequence[str], base: str = "base", begun: Sequence[str] = ()
) -> list[str]:
    """Return what is worth trying next, as sentences; first the trials that were only begun."""
    steps = []
    if begun:
        steps.append(
            f"Begun and not finished: {', '.join(begun)}. The same command goes on from there."
        )
    done = set(study.ideas)
    better, open_questions = [], []
    for idea in [name for name in study.ideas if name != base]:
        try:
            difference = study.compare(idea, base, "validation")
        except ComparisonError:
            continue
        if difference.high < 0:
            better.append((difference.effect, idea, len(difference.by_seed)))
        elif difference.low < 0:
            open_questions.append((len(difference.by_seed), idea))
    for _, idea, seeds in sorted(better)[:2]:
        if seeds < 3:
            steps.append(f"{idea} beats {base} on validation, seeds run: {seeds}; run at least 3.")
    if len(better) > 1:
        first, second = (idea for _, idea, _ in sorted(better)[:2])
        steps.append(f"Both {first} and {second} help: try them together.")
    elif len(better) == 1:
        steps.append(f"Only {better[0][1]} clearly helps so far: try it with twice the updates.")
    for seeds, idea in sorted(open_questions)[:2]:
        steps.append(f"{idea} is undecided on validation, seeds run: {seeds}; run another.")
    done |= {key.split("-")[0] for key in begun}
    untried = [name for name in menu if name not in done]
    if untried:
        steps.append(f"Not tried yet: {', '.join(untried)}.")
    falling = [
        trial["idea"]
        for trial in study.trials
        if len(trial["curve"]) > 2 and trial["curve"][-1][1] < 0.9 * trial["curve"][-2][1]
    ]
    if falling:
        names = ", ".join(dict.fromkeys(falling))
        steps.append(
            f"Still falling by a tenth at the end of the run, so give more updates: {names}."
        )
    return steps
