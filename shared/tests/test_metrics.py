"""Error rates, accuracies and their uncertainty."""

import numpy as np
import pytest

from shared import metrics


@pytest.mark.parametrize(
    ("reference", "hypothesis", "edits"),
    [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("ab", "ba", 2)],
)
def test_edit_distance(reference, hypothesis, edits):
    assert metrics.edit_distance(reference, hypothesis) == edits
    assert metrics.edit_distance(hypothesis, reference) == edits


def test_alignments_spell_both_texts_and_cost_the_distance():
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b = ("".join(rng.choice(list("abc"), rng.integers(0, 7))) for _ in range(2))
        steps = metrics.align(a, b)
        assert "".join(step[1] for step in steps) == a
        assert "".join(step[2] for step in steps) == b
        assert sum(step[0] != "equal" for step in steps) == metrics.edit_distance(a, b)
        assert all((step[1] == step[2]) == (step[0] == "equal") for step in steps)


def test_error_rate_is_a_rate_of_totals_not_a_mean_of_rates():
    references, hypotheses = ["a", "bbbbbbbbb"], ["x", "bbbbbbbbb"]
    assert metrics.character_error_rate(references, hypotheses) == pytest.approx(0.1)


def test_error_rate_can_exceed_one():
    assert metrics.character_error_rate(["a"], ["bcd"]) == 3.0


def test_word_error_rate():
    assert metrics.word_error_rate(["the old cat"], ["the odd cat sat"]) == pytest.approx(2 / 3)


def test_error_rate_refuses_what_has_no_answer():
    with pytest.raises(ValueError, match="no character"):
        metrics.character_error_rate([""], ["a"])
    with pytest.raises(ValueError, match="2 references.*1 hypotheses"):
        metrics.character_error_rate(["a", "b"], ["a"])
    with pytest.raises(TypeError, match="list"):
        metrics.character_error_rate("ab", "ab")


def test_macro_counts_classes_and_micro_counts_images():
    labels = np.array([0, 0, 0, 1])
    predictions = np.array([0, 0, 0, 0])
    assert metrics.micro_accuracy(labels, predictions) == 0.75
    assert metrics.macro_accuracy(labels, predictions) == 0.5


def test_accuracy_refuses_scores_in_place_of_classes():
    with pytest.raises(ValueError, match="argmax"):
        metrics.micro_accuracy(np.zeros(4), np.zeros((4, 10)))


def test_bootstrap_interval_draws_writers_not_lines():
    edits, lengths = [0] * 50 + [5] * 50, [10] * 100
    few = metrics.bootstrap_interval(edits, lengths, ["a"] * 50 + ["b"] * 50, seed=0)
    many = metrics.bootstrap_interval(edits, lengths, list(range(100)), seed=0)
    assert few == (0.0, 0.5)
    assert 0.15 < many[0] < 0.25 < many[1] < 0.35
    assert many == metrics.bootstrap_interval(edits, lengths, list(range(100)), seed=0)
