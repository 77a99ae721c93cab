"""From a path to a label, and what a label needs: the rules of CTC before any probability."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

ROW_SUM_TOLERANCE = 1e-6  # float32 softmax rows miss 1 by less than this


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Normalize each row of logits to log-probabilities.

    Args:
        logits: (T, K) real numbers; minus infinity marks a class that is impossible.

    Returns:
        (T, K) float64; the probabilities of each row sum to one.

    Raises:
        ValueError: on a wrong shape, NaN, plus infinity, or a row without a possible class.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if logits.ndim != 2 or 0 in logits.shape:
        raise ValueError(
            f"log_softmax got an array of shape {logits.shape}; "
            "it needs (time steps, classes), both at least 1."
        )
    if np.isnan(logits).any() or np.isposinf(logits).any():
        step = int(np.argwhere(np.isnan(logits) | np.isposinf(logits))[0, 0])
        raise ValueError(
            f"The logits of time step {step} hold NaN or plus infinity; "
            "look for a training run that diverged."
        )
    top = logits.max(axis=1, keepdims=True)
    if np.isneginf(top).any():
        step = int(np.argmax(np.isneginf(top[:, 0])))
        raise ValueError(
            f"Every class of time step {step} has logit minus infinity; "
            "at least one class must be possible."
        )
    shifted = logits - top  # The largest becomes 0, so that exp cannot overflow
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def collapse(path: Sequence[int], blank: int = 0) -> list[int]:
    """Return the label that a path stands for: merge repeats, then drop blanks.

    Args:
        path: one class number per time step, length T.
        blank: the class number of the blank.

    Returns:
        At most T class numbers, none of them the blank.

    Source: Graves et al. (2006), section 3.1, the map B.
    """
    trace = collapse_trace(path, blank)
    return [int(symbol) for symbol, action in zip(path, trace, strict=True) if action == "emit"]


def collapse_trace(path: Sequence[int], blank: int = 0) -> list[str]:
    """Say for each time step of a path what collapsing does with it.

    Args:
        path: one class number per time step, length T.
        blank: the class number of the blank.

    Returns:
        T words: "emit" (a new symbol), "merged" (repeats the step before) or "blank".
    """
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


def extend_label(label: Sequence[int], blank: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Interleave a label with blanks and mark the states one may skip into.

    Args:
        label: U class numbers.
        blank: the class number of the blank.

    Returns:
        `states` (S,), int: blank, first symbol, blank, ..., last symbol, blank.
        `can_skip` (S,), bool: whether state s may be entered from s - 2, which holds for a
        symbol that differs from the symbol before it.

    Raises:
        ValueError: when the label contains the blank.

    Source: Graves et al. (2006), section 4.1, the modified label l'.
    """
    symbols = np.asarray(label, dtype=np.int64).reshape(-1)
    if (symbols == blank).any():
        position = int(np.argmax(symbols == blank))
        raise ValueError(
            f"The label holds the blank ({blank}) at position {position}; "
            "a label is made of symbols only. Cut the padding off with its true length."
        )
    states = np.full(2 * len(symbols) + 1, blank, dtype=np.int64)
    states[1::2] = symbols
    can_skip = np.zeros(len(states), dtype=bool)
    can_skip[3::2] = symbols[1:] != symbols[:-1]
    return states, can_skip


def min_frames(label: Sequence[int]) -> int:
    """Count the time steps that a label needs at least: U + r.

    One step for each symbol, and one for the blank that keeps each adjacent equal pair
    apart: *hello* needs 6, *aaa* needs 5.
    """
    symbols = [int(symbol) for symbol in label]
    return len(symbols) + sum(a == b for a, b in zip(symbols, symbols[1:], strict=False))


def count_alignments(num_frames: int, label: Sequence[int]) -> int:
    """Count the paths of `num_frames` steps that collapse to `label`: C(T + U - r, 2 U).

    The 2 U + 1 states share the time steps; each symbol takes at least one, and so does
    each blank between equal symbols.

    Returns:
        The exact count as a Python integer, 0 when the label does not fit.
    """
    num_symbols = len(label)
    free = num_frames + 2 * num_symbols - min_frames(label)  # T + U - r
    return math.comb(free, 2 * num_symbols) if num_frames >= min_frames(label) else 0


def check_inputs(
    log_probs: np.ndarray,
    label: Sequence[int],
    blank: int = 0,
    *,
    need_feasible: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Refuse what would give a wrong number without an error.

    Args:
        log_probs: (T, K) natural log-probabilities, each row normalized.
        label: U class numbers without the blank.
        blank: the class number of the blank.
        need_feasible: whether a label longer than the frames allow is an error.

    Returns:
        `log_probs` as float64 (T, K) and `label` as int64 (U,).

    Raises:
        ValueError: with a sentence that names the first fault.
    """
    log_probs = np.asarray(log_probs, dtype=np.float64)
    if log_probs.ndim != 2 or 0 in log_probs.shape:
        raise ValueError(
            f"CTC got log-probabilities of shape {log_probs.shape}; it needs "
            "(time steps, classes), both at least 1: one sequence at a time."
        )
    num_steps, num_classes = log_probs.shape
    if np.isnan(log_probs).any():
        step = int(np.argwhere(np.isnan(log_probs))[0, 0])
        raise ValueError(f"The log-probabilities of time step {step} hold NaN.")
    sums = np.exp(np.minimum(log_probs, 1.0)).sum(axis=1)
    if (np.abs(sums - 1) > ROW_SUM_TOLERANCE * num_classes).any():
        step = int(np.argmax(np.abs(sums - 1)))
        raise ValueError(
            f"The probabilities of time step {step} sum to {sums[step]:.6g}, not to 1; "
            "pass logits through log_softmax first."
        )
    if not 0 <= blank < num_classes:
        raise ValueError(
            f"The blank is class {blank}, but there are {num_classes} classes (0 to "
            f"{num_classes - 1}); a negative number would silently count from the end."
        )
    given = np.asarray(label)
    if given.ndim > 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
        raise ValueError(
            f"The label has shape {given.shape} and type {given.dtype}; "
            "it needs a flat sequence of class numbers. Encode text with an Alphabet first."
        )
    symbols = given.astype(np.int64).reshape(-1)
    extend_label(symbols, blank)  # Refuses a blank inside the label
    outside = (symbols < 0) | (symbols >= num_classes)
    if outside.any():
        position = int(np.argmax(outside))
        raise ValueError(
            f"The label holds class {symbols[position]} at position {position}, but there "
            f"are {num_classes} classes (0 to {num_classes - 1}). Padding with -1 has to be "
            "cut off before."
        )
    missing = min_frames(symbols) - num_steps
    if need_feasible and missing > 0:
        raise ValueError(
            f"The label needs {min_frames(symbols)} time steps ({len(symbols)} symbols and "
            f"{min_frames(symbols) - len(symbols)} blanks between equal neighbors), the "
            f"network gives {num_steps}: {missing} missing. Use a wider image, a smaller "
            "stride, or a shorter label."
        )
    return log_probs, symbols
