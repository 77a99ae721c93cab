"""Single paths of a label: the best one, the k best ones, and random ones."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shared.ctc.collapsing import check_inputs, count_alignments, extend_label
from shared.ctc.lattice import backward, forward

MAX_LISTED = 200_000  # Paths; a list beyond this is neither readable nor quick


class Span(NamedTuple):
    """The time steps that the best path spends on one symbol.

    Attributes:
        position: index of the symbol in the label.
        start: first time step.
        stop: one past the last time step.
        mean_log_prob: mean log-probability of the symbol over these steps.
    """

    position: int
    start: int
    stop: int
    mean_log_prob: float


class ForcedAlignment(NamedTuple):
    """The most probable path of a given label.

    Attributes:
        path: (T,) class numbers.
        states: (T,) states of the extended label.
        log_p: log-probability of this one path.
        spans: one `Span` for each symbol of the label.
    """

    path: np.ndarray
    states: np.ndarray
    log_p: float
    spans: tuple[Span, ...]


def forced_align(log_probs: np.ndarray, label: Sequence[int], blank: int = 0) -> ForcedAlignment:
    """Find the most probable path that collapses to `label` (Viterbi).

    Where two paths tie, the one in the earlier state wins, so that results repeat.
    The spans are where the network was sure, which need not be where the ink is.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        label: U class numbers that fit into T steps.
        blank: the class number of the blank.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank)
    states, can_skip = extend_label(symbols, blank)
    emission = log_probs[:, states]
    num_steps, num_states = emission.shape
    score = np.full(num_states, -np.inf)
    score[:2] = emission[0, :2]
    move = np.zeros((num_steps, num_states), dtype=np.int64)
    for t in range(1, num_steps):
        # Longest move first: argmax keeps the first of equals, the earliest state
        arrivals = np.full((3, num_states), -np.inf)
        arrivals[0, 2:] = np.where(can_skip[2:], score[:-2], -np.inf)
        arrivals[1, 1:] = score[:-1]
        arrivals[2] = score
        best = arrivals.argmax(axis=0)
        move[t] = 2 - best
        score = emission[t] + np.take_along_axis(arrivals, best[None], axis=0)[0]
    endings = score[-2:]
    log_p = float(endings.max())
    if np.isneginf(log_p):
        raise ValueError("The label has probability zero here: no path of it is possible.")
    visited = np.empty(num_steps, dtype=np.int64)
    visited[-1] = num_states - len(endings) + int(endings.argmax())
    for t in range(num_steps - 1, 0, -1):
        visited[t - 1] = visited[t] - move[t, visited[t]]
    spans = []
    for position in range(len(symbols)):
        steps = np.flatnonzero(visited == 2 * position + 1)
        mean = float(emission[steps, 2 * position + 1].mean())
        spans.append(Span(position, int(steps[0]), int(steps[-1]) + 1, mean))
    return ForcedAlignment(states[visited], visited, log_p, tuple(spans))


def alignments(
    log_probs: np.ndarray, label: Sequence[int], k: int | None = None, blank: int = 0
) -> list[tuple[tuple[int, ...], float]]:
    """List the paths that collapse to `label`, the most probable first.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        label: U class numbers that fit into T steps.
        k: how many to list; None lists all of them.
        blank: the class number of the blank.

    Returns:
        Pairs of path (T class numbers) and log-probability; ties in order of the path.
        Paths of probability zero are left out.

    Raises:
        ValueError: when more than 200,000 paths would be listed.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank)
    states, can_skip = extend_label(symbols, blank)
    total = count_alignments(len(log_probs), symbols)
    wanted = total if k is None else min(int(k), total)
    if not 0 < wanted <= MAX_LISTED:
        raise ValueError(
            f"{wanted:,} paths were asked for, of {total:,}; between 1 and {MAX_LISTED:,} "
            "can be listed. Ask for the best k, or draw a sample."
        )
    # The k best paths of a state are among the k best of each of its predecessors
    best: list[list[tuple[float, tuple[int, ...]]]] = [[] for _ in states]
    for s in range(min(2, len(states))):
        best[s] = [(-log_probs[0, states[s]], (int(states[s]),))]
    for t in range(1, len(log_probs)):
        following = []
        for s, class_number in enumerate(states):
            arriving = [best[s]]
            if s >= 1:
                arriving.append(best[s - 1])
            if can_skip[s]:
                arriving.append(best[s - 2])
            cost = -log_probs[t, class_number]
            merged = heapq.merge(*arriving)
            following.append(
                [
                    (entry[0] + cost, (*entry[1], int(class_number)))
                    for entry, _ in zip(merged, range(wanted), strict=False)
                ]
            )
        best = following
    ranked = sorted(entry for row in best[-2:] for entry in row if np.isfinite(entry[0]))
    return [(path, float(-cost)) for cost, path in ranked[:wanted]]


def sample(
    log_probs: np.ndarray,
    label: Sequence[int],
    count: int,
    rng: np.random.Generator,
    blank: int = 0,
) -> list[tuple[tuple[int, ...], float]]:
    """Draw paths of `label` independently, each as often as it is probable.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        label: U class numbers that fit into T steps.
        count: how many paths.
        rng: the source of randomness.
        blank: the class number of the blank.

    Returns:
        `count` pairs of path and its log-probability.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank)
    states, can_skip = extend_label(symbols, blank)
    emission = log_probs[:, states]
    if np.isneginf(forward(log_probs, symbols, blank)[1]):
        raise ValueError("The label has probability zero here: there is no path to draw.")
    finish = emission + backward(log_probs, symbols, blank)
    visited = np.empty((len(emission), count), dtype=np.int64)
    first = np.where(np.arange(len(states)) < 2, finish[0], -np.inf)
    visited[0] = _draw(np.broadcast_to(first, (count, len(states))), rng)
    for t in range(1, len(emission)):
        here = visited[t - 1]
        onward = np.full((count, 3), -np.inf)
        for move in range(3):
            there = np.minimum(here + move, len(states) - 1)
            legal = here + move < len(states)
            if move == 2:
                legal = legal & can_skip[there]
            onward[:, move] = np.where(legal, finish[t, there], -np.inf)
        visited[t] = here + _draw(onward, rng)
    log_p = np.take_along_axis(emission, visited, axis=1).sum(axis=0)
    paths = states[visited].T
    return [(tuple(map(int, path)), float(p)) for path, p in zip(paths, log_p, strict=True)]


def _draw(log_weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one column of each row of (n, m) log weights."""
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    cumulative = weights.cumsum(axis=1)
    threshold = rng.random(len(weights))[:, None] * cumulative[:, -1:]
    return (cumulative <= threshold).sum(axis=1)
