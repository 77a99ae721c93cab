"""The explorer's numbers: everything it shows is what `shared.ctc` says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from shared import ctc
from shared.alphabet import ASCII
from shared.explorer import Explorer, compute, searching
from shared.explorer.flows import edge_flows
from shared.explorer.values import OTHER, choose_rows, fold

LETTERS = "ehloab"
HELLO = [2, 1, 3, 3, 4]


def hello_logits(seed: int = 0, frames: int = 12) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(frames, len(LETTERS) + 1))
    for t, k in enumerate([2, 2, 0, 1, 3, 3, 0, 3, 0, 4, 4, 0]):
        logits[t % frames, k] += 2
    return logits


def long_explorer(view: str = "all") -> Explorer:
    rng = np.random.default_rng(1)
    text = "The quick brown fox, 14 May"
    logits = rng.normal(size=(104, 96))
    snapshots = [
        {"update": u, "logits": logits * u / 100, "loss": 50 / (1 + u)}
        for u in (100, 0, 20, 50, 80)
    ]
    return Explorer(logits, ASCII, text, np.zeros((32, 414), np.uint8), view, snapshots)


def test_numbers_are_those_of_ctc():
    logits = hello_logits()
    numbers = compute(logits, HELLO)
    log_probs = ctc.log_softmax(logits)
    posteriors = ctc.posteriors(log_probs, HELLO)
    reference = ctc.loss_and_grad(logits, HELLO)
    np.testing.assert_allclose(numbers.posterior, posteriors.state, atol=1e-12)
    np.testing.assert_allclose(numbers.occupancy, posteriors.symbol, atol=1e-12)
    np.testing.assert_allclose(numbers.gradient, reference.grad, atol=1e-12)
    np.testing.assert_allclose(numbers.gradient.sum(axis=1), 0, atol=1e-12)
    assert numbers.loss == pytest.approx(reference.loss, rel=1e-12)
    np.testing.assert_array_equal(numbers.viterbi, searching.forced_align(log_probs, HELLO).states)
    assert numbers.greedy_label == ctc.greedy(log_probs)[1]


def test_arrivals_share_out_alpha_and_name_legal_edges_only():
    numbers = compute(hello_logits(), HELLO)
    for t in range(1, numbers.num_frames):
        for s in range(len(numbers.states)):
            found = numbers.arrivals(t, s)
            if np.isfinite(numbers.alpha[t, s]):
                assert sum(share for _, _, share in found) == pytest.approx(1)
            kinds = [kind for kind, _, _ in found]
            assert ("skip" in kinds) == bool(s >= 2 and numbers.can_skip[s])
    assert "skip" not in [kind for kind, _, _ in numbers.arrivals(8, 7)]  # The second l


def test_edge_flows_of_the_posterior_are_those_of_all_paths():
    numbers = compute(hello_logits()[:8], HELLO)
    expected = np.zeros((7, len(numbers.states), 3))
    for path, log_p in searching.alignments(numbers.log_probs, HELLO):
        states = [0 if path[0] == 0 else 1]
        for symbol in path[1:]:  # A repeat stays; else the next state of that symbol comes
            following = [s for s in range(states[-1], states[-1] + 3) if s < len(numbers.states)]
            states.append(next(s for s in following if numbers.states[s] == symbol))
        for t, (before, after) in enumerate(itertools.pairwise(states)):
            expected[t, after, after - before] += np.exp(log_p + numbers.loss)
    flows = edge_flows(numbers, slice(0, 7))
    np.testing.assert_allclose(flows, expected, atol=1e-12)
    # What flows into a state is what is there
    np.testing.assert_allclose(flows.sum(axis=2), numbers.posterior[1:], atol=1e-12)
    part = edge_flows(numbers, slice(3, 7))
    np.testing.assert_allclose(part, expected[3:7], atol=1e-12)


def test_infeasible_target_is_a_sentence_not_an_error():
    numbers = compute(np.zeros((3, 4)), [1, 1, 2])
    assert numbers.loss == np.inf
    assert "1 more time step: 4 at least, and there are 3" in numbers.status
    assert not numbers.gradient.any()


def test_rows_hold_blank_target_and_greedy_and_fold_the_rest():
    log_probs = ctc.log_softmax(np.random.default_rng(0).normal(size=(20, 96)) * 3)
    rows = choose_rows(log_probs, [5, 9, 5])
    greedy = ctc.greedy(log_probs)[1]
    assert rows[0] == 0 and rows[1:3] == (5, 9) and rows[-1] == OTHER
    assert set(greedy) <= set(rows)
    folded = fold(np.exp(log_probs), rows)
    np.testing.assert_allclose(folded.sum(axis=0), 1)
    np.testing.assert_allclose(folded[1], np.exp(log_probs[:, 5]))
