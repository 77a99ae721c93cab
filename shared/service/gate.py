"""The gate: may a candidate take the served model's place?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shared.lines import LineSet
from shared.metrics import bootstrap_interval, edit_distance
from shared.preparation import BODIES, Preparation

OTHERS, OTHERS_SEED = 90, 11
LEVEL = 0.95
UNSURE = 0.01  # Of its own writer's error rate: how much worse a candidate may surely not be
FORGOTTEN = 0.03  # Of other writers': what a service of one writer may give for reading them better


@dataclass(frozen=True)
class Verdict:
    """What the gate says about a candidate.

    Attributes:
        passes: Whether it may be served.
        reason: Why, in a sentence.
        own: Error rates on held-back corrections, before and after.
        others: Error rates on other writers' lines, before and after.
        own_bound: One-sided upper bound of how much worse it may be on the corrections.
        others_bound: The same on other writers.
        lines: Held-back corrections.
    """

    passes: bool
    reason: str
    own: tuple[float, float]
    others: tuple[float, float]
    own_bound: float
    others_bound: float
    lines: int

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict for a report."""
        return asdict(self)


def other_hands(preparation: Preparation = BODIES) -> LineSet:
    """Compose the lines by validation hands that a candidate must not read much worse.

    Args:
        preparation: The served reader's; by default the shipped one's.
    """
    from shared.experiments.adaptation.adapting import written_lines

    return written_lines(OTHERS, "validation", OTHERS_SEED, preparation)


def judge(
    served: Any,
    candidate: Any,
    own: LineSet,
    others: LineSet | None = None,
    forgotten: float = FORGOTTEN,
    seed: int = 0,
) -> Verdict:
    """Decide whether a candidate may take the served model's place.

    It must read the held-back corrections better, and must not read other writers' lines worse
    by more than a margin: the one-sided 95% bound of the difference decides, drawn by writer.

    Args:
        served: The line reader that is served.
        candidate: The line reader that may follow.
        own: Held-back corrections.
        others: Lines by other writers; validation lines are composed if none are given.
        forgotten: Largest rise of other writers' error rate that is tolerated; a service for
            everybody wants 0.01 here, and corrections by many.
        seed: Of the draws.
    """
    others = other_hands(served.preparation) if others is None else others
    before, after, lengths = _edits(served, candidate, own)
    other_before, other_after, other_lengths = _edits(served, candidate, others)
    # Own lines are one writer's, so that lines are drawn; others are drawn writer by writer
    own_bound = _upper(after - before, lengths, range(len(own)), seed)
    others_bound = _upper(other_after - other_before, other_lengths, others.writers, seed)
    rates = tuple(float(edits.sum() / lengths.sum()) for edits in (before, after))
    other_rates = tuple(
        float(edits.sum() / other_lengths.sum()) for edits in (other_before, other_after)
    )
    if after.sum() >= before.sum():
        passes = False
        reason = f"it reads the corrections no better: {rates[0]:.1%} -> {rates[1]:.1%}"
    elif own_bound > UNSURE:
        passes = False
        reason = f"on the corrections it may be worse by {own_bound:.1%}: correct more lines"
    elif others_bound > forgotten:
        passes = False
        reason = f"on other hands it may be worse by {others_bound:.1%}, {forgotten:.0%} is allowed"
    else:
        passes = True
        reason = f"it reads the corrections better: {rates[0]:.1%} -> {rates[1]:.1%}"
    return Verdict(passes, reason, rates, other_rates, own_bound, others_bound, len(own))


def _edits(served: Any, candidate: Any, lines: LineSet) -> tuple[np.ndarray, ...]:
    readings = [reader.read_many(lines.images) for reader in (served, candidate)]
    counts = [
        np.array([edit_distance(text, said) for text, said in zip(lines.texts, read, strict=True)])
        for read in readings
    ]
    return *counts, np.array([len(text) for text in lines.texts])


def _upper(more: np.ndarray, lengths: np.ndarray, clusters: Any, seed: int) -> float:
    """Return the one-sided upper bound of a difference of error rates."""
    return bootstrap_interval(more, lengths, list(clusters), seed, level=2 * LEVEL - 1)[1]
