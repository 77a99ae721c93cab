"""The four curves of exercise 4.5, drawn from a formula so that every learner reads the same."""

from __future__ import annotations

import numpy as np

STEPS = tuple(range(10, 130, 10))


def study_curves() -> dict[str, tuple[list[int], list[float]]]:
    """Return the four curves of exercise 4.5, drawn from a formula for this exercise.

    A healthy run rises like `0.7 (1 - exp(-step / 40))`, with a little noise.
    """
    rng = np.random.default_rng(4)

    def healthy(steps: list[int], height: float) -> list[float]:
        values = height * (1 - np.exp(-np.array(steps) / 40)) + rng.normal(0, 0.008, len(steps))
        return [round(float(value), 3) for value in values]

    steps = list(STEPS)
    diverged = healthy(steps[:5], 0.66) + [0.021, 0.016, 0.018, 0.016, 0.016, 0.016, 0.016]
    restarted = healthy(steps[:6], 0.7) + healthy(steps[:6], 0.7)
    return {
        "A": (steps, restarted),
        "B": (steps[:4], healthy(steps[:4], 0.35)),
        "C": (steps, diverged),
        "D": (steps, [round(100 * value, 1) for value in healthy(steps, 0.68)]),
    }
