"""What is accepted: upright lines of writing, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.ink import core_band
from shared.lines import frozen_lines
from shared.pages import frozen_pages
from shared.pages.confidence import Evidence
from shared.preparation import WHOLE_LINE
from shared.service import reading
from shared.service.acceptance import REASONS, Limits
from shared.service.exporting.runtime import load_model
from shared.service.reading import confidence_of, read_line, read_page
from shared.tests.service_support import DETECTOR, READER
from shared.tests.things import scraps

EASILY = 0.5  # A threshold below which no promise of a reader has come to lie


@pytest.fixture(scope="module")
def model():
    return load_model(READER, DETECTOR)


@pytest.fixture
def easily(model, monkeypatch):
    """Let the service accept from a low confidence on, where the limits allow it."""
    known = confidence_of(model)
    low = replace(known, threshold=min(known.threshold, EASILY))
    monkeypatch.setattr(reading, "confidence_of", lambda model: low)


@pytest.fixture(scope="module")
def lines():
    """Return frozen lines as a client sends them, dark on light."""
    images = [255 - np.pad(image, 8) for image in frozen_lines().images]
    return [cv2.resize(i, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for i in images]


def no_lines(lines):
    """Return the fixed list: 600 turned lines, 380 that are no writing, 20 empty ones."""
    found = [np.rot90(line, k).copy() for line in lines[:200] for k in (1, 2, 3)]
    found += [image for seed in (0, 1) for _, image in scraps(seed=seed)][:380]
    for k in range(20):
        rng = np.random.default_rng([7, k])
        paper = np.full((40 + 10 * k, 400), 150 + 5 * k, np.float32)
        found.append(np.uint8(paper + rng.normal(0, k / 4, paper.shape)))
    return found


def read_all(model, images):
    """Return what is read; an image without ink is refused before."""
    found = []
    for image in images:
        try:
            found.append(read_line(model, image))
        except ValueError:
            continue
    return found


def accepted(found):
    return [one.text for one in found if one.decision == "accept"]


def test_of_a_hundred_images_that_are_no_upright_line_none_is_accepted(model, lines, easily):
    read = read_all(model, no_lines(lines)[::10])
    assert len(read) >= 70 and accepted(read) == []


@pytest.mark.nightly
def test_of_a_thousand_images_that_are_no_upright_line_none_is_accepted(model, lines, easily):
    images = no_lines(lines)
    assert len(images) == 1000
    read = read_all(model, images)
    assert len(read) >= 800 and accepted(read) == []


def test_upright_lines_are_accepted_about_as_often_as_by_confidence_alone(model, lines, easily):
    read = read_all(model, lines[::3])
    sure = [one for one in read if one.confidence >= EASILY]
    assert len(sure) >= 3 and len(accepted(read)) >= 0.6 * len(sure)


def test_only_what_is_promised_is_accepted(model, lines):
    read = read_all(model, lines[::6])
    known = confidence_of(model)
    if known.promises[0].coverage is None:
        assert accepted(read) == []
    assert all(one.confidence >= known.threshold for one in read if one.decision == "accept")


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
    every = replace(confidence_of(model), threshold=0.0)
    monkeypatch.setattr(reading, "confidence_of", lambda model: every)
    line = next(line for line in lines if read_line(model, line).decision == "accept")
    monkeypatch.setattr(reading, "turned_sureness", lambda reader, image: 0.0)
    assert read_line(model, line).reason == "turned"


def evidence(width=10.0, log_p=-0.1, length=10):
    return Evidence(log_p, -0.05, 2.0, width, length)


LIMITS = Limits(narrowest=7.0, widest=15.0, ahead=0.2)


@pytest.mark.parametrize(
    ("text", "known", "doubt"),
    [
        ("the fox", evidence(), None),
        ("", None, "no-text"),
        ("  ", evidence(), "no-text"),
        ("no path spells it", None, "no-text"),
        ("a b cd", evidence(), "little-text"),
        ("the fox", evidence(width=40), "odd-width"),
        ("the fox", evidence(width=3), "odd-width"),
    ],
)
def test_what_speaks_against_a_text(text, known, doubt):
    assert LIMITS.doubt(text, known) == doubt and doubt in (None, *REASONS)


def test_a_line_is_turned_that_is_hardly_surer_than_upside_down():
    assert not LIMITS.may_be_turned(evidence(), -1.0)
    assert LIMITS.may_be_turned(evidence(), -0.2)  # -0.01 a character, and 0.19 ahead


def test_a_reader_without_a_confidence_accepts_nothing(model, monkeypatch):
    line = frozen_lines().images[0]
    monkeypatch.setattr(reading, "confidence_of", lambda model: None)
    found = read_line(model, line)
    assert found.reason == "unsure" and found.confidence == pytest.approx(np.exp(found.log_p))


def test_a_line_upside_down_has_its_core_where_cores_are():
    apart = []
    for image in frozen_lines().images[:60]:
        turned = WHOLE_LINE.upside_down(image)
        assert turned.shape == image.shape and turned.dtype == image.dtype
        apart.append(np.mean(core_band(turned)) - np.mean(core_band(image)))
    assert abs(np.median(apart)) <= 1.5
