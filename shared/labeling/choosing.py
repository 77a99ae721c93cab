"""Which lines to label next: by a model's uncertainty, spread over pages, or at random."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np


def choose_uncertain(
    scores: Sequence[float], count: int, groups: Sequence[Hashable] | None = None
) -> list[int]:
    """Return the numbers of the most uncertain lines.

    Args:
        scores: How uncertain each line is.
        count: How many to choose.
        groups: The page or writer of each line: each gives its most uncertain line in turn, so
            that one bad page does not use up the whole budget.

    Raises:
        ValueError: There are not so many lines.
    """
    _check(len(scores), count)
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable").tolist()
    if groups is None:
        return order[:count]
    waiting: dict[Hashable, list[int]] = {}
    for index in order:
        waiting.setdefault(groups[index], []).append(index)
    chosen: list[int] = []
    while len(chosen) < count:
        for lines in waiting.values():
            if lines and len(chosen) < count:
                chosen.append(lines.pop(0))
    return chosen


def choose_random(number: int, count: int, seed: int) -> list[int]:
    """Return so many different lines of `number`, in random order.

    Raises:
        ValueError: There are not so many lines.
    """
    _check(number, count)
    return np.random.default_rng(seed).permutation(number)[:count].tolist()


def _check(number: int, count: int) -> None:
    if not 0 < count <= number:
        raise ValueError(f"{count} lines were asked for, and there are {number}.")
