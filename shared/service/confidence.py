"""How sure is a reading: p(text), made honest on validation lines, and what to do with it.

p(text) sums over all alignments of the text (the forward algorithm), so it does not depend on
where the network put a letter. A network is mostly too sure or not sure enough; two numbers
fitted on lines it never learned from turn p(text) into the share of such texts that are right
(Platt scaling). What is surer than the threshold is accepted, the rest goes to a person.

The threshold promises few wrong characters in the accepted lines together, not that a line is
right as a whole: a long line may be accepted although one of its characters is probably wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shared import ctc
from shared.service.acceptance import Limits

PROMISED_CER = 0.02
CURVE_POINTS = 21
LEAST_ACCEPTED = 100  # Lines; fewer are too few to say how many of their characters are wrong
_BEST = -1e-9  # log p of a text that no other comes near


@dataclass(frozen=True)
class Confidence:
    """From p(text) to the probability that the text is right, and where to accept it.

    Attributes:
        slope: Of the log-odds of p(text).
        intercept: Added to them.
        threshold: Least confidence of a text that is accepted; the rest goes to review.
        promised_cer: Error rate of accepted lines that the threshold was chosen for.
        measured: What held on lines of other writers than those it was fitted on.
        limits: What else a text has to keep; without them nothing is accepted.
    """

    slope: float
    intercept: float
    threshold: float
    promised_cer: float
    measured: dict[str, Any]
    limits: Limits | None = None

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Confidence:
        """Read what `as_dict` gave."""
        limits = stored.get("limits")
        return cls(**{**stored, "limits": Limits(**limits) if limits else None})

    def of(self, log_p: float | np.ndarray) -> np.ndarray:
        """Return the probability that a text is right, from its log p(text)."""
        scores = self.slope * log_odds(log_p) + self.intercept
        return 1 / (1 + np.exp(-np.clip(scores, -500, 500)))

    def decision(self, confidence: float) -> str:
        """Return `"accept"` or `"review"`."""
        return "accept" if confidence >= self.threshold else "review"

    @property
    def coverage(self) -> float | None:
        """The share of measured lines that was accepted; None where too few were to say."""
        share, lines = (self.measured.get(name, 0) for name in ("coverage", "lines"))
        return share if share * lines >= LEAST_ACCEPTED else None

    def as_dict(self) -> dict[str, Any]:
        """Return what a model file holds."""
        return asdict(self)


def log_probability(logits: np.ndarray, label: Sequence[int]) -> float:
    """Return log p(text) of one reading, summed over all its alignments.

    Args:
        logits: (frames, classes).
        label: The text's classes.
    """
    if len(logits) < ctc.min_frames(label):
        return -np.inf
    return float(ctc.forward(ctc.log_softmax(logits), label)[1])


def log_odds(log_p: float | np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)), kept finite."""
    log_p = np.clip(np.asarray(log_p, dtype=np.float64), -500.0, _BEST)
    return log_p - np.log(-np.expm1(log_p))


def fit_calibration(log_p: np.ndarray, right: np.ndarray, steps: int = 50) -> tuple[float, float]:
    """Fit slope and intercept by maximum likelihood.

    Args:
        log_p: (n,) log p(text) of readings.
        right: (n,) whether each is right to the last character.
        steps: Of Newton's method, which needs about ten.

    Raises:
        ValueError: All readings are right or all are wrong, so there is nothing to tell apart.

    Source: Platt, "Probabilistic Outputs for Support Vector Machines" (1999), section 2.2, whose
    targets stay off 0 and 1 by the number of lines.
    """
    right = np.asarray(right, dtype=bool)
    if right.all() or not right.any():
        raise ValueError(
            f"{right.sum()} of {len(right)} readings are right; calibrating needs some of both. "
            "Give more lines, or harder ones."
        )
    hits, misses = right.sum(), (~right).sum()
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (misses + 2))
    x = np.column_stack([log_odds(log_p), np.ones(len(right))])
    weights = np.array([1.0, 0.0])

    def loss(w: np.ndarray) -> float:
        scores = x @ w
        return float(np.sum(np.logaddexp(0, scores) - target * scores))

    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -500, 500)))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(2)
        change = np.linalg.solve(curvature, x.T @ (target - p))
        # Far from the minimum a whole step may lead away from it
        while loss(weights + change) > loss(weights) and np.abs(change).max() > 1e-9:
            change = change / 2
        weights = weights + change
        if np.abs(change).max() < 1e-9:
            break
    return float(weights[0]), float(weights[1])


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


def choose_threshold(
    confidence: np.ndarray, edits: np.ndarray, lengths: np.ndarray, promised: float = PROMISED_CER
) -> float:
    """Return the least confidence that keeps the error rate of accepted lines within a promise.

    Where no line may be accepted it is above 1.
    """
    _, rates, sure = reject_curve(confidence, edits, lengths)
    together = np.append(sure[1:] < sure[:-1], True)  # Equal confidences are accepted together
    kept = np.flatnonzero((rates <= promised) & together)
    return float(sure[kept[-1]]) if len(kept) else 1.01


def calibrate(
    log_p: np.ndarray,
    edits: np.ndarray,
    lengths: np.ndarray,
    writers: Sequence[str],
    promised: float = PROMISED_CER,
    allowed: np.ndarray | None = None,
    limits: Limits | None = None,
) -> Confidence:
    """Fit on every other writer, measure on the others, so that no hand is on both sides.

    Args:
        log_p: (n,) log p(text) of each reading.
        edits: (n,) edits of each.
        lengths: (n,) characters of each line's truth.
        writers: Whose each line is; at least two.
        promised: Error rate that accepted lines should keep.
        allowed: (n,) whether the limits would let each reading be accepted; all by default.
        limits: Which limits those are.

    Raises:
        ValueError: Fewer than two writers, or nothing to tell apart.
    """
    names = list(dict.fromkeys(writers))
    if len(names) < 2:
        raise ValueError(f"{len(names)} writer was given; calibrating needs two or more.")
    fitted = np.array([names.index(writer) % 2 == 0 for writer in writers])
    log_p, edits, lengths = (np.asarray(values) for values in (log_p, edits, lengths))
    slope, intercept = fit_calibration(log_p[fitted], edits[fitted] == 0)
    plain = Confidence(slope, intercept, 0.0, promised, {})
    sure = plain.of(log_p)
    threshold = choose_threshold(sure[fitted], edits[fitted], lengths[fitted], promised)
    other = ~fitted
    accepted = other & (sure >= threshold) & (True if allowed is None else allowed)
    coverage, rates, _ = reject_curve(sure[other], edits[other], lengths[other])
    shown = np.unique(np.linspace(0, len(coverage) - 1, CURVE_POINTS).round().astype(int))
    right = edits == 0
    measured = {
        "lines": int(other.sum()),
        "writers": len(names) // 2,
        "coverage": round(float(accepted.sum() / other.sum()), 4),
        "cer_accepted": round(float(edits[accepted].sum() / max(1, lengths[accepted].sum())), 4),
        "cer_all": round(float(edits[other].sum() / lengths[other].sum()), 4),
        "calibration_error_before": round(calibration_error(np.exp(log_p[other]), right[other]), 4),
        "calibration_error": round(calibration_error(sure[other], right[other]), 4),
        "calibration_error_by_chance": round(chance_error(sure[other]), 4),
        "curve": [[round(float(coverage[i]), 4), round(float(rates[i]), 4)] for i in shown],
    }
    return Confidence(slope, intercept, threshold, promised, measured, limits)
