"""The one confidence: what it looks at, what it says, and what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from shared.lines import frozen_lines
from shared.pages import PageReader, frozen_pages
from shared.pages.confidence import (
    LEAST_ACCEPTED,
    NEVER,
    Confidence,
    Evidence,
    Promise,
    evidence,
    how_sure,
    log_probability,
)  # fmt: skip
from shared.recognizer import LineTextRecognizer


@pytest.fixture(scope="module")
def reader():
    return LineTextRecognizer.load()


def test_evidence_speaks_for_the_right_text_and_against_a_wrong_letter(reader):
    lines = frozen_lines()
    for image in lines.images[:4]:
        logits = reader.logits(image)
        text = reader.decode(logits)
        known = evidence(reader, logits, image, text)
        wrong = evidence(reader, logits, image, ("b" if text[0] == "a" else "a") + text[1:])
        label = reader.alphabet.encode(text)
        assert known.log_p == pytest.approx(log_probability(logits, label))
        assert known.length == len(text)
        # The greedy text need not be the most probable one: its margin may be a little below 0
        assert known.margin > wrong.margin and wrong.margin < 0
        assert known.log_p > wrong.log_p and 0 > known.weakest > wrong.weakest
        ink = np.flatnonzero(image.max(axis=0) > 64)
        assert known.width == pytest.approx((ink[-1] - ink[0] + 1) / len(text))


def test_no_text_and_a_text_that_no_path_spells_have_no_evidence(reader):
    image = frozen_lines().images[0]
    logits = reader.logits(image)
    assert evidence(reader, logits, image, "") is None
    assert evidence(reader, logits[:3], image, "longer") is None
    assert how_sure(reader, logits[:3], image, "longer") == 0.0
    assert log_probability(np.zeros((2, 96)), [5, 5]) == -np.inf


def test_a_reader_without_a_confidence_says_how_likely_its_text_is(reader):
    plain = LineTextRecognizer(reader.network, reader.alphabet, {"preparation": 2})
    image = frozen_lines().images[1]
    logits = plain.logits(image)
    text = plain.decode(logits)
    p = np.exp(log_probability(logits, plain.alphabet.encode(text)))
    assert how_sure(plain, logits, image, text) == pytest.approx(p)
    assert Confidence.of_card({}) is None and Confidence.of_card(plain.card) is None


def test_certain_and_hopeless_texts_stay_between_0_and_1():
    known = Confidence((-2.0, -2.0, 1.0, 0.0, -1.0, 0.0))
    sure = known.of(Evidence(0.0, 0.0, np.inf, 12.0, 4))
    hopeless = known.of(Evidence(-1e5, -1e5, 0.0, 0.0, 60))
    assert 0.99 < sure <= 1 and 0 <= hopeless < 0.01 and known.of(None) == 0.0
    assert known.decision(sure) == "review", "nothing is promised"


def test_a_promise_says_its_coverage_or_why_it_has_none():
    kept = Promise("characters", 0.02, 0.61, 240, 800, 0.012, 0.019)
    assert str(kept) == ("at most 2 of 100 characters wrong: from confidence 0.61, coverage 30%")
    few = Promise("lines", 0.1, NEVER, LEAST_ACCEPTED - 1, 800, 0.0, 0.1)
    assert few.coverage is None
    assert str(few) == (
        "all of it right, in 90 of 100 lines or more: too few to say, 99 of 800 lines"
    )
    assert str(Promise("lines", 0.1, NEVER, 0, 800, 0.0, 1.0)).endswith("cannot be promised")


def test_the_card_promises_only_what_enough_lines_kept(reader):
    known = Confidence.of_card(reader.card)
    assert [one.counted for one in known.promises] == ["characters", "lines"]
    for one in known.promises:
        assert (one.threshold <= 1) == (one.coverage is not None)
        if one.coverage:
            assert one.wrong <= one.at_most + 0.01
    assert known.threshold == known.promises[0].threshold
    assert known.measured["writers"] >= 40 and known.measured["lines"] >= 800
    assert known.measured["calibration_error"] < 0.06
    surest = known.measured["no_lines"]["surest"]
    assert known.measured["no_lines"]["images"] > 2000
    assert all(one.threshold >= surest for one in known.promises)


def test_a_page_and_a_line_have_the_same_confidence(reader):
    pages = PageReader.load()
    page = frozen_pages("regular")[0]
    read = pages.read_lines(page.image, page.lines[:2])
    from shared.pages import prepare_page

    _, images = pages.cut_lines(prepare_page(page.image), page.lines[:2])
    for line, image, logits in zip(read.lines, images, reader.logits_many(images), strict=True):
        said = how_sure(reader, logits, image, line.text)
        assert line.confidence == pytest.approx(said, abs=1e-4)
