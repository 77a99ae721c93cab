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
    steps = [f"Begun and not finished: {', '.join(begun)}. The same command goes on from there."]
    steps = steps if begun else []
    for idea in study.ideas:
        if idea == base or not set(study.of(idea)) & set(study.of(base)):
            continue
        found = study.compare(idea, base, "validation")
        if found.high < 0 and len(found.by_seed) < 3:
            steps.append(f"{idea} beats {base} on validation with few seeds; run at least 3.")
        elif found.low < 0 < found.high:
            steps.append(f"{idea} is undecided on validation; run another seed.")
    known = {*study.ideas, *(key.split("-")[0] for key in begun)}
    if untried := [name for name in menu if name not in known]:
        steps.append(f"Not tried yet: {', '.join(untried)}.")
    return steps
