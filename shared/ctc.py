"""Connectionist temporal classification (CTC), written to be read next to its formulas.

NumPy in float64, natural logarithms, time first, one sequence at a time:

* `log_probs` (T, K): log-probabilities of K classes at T time steps (frames), rows normalized;
* `label`: U class numbers without the blank, r of them equal to the one before;
* `states` (S,): the label with a blank before, between and after its symbols, S = 2 U + 1;
* `blank`: the class number of the blank, 0 unless said otherwise.

What does not fit raises a `ValueError` with a sentence; see `check_inputs`.

Source: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist Temporal Classification", ICML 2006,
pages 369-376; the section is named at each function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

IMPOSSIBLE = -np.inf  # The logarithm of probability zero
ROW_SUM_TOLERANCE = 1e-6  # Times the number of classes: float32 softmax rows miss 1 by less


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Normalize each row of logits (T, K); minus infinity marks a class that is impossible."""
    logits = np.asarray(logits, dtype=np.float64)
    if logits.ndim != 2 or 0 in logits.shape:
        raise ValueError(f"log_softmax got shape {logits.shape}; (T, K) are both at least 1.")
    diverged = (np.isnan(logits) | np.isposinf(logits)).any(axis=1)
    if diverged.any():
        raise ValueError(
            f"The logits of time step {diverged.argmax()} hold NaN or plus infinity; "
            "look for a training run that diverged."
        )
    top = logits.max(axis=1, keepdims=True)
    if np.isneginf(top).any():
        raise ValueError(f"Every class of time step {top.argmin()} has logit minus infinity.")
    shifted = logits - top  # The largest becomes 0, so that exp cannot overflow
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def collapse(path: Sequence[int], blank: int = 0) -> list[int]:
    """Return the label of a path of T class numbers: merge repeats, then drop blanks.

    Source: section 3.1, the map B.
    """
    trace = collapse_trace(path, blank)
    return [int(symbol) for symbol, action in zip(path, trace, strict=True) if action == "emit"]


def collapse_trace(path: Sequence[int], blank: int = 0) -> list[str]:
    """Say for each of T steps what collapsing does: "emit", "merged" (a repeat) or "blank"."""
    actions = []
    previous = None
    for symbol in path:
        if symbol == blank:
            actions.append("blank")
        elif symbol == previous:
            actions.append("merged")
        else:
            actions.append("emit")
        previous = symbol  # The blank too: it is what keeps two equal letters apart
    return actions


def min_frames(label: Sequence[int]) -> int:
    """Count the time steps that a label needs at least: U + r.

    One for each symbol, one for the blank between equal neighbors: *hello* needs 6, *aaa* 5.
    """
    symbols = [int(symbol) for symbol in label]
    return len(symbols) + sum(a == b for a, b in zip(symbols, symbols[1:], strict=False))


def extend_label(label: Sequence[int], blank: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Interleave a label with blanks: `states` (S,), and `can_skip` (S,), bool.

    State s may be entered from s - 2 if it is a symbol that differs from the symbol before it.
    Source: section 4.1, the modified label l'.
    """
    symbols = np.asarray(label, dtype=np.int64).reshape(-1)
    if (symbols == blank).any():
        raise ValueError(
            f"The label holds the blank ({blank}) at position {(symbols == blank).argmax()}; a "
            "label is made of symbols only. Cut the padding off with its true length."
        )
    states = np.full(2 * len(symbols) + 1, blank, dtype=np.int64)
    states[1::2] = symbols
    can_skip = np.zeros(len(states), dtype=bool)
    can_skip[3::2] = symbols[1:] != symbols[:-1]
    return states, can_skip


def check_inputs(
    log_probs: np.ndarray, label: Sequence[int], blank: int = 0, *, need_feasible: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Refuse what would give a wrong number without an error, and return both as arrays.

    Without `need_feasible` a label that needs more than T steps passes; its probability is zero.
    """
    log_probs, given = np.asarray(log_probs, dtype=np.float64), np.asarray(label)
    if log_probs.ndim != 2 or 0 in log_probs.shape:
        raise ValueError(
            f"CTC got log-probabilities of shape {log_probs.shape}; it needs "
            "(time steps, classes), both at least 1: one sequence at a time."
        )
    num_steps, num_classes = log_probs.shape
    classes = f"there are {num_classes} classes (0 to {num_classes - 1})"
    # A number above 0 is no log-probability; cut to 1 it cannot overflow, and is refused below
    sums = np.exp(np.minimum(log_probs, 1.0)).sum(axis=1)
    if np.isnan(sums).any():
        raise ValueError(f"The log-probabilities of time step {np.isnan(sums).argmax()} hold NaN.")
    if (np.abs(sums - 1) > ROW_SUM_TOLERANCE * num_classes).any():
        step = np.abs(sums - 1).argmax()
        raise ValueError(
            f"The probabilities of time step {step} sum to {sums[step]:.6g}, not to 1; "
            "pass logits through log_softmax first."
        )
    if not 0 <= blank < num_classes:
        raise ValueError(
            f"The blank is class {blank}, but {classes}; a negative number would silently count "
            "from the end."
        )
    if given.ndim > 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
        raise ValueError(
            f"The label has shape {given.shape} and type {given.dtype}; "
            "it needs a flat sequence of class numbers. Encode text with an Alphabet first."
        )
    symbols = given.astype(np.int64).reshape(-1)
    extend_label(symbols, blank)  # Refuses a blank inside the label
    outside = (symbols < 0) | (symbols >= num_classes)
    if outside.any():
        raise ValueError(
            f"The label holds class {symbols[outside][0]} at position {outside.argmax()}, but "
            f"{classes}. Padding with -1 has to be cut off before."
        )
    needed = min_frames(symbols)
    if need_feasible and needed > num_steps:
        raise ValueError(
            f"The label needs {needed} time steps ({len(symbols)} symbols and "
            f"{needed - len(symbols)} blanks between equal neighbors), the network gives "
            f"{num_steps}: {needed - num_steps} missing. Use a wider image, a smaller stride, or "
            "a shorter label."
        )
    return log_probs, symbols


def forward(
    log_probs: np.ndarray, label: Sequence[int], blank: int = 0
) -> tuple[np.ndarray, float]:
    """Sum the probability of all ways to reach each state at each time.

    Returns `alpha` (T, S), the log-probability of the first t + 1 steps ending in state s, and
    the log-probability of the label, minus infinity when it does not fit.
    Source: section 4.1, equations 5 to 8.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank, need_feasible=False)
    states, can_skip = extend_label(symbols, blank)
    emission = log_probs[:, states]  # (T, S)
    alpha = np.full(emission.shape, IMPOSSIBLE)
    alpha[0, :2] = emission[0, :2]  # A path starts on the first blank or the first symbol
    for t in range(1, len(alpha)):
        alpha[t] = emission[t] + np.logaddexp.reduce(arrivals(alpha[t - 1], can_skip), axis=0)
    return alpha, float(np.logaddexp.reduce(alpha[-1, -2:]))


def arrivals(previous: np.ndarray, can_skip: np.ndarray) -> np.ndarray:
    """Return what enters each state by staying in it, stepping by one, skipping a blank: (3, S)."""
    ways = np.full((3, len(previous)), IMPOSSIBLE)
    ways[0] = previous
    ways[1, 1:] = previous[:-1]
    ways[2, 2:] = np.where(can_skip[2:], previous[:-2], IMPOSSIBLE)
    return ways


def backward(log_probs: np.ndarray, label: Sequence[int], blank: int = 0) -> np.ndarray:
    """Sum the probability of all ways to finish from each state at each time.

    Returns `beta` (T, S), the log-probability of the steps after t, given state s at t; at the
    last step 0 in the two states a path may end in.  The emission at t is not included, so that
    `alpha + beta` counts it once.
    Source: section 4.1, equations 9 to 11 (there with the emission).
    """
    log_probs, symbols = check_inputs(log_probs, label, blank, need_feasible=False)
    states, can_skip = extend_label(symbols, blank)
    beta = np.full((len(log_probs), len(states)), IMPOSSIBLE)
    beta[-1, -2:] = 0.0
    for t in range(len(beta) - 2, -1, -1):
        onward = log_probs[t + 1, states] + beta[t + 1]
        skipped = np.where(can_skip, onward, IMPOSSIBLE)
        beta[t] = onward
        beta[t, :-1] = np.logaddexp(beta[t, :-1], onward[1:])
        beta[t, :-2] = np.logaddexp(beta[t, :-2], skipped[2:])
    return beta


class Posteriors(NamedTuple):
    """Where the paths of a label are, if the label is right: by state (T, S), by class (T, K)."""

    state: np.ndarray
    symbol: np.ndarray
    log_p: float


def posteriors(log_probs: np.ndarray, label: Sequence[int], blank: int = 0) -> Posteriors:
    """Return how likely each state and each class is at each time, given the label.

    Rows sum to one, but to zero where the label has probability zero.
    Source: section 4.2, equation 14.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank, need_feasible=False)
    alpha, log_p = forward(log_probs, symbols, blank)
    beta = backward(log_probs, symbols, blank)
    state = np.zeros_like(alpha) if np.isneginf(log_p) else np.exp(alpha + beta - log_p)
    symbol = np.zeros_like(log_probs)
    for s, class_number in enumerate(extend_label(symbols, blank)[0]):
        symbol[:, class_number] += state[:, s]  # Adds: a class may stand in several states
    return Posteriors(state, symbol, log_p)


class LossAndGrad(NamedTuple):
    """Loss in nats, gradient (T, K); an infinite loss has zeros, and `status` says why."""

    loss: float
    grad: np.ndarray
    status: str


def loss_and_grad(
    logits: np.ndarray, label: Sequence[int], blank: int = 0, length: int | None = None
) -> LossAndGrad:
    """Return minus log p(label) and its derivative by each of the logits (T, K).

    The derivative is `softmax(logits) - posterior`: what the network says minus what the label's
    paths ask for.  Time steps from `length` on are padding and never count.
    Source: section 4.2, equation 16.
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
    given_label = posteriors(log_probs, symbols, blank)
    if np.isneginf(given_label.log_p):
        missing = min_frames(symbols) - length
        short = f"the label needs {missing} more time steps"
        return LossAndGrad(np.inf, grad, short if missing > 0 else "the label has probability zero")
    grad[:length] = np.exp(log_probs) - given_label.symbol
    return LossAndGrad(-given_label.log_p, grad, "ok")


def batch_loss_and_grad(
    logits: np.ndarray,
    labels: np.ndarray,
    logit_lengths: Sequence[int],
    label_lengths: Sequence[int],
    blank: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Apply `loss_and_grad` to each row of a padded batch: losses (B,), gradients (B, T, K).

    Logits (B, T, K) and labels (B, U) are padded behind their true lengths, with any numbers.
    """
    sizes = {len(logits), len(labels), len(logit_lengths), len(label_lengths)}
    if len(sizes) != 1:
        raise ValueError(
            f"The batch has {len(logits)} logits, {len(labels)} labels, {len(logit_lengths)} "
            f"logit lengths and {len(label_lengths)} label lengths; all must be equal."
        )
    losses, grads = np.zeros(len(logits)), np.zeros(np.shape(logits))
    for row, (label, label_length) in enumerate(zip(labels, label_lengths, strict=True)):
        if not 0 <= label_length <= len(label):
            raise ValueError(
                f"Row {row} is said to have {label_length} symbols, its labels have {len(label)}; "
                "the length must lie between 0 and that."
            )
        length = logit_lengths[row]
        losses[row], grads[row], _ = loss_and_grad(logits[row], label[:label_length], blank, length)
    return losses, grads


def greedy(log_probs: np.ndarray, blank: int = 0) -> tuple[np.ndarray, list[int], float]:
    """Take the best class of each time step and collapse (best path decoding).

    Returns the path (T,), its label, and the log-probability of that one path: a lower bound of
    the label's own, and the label need not be the most probable one.  Source: section 3.2.
    """
    log_probs, _ = check_inputs(log_probs, [], blank)
    path = log_probs.argmax(axis=1)
    return path, collapse(path, blank), float(log_probs.max(axis=1).sum())
