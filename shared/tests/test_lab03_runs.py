"""The recorded runs of Lab 3 are what their code gives, and the facts told about them hold."""

import numpy as np
import pytest

from shared.checks.lab03_plateau import shipped_loss
from shared.checks.lab03_runs import FAULTS, UPDATES_PER_POINT, broken_runs, toy_run
from shared.checks.lab03_training import diagnose_loss
from shared.ctc import log_softmax, loss_and_grad


@pytest.mark.parametrize("index", range(5))
def test_recorded_run_begins_as_its_code_does(index):
    recorded = broken_runs()[index]
    repeated = toy_run(diagnose_loss()[index], updates=UPDATES_PER_POINT)
    assert np.allclose(repeated.losses, recorded.losses[:1], rtol=0, atol=0.02)
    assert repeated.targets == recorded.targets


@pytest.mark.nightly
@pytest.mark.parametrize("index", range(5))
def test_recorded_run_is_what_its_code_gives(index):
    recorded, repeated = broken_runs()[index], toy_run(diagnose_loss()[index])
    assert np.allclose(repeated.losses, recorded.losses, rtol=0.02, atol=0.05)
    assert repeated.texts == recorded.texts


def test_each_run_shows_the_sign_that_its_fault_is_told_by():
    runs = dict(zip(diagnose_loss(), broken_runs(), strict=True))
    assert sorted(runs) == sorted(FAULTS)
    assert runs["blank"].losses[-1] < 0.2
    assert all("~" in text for text in runs["blank"].texts)
    assert set(runs["plateau"].texts) == {""} == set(runs["double softmax"].texts)
    assert runs["plateau"].losses[-1] < 10 < 30 < runs["double softmax"].losses.min()
    assert runs["double softmax"].confidence <= np.e / (np.e + 9) < 0.7 < runs["plateau"].confidence
    pairs = zip(runs["padding"].targets, runs["padding"].texts, strict=True)
    assert all(text.rstrip("~") == target and text != target for target, text in pairs)
    pairs = zip(runs["stride"].targets, runs["stride"].texts, strict=True)
    assert all(len(text) < len(target) for target, text in pairs)


def test_unknown_fault_is_refused():
    with pytest.raises(ValueError, match="no fault 'typo'"):
        toy_run("typo")


def test_shipped_loss_is_wrong_for_doubles_only():
    logits = np.random.default_rng(5).normal(size=(6, 4))
    for label in ([], [1], [1, 2, 1], [3, 2, 1, 2]):
        right = loss_and_grad(logits, label).loss
        assert shipped_loss(log_softmax(logits), label) == pytest.approx(right, rel=1e-12)
    for label in ([1, 1], [2, 3, 3]):
        right = loss_and_grad(logits, label).loss
        assert shipped_loss(log_softmax(logits), label) < right - 1e-3
