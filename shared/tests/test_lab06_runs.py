"""The toy detectors of Lab 6 show the signs that their faults are told by."""

import numpy as np
import pytest
from detectors import FAULTS, NUM_LINES, broken_detectors, records, toy_detector

from shared.checks.answers import answer
from shared.pages import LineDetector
from shared.paths import data_file


@pytest.fixture(scope="module")
def runs():
    return dict(zip(answer("lab06.diagnose_detectors")().values(), broken_detectors(), strict=True))


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


def test_the_stored_runs_are_these(runs):
    repeated = records(list(runs.values()))
    with np.load(data_file("samples/detectors.npz")) as stored:
        assert set(stored) == set(repeated)
        assert np.allclose(stored["losses"], repeated["losses"], rtol=0.01)
        for name in ("pages", "truths", "masks"):
            assert (stored[name] != repeated[name]).mean() < 0.002, name


def test_unknown_fault_is_refused():
    assert set(answer("lab06.diagnose_detectors")().values()) == set(FAULTS)
    with pytest.raises(ValueError, match="No toy has the fault 'dust'"):
        toy_detector("dust")


def test_shipped_three_class_detector_gives_probabilities():
    detector = LineDetector.load("detector_classes")
    assert detector.kind == "classes"
    maps = detector.maps(np.full((64, 96), 230, np.uint8)).maps
    assert maps.shape[-1] == 3
    assert np.allclose(maps.sum(axis=-1), 1, atol=1e-5)
