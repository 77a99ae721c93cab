"""Lab 3, sitting B: a loss with a fault, alone here so that a notebook may import it."""

from __future__ import annotations

import numpy as np


def shipped_loss(log_probs: np.ndarray, label: list[int], blank: int = 0) -> float:
    """Return minus the log-probability of a label (with the fault of the exercise)."""
    states = np.full(2 * len(label) + 1, blank)
    states[1::2] = label
    alpha = np.full(len(states), -np.inf)
    alpha[:2] = log_probs[0, states[:2]]
    for frame in log_probs[1:]:
        step = np.concatenate([[-np.inf], alpha])[: len(alpha)]
        skip = np.concatenate([[-np.inf, -np.inf], alpha])[: len(alpha)]
        skip[states == blank] = -np.inf
        alpha = np.logaddexp.reduce([alpha, step, skip]) + frame[states]
    return -float(np.logaddexp.reduce(alpha[-2:]))
