"""The probability of a label: forward, backward, posteriors, loss and gradient.

Rows of the lattice are the S states of the extended label, columns the T time steps.
A path may stay in its state, step to the next one, or skip a blank between two symbols
that differ.  Everything here is a sum over the paths through this lattice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shared.ctc.collapsing import check_inputs, extend_label, log_softmax, min_frames

IMPOSSIBLE = -np.inf


class Posteriors(NamedTuple):
    """Where the paths of a label are, given that the label is right.

    Attributes:
        state: (T, S) probability of being in state s at time t; rows sum to one.
        symbol: (T, K) the same by class; rows sum to one.
        edge: (T - 1, S, 3) probability of entering state s at time t + 1 from
            s (stay), s - 1 (step) or s - 2 (skip); each [t] sums to one.
        log_p: the log-probability of the label.
    """

    state: np.ndarray
    symbol: np.ndarray
    edge: np.ndarray
    log_p: float


class LossAndGrad(NamedTuple):
    """The CTC loss of one sequence.

    Attributes:
        loss: minus log p(label), in nats; infinity when the label does not fit.
        grad: (T, K) derivative of the loss by each logit, zeros when it does not fit and
            after `length`.
        status: "ok", or the sentence that says how many frames are missing.
    """

    loss: float
    grad: np.ndarray
    status: str


def forward(
    log_probs: np.ndarray, label: Sequence[int], blank: int = 0
) -> tuple[np.ndarray, float]:
    """Sum the probability of all ways to reach each state at each time.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        label: U class numbers.
        blank: the class number of the blank.

    Returns:
        `alpha` (T, S): log-probability of the first t + 1 steps ending in state s.
        `log_p`: log-probability of the label, minus infinity when it does not fit.

    Source: Graves et al. (2006), section 4.1, equations 5 to 8.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank, need_feasible=False)
    states, can_skip = extend_label(symbols, blank)
    emission = log_probs[:, states]  # (T, S)
    alpha = np.full(emission.shape, IMPOSSIBLE)
    alpha[0, :2] = emission[0, :2]  # A path starts on the first blank or the first symbol
    for t in range(1, len(alpha)):
        arrivals = _shifted(alpha[t - 1], can_skip)
        alpha[t] = emission[t] + np.logaddexp.reduce(arrivals, axis=0)
    return alpha, float(np.logaddexp.reduce(alpha[-1, -2:]))


def backward(log_probs: np.ndarray, label: Sequence[int], blank: int = 0) -> np.ndarray:
    """Sum the probability of all ways to finish from each state at each time.

    The emission at time t is not included, so that `alpha + beta` counts it once.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        label: U class numbers.
        blank: the class number of the blank.

    Returns:
        `beta` (T, S): log-probability of the steps after t, given state s at t;
        at the last step 0 in the two states a path may end in.

    Source: Graves et al. (2006), section 4.1, equations 9 to 11 (there with the emission).
    """
    log_probs, symbols = check_inputs(log_probs, label, blank, need_feasible=False)
    states, can_skip = extend_label(symbols, blank)
    emission = log_probs[:, states]
    beta = np.full(emission.shape, IMPOSSIBLE)
    beta[-1, -2:] = 0.0
    for t in range(len(beta) - 2, -1, -1):
        onward = emission[t + 1] + beta[t + 1]
        departures = np.full((3, len(states)), IMPOSSIBLE)
        departures[0] = onward
        departures[1, :-1] = onward[1:]
        departures[2, :-2] = np.where(can_skip, onward, IMPOSSIBLE)[2:]
        beta[t] = np.logaddexp.reduce(departures, axis=0)
    return beta


def posteriors(log_probs: np.ndarray, label: Sequence[int], blank: int = 0) -> Posteriors:
    """Return how likely each state, class and edge is, given the label.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        label: U class numbers that fit into T steps.
        blank: the class number of the blank.

    Raises:
        ValueError: when the label does not fit or has probability zero.

    Source: Graves et al. (2006), section 4.2, equation 14.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank)
    alpha, log_p = forward(log_probs, symbols, blank)
    if np.isneginf(log_p):
        raise ValueError("The label has probability zero here, so nothing can be said given it.")
    beta = backward(log_probs, symbols, blank)
    states, can_skip = extend_label(symbols, blank)
    state = np.exp(alpha + beta - log_p)
    symbol = np.zeros_like(log_probs)
    for s, class_number in enumerate(states):  # Adds: a class may stand in several states
        symbol[:, class_number] += state[:, s]
    edge = np.zeros((len(alpha) - 1, len(states), 3))
    for t in range(len(alpha) - 1):
        onward = log_probs[t + 1, states] + beta[t + 1] - log_p
        edge[t] = np.exp(_shifted(alpha[t], can_skip) + onward).T
    return Posteriors(state, symbol, edge, log_p)


def loss_and_grad(
    logits: np.ndarray, label: Sequence[int], blank: int = 0, length: int | None = None
) -> LossAndGrad:
    """Return minus log p(label) and its derivative by the logits.

    The derivative is `softmax(logits) - posterior`: what the network says minus what the
    label's paths ask for.

    Args:
        logits: (T, K) unnormalized scores.
        label: U class numbers.
        blank: the class number of the blank.
        length: the true number of steps; what comes after is padding and never counts.

    Source: Graves et al. (2006), section 4.2, equation 16.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if logits.ndim != 2:
        raise ValueError(f"loss_and_grad got logits of shape {logits.shape}; it needs (T, K).")
    length = len(logits) if length is None else int(length)
    if not 1 <= length <= len(logits):
        raise ValueError(
            f"The sequence is said to have {length} time steps, the logits have {len(logits)}; "
            "the length must lie between 1 and that."
        )
    grad = np.zeros_like(logits)
    log_probs = log_softmax(logits[:length])
    log_probs, symbols = check_inputs(log_probs, label, blank, need_feasible=False)
    missing = min_frames(symbols) - length
    if missing > 0:
        return LossAndGrad(np.inf, grad, f"the label needs {missing} more time steps")
    _, log_p = forward(log_probs, symbols, blank)
    if np.isneginf(log_p):
        return LossAndGrad(np.inf, grad, "the label has probability zero")
    grad[:length] = np.exp(log_probs) - posteriors(log_probs, symbols, blank).symbol
    return LossAndGrad(-log_p, grad, "ok")


def batch_loss_and_grad(
    logits: np.ndarray,
    labels: np.ndarray,
    logit_lengths: Sequence[int],
    label_lengths: Sequence[int],
    blank: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Apply `loss_and_grad` to each row of a padded batch.

    Args:
        logits: (B, T, K), padded behind `logit_lengths`.
        labels: (B, U), padded behind `label_lengths`; the padding may be any number.
        logit_lengths: B true numbers of time steps.
        label_lengths: B true numbers of symbols.
        blank: the class number of the blank.

    Returns:
        Losses (B,) in nats and gradients (B, T, K).
    """
    sizes = {len(logits), len(labels), len(logit_lengths), len(label_lengths)}
    if len(sizes) != 1:
        raise ValueError(
            f"The batch has {len(logits)} logits, {len(labels)} labels, {len(logit_lengths)} "
            f"logit lengths and {len(label_lengths)} label lengths; all must be equal."
        )
    for row, (label, label_length) in enumerate(zip(labels, label_lengths, strict=True)):
        if not 0 <= label_length <= len(label):
            raise ValueError(
                f"Row {row} is said to have {label_length} symbols, its labels have {len(label)}; "
                "the length must lie between 0 and that."
            )
    results = [
        loss_and_grad(row, label[:label_length], blank, length)
        for row, label, length, label_length in zip(
            logits, labels, logit_lengths, label_lengths, strict=True
        )
    ]
    return np.array([result.loss for result in results]), np.stack([r.grad for r in results])


def _shifted(previous: np.ndarray, can_skip: np.ndarray) -> np.ndarray:
    """Stack what arrives by staying, stepping and skipping: (3, S)."""
    arrivals = np.full((3, len(previous)), IMPOSSIBLE)
    arrivals[0] = previous
    arrivals[1, 1:] = previous[:-1]
    arrivals[2, 2:] = previous[:-2]
    arrivals[2, ~can_skip] = IMPOSSIBLE
    return arrivals
