"""Searching a lattice, to look at: paths of a label, labels of a distribution, a beam's steps.

The arguments are those of `shared.ctc`, and what does not fit is refused as there.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from shared.ctc import IMPOSSIBLE, arrivals, check_inputs, extend_label, min_frames

Prefix = tuple[int, ...]
MAX_LISTED = 200_000  # Paths; a list beyond this is neither readable nor quick


class Span(NamedTuple):
    """The time steps, `start` up to `stop`, that a path spends on the label's symbol `position`.

    `mean_log_prob` is the symbol's mean log-probability over these steps.
    """

    position: int
    start: int
    stop: int
    mean_log_prob: float


class ForcedAlignment(NamedTuple):
    """A label's most probable path, by class (T,) and by state (T,), and a span for each symbol."""

    path: np.ndarray
    states: np.ndarray
    log_p: float
    spans: tuple[Span, ...]


def forced_align(log_probs: np.ndarray, label: Sequence[int], blank: int = 0) -> ForcedAlignment:
    """Find the most probable path that collapses to `label` (Viterbi).

    Where two paths tie, the one in the earlier state wins, so that results repeat.
    The spans are where the network was sure, which need not be where the ink is.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank)
    states, can_skip = extend_label(symbols, blank)
    emission = log_probs[:, states]
    score = np.where(np.arange(len(states)) < 2, emission[0], IMPOSSIBLE)
    moves = np.zeros(emission.shape, dtype=np.int64)
    for t in range(1, len(emission)):
        # Longest move first: argmax keeps the first of equals, the earliest state
        ways = arrivals(score, can_skip)[::-1]
        moves[t] = 2 - ways.argmax(axis=0)
        score = emission[t] + ways.max(axis=0)
    score[:-2] = IMPOSSIBLE  # A path ends on the last symbol or the last blank
    log_p = float(score.max())
    if np.isneginf(log_p):
        raise ValueError("The label has probability zero here: no path of it is possible.")
    visited = np.full(len(emission), score.argmax(), dtype=np.int64)
    for t in range(len(emission) - 1, 0, -1):
        visited[t - 1] = visited[t] - moves[t, visited[t]]
    spans = []
    for position in range(len(symbols)):
        steps = np.flatnonzero(visited == 2 * position + 1)
        mean = float(emission[steps, 2 * position + 1].mean())
        spans.append(Span(position, int(steps[0]), int(steps[-1]) + 1, mean))
    return ForcedAlignment(states[visited], visited, log_p, tuple(spans))


def count_alignments(num_frames: int, label: Sequence[int]) -> int:
    """Count the paths of `num_frames` steps that collapse to `label`: C(T + U - r, 2 U).

    The 2 U + 1 states share the time steps; each symbol takes at least one, and so does
    each blank between equal symbols.  The count is exact, and 0 when the label does not fit.
    """
    num_symbols = len(label)
    free = num_frames + 2 * num_symbols - min_frames(label)  # T + U - r
    return math.comb(free, 2 * num_symbols) if num_frames >= min_frames(label) else 0


def alignments(
    log_probs: np.ndarray, label: Sequence[int], k: int | None = None, blank: int = 0
) -> list[tuple[tuple[int, ...], float]]:
    """List the paths that collapse to `label` with their log-probabilities, best first.

    Lists all of them if `k` is None, ties in order of the path.  Paths of probability zero are
    left out, and more than 200,000 are refused.
    """
    log_probs, symbols = check_inputs(log_probs, label, blank)
    states, can_skip = extend_label(symbols, blank)
    total = count_alignments(len(log_probs), symbols)
    wanted = total if k is None else min(int(k), total)
    if not 0 < wanted <= MAX_LISTED:
        raise ValueError(
            f"{wanted:,} paths were asked for, of {total:,}; between 1 and {MAX_LISTED:,} "
            "can be listed. Ask for the best k."
        )
    # The k best paths of a state are among the k best of each of its predecessors
    best = [[(-log_probs[0, k], (int(k),))] if s < 2 else [] for s, k in enumerate(states)]
    for row in log_probs[1:]:
        before = best
        best = []
        for s, k in enumerate(states):
            ways = [before[s], before[s - 1] if s else [], before[s - 2] if can_skip[s] else []]
            merged = islice(heapq.merge(*ways), wanted)
            best.append([(cost - row[k], (*path, int(k))) for cost, path in merged])
    ranked = sorted(entry for paths in best[-2:] for entry in paths if np.isfinite(entry[0]))
    return [(path, float(-cost)) for cost, path in ranked[:wanted]]


class Hypothesis(NamedTuple):
    """One prefix of a beam, with the log-probabilities of its paths by how they end.

    `bonus` is the sum of what the caller's function gave for its symbols; `parents` are the
    prefixes of the step before whose paths run into this one.
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


def beam_steps(
    log_probs: np.ndarray,
    width: int,
    blank: int = 0,
    bonus: Callable[[Prefix, int], float] | None = None,
    symbol_floor: float = IMPOSSIBLE,
) -> list[BeamStep]:
    """Run prefix beam search and keep every step of it; the answer is `steps[-1].kept[0].prefix`.

    Scores are lower bounds of the true probabilities, because dropped prefixes take their paths
    with them.  Ties go in order of the prefix.
    Source: Hannun, Maas, Jurafsky, Ng (2014), arXiv 1408.2873, algorithm 1.

    Args:
        log_probs: (T, K) log-probabilities, rows normalized.
        width: How many prefixes survive a step.
        blank: The class number of the blank.
        bonus: Maps (prefix, next symbol) to nats that are added once when the prefix grows by
            that symbol, for a language model.
        symbol_floor: Symbols below this log-probability are not tried, for speed.
    """
    log_probs, _ = check_inputs(log_probs, [], blank)
    if width < 1:
        raise ValueError(f"The beam width is {width}; it must be at least 1.")
    beam = (Hypothesis((), 0.0, IMPOSSIBLE, 0.0, ()),)
    steps = []
    for row in log_probs:
        symbols = [k for k in np.flatnonzero(row > symbol_floor).tolist() if k != blank]
        merged: dict[Prefix, list] = {}  # Scores by ending, bonus, parents
        for parent in beam:
            for prefix, ending, log_p, total in _growths(parent, row, symbols, blank, bonus):
                if log_p > IMPOSSIBLE:
                    entry = merged.setdefault(prefix, [IMPOSSIBLE, IMPOSSIBLE, total, {}])
                    entry[ending] = float(np.logaddexp(entry[ending], log_p))
                    entry[3][parent.prefix] = None  # A dictionary: in order, without repeats
        ranked = sorted(
            (Hypothesis(prefix, *entry[:3], tuple(entry[3])) for prefix, entry in merged.items()),
            key=lambda hypothesis: (-hypothesis.score, hypothesis.prefix),
        )
        beam = tuple(ranked[:width])
        steps.append(BeamStep(beam, tuple(ranked[width:])))
    return steps


def _growths(
    parent: Hypothesis,
    row: np.ndarray,
    symbols: Sequence[int],
    blank: int,
    bonus: Callable[[Prefix, int], float] | None,
) -> Iterator[tuple[Prefix, int, float, float]]:
    """Yield what a prefix becomes: prefix, ending (0 blank, 1 letter), log-probability, bonus."""
    prefix, either = parent.prefix, parent.log_p
    last = prefix[-1] if prefix else None
    yield prefix, 0, either + row[blank], parent.bonus
    for k in symbols:
        if k == last:  # A repeat goes on with the same letter, and begins anew after a blank
            yield prefix, 1, parent.log_p_letter + row[k], parent.bonus
        started = parent.log_p_blank if k == last else either
        extra = bonus(prefix, k) if bonus else 0.0
        yield (*prefix, k), 1, started + row[k], parent.bonus + extra


def label_table(
    log_probs: np.ndarray, blank: int = 0, limit: int = 10, width: int = 20_000
) -> tuple[list[tuple[Prefix, float]], float]:
    """List the most probable labels with their log-probabilities, and the mass of those listed.

    A beam that drops nothing keeps every path, so its scores are exact.  That takes short
    sequences; where more than `width` labels begin in one, it is refused.
    """
    steps = beam_steps(log_probs, width, blank)
    if any(step.dropped for step in steps):
        raise ValueError(
            f"More than {width:,} labels are possible here; a table takes a shorter sequence."
        )
    table = [(one.prefix, one.log_p) for one in steps[-1].kept[:limit]]
    return table, float(np.exp([log_p for _, log_p in table]).sum())
