"""The recorded runs of Lab 3 are what their code gives, and the facts told about them hold."""

import numpy as np
import pytest
from broken_runs import UPDATES_PER_POINT, toy_run

from shared.checks.answers import answer
from shared.ctc import log_softmax, loss_and_grad
from shared.exercises.lab03 import FAULTS, shipped_loss
from shared.paths import sample

RUNS = dict(zip(answer("lab03.diagnose_loss")(), sample("broken_runs").values(), strict=True))


@pytest.mark.parametrize("fault", RUNS)
def test_recorded_run_begins_as_its_code_does(fault):
    recorded, repeated = RUNS[fault], toy_run(fault, updates=UPDATES_PER_POINT)
    assert np.allclose(repeated["losses"], recorded["losses"][:1], rtol=0, atol=0.02)
    assert repeated["targets"] == recorded["targets"]


@pytest.mark.nightly
@pytest.mark.parametrize("fault", RUNS)
def test_recorded_run_is_what_its_code_gives(fault):
    recorded, repeated = RUNS[fault], toy_run(fault)
    assert np.allclose(repeated["losses"], recorded["losses"], rtol=0.02, atol=0.05)
    assert repeated["texts"] == recorded["texts"]


def test_each_run_shows_the_sign_that_its_fault_is_told_by():
    assert sorted(RUNS) == sorted(FAULTS)
    blank, plateau, twice = (RUNS[fault] for fault in ("blank", "plateau", "double softmax"))
    assert blank["losses"][-1] < 0.2
    assert all("~" in text for text in blank["texts"])
    assert set(plateau["texts"]) == {""} == set(twice["texts"])
    assert plateau["losses"][-1] < 10 < 30 < min(twice["losses"])
    assert twice["confidence"] <= np.e / (np.e + 9) < 0.7 < plateau["confidence"]
    for target, text in zip(*(RUNS["padding"][key] for key in ("targets", "texts")), strict=True):
        assert text.rstrip("~") == target and text != target
    for target, text in zip(*(RUNS["stride"][key] for key in ("targets", "texts")), strict=True):
        assert len(text) < len(target)


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
