"""The toy detectors of Lab 6 show the signs that their faults are told by."""

import numpy as np
import pytest

from shared.checks.lab06_choices import diagnose_detectors
from shared.checks.lab06_runs import FAULTS, NUM_LINES, broken_detectors, toy_detector
from shared.recognizer import LineDetector


@pytest.fixture(scope="module")
def runs():
    return dict(zip(diagnose_detectors().values(), broken_detectors(), strict=True))


def test_without_a_fault_the_toy_finds_its_lines():
    healthy = toy_detector()
    assert len(healthy.lines) == NUM_LINES
    tops = np.flatnonzero(healthy.truth.any(axis=1))
    middles = sorted(np.median(rows) for rows in healthy.lines)
    assert np.abs(middles - tops).max() <= 2


def test_class_imbalance_is_right_about_pixels_and_finds_no_line(runs):
    run = runs["class imbalance"]
    assert run.pixel_accuracy > 0.95
    assert not run.mask.any()


def test_shifted_masks_find_every_line_in_the_wrong_place(runs):
    run = runs["masks shifted"]
    tops = np.flatnonzero(run.truth.any(axis=1))
    middles = sorted(np.median(rows) for rows in run.lines)
    assert len(middles) == NUM_LINES
    assert np.all(middles - tops >= 2)


def test_merged_lines_are_one_piece(runs):
    (rows,) = runs["lines merged"].lines
    assert rows.max() - rows.min() > 4 * 13


def test_inverted_ink_enters_as_it_was_not_trained(runs):
    run = runs["ink inverted"]
    assert np.median(run.page) > 128 > np.median(runs["lines merged"].page)
    assert run.mask.mean() > 0.5


def test_every_loss_falls(runs):
    for run in runs.values():
        assert run.losses[-1] < 0.5 * run.losses[0]


def test_unknown_fault_is_refused():
    assert set(diagnose_detectors().values()) < set(FAULTS)
    with pytest.raises(ValueError, match="No toy has the fault 'dust'"):
        toy_detector("dust")


def test_shipped_three_class_detector_gives_probabilities():
    detector = LineDetector.load("detector_classes")
    assert detector.kind == "classes"
    maps = detector.maps(np.full((64, 96), 230, np.uint8)).maps
    assert maps.shape[-1] == 3
    assert np.allclose(maps.sum(axis=-1), 1, atol=1e-5)
