"""What is accepted: upright lines of writing, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.ink import core_band
from shared.lines import frozen_lines
from shared.pages import frozen_pages
from shared.preparation import WHOLE_LINE
from shared.service import reading
from shared.service.acceptance import REASONS, Limits, Seen, choose_limits, no_lines
from shared.service.drift import LineFeatures
from shared.service.exporting.runtime import load_model
from shared.service.reading import confidence_of, read_line, read_page
from shared.tests.service_support import DETECTOR, READER
from shared.tests.things import scraps


@pytest.fixture(scope="module")
def model():
    return load_model(READER, DETECTOR)


@pytest.fixture(scope="module")
def lines():
    """Return frozen lines as a client sends them, dark on light."""
    images = [255 - np.pad(image, 8) for image in frozen_lines().images]
    return [cv2.resize(i, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for i in images]


def read_all(model, images):
    """Return what is read; an image without ink is refused before."""
    found = []
    for image in images:
        try:
            found.append(read_line(model, image))
        except ValueError:
            continue
    return found


def sure_enough(model, one):
    """Return whether the threshold alone would accept."""
    return bool(one.text) and one.confidence >= confidence_of(model).threshold


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_no_turned_line_is_accepted(model, lines, quarters):
    read = read_all(model, [np.rot90(line, quarters).copy() for line in lines[::3]])
    assert len(read) >= 80
    assert [one.text for one in read if one.decision == "accept"] == []
    if quarters != 2:  # Without the limits most would be
        assert np.mean([sure_enough(model, one) for one in read]) > 0.2


def test_nothing_that_is_no_writing_is_accepted(model):
    named = scraps()
    read = read_all(model, [image for _, image in named])
    assert len(named) >= 240 and len(read) >= 0.8 * len(named)
    assert [one.text for one in read if one.decision == "accept"] == []
    assert sum(sure_enough(model, one) for one in read) >= 5


def test_upright_lines_are_accepted_about_as_often_as_by_confidence_alone(model, lines):
    read = read_all(model, lines)
    sure = [one for one in read if sure_enough(model, one)]
    accepted = [one for one in read if one.decision == "accept"]
    assert len(sure) >= 30 and len(accepted) >= 0.7 * len(sure)
    assert all(sure_enough(model, one) for one in accepted)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_no_line_of_a_turned_page_is_accepted(model, quarters):
    pages = [frozen_pages("unseen")[0], frozen_pages("photo")[0]]
    for page in pages:
        found, _ = read_page(model, np.rot90(page.image, quarters).copy())
        assert [one.reading.text for one in found if one.reading.decision == "accept"] == []


def test_a_doubtful_line_is_not_accepted(model):
    from shared.tests.things import pictures

    found, why = read_page(model, pictures()["chart"])
    assert found and all(one.doubtful for one in found) and why
    assert {one.reading.reason for one in found} == {"no-handwriting"}


def test_a_line_that_is_as_sure_upside_down_goes_to_a_person(model, lines, monkeypatch):
    line = next(line for line in lines if read_line(model, line).decision == "accept")
    monkeypatch.setattr(reading, "turned_sureness", lambda model, placed: 0.0)
    assert read_line(model, line).reason == "turned"


def features(width=10.0, sureness=-0.01):
    return LineFeatures(2.0, 0.5, 0.0, width, sureness)


LIMITS = Limits(narrowest=7.0, widest=15.0, sureness=-0.1, ahead=0.2)


@pytest.mark.parametrize(
    ("text", "line", "doubt"),
    [
        ("the fox", features(), None),
        ("", features(), "no-text"),
        ("  ", features(), "no-text"),
        ("a b", features(), "little-text"),
        ("fox", features(width=40), "odd-width"),
        ("fox", features(width=3), "odd-width"),
        ("fox", features(sureness=-0.1), "unsure"),
    ],
)
def test_what_speaks_against_a_text(text, line, doubt):
    assert LIMITS.doubt(text, line) == doubt and doubt in (None, *REASONS)
    assert LIMITS.allow(Seen(text, line, -1.0)) == (doubt is None)
    assert not LIMITS.allow(Seen(text, line, line.sureness - 0.1))


def test_limits_come_from_right_lines_and_from_what_is_none():
    right = [Seen("word", features(width=8 + k / 100, sureness=-0.05), -1.0) for k in range(400)]
    others = [Seen("fox", features(sureness=s), -2.0) for s in (-0.3, -0.2, -0.9)]
    others.append(Seen("i", features(sureness=-0.001), -2.0))
    limits = choose_limits(right, others)
    assert 8 < limits.narrowest < 8.1 and 11.9 < limits.widest < 12
    assert limits.sureness == -0.2 and limits.ahead == pytest.approx(0.95)
    assert np.mean([limits.allow(one) for one in right]) > 0.98
    assert not any(limits.allow(one) for one in others)
    assert choose_limits(right, []).sureness < -100
    with pytest.raises(ValueError, match="nothing to learn limits from"):
        choose_limits([Seen("a", features(), -1.0)], others)


def test_a_model_file_without_limits_accepts_nothing(model):
    line = frozen_lines().images[0]
    stored = {**model.description.confidence, "limits": None, "threshold": 0.0}
    old = replace(model, description=replace(model.description, confidence=stored))
    assert read_line(old, line).reason == "unsure"


def test_a_line_upside_down_has_its_core_where_cores_are():
    apart = []
    for image in frozen_lines().images[:60]:
        turned = WHOLE_LINE.upside_down(image)
        assert turned.shape == image.shape and turned.dtype == image.dtype
        apart.append(np.mean(core_band(turned)) - np.mean(core_band(image)))
    assert abs(np.median(apart)) <= 1.5


def test_images_that_are_no_line_are_reproducible(lines):
    first, again = (list(no_lines(lines[:2], 3, seed=4)) for _ in range(2))
    assert len(first) == 9
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_the_file_says_what_was_measured(model):
    measured = confidence_of(model).measured
    assert measured["no_lines"]["images"] > 1000
    assert measured["no_lines"]["accepted"] <= 2 < measured["no_lines"]["sure_enough"]
    assert 0 < measured["frozen_test"]["coverage"] <= 1
