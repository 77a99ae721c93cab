"""Search spaces: lists to choose from, and Optuna's distributions to draw from."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.experiments.settings import ConfigError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    Space = Mapping[str, Sequence[Any] | BaseDistribution]


def expand(space: Space, samples: int | None = None, seed: int = 0) -> list[dict[str, Any]]:
    """Return the configurations of a space.

    Args:
        space: Name to a list of values, or to one of `optuna.distributions`.
        samples: How many to draw at random; None takes every combination of the lists.
        seed: Decides what is drawn; the first of a longer draw equal a shorter one.

    Raises:
        ConfigError: A list is empty, or a distribution stands where everything is to be combined.
    """
    import optuna

    known: dict[str, BaseDistribution] = {}
    for key, values in space.items():
        if isinstance(values, optuna.distributions.BaseDistribution):
            known[key] = values
            if samples is None:
                raise ConfigError(
                    f"{key!r} is a range, and a range has no end of values: say how many "
                    "configurations to draw by `samples`, or list the values."
                )
        elif isinstance(values, str) or not isinstance(values, Sequence) or not len(values):
            raise ConfigError(
                f"The space of {key!r} is {values!r}; give a list of values such as [0.001, 0.01], "
                "or one of optuna.distributions, such as FloatDistribution(low, high)."
            )
        else:  # Drawn by position, because Optuna's choices are numbers and texts alone
            known[key] = optuna.distributions.IntDistribution(0, len(values) - 1)
    if samples is None:
        return [dict(zip(space, one, strict=True)) for one in itertools.product(*space.values())]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed))
    drawn = [study.ask(known).params for _ in range(samples)]
    lists = {key: values for key, values in space.items() if isinstance(values, Sequence)}
    return [
        {key: lists[key][one[key]] if key in lists else one[key] for key in space} for one in drawn
    ]
