"""From distributions to text when the label is not known."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from shared.ctc.collapsing import check_inputs, collapse

Prefix = tuple[int, ...]
NOTHING = -np.inf


class Hypothesis(NamedTuple):
    """One prefix of a beam.

    Attributes:
        prefix: the symbols so far.
        log_p_blank: log-probability of its paths that end in a blank.
        log_p_letter: log-probability of its paths that end in its last symbol.
        bonus: sum of what the caller's `bonus` function gave for its symbols.
        parents: prefixes of the step before whose paths run into this one.
    """

    prefix: Prefix
    log_p_blank: float
    log_p_letter: float
    bonus: float
    parents: tuple[Prefix, ...]

    @property
    def log_p(self) -> float:
        """Log-probability of the prefix's kept paths, however they end."""
        return float(np.logaddexp(self.log_p_blank, self.log_p_letter))

    @property
    def score(self) -> float:
        """What the beam ranks by: log-probability plus bonus."""
        return self.log_p + self.bonus


class BeamStep(NamedTuple):
    """The beam after one time step, best first."""

    kept: tuple[Hypothesis, ...]
    dropped: tuple[Hypothesis, ...]


def greedy(log_probs: np.ndarray, blank: int = 0) -> tuple[np.ndarray, list[int], float]:
    """Take the best class of each time step and collapse (best path decoding).

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        blank: the class number of the blank.

    Returns:
        `path` (T,), its label, and the log-probability of that one path: a lower bound of
        the label's own, and the label need not be the most probable one.

    Source: Graves et al. (2006), section 3.2.
    """
    log_probs, _ = check_inputs(log_probs, [], blank)
    path = log_probs.argmax(axis=1)
    return path, collapse(path, blank), float(log_probs.max(axis=1).sum())


def label_table(
    log_probs: np.ndarray, blank: int = 0, limit: int = 10, max_expansions: int = 20_000
) -> tuple[list[tuple[Prefix, float]], float]:
    """List the most probable labels with their exact log-probabilities.

    Best-first search over prefixes: a queue holds whole labels, and subtrees (all labels
    that begin with a prefix) with the probability they hold together.  A label that
    comes out first is at least as probable as everything still inside.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        blank: the class number of the blank.
        limit: how many labels to list.
        max_expansions: where to stop when the distribution is too flat to decide.

    Returns:
        At most `limit` pairs of label and log-probability, most probable first, and the
        probability that the listed labels cover together.

    Source: Graves et al. (2006), section 3.2, prefix search decoding, here without its
    heuristic sectioning.
    """
    log_probs, _ = check_inputs(log_probs, [], blank)
    in_blank = np.cumsum(log_probs[:, blank])  # The empty prefix: only blanks so far
    in_letter = np.full_like(in_blank, NOTHING)
    order = itertools.count()  # Ties come out in the order they went in
    queue: list = [(-0.0, next(order), (), in_blank, in_letter)]
    table: list[tuple[Prefix, float]] = []
    expansions = 0
    while queue and len(table) < limit and expansions < max_expansions:
        cost, _, prefix, in_blank, in_letter = heapq.heappop(queue)
        if in_blank is None:
            table.append((prefix, float(-cost)))
            continue
        expansions += 1
        own = float(np.logaddexp(in_blank[-1], in_letter[-1]))
        if own > NOTHING:
            heapq.heappush(queue, (-own, next(order), prefix, None, None))
        mass, blanks, letters = _extend(log_probs, blank, prefix, in_blank, in_letter)
        for symbol in np.flatnonzero(mass > NOTHING):
            child = (*prefix, int(symbol))
            row = (-mass[symbol], next(order), child, blanks[:, symbol], letters[:, symbol])
            heapq.heappush(queue, row)
    return table, float(np.exp([log_p for _, log_p in table]).sum())


def _extend(
    log_probs: np.ndarray,
    blank: int,
    prefix: Prefix,
    in_blank: np.ndarray,
    in_letter: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grow a prefix by every symbol: subtree masses (K,), and its two scores (T, K)."""
    num_steps, num_classes = log_probs.shape
    blanks = np.full((num_steps, num_classes), NOTHING)
    letters = np.full((num_steps, num_classes), NOTHING)
    mass = np.full(num_classes, NOTHING)
    for t in range(num_steps):
        if t == 0:
            ready = np.full(num_classes, NOTHING if prefix else 0.0)
        else:
            ready = np.full(num_classes, np.logaddexp(in_blank[t - 1], in_letter[t - 1]))
            if prefix:  # A repeat starts a new symbol only after a blank
                ready[prefix[-1]] = in_blank[t - 1]
        starts = log_probs[t] + ready
        mass = np.logaddexp(mass, starts)
        letters[t] = starts
        if t > 0:
            letters[t] = np.logaddexp(starts, log_probs[t] + letters[t - 1])
            blanks[t] = log_probs[t, blank] + np.logaddexp(blanks[t - 1], letters[t - 1])
    mass[blank] = NOTHING
    return mass, blanks, letters


def beam_steps(
    log_probs: np.ndarray,
    width: int,
    blank: int = 0,
    bonus: Callable[[Prefix, int], float] | None = None,
    symbol_floor: float = NOTHING,
) -> list[BeamStep]:
    """Run prefix beam search and keep every step of it.

    Each prefix carries two scores, for its paths that end in a blank and in its last
    symbol: a repeated symbol continues the second and starts anew after the first.
    Scores are lower bounds of the true probabilities, because dropped prefixes take
    their paths with them.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        width: how many prefixes survive a step.
        blank: the class number of the blank.
        bonus: maps (prefix, next symbol) to a number in nats that is added once when the
            prefix grows by that symbol, for a language model.
        symbol_floor: symbols below this log-probability are not tried, for speed.

    Returns:
        T steps; the answer is `steps[-1].kept[0].prefix`.  Ties go in order of the prefix.

    Source: Hannun, Maas, Jurafsky, Ng (2014), arXiv 1408.2873, algorithm 1.
    """
    log_probs, _ = check_inputs(log_probs, [], blank)
    if width < 1:
        raise ValueError(f"The beam width is {width}; it must be at least 1.")
    beam = (Hypothesis((), 0.0, NOTHING, 0.0, ()),)
    steps = []
    for row in log_probs:
        symbols = [k for k in np.flatnonzero(row > symbol_floor).tolist() if k != blank]
        scores: dict[Prefix, list[float]] = {}
        parents: dict[Prefix, dict[Prefix, None]] = {}  # Ordered, without repeats
        bonuses: dict[Prefix, float] = {}

        def add(prefix, which, log_p, parent, bonus_sum, scores=scores, parents=parents,
                bonuses=bonuses):  # fmt: skip
            if log_p > NOTHING:
                pair = scores.setdefault(prefix, [NOTHING, NOTHING])
                pair[which] = float(np.logaddexp(pair[which], log_p))
                parents.setdefault(prefix, {})[parent] = None
                bonuses[prefix] = bonus_sum

        for entry in beam:
            prefix, either = entry.prefix, entry.log_p
            add(prefix, 0, either + row[blank], prefix, entry.bonus)
            for k in symbols:
                repeats = bool(prefix) and prefix[-1] == k
                if repeats:
                    add(prefix, 1, entry.log_p_letter + row[k], prefix, entry.bonus)
                started = entry.log_p_blank if repeats else either
                extra = bonus(prefix, k) if bonus else 0.0
                add((*prefix, k), 1, started + row[k], prefix, entry.bonus + extra)
        ranked = sorted(
            (
                Hypothesis(prefix, pair[0], pair[1], bonuses[prefix], tuple(parents[prefix]))
                for prefix, pair in scores.items()
            ),
            key=lambda hypothesis: (-hypothesis.score, hypothesis.prefix),
        )
        beam = tuple(ranked[:width])
        steps.append(BeamStep(beam, tuple(ranked[width:])))
    return steps
