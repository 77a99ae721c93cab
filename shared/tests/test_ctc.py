"""CTC against an independent enumeration of all paths, and its invariants."""

import itertools
import math

import numpy as np
import pytest

from shared import ctc
from shared.explorer import searching

SEEDS = range(12)


def random_case(seed: int, max_steps: int = 6, num_classes: int = 4):
    """Draw log-probabilities, a blank that need not be 0, and every label that fits."""
    rng = np.random.default_rng(seed)
    num_steps = int(rng.integers(1, max_steps + 1))
    num_classes = int(rng.integers(2, num_classes + 1))
    blank = int(rng.integers(num_classes))
    logits = rng.normal(scale=2, size=(num_steps, num_classes))
    return logits, ctc.log_softmax(logits), blank


def enumerate_labels(log_probs: np.ndarray, blank: int) -> dict[tuple[int, ...], list]:
    """Group all K ** T paths by their label, written without the code under test."""
    num_steps, num_classes = log_probs.shape
    groups: dict[tuple[int, ...], list] = {}
    for path in itertools.product(range(num_classes), repeat=num_steps):
        runs = [symbol for symbol, _ in itertools.groupby(path)]
        label = tuple(symbol for symbol in runs if symbol != blank)
        log_p = sum(log_probs[t, symbol] for t, symbol in enumerate(path))
        groups.setdefault(label, []).append((path, log_p))
    return groups


@pytest.mark.parametrize("seed", SEEDS)
def test_forward_equals_the_sum_over_all_paths(seed):
    _, log_probs, blank = random_case(seed)
    groups = enumerate_labels(log_probs, blank)
    total = 0.0
    for label, paths in groups.items():
        expected = np.logaddexp.reduce([log_p for _, log_p in paths])
        alpha, log_p = ctc.forward(log_probs, label, blank)
        assert log_p == pytest.approx(expected, abs=1e-10)
        assert searching.count_alignments(len(log_probs), label) == len(paths)
        beta = ctc.backward(log_probs, label, blank)
        at_every_step = np.logaddexp.reduce(alpha + beta, axis=1)
        np.testing.assert_allclose(at_every_step, log_p, atol=1e-10)
        total += math.exp(log_p)
    assert total == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_posteriors_equal_frequencies_over_enumerated_paths(seed):
    _, log_probs, blank = random_case(seed)
    for label, paths in enumerate_labels(log_probs, blank).items():
        result = ctc.posteriors(log_probs, label, blank)
        expected = np.zeros_like(log_probs)
        for path, log_p in paths:
            for t, symbol in enumerate(path):
                expected[t, symbol] += math.exp(log_p - result.log_p)
        np.testing.assert_allclose(result.symbol, expected, atol=1e-10)
        np.testing.assert_allclose(result.state.sum(axis=1), 1, atol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradient_equals_finite_differences_and_rows_sum_to_zero(seed):
    logits, _, blank = random_case(seed)
    label = [k for k in range(logits.shape[1]) if k != blank][: len(logits)][:2]
    loss, grad, status = ctc.loss_and_grad(logits, label, blank)
    if len(logits) < ctc.min_frames(label):
        assert math.isinf(loss)
        assert not grad.any()
        assert "more time steps" in status
        return
    np.testing.assert_allclose(grad.sum(axis=1), 0, atol=1e-12)
    step = 1e-5
    for t, k in itertools.product(*map(range, logits.shape)):
        bumped = logits.copy()
        bumped[t, k] += step
        up = ctc.loss_and_grad(bumped, label, blank).loss
        bumped[t, k] -= 2 * step
        down = ctc.loss_and_grad(bumped, label, blank).loss
        assert grad[t, k] == pytest.approx((up - down) / (2 * step), abs=1e-6)


def test_gradient_adds_where_a_symbol_occurs_twice():
    logits = np.random.default_rng(3).normal(size=(7, 3))
    _, grad, _ = ctc.loss_and_grad(logits, [1, 2, 1])
    posterior = ctc.posteriors(ctc.log_softmax(logits), [1, 2, 1])
    expected = posterior.state[:, 1] + posterior.state[:, 5]
    np.testing.assert_allclose(posterior.symbol[:, 1], expected)
    np.testing.assert_allclose(grad[:, 1], np.exp(ctc.log_softmax(logits))[:, 1] - expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_invariances(seed):
    logits, log_probs, blank = random_case(seed)
    rng = np.random.default_rng(seed)
    for label in list(enumerate_labels(log_probs, blank))[:6]:
        log_p = ctc.forward(log_probs, label, blank)[1]
        lifted = logits + rng.normal(size=(len(logits), 1))  # A constant for each frame
        assert -ctc.loss_and_grad(lifted, label, blank).loss == pytest.approx(log_p)
        order = rng.permutation(logits.shape[1])  # New class order[k] holds old class k
        permuted = np.empty_like(log_probs)
        permuted[:, order] = log_probs
        moved = [int(order[k]) for k in label]
        assert ctc.forward(permuted, moved, int(order[blank]))[1] == pytest.approx(log_p)
        assert ctc.forward(log_probs[::-1], label[::-1], blank)[1] == pytest.approx(log_p)
        padded = np.vstack([logits, np.full((3, logits.shape[1]), np.nan)])
        loss, grad, _ = ctc.loss_and_grad(padded, label, blank, length=len(logits))
        assert -loss == pytest.approx(log_p)
        assert not grad[len(logits) :].any()


@pytest.mark.parametrize(("num_steps", "label"), [(6, [1, 2]), (40, [1, 1, 2]), (400, [3] * 20)])
def test_uniform_closed_form_survives_long_sequences(num_steps, label):
    num_classes = 80
    log_probs = np.full((num_steps, num_classes), -math.log(num_classes))
    expected = num_steps * math.log(num_classes) - math.log(
        searching.count_alignments(num_steps, label)
    )
    assert -ctc.forward(log_probs, label)[1] == pytest.approx(expected, rel=1e-12)


def test_feasible_exactly_when_frames_reach_symbols_plus_repeats():
    for label in ([], [1], [1, 1], [1, 2], [1, 1, 1], [1, 2, 2, 1]):
        repeats = sum(a == b for a, b in itertools.pairwise(label))
        for num_steps in range(1, 8):
            log_p = ctc.forward(np.full((num_steps, 3), -math.log(3)), label)[1]
            assert np.isfinite(log_p) == (num_steps >= len(label) + repeats)
    assert ctc.min_frames(b"hello") == 6
    assert ctc.min_frames([5, 5, 5]) == 5


def test_collapse_by_hand():
    assert ctc.collapse([8, 8, 0, 5]) == [8, 5]
    assert ctc.collapse([1, 0, 1]) == [1, 1]
    assert ctc.collapse([1, 1, 1]) == [1]
    assert ctc.collapse([0, 0]) == []
    assert ctc.collapse([]) == []
    assert ctc.collapse([2, 2, 0, 2], blank=2) == [0]
    assert ctc.collapse_trace([0, 3, 3, 0, 3]) == ["blank", "emit", "merged", "blank", "emit"]


def test_extend_label_by_hand():
    states, can_skip = ctc.extend_label([4, 4, 7])
    assert states.tolist() == [0, 4, 0, 4, 0, 7, 0]
    assert can_skip.tolist() == [False, False, False, False, False, True, False]


@pytest.mark.parametrize("seed", SEEDS)
def test_alignments_list_every_path_in_order(seed):
    _, log_probs, blank = random_case(seed)
    for label, paths in list(enumerate_labels(log_probs, blank).items())[:8]:
        listed = searching.alignments(log_probs, label, blank=blank)
        assert {path for path, _ in listed} == {path for path, _ in paths}
        scores = [log_p for _, log_p in listed]
        assert scores == sorted(scores, reverse=True)
        assert searching.alignments(log_probs, label, k=2, blank=blank) == listed[:2]
        aligned = searching.forced_align(log_probs, label, blank)
        assert aligned.log_p == pytest.approx(scores[0])
        assert ctc.collapse(aligned.path, blank) == list(label)
        assert [span.position for span in aligned.spans] == list(range(len(label)))


def test_states_and_spans_of_a_certain_path():
    path = [0, 2, 2, 0, 2, 1]
    log_probs = ctc.log_softmax(np.eye(3)[path] * 40)
    aligned = searching.forced_align(log_probs, [2, 2, 1])
    assert aligned.states.tolist() == [0, 1, 1, 2, 3, 5]
    assert [(span.start, span.stop) for span in aligned.spans] == [(1, 3), (4, 5), (5, 6)]
    assert aligned.spans[0].mean_log_prob == pytest.approx(0, abs=1e-12)


def test_greedy_is_not_the_most_probable_label():
    # Two frames, blank .6 and letter .4: the empty path has .36, the letter .64
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    path, label, log_p = ctc.greedy(log_probs)
    assert path.tolist() == [0, 0]
    assert label == []
    assert math.exp(log_p) == pytest.approx(0.36)
    table, covered = searching.label_table(log_probs)
    assert table[0][0] == (1,)
    assert math.exp(table[0][1]) == pytest.approx(0.64)
    assert covered == pytest.approx(1)


@pytest.mark.parametrize("seed", SEEDS)
def test_label_table_is_the_exact_ranking(seed):
    _, log_probs, blank = random_case(seed)
    groups = enumerate_labels(log_probs, blank)
    exact = {g: np.logaddexp.reduce([p for _, p in paths]) for g, paths in groups.items()}
    table, covered = searching.label_table(log_probs, blank, limit=10_000)
    assert {label for label, _ in table} == set(exact)
    for (label, log_p), expected in zip(table, sorted(exact.values(), reverse=True), strict=True):
        assert log_p == pytest.approx(exact[label], abs=1e-9)
        assert log_p == pytest.approx(expected, abs=1e-9)
    assert covered == pytest.approx(1)
    first_three, part = searching.label_table(log_probs, blank, limit=3)
    assert first_three == table[:3]
    assert part <= 1 + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_beam_is_a_lower_bound_and_exact_when_wide(seed):
    _, log_probs, blank = random_case(seed)
    for width in (1, 2, 4):
        for hypothesis in searching.beam_steps(log_probs, width, blank)[-1].kept:
            exact = ctc.forward(log_probs, hypothesis.prefix, blank)[1]
            assert hypothesis.log_p <= exact + 1e-10
    for hypothesis in searching.beam_steps(log_probs, 10_000, blank)[-1].kept:
        exact = ctc.forward(log_probs, hypothesis.prefix, blank)[1]
        assert hypothesis.log_p == pytest.approx(exact, abs=1e-10)


def test_beam_bonus_counts_once_for_each_symbol():
    log_probs = np.log(np.array([[0.5, 0.3, 0.2]] * 4))
    plain = searching.beam_steps(log_probs, 50)[-1].kept
    helped = searching.beam_steps(log_probs, 50, bonus=lambda prefix, symbol: float(symbol == 2))
    by_prefix = {hypothesis.prefix: hypothesis for hypothesis in plain}
    for hypothesis in helped[-1].kept:
        assert hypothesis.bonus == hypothesis.prefix.count(2)
        assert hypothesis.log_p == pytest.approx(by_prefix[hypothesis.prefix].log_p)


def test_batch_equals_rows_one_by_one_whatever_the_padding():
    rng = np.random.default_rng(8)
    logits = rng.normal(size=(3, 9, 5))
    labels = np.full((3, 4), -1)
    labels[0, :4], labels[1, :1], labels[2, :0] = [1, 1, 2, 3], [4], []
    logit_lengths, label_lengths = [9, 4, 6], [4, 1, 0]
    losses, grads = ctc.batch_loss_and_grad(logits, labels, logit_lengths, label_lengths)
    for row in range(3):
        steps, size = logit_lengths[row], label_lengths[row]
        alone = ctc.loss_and_grad(logits[row, :steps], labels[row, :size])
        assert losses[row] == pytest.approx(alone.loss)
        np.testing.assert_allclose(grads[row, :steps], alone.grad)
        assert not grads[row, steps:].any()


GOOD = np.log(np.full((3, 4), 0.25))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ctc.forward(GOOD, [1, 0]), "holds the blank"),
        (lambda: ctc.forward(GOOD, [1, -1]), "class -1"),
        (lambda: ctc.forward(GOOD, [4]), "class 4 at position 0"),
        (lambda: ctc.forward(GOOD, [1.5]), "flat sequence of class numbers"),
        (lambda: ctc.forward(GOOD[None], [1]), "one sequence at a time"),
        (lambda: ctc.forward(np.zeros((3, 4)), [1]), "log_softmax first"),
        (lambda: ctc.forward(np.where(GOOD, np.nan, 0), [1]), "NaN"),
        (lambda: ctc.forward(GOOD, [1], blank=-1), "count from the end"),
        (lambda: searching.forced_align(GOOD, [1, 1, 1]), "2 missing"),
        (lambda: ctc.log_softmax(np.full((2, 2), -np.inf)), "minus infinity"),
        (lambda: ctc.log_softmax(np.zeros(3)), "shape"),
        (lambda: ctc.loss_and_grad(np.zeros((3, 2)), [1], length=4), "said to have 4"),
        (lambda: searching.beam_steps(GOOD, 0), "beam width"),
        (lambda: searching.alignments(np.log(np.full((60, 3), 1 / 3)), [1, 2] * 9), "best k"),
        (lambda: ctc.batch_loss_and_grad(np.zeros((2, 3, 4)), [[1]], [3, 3], [1]), "equal"),
        (lambda: ctc.batch_loss_and_grad(np.zeros((1, 3, 4)), [[1]], [3], [2]), "Row 0 .* 2 sym"),
        (lambda: ctc.batch_loss_and_grad(np.zeros((1, 3, 4)), [[1]], [3], [-1]), "Row 0 .* -1 s"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def changed(row, value):
    """Return GOOD with one row of other numbers."""
    other = GOOD.copy()
    other[row] = value
    return other


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ctc.forward(changed(2, [np.nan, -1, -1, -1]), [1]), "time step 2 hold NaN"),
        (lambda: ctc.forward(changed(1, np.log(0.125)), [1]), "time step 1 sum to 0.5,"),
        (lambda: ctc.forward(changed(1, np.log(0.375)), [1]), "time step 1 sum to 1.5,"),
        (lambda: ctc.forward(GOOD, [1, 2, 0, 1]), r"the blank \(0\) at position 2"),
        (lambda: ctc.forward(GOOD, [1], blank=4), "The blank is class 4, but there are 4"),
        (lambda: ctc.forward(GOOD, np.array([[1, 2]])), r"shape \(1, 2\)"),
        (lambda: ctc.log_softmax(np.log([[1, 1], [0, 0], [1, 1]])), "of time step 1 has"),
        (lambda: ctc.log_softmax(np.array([[0, 0], [0, np.inf]])), "of time step 1 hold"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_refusal_names_the_place(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rows_that_are_off_by_rounding_pass():
    off = np.log(np.full((3, 4), 0.25) * (1 + 2e-6))  # float32 is about so exact
    assert np.exp(ctc.forward(off, [1])[1]) == pytest.approx(6 / 64, rel=1e-4)


def test_impossible_classes_are_allowed():
    logits = np.array([[0.0, -np.inf, 0.0]] * 3)
    loss, grad, status = ctc.loss_and_grad(logits, [1])
    assert math.isinf(loss)
    assert status == "the label has probability zero"
    assert np.isfinite(grad).all()
