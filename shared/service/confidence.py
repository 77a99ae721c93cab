"""Fitting a confidence, judging it, and choosing what to accept; it is `shared.pages.confidence`.

A threshold promises few wrong characters in the accepted lines together, or few lines with any
mistake. A long line may be accepted under the first promise although one of its characters is
probably wrong.
"""

from __future__ import annotations

import numpy as np

from shared.pages.confidence import NEVER, Confidence, Evidence, Promise

__all__ = ["Confidence", "Evidence", "Promise"]

RIDGE = 0.1  # Draws the weights to zero, so that a few lines move them little


def fit_weights(features: np.ndarray, right: np.ndarray, steps: int = 50) -> np.ndarray:
    """Fit a logistic regression by maximum likelihood, with a small ridge.

    Args:
        features: (n, k), such as `Evidence.features` of n readings.
        right: (n,) whether each is right to the last character.
        steps: Of Newton's method, which needs about ten.

    Returns:
        (k + 1,) the weights of the features, and last what is added.

    Raises:
        ValueError: All readings are right or all are wrong, so there is nothing to tell apart.

    Source: Platt, "Probabilistic Outputs for Support Vector Machines" (1999), section 2.2, whose
    targets stay off 0 and 1 by the number of lines.
    """
    right = np.asarray(right, dtype=bool)
    if right.all() or not right.any():
        raise ValueError(
            f"{right.sum()} of {len(right)} readings are right; a confidence needs some of both. "
            "Give more lines, or harder ones."
        )
    hits, misses = right.sum(), (~right).sum()
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (misses + 2))
    features = np.asarray(features, dtype=np.float64)
    middle, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    x = np.column_stack([(features - middle) / spread, np.ones(len(right))])
    held = RIDGE * np.eye(x.shape[1])
    held[-1, -1] = 1e-9
    weights = np.zeros(x.shape[1])

    def loss(w: np.ndarray) -> float:
        scores = x @ w
        return float(np.sum(np.logaddexp(0, scores) - target * scores) + w @ held @ w / 2)

    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -500, 500)))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + held
        change = np.linalg.solve(curvature, x.T @ (target - p) - held @ weights)
        # Far from the minimum a whole step may lead away from it
        while loss(weights + change) > loss(weights) and np.abs(change).max() > 1e-9:
            change = change / 2
        weights = weights + change
        if np.abs(change).max() < 1e-9:
            break
    slopes = weights[:-1] / spread
    return np.append(slopes, weights[-1] - slopes @ middle)


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Return by how much confidence and the share of right texts differ, over equal bins.

    Source: Guo et al., "On Calibration of Modern Neural Networks" (2017), equation 3; the bins
    here hold equally many lines.
    """
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    gaps = [len(p) * abs(confidence[p].mean() - right[p].mean()) for p in parts if len(p)]
    return float(sum(gaps) / len(order))


def chance_error(confidence: np.ndarray, seed: int = 0, draws: int = 200) -> float:
    """Return the calibration error that perfect confidences would show on so few lines."""
    rng = np.random.default_rng(seed)
    confidence = np.asarray(confidence)
    drawn = rng.random((draws, len(confidence))) < confidence
    return float(np.mean([calibration_error(confidence, right) for right in drawn]))


def reject_curve(
    confidence: np.ndarray, edits: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what accepting the surest lines gives, from one line to all of them.

    Args:
        confidence: (n,) how sure each line is.
        edits: (n,) its edits against the truth.
        lengths: (n,) characters of the truth.

    Returns:
        Coverage (share of lines accepted), their character error rate, and the least confidence
        among them; each (n,).
    """
    order = np.argsort(-np.asarray(confidence), kind="stable")
    characters = np.maximum(np.cumsum(np.asarray(lengths)[order]), 1)
    rates = np.cumsum(np.asarray(edits)[order]) / characters
    return np.arange(1, len(order) + 1) / len(order), rates, np.asarray(confidence)[order]


def conformal_threshold(
    confidence: np.ndarray, wrong: np.ndarray, sizes: np.ndarray, at_most: float
) -> float:
    """Return the least confidence at which a promise is kept, by conformal risk control.

    One more line, as long as the longest and wrong throughout, is counted among the accepted.
    For a new line drawn like these the expected share of wrong is then within the promise, exactly
    so where more accepted lines never mean a lower share, and nearly so else.

    Args:
        confidence: (n,) how sure each line is.
        wrong: (n,) how many of its characters are wrong; or 1 for a line with a mistake.
        sizes: (n,) its characters; or 1 for each line.
        at_most: The largest share of wrong that is promised.

    Returns:
        The threshold; `NEVER` where no line may be accepted.

    Source: Angelopoulos, Bates, Fisch, Lei and Schuster, "Conformal Risk Control" (2022),
    equation 4.
    """
    order = np.argsort(-np.asarray(confidence), kind="stable")
    sure = np.asarray(confidence)[order]
    worst = np.max(sizes)
    wrongs, all_sizes = (np.cumsum(np.asarray(each)[order]) + worst for each in (wrong, sizes))
    together = np.append(sure[1:] < sure[:-1], True)  # Equal confidences are accepted together
    kept = np.flatnonzero((wrongs <= at_most * all_sizes) & together)
    return float(sure[kept[-1]]) if len(kept) else NEVER
