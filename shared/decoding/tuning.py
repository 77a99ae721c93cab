"""Choosing the weight and the bonus of a decoder, on lines that are no test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.decoding.beam import BeamDecoder
from shared.decoding.language_model import CharacterModel
from shared.metrics import character_error_rate

WEIGHTS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8)
BONUSES = (0.0, 0.3, 0.6, 0.9, 1.3)


@dataclass(frozen=True)
class Tuned:
    """What a search over weights and bonuses found.

    Attributes:
        weight: The best weight.
        bonus: The best bonus.
        rates: The character error rate of every pair `(weight, bonus)` that was tried.
    """

    weight: float
    bonus: float
    rates: dict[tuple[float, float], float]

    @property
    def rate(self) -> float:
        """The character error rate of the best pair, on the lines it was chosen by."""
        return self.rates[self.weight, self.bonus]


def tune(
    logits: Sequence[np.ndarray],
    texts: Sequence[str],
    model: CharacterModel,
    weights: Sequence[float] = WEIGHTS,
    bonuses: Sequence[float] = BONUSES,
    width: int = 8,
) -> Tuned:
    """Try every pair and return the best; the smaller weight where two are equal.

    Give validation lines, never those that a result will be reported on: the best of many
    settings looks better on the lines it was chosen by than on any others.

    Args:
        logits: One array (frames, classes) a line.
        texts: What the lines say.
        model: The language model.
        weights: Weights to try.
        bonuses: Bonuses to try.
        width: Width of the beam while tuning.
    """
    rates = {}
    for weight in weights:
        for bonus in bonuses:
            decoder = BeamDecoder(model, weight, bonus, width)
            rates[weight, bonus] = character_error_rate(texts, [decoder(one) for one in logits])
    weight, bonus = min(rates, key=lambda pair: (rates[pair], pair))
    return Tuned(weight, bonus, rates)
