"""Layer (a) of the explorer: every number its pictures show, from `shared.ctc`.

Nothing here knows about pixels.  The posteriors are formed from one forward and one
backward pass; the tests hold them equal to `shared.ctc.posteriors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared import ctc
from shared.explorer.searching import forced_align

OTHER = -1  # The row that gathers all classes without a row of their own


@dataclass(frozen=True)
class Numbers:
    """All numbers of one picture; T time steps, K classes, S = 2 U + 1 states.

    Attributes:
        log_probs: (T, K) after the softmax.
        label: (U,) class numbers of the target.
        states: (S,) extended label; `can_skip` (S,) says which may be entered by a skip.
        path: (T,) best class of each frame.
        greedy_label: the collapsed path; `greedy_log_p` the log-probability of that path.
        loss: minus log p(label) in nats, infinity when the label does not fit.
        status: "ok" or the sentence that says why the loss is infinite.
        alpha, beta: (T, S) log-domain forward and backward variables.
        posterior: (T, S) probability of each state given the label, zeros when infeasible.
        occupancy: (T, K) the same by class.
        gradient: (T, K) softmax minus occupancy: the loss by the logits.
        viterbi: (T,) states of the best path of the label, None when infeasible.
    """

    log_probs: np.ndarray
    label: np.ndarray
    states: np.ndarray
    can_skip: np.ndarray
    path: np.ndarray
    greedy_label: list[int]
    greedy_log_p: float
    loss: float
    status: str
    alpha: np.ndarray
    beta: np.ndarray
    posterior: np.ndarray
    occupancy: np.ndarray
    gradient: np.ndarray
    viterbi: np.ndarray | None
    blank: int

    @property
    def num_frames(self) -> int:
        """T, the number of time steps."""
        return len(self.log_probs)

    @property
    def feasible(self) -> bool:
        """Whether the label has a path at all."""
        return self.status == "ok"

    def arrivals(self, t: int, s: int) -> list[tuple[str, int, float]]:
        """Return what enters state `s` at time `t`: kind, state before, share of alpha.

        The shares of the legal arrivals sum to one where alpha is above zero.
        """
        if t == 0:
            return []
        found = []
        for move, kind in enumerate(("stay", "step", "skip")):
            legal = s - move >= 0 and (move < 2 or self.can_skip[s])
            if legal:
                log_share = self.alpha[t - 1, s - move] + self.log_probs[t, self.states[s]]
                share = np.exp(log_share - self.alpha[t, s]) if self.alpha[t, s] > -np.inf else 0
                found.append((kind, s - move, float(share)))
        return found


def compute(logits: np.ndarray, label: Sequence[int], blank: int = 0) -> Numbers:
    """Run CTC once on free logits and return all numbers of the explorer.

    Args:
        logits: (T, K) unnormalized.
        label: U class numbers; one that does not fit gives an infinite loss, not an error.
        blank: the class number of the blank.
    """
    logits = np.asarray(logits, dtype=np.float64)
    log_probs = ctc.log_softmax(logits)
    path, greedy_label, greedy_log_p = ctc.greedy(log_probs, blank)
    alpha, log_p = ctc.forward(log_probs, label, blank)
    beta = ctc.backward(log_probs, label, blank)
    states, can_skip = ctc.extend_label(label, blank)
    posterior = np.zeros(alpha.shape)
    occupancy = np.zeros(log_probs.shape)
    gradient = np.zeros(log_probs.shape)
    viterbi, status = None, "ok"
    missing = ctc.min_frames(label) - len(logits)
    if np.isfinite(log_p):
        posterior = np.exp(alpha + beta - log_p)
        np.add.at(occupancy.T, states, posterior.T)  # A class may stand in several states
        gradient = np.exp(log_probs) - occupancy
        viterbi = forced_align(log_probs, label, blank).states
    elif missing > 0:
        plural = "s" if missing > 1 else ""
        status = (
            f"The target needs {missing} more time step{plural}: {ctc.min_frames(label)} "
            f"at least, and there are {len(logits)}."
        )
    else:
        status = "The target has probability zero: a logit it needs is minus infinity."
    return Numbers(
        log_probs=log_probs, label=np.asarray(label, dtype=np.int64),
        states=states, can_skip=can_skip, path=np.asarray(path),
        greedy_label=list(greedy_label), greedy_log_p=float(greedy_log_p), loss=-float(log_p),
        status=status, alpha=alpha, beta=beta, posterior=posterior, occupancy=occupancy,
        gradient=gradient, viterbi=viterbi, blank=blank,
    )  # fmt: skip


def choose_rows(
    log_probs: np.ndarray, label: Sequence[int], blank: int = 0, limit: int = 24
) -> tuple[int, ...]:
    """Choose the classes that get a row: blank, target, greedy text, then the likeliest.

    Target and greedy letters always have a row; `limit` counts for the others.  What is
    left is gathered in the row `OTHER`, which is there only when something is left.
    """
    _, greedy_label, _ = ctc.greedy(log_probs, blank)
    num_classes = log_probs.shape[1]
    rows = dict.fromkeys([blank, *map(int, label), *map(int, greedy_label)])
    wanted = min(max(len(rows) + 2, 8), max(limit, len(rows)))
    for k in np.argsort(-np.exp(log_probs).max(axis=0), kind="stable"):
        if len(rows) >= wanted:
            break
        rows.setdefault(int(k))
    left_out = num_classes - len(rows)
    if left_out == 1:
        rows.update(dict.fromkeys(range(num_classes)))
    return (*rows, OTHER) if left_out > 1 else tuple(rows)


def fold(values: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """Return (rows, T): the columns of (T, K) `values` by row, the rest summed in OTHER."""
    named = [k for k in rows if k != OTHER]
    folded = values[:, named].T
    if OTHER in rows:
        rest = np.delete(values, named, axis=1).sum(axis=1)
        folded = np.vstack([folded, rest])
    return folded


def telling_selection(numbers: Numbers) -> tuple[int, int]:
    """Pick a lattice node worth explaining: a letter whose skip is forbidden, else the middle."""
    num_states = len(numbers.states)
    doubled = [s for s in range(3, num_states, 2) if not numbers.can_skip[s]]
    s = doubled[0] if doubled else min(num_states - 1, 2 * (len(numbers.label) // 2) + 1)
    if numbers.viterbi is None:
        return numbers.num_frames // 2, s
    visits = np.flatnonzero(numbers.viterbi == s)
    return (int(visits[0]) if len(visits) else numbers.num_frames // 2), s
