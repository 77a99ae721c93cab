"""Lab 9: how far two samples of a number are apart, by Kolmogorov and Smirnov."""

from __future__ import annotations

import numpy as np

from shared.checks.exercise import Case, Exercise


def largest_gap(reference: list[float], window: list[float]) -> float:
    """Return the largest distance between two empirical distribution functions.

    Args:
        reference: Values in normal traffic.
        window: Values now.

    Returns:
        The largest difference, over all x, between the share of `reference` that is at most x
        and the share of `window` that is; from 0 to 1.

    Source: Smirnov, "Table for estimating the goodness of fit of empirical distributions",
    Annals of Mathematical Statistics 19(2), 1948, pages 279 to 281.
    """
    gaps = [0.0]
    for x in {*reference, *window}:
        below = np.mean([value <= x for value in reference])
        gaps.append(abs(float(below - np.mean([value <= x for value in window]))))
    return max(gaps)


def two_samples(seed: int) -> dict:
    """Fifty values against sixty-four that are lower and less spread."""
    rng = np.random.default_rng([9, 2, seed])
    return {
        "reference": rng.normal(0, 1, 50).round(2).tolist(),
        "window": rng.normal(-0.4, 0.6, 64).round(2).tolist(),
    }


LARGEST_GAP = Exercise(
    id="lab09.largest_gap",
    kind="implement",
    title="Measure drift",
    reference=largest_gap,
    doc="The largest gap between two empirical distribution functions.",
    cases=(
        Case("the same values in another order", 1,
             {"reference": [1.0, 2.0, 3.0], "window": [3.0, 1.0, 2.0]},
             hint="Equal samples have equal shares everywhere, so the gap is 0."),
        Case("nothing in common", 1,
             {"reference": [1.0, 2.0], "window": [5.0, 6.0, 7.0]},
             hint="At x = 2 all of the reference lies below, and nothing of the window."),
        Case("a window that is lower", 1,
             {"reference": [4.0, 5.0, 6.0, 7.0], "window": [1.0, 4.0, 5.0, 7.0]},
             hint="The window may run ahead or behind: take the absolute difference."),
        Case("equal values", 2,
             {"reference": [1.0, 1.0, 1.0, 2.0], "window": [1.0, 2.0, 2.0, 3.0]},
             hint="At x = 1 three of four values of the reference are at most 1, and one of four "
             "of the window; step over equal values together."),
        Case("the same mean, another spread", 1,
             {"reference": [-1.0, 0.0, 1.0, 0.0], "window": [-9.0, -8.0, 8.0, 9.0]},
             hint="The means are equal, and the shares are not: compare shares at every value."),
        Case("samples of two sizes", 2, two_samples,
             hint="Divide by each sample's own size, and look at the values of both."),
    ),
)  # fmt: skip
