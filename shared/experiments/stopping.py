"""Rules that stop a hopeless trial early, so that its time goes to a better one.

Both engines ask the same rule, at the same reports, so that they decide alike.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Halving:
    """Asynchronous successive halving: at each rung the best `1 / factor` go on.

    A trial does not wait for others: it is compared with those that reached the rung before it
    (Li et al. 2020, "A system for massively parallel hyperparameter tuning", MLSys, section 3).

    Attributes:
        first: Step of the first rung; the next ones are at `first * factor`, and so on.
        factor: How many candidates a rung has for each that goes on.
    """

    first: int
    factor: int = 2

    def __post_init__(self) -> None:
        """Refuse rungs that never come or never thin out."""
        if self.first < 1 or self.factor < 2:
            raise ValueError(
                f"Halving needs first >= 1 and factor >= 2; {self.first} and {self.factor} were "
                "given."
            )

    def looks(self, step: int) -> bool:
        """Return whether there is a rung at this step."""
        rung = self.first
        while rung < step:
            rung *= self.factor
        return rung == step

    def stops(self, value: float, others: Sequence[float], larger: bool) -> bool:
        """Return whether a trial with this value at a rung ends there."""
        better = sum((other > value) if larger else (other < value) for other in others)
        places = max(1, (len(others) + 1) // self.factor)
        return better >= places or value != value


@dataclass(frozen=True)
class Median:
    """The median rule: stop a trial worse than the median of the others at the same step.

    Simplified from Golovin et al. (2017), "Google Vizier", KDD, section 3.2.2.

    Attributes:
        after: First step at which trials are stopped.
        trials: How many others must have reached the step.
    """

    after: int
    trials: int = 3

    def looks(self, step: int) -> bool:
        """Return whether trials are compared at this step."""
        return step >= self.after

    def stops(self, value: float, others: Sequence[float], larger: bool) -> bool:
        """Return whether a trial with this value ends here."""
        if value != value:
            return True
        if len(others) < self.trials:
            return False
        middle = statistics.median(others)
        return value < middle if larger else value > middle


Rule = Halving | Median
