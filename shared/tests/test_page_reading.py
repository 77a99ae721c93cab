"""The shipped detector and the page reader on written pages, on none, and on what is no page."""

from __future__ import annotations

import os
from pathlib import Path

import bench_pages
import numpy as np
import pytest
import train_detector
from PIL import Image

from shared import pages
from shared.pages import (
    Line,
    LineDetector,
    PageReader,
    matching,
)
from shared.pages.image_files import open_page_image
from shared.pages.reader import doubtful
from shared.pages.training import detection_counts
from shared.tests.things import pictures

REAL = "HANDWRITING_REAL_PAGES"


@pytest.fixture(scope="module")
def reader():
    return PageReader.load()


@pytest.fixture(scope="module")
def written():
    return pages.frozen_pages("regular")[:3]


def test_the_shipped_detector_finds_the_lines_of_regular_pages(reader, written):
    found = matching.total(detection_counts(reader.detector, written))
    assert found.f1 > 0.95


def test_lines_come_in_the_order_in_which_they_were_written(reader, written):
    for page in written:
        lines = reader.detector.detect(page.image)
        table = matching.foreground_iou(page.owner, lines, len(page.lines))
        order = [true for _, true in matching.match_lines(table)]
        assert order == sorted(order)


def test_a_page_is_read_about_as_well_as_its_true_lines(reader, written):
    edits = {"found": 0, "true": 0}
    for page in written:
        edits["found"] += matching.page_edits(page.text, reader.read(page.image).text)[0]
        by_hand = reader.read_lines(page.image, page.lines)
        assert len(by_hand.lines) == len(page.lines)
        edits["true"] += matching.page_edits(page.text, by_hand.text)[0]
    length = sum(len(page.text) for page in written)
    assert (edits["found"] - edits["true"]) / length < 0.05
    assert edits["true"] / length < 0.4


def test_a_reading_has_a_place_a_text_and_a_confidence_for_every_line(reader, written):
    page = written[0]
    reading = reader.read(page.image)
    assert reading.text == "\n".join(line.text for line in reading.lines)
    for line in reading.lines:
        assert isinstance(line, Line) and 0 < line.confidence <= 1
        left, top, right, bottom = line.box
        assert -20 < left < right < page.image.shape[1] + 20
        assert -20 < top < bottom < page.image.shape[0] + 20
        assert line.polygon.shape == (2 * len(line.baseline), 2)


def test_a_file_is_read_as_its_array_is_and_twice_alike(reader, written, tmp_path):
    path = tmp_path / "page.png"
    Image.fromarray(written[0].image).save(path)
    first = reader.read(path)
    again = reader.read(str(path))
    array = reader.read(written[0].image)
    assert first.text == again.text == array.text
    for one, other in zip(first.lines, again.lines, strict=True):
        np.testing.assert_array_equal(one.baseline, other.baseline)
    with pytest.raises(FileNotFoundError, match="no image file"):
        reader.read(tmp_path / "missing.png")


@pytest.mark.parametrize("factor", [0.6, 1.7, 3.0])
def test_the_size_of_the_photograph_does_not_matter(reader, written, factor):
    import cv2

    page = written[0]
    size = tuple(round(side * factor) for side in page.image.shape[::-1])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    lines = reader.detector.detect(cv2.resize(page.image, size, interpolation=how))
    lines = [line.scaled(1 / factor) for line in lines]
    found = matching.count_hits(matching.foreground_iou(page.owner, lines, len(page.lines)))
    assert found.f1 > 0.9


def test_light_ink_on_dark_paper_is_found_too(reader, written):
    page = written[0]
    lines = reader.detector.detect(255 - page.image)
    assert matching.count_hits(matching.foreground_iou(page.owner, lines, len(page.lines))).f1 > 0.9


def papers():
    rng = np.random.default_rng(0)
    ruled = np.full((500, 400), 235, np.uint8)
    ruled[40::30] = 170
    squared = ruled.copy()
    squared[:, 20::30] = 170
    grain = np.clip(rng.normal(220, 4, (500, 400)), 0, 255).astype(np.uint8)
    return {
        "white": np.full((400, 300), 255, np.uint8),
        "black": np.zeros((400, 300), np.uint8),
        "grain": grain,
        "ruled": ruled,
        "squared": squared,
        "one pixel": np.array([[7]], np.uint8),
        "a column": np.full((900, 1), 200, np.uint8),
    }


@pytest.mark.parametrize("name", papers())
def test_a_page_without_text_has_no_lines_and_no_error(reader, name):
    reading = reader.read(papers()[name])
    assert reading.lines == [] and reading.text == ""
    says = {"black": "too dark", "squared": "too large", "one pixel": "1 by 1", "a column": "1 by"}
    assert says.get(name, "the page is empty") in reading.reason


def test_a_page_that_cannot_be_read_says_why(reader, written):
    import cv2

    page = written[0].image
    assert reader.read(page).reason == ""
    assert "too dark" in reader.read((page * 0.02).astype(np.uint8)).reason
    far = np.full((3000, 4000), 230, np.uint8)
    small = cv2.resize(page, (400, 300), interpolation=cv2.INTER_AREA)
    far[1000:1300, 1500:1900] = small
    assert "too small" in reader.read(far).reason
    assert "does not look like lines" in reader.read(pictures()["grass"]).reason


def test_a_portrait_is_no_page(reader):
    import matplotlib.cbook

    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    reading = reader.read(str(path))
    assert len(reading.lines) < 3
    # Creases and ribbons still look like words to the detector
    assert all(line.confidence < 0.75 for line in reading.doubtful)


def test_many_pictures_of_something_else_have_no_line(reader):
    kept = {name: len(reader.read(thing).lines) for name, thing in pictures().items()}
    # Rows of equal things, such as bricks and faces, still pass for lines
    assert sum(count == 0 for count in kept.values()) >= 5, kept
    assert {"blinds", "clouds", "sand", "tree"} <= {name for name in kept if not kept[name]}


def test_a_page_of_hard_handwriting_keeps_its_unsure_lines():
    bounds = {"median": 0.62, "alone": 0.75}
    assert doubtful([0.3, 0.8, 0.8], **bounds) == [False] * 3
    assert doubtful([0.3, 0.3, 0.8], **bounds) == [True, True, False]
    assert doubtful([], **bounds) == []
    assert doubtful([0.3]) == [False], "no card, no bound"
    assert doubtful([0.66] * 8, **bounds, few=0.7) == [False] * 8
    assert doubtful([0.66] * 7, **bounds, few=0.7) == [True] * 7


def test_the_scores_of_a_page_set(reader, written):
    scores = train_detector.page_scores(reader.detector, written)
    assert scores["lines"] == sum(len(page.lines) for page in written)
    assert scores["f1"] >= scores["f1_at_75"]
    assert all(0 <= value <= 1 for name, value in scores.items() if name != "lines")


def test_the_card_says_what_was_measured():
    card = LineDetector.load().card
    assert set(card["frozen_test"]) == set(train_detector.FROZEN)
    assert card["frozen_test"]["regular"]["f1"] > 0.9


def test_real_pages_are_measured_from_their_labels(reader, written, tmp_path):
    import json

    page = written[0]
    Image.fromarray(page.image).save(tmp_path / "own.png")
    boxes = [{"box_xyxy": line.box.tolist(), "text": line.text} for line in page.lines]
    labels = {"own.png": {"source": "own", "text": page.text, "lines": boxes}}
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    rows = bench_pages.measure_real(reader, tmp_path)
    assert [row.what for row in rows] == ["page CER, own", "F1 by boxes, own"]
    assert rows[0].value < 0.5 and rows[1].value > 0.8


def test_real_pages_find_about_their_number_of_lines(reader):
    folder = os.environ.get(REAL)
    if not folder:
        pytest.skip(f"{REAL} names no folder of real pages with a labels.json")
    counts = [len(reader.read(open_page_image(path)).lines) for path in Path(folder).glob("*.png")]
    assert np.median(counts) > 5
