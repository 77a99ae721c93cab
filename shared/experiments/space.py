"""Search spaces: lists to choose from, and ranges to draw from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.experiments.settings import ConfigError


@dataclass(frozen=True)
class Between:
    """A range of numbers to draw from.

    Attributes:
        low: Smallest number.
        high: Largest number.
        log: Draw the logarithm evenly, as for learning rates.
        whole: Draw whole numbers.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        """Refuse a range that nothing can be drawn from."""
        if not self.low < self.high or (self.log and self.low <= 0):
            needed = "0 < low < high" if self.log else "low < high"
            raise ConfigError(f"A range needs {needed}; {self.low} to {self.high} was given.")

    def draw(self, rng: np.random.Generator) -> float | int:
        """Return one number of the range, to four digits, so that it can be read and typed."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        value = rng.uniform(low, high)
        value = math.exp(value) if self.log else value
        if self.whole:
            return int(min(max(round(value), math.ceil(self.low)), math.floor(self.high)))
        return min(max(float(f"{value:.4g}"), self.low), self.high)


Space = Mapping[str, Sequence[Any] | Between]


def expand(space: Space, samples: int | None = None, seed: int = 0) -> list[dict[str, Any]]:
    """Return the configurations of a space.

    Args:
        space: Name to a list of values, or to a range.
        samples: How many to draw at random; None takes every combination of the lists.
        seed: Decides what is drawn; the first of a longer draw equal a shorter one.

    Raises:
        ConfigError: A list is empty, or a range stands where everything is to be combined.
    """
    for key, values in space.items():
        if isinstance(values, Between):
            if samples is None:
                raise ConfigError(
                    f"{key!r} is a range, and a range has no end of values: say how many "
                    "configurations to draw by `samples`, or list the values."
                )
        elif isinstance(values, str) or not isinstance(values, Sequence) or not len(values):
            raise ConfigError(
                f"The space of {key!r} is {values!r}; give a list of values such as [0.001, 0.01], "
                "or Between(low, high)."
            )
    if samples is None:
        return [
            dict(zip(space, chosen, strict=True)) for chosen in itertools.product(*space.values())
        ]
    drawn = []
    for number in range(samples):
        rng = np.random.default_rng([seed, number])
        drawn.append(
            {
                key: values.draw(rng)
                if isinstance(values, Between)
                else values[int(rng.integers(len(values)))]
                for key, values in space.items()
            }
        )
    return drawn
