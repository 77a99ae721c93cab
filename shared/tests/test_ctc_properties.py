"""What holds for every input of CTC; many a test here was written because a mutant survived."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import ctc
from shared.explorer import searching

QUICK = settings(max_examples=25, deadline=None, database=None, derandomize=True)

LABELS = st.lists(st.integers(1, 3), max_size=5)
SEEDS = st.integers(0, 10_000)


def distributions(seed, num_steps=6, num_classes=4):
    """Return log-probabilities (num_steps, num_classes) that a seed decides."""
    logits = np.random.default_rng(seed).normal(scale=2, size=(num_steps, num_classes))
    return ctc.log_softmax(logits)


def moved(log_probs, by=1):
    """Return the classes in another order, so that the blank is `by`, and the new numbers."""
    return np.roll(log_probs, by, axis=1), lambda label: [
        (k + by) % log_probs.shape[1] for k in label
    ]


@QUICK
@given(LABELS, st.lists(st.integers(1, 3), max_size=12))
def test_stretching_and_padding_a_path_never_changes_its_label(label, repeats):
    path = []
    for k, symbol in enumerate(label):
        path += [0] + [symbol] * (repeats[k] if k < len(repeats) else 1)
    assert ctc.collapse(path) == label
    assert ctc.collapse([0, *path, 0, 0]) == label
    assert ctc.collapse_trace(path).count("emit") == len(label)


@QUICK
@given(LABELS)
def test_a_label_fits_exactly_from_its_least_frames_on(label):
    needed = ctc.min_frames(label)
    for num_frames in range(8):
        count = searching.count_alignments(num_frames, label)
        assert (count > 0) == (num_frames >= needed)
        assert count == 0 or count == math.comb(
            num_frames + 2 * len(label) - needed, 2 * len(label)
        )


@QUICK
@given(SEEDS, st.integers(1, 3))
def test_another_number_for_the_blank_changes_nothing(seed, blank):
    log_probs = distributions(seed)
    turned, number = moved(log_probs, blank)
    path, label, log_p = ctc.greedy(log_probs)
    other = ctc.greedy(turned, blank)
    assert (other[0].tolist(), other[1]) == (number(path), number(label))
    assert other[2] == pytest.approx(log_p)
    table, _ = searching.label_table(log_probs, limit=4)
    again, _ = searching.label_table(turned, blank, limit=4)
    assert [tuple(number(entry)) for entry, _ in table] == [entry for entry, _ in again]
    kept = searching.beam_steps(log_probs, 5)[-1].kept
    others = searching.beam_steps(turned, 5, blank)[-1].kept
    assert [tuple(number(one.prefix)) for one in kept] == [one.prefix for one in others]


@QUICK
@given(SEEDS, LABELS)
def test_a_label_without_enough_frames_costs_infinity_and_teaches_nothing(seed, label):
    logits = np.random.default_rng(seed).normal(size=(3, 4))
    result = ctc.loss_and_grad(logits, label)
    missing = ctc.min_frames(label) - 3
    assert result.grad.shape == (3, 4)
    if missing > 0:
        assert result.loss == math.inf and not result.grad.any()
        assert result.status == f"the label needs {missing} more time steps"
    else:
        assert result.status == "ok" and math.isfinite(result.loss)


def test_whole_numbers_as_logits_lose_no_gradient():
    loss, grad, _ = ctc.loss_and_grad([[1, 2, 0], [0, 3, 1]], [1])
    exact = ctc.loss_and_grad(np.array([[1.0, 2, 0], [0, 3, 1]]), [1])
    assert loss == exact.loss
    np.testing.assert_array_equal(grad, exact.grad)
    assert 0 < np.abs(grad).max() < 1
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        ctc.loss_and_grad(np.zeros(3), [1])


@QUICK
@given(SEEDS, st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_the_states_of_a_forced_alignment_say_its_path(seed, label):
    log_probs = distributions(seed)
    aligned = searching.forced_align(log_probs, label)
    states, _ = ctc.extend_label(label)
    assert aligned.states.dtype == np.int64
    np.testing.assert_array_equal(states[aligned.states], aligned.path)
    assert set(np.diff(aligned.states)) <= {0, 1, 2}


IMPOSSIBLE = ctc.log_softmax(np.array([[0.0, -np.inf, 0.0]] * 3))


def test_what_is_impossible_is_said_in_a_sentence():
    with pytest.raises(ValueError, match="^The label has probability zero here: no path of it"):
        searching.forced_align(IMPOSSIBLE, [1])
    assert searching.alignments(IMPOSSIBLE, [1]) == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_of_a_diverged_training_are_refused_with_their_step(value):
    logits = np.zeros((4, 3))
    logits[2, 1] = value
    with pytest.raises(ValueError, match="logits of time step 2 hold NaN or plus infinity"):
        ctc.log_softmax(logits)


def test_every_frame_is_normalized_by_its_own_largest_logit():
    logits = np.array([[0.0, 0.0], [-3000.0, -3000.0], [5.0, 5.0]])
    np.testing.assert_allclose(ctc.log_softmax(logits), np.log(0.5))
    logits[1] = -np.inf
    with pytest.raises(ValueError, match="Every class of time step 1 has logit minus infinity"):
        ctc.log_softmax(logits)


def test_backward_takes_class_0_for_the_blank():
    log_probs = distributions(7)
    beta = ctc.backward(log_probs, [1, 2])
    np.testing.assert_array_equal(beta, ctc.backward(log_probs, [1, 2], blank=0))


def test_as_many_paths_are_listed_as_the_limit_allows(monkeypatch):
    log_probs = distributions(1, 4)
    count = searching.count_alignments(4, [1, 2])
    monkeypatch.setattr(searching, "MAX_LISTED", count)
    assert len(searching.alignments(log_probs, [1, 2])) == count
    monkeypatch.setattr(searching, "MAX_LISTED", count - 1)
    with pytest.raises(ValueError, match="can be listed. Ask for the best k"):
        searching.alignments(log_probs, [1, 2])
    with pytest.raises(ValueError, match="0 paths were asked for"):
        searching.alignments(log_probs, [1, 2], k=0)


@QUICK
@given(SEEDS)
def test_the_table_of_labels_is_sorted_and_a_longer_one_begins_alike(seed):
    log_probs = distributions(seed, 5, 3)
    table, covered = searching.label_table(log_probs, limit=6)
    scores = [log_p for _, log_p in table]
    assert scores == sorted(scores, reverse=True)
    assert covered == pytest.approx(np.exp(scores).sum())
    for count in (1, 2, 5):
        assert searching.label_table(log_probs, limit=count)[0] == table[:count]
    assert len(searching.label_table(log_probs)[0]) == 10


def test_a_table_that_would_leave_labels_out_is_refused():
    log_probs = distributions(4)
    labels, covered = searching.label_table(log_probs, limit=10_000)
    assert covered == pytest.approx(1)
    assert searching.label_table(log_probs, limit=3, width=len(labels))[0] == labels[:3]
    with pytest.raises(ValueError, match="^More than 20 labels are possible here; a table takes a"):
        searching.label_table(log_probs, width=20)


@QUICK
@given(SEEDS, st.integers(1, 4))
def test_a_beam_keeps_the_best_and_names_where_they_came_from(seed, width):
    log_probs = distributions(seed, 4, 3)
    asked = []

    def bonus(prefix, symbol):
        asked.append((prefix, symbol))
        return 0.5 * symbol - 0.2 * len(prefix)

    steps = searching.beam_steps(log_probs, width, bonus=bonus)
    assert all(isinstance(prefix, tuple) and symbol in (1, 2) for prefix, symbol in asked)
    before = {()}
    for step in steps:
        ranked = [*step.kept, *step.dropped]
        assert len(step.kept) == min(width, len(ranked))
        keys = [(-one.score, one.prefix) for one in ranked]
        assert keys == sorted(keys)
        for one in ranked:
            assert one.parents and set(one.parents) <= before
            assert all(one.prefix[: len(parent)] == parent for parent in one.parents)
            expected = sum(0.5 * symbol - 0.2 * k for k, symbol in enumerate(one.prefix))
            assert one.bonus == pytest.approx(expected)
        before = {one.prefix for one in step.kept}


def test_a_beam_without_bonus_adds_none_and_ties_go_by_prefix():
    even = ctc.log_softmax(np.zeros((3, 4)))
    steps = searching.beam_steps(even, 3)
    assert [one.prefix for one in steps[0].kept] == [(), (1,), (2,)]
    assert [one.prefix for one in steps[0].dropped] == [(3,)]
    assert all(one.bonus == 0 for step in steps for one in (*step.kept, *step.dropped))


def test_symbols_below_the_floor_are_not_tried():
    log_probs = ctc.log_softmax(np.log(np.array([[0.5, 0.3, 0.2]])))
    floor = log_probs[0, 2]
    last = searching.beam_steps(log_probs, 9, symbol_floor=floor)[-1]
    prefixes = {one.prefix for one in last.kept}
    assert prefixes == {(), (1,)}
    with_all = {one.prefix for one in searching.beam_steps(log_probs, 9)[-1].kept}
    assert with_all == {(), (1,), (2,)}
    certain = np.log(np.array([[1.0, 1e-300]]) / (1 + 1e-300))
    assert len(searching.beam_steps(np.where(certain < -600, -np.inf, certain), 9)[-1].kept) == 1


def test_a_beam_of_one_is_a_beam():
    assert len(searching.beam_steps(distributions(3), 1)[-1].kept) == 1
