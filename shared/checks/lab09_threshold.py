"""Lab 9: the threshold that keeps a promised error rate."""

from __future__ import annotations

import numpy as np

from shared.checks.exercise import Case, Exercise


def choose_threshold(
    confidence: list[float], edits: list[int], lengths: list[int], promised: float
) -> float | None:
    """Return the least confidence at which the promise is kept.

    Args:
        confidence: How sure each line is.
        edits: Its edits against the truth.
        lengths: Characters of its truth.
        promised: The largest error rate that accepted lines may have.

    Returns:
        The smallest confidence t among the lines for which all lines of at least t together have
        total edits / total characters of at most `promised`; None where no t does.
    """
    kept = []
    for threshold in set(confidence):
        accepted = [k for k, sure in enumerate(confidence) if sure >= threshold]
        allowed = promised * sum(lengths[k] for k in accepted)
        if sum(edits[k] for k in accepted) <= allowed + 1e-9:
            kept.append(threshold)
    return min(kept, default=None)


def sixty_lines(seed: int) -> dict:
    """Lines that are surer where they are better, on average."""
    rng = np.random.default_rng([9, 1, seed])
    sure = rng.random(60).round(2)
    lengths = rng.integers(5, 60, 60)
    edits = rng.binomial(lengths, 0.2 * (1 - sure) ** 2)
    return {
        "confidence": sure.tolist(),
        "edits": edits.tolist(),
        "lengths": lengths.tolist(),
        "promised": 0.0317,
    }


CHOOSE_THRESHOLD = Exercise(
    id="lab09.choose_threshold",
    kind="implement",
    title="Keep a promise",
    reference=choose_threshold,
    doc="The least confidence at which accepted lines keep an error rate.",
    cases=(
        Case("accepts all where all is well", 1,
             {"confidence": [0.9, 0.2, 0.5], "edits": [0, 0, 0], "lengths": [9, 8, 7],
              "promised": 0.01},
             hint="Nothing is wrong here, so the least confidence of all is the threshold."),
        Case("keeps a promise to the letter", 1,
             {"confidence": [0.9, 0.8], "edits": [0, 1], "lengths": [25, 25], "promised": 0.02},
             hint="One edit in 50 characters is 2 %, which is within a promise of 2 %."),
        Case("goes on after a bad line", 2,
             {"confidence": [0.9, 0.8, 0.6, 0.3], "edits": [0, 1, 0, 4],
              "lengths": [10, 10, 20, 10], "promised": 0.03},
             hint="At 0.8 the rate is too high, and at 0.6 it is back within the promise: try "
             "every confidence, and take the least one that keeps it."),
        Case("takes equal confidences together", 2,
             {"confidence": [0.7, 0.9, 0.7], "edits": [0, 0, 3], "lengths": [10, 10, 10],
              "promised": 0.05},
             hint="A threshold of 0.7 accepts both lines of 0.7, the good one and the bad one."),
        Case("divides totals", 1,
             {"confidence": [0.9, 0.8], "edits": [1, 0], "lengths": [2, 98], "promised": 0.05},
             hint="One edit in 100 characters is 1 %; the mean of the lines' rates is 25 %."),
        Case("says so where nothing may be accepted", 1,
             {"confidence": [0.99, 0.4], "edits": [3, 5], "lengths": [10, 10], "promised": 0.02},
             hint="Where every threshold breaks the promise, return None."),
        Case("sixty lines", 2, sixty_lines,
             hint="The lines come in no order; compare with a loop over every confidence."),
    ),
)  # fmt: skip
