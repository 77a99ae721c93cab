"""Datasheets, and lines cut out of labeled pages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from shared import pages
from shared.labeling import LabeledLine, label_set, page_of
from shared.labeling.agreeing import agreement
from shared.labeling.datasheet import OPEN, datasheet, write_datasheet
from shared.labeling.ink_baseline import baseline_from_ink
from shared.labeling.line_images import as_detected, cut_lines
from shared.labeling.proposing import proposed_lines
from shared.pages import PageReader
from shared.pages.matching import page_edits
from shared.preparation import BODIES
from shared.tests.labeling_support import labeled_folder, line


def test_a_datasheet_counts_what_can_be_counted(tmp_path):
    labels = labeled_folder(tmp_path, ("a", "b", "c"))
    first = labels.pages[0]
    unreadable = line("l9", (28, 300, 90, 330), None, "unreadable")
    labels = labels.with_page(first.with_line(unreadable))
    other = labels.with_page(first)
    text = datasheet(labels, tmp_path, "three pages", agreement(labels, other))
    # 2, 3 and 4 printed lines, and one that nobody could read
    assert "3 photographed pages with 10 lines. 9 of them have a text, of 233 characters" in text
    assert "1 lines could not be read" in text and "0 pages name no writer" in text
    assert "9 lines of 10 and 9 match" in text and "schema find none;" in text
    assert "writer_a 1, writer_b 1, writer_c 1" in text
    assert f"{text.count(OPEN)} questions are still to be answered" in text


def test_a_datasheet_tells_of_errors_and_of_model_texts(tmp_path):
    labels = labeled_folder(tmp_path, ("a", "b"))
    b = labels.pages[1]
    wrong = replace(b.lines[0], text="caf\u00e9", proposal="cafe")
    same = replace(b.lines[1], proposal=b.lines[1].text)
    text = datasheet(labels.with_page(b.with_line(wrong).with_line(same)), tmp_path, "x")
    assert "unknown_character 1" in text
    assert "2 lines began with a model's text, and 1 of them were left" in text


def test_what_a_person_answered_is_kept_beside_a_new_sheet(tmp_path):
    labels = labeled_folder(tmp_path)
    path = write_datasheet(tmp_path / "DATASHEET.md", labels, tmp_path, "mine")
    assert write_datasheet(path, labels, tmp_path, "mine") == path
    assert not (tmp_path / "DATASHEET.1.md").exists()  # Nothing was said in between
    answered = path.read_text(encoding="utf-8").replace(OPEN, "Because none had my hand.", 1)
    path.write_text(answered, encoding="utf-8")
    write_datasheet(path, replace(labels, pages=labels.pages[:1]), tmp_path, "mine")
    assert (tmp_path / "DATASHEET.1.md").read_text(encoding="utf-8") == answered
    assert "1 photographed pages" in path.read_text(encoding="utf-8")


def test_an_empty_set_has_a_datasheet_too(tmp_path):
    assert "0 photographed pages" in datasheet(label_set(), tmp_path, "nothing yet")


# ---------------------------------------------------------------- lines from pages
@pytest.fixture(scope="module")
def written():
    return pages.frozen_pages("regular")[:2]


def test_a_labeled_baseline_reads_about_as_well_as_a_detected_line(written):
    page = written[0]
    reader = PageReader.load()
    reading = reader.read(page.image)
    labels = proposed_lines(reading, *page.image.shape[::-1])
    again = reader.read_lines(page.image, [as_detected(one) for one in labels])
    assert len(again.lines) == len(reading.lines)
    edits, length = page_edits(page.text, reading.text)
    # A label has fewer points and no x-height; over 15 frozen pages it costs up to 0.02
    assert page_edits(page.text, again.text)[0] < edits + 0.08 * length


def test_a_label_gives_back_the_box_that_was_drawn():
    slanted = line("a", (10, 20, 200, 60), baseline=((12, 40), (198, 50)))
    for one in (slanted, replace(slanted, baseline=None)):
        left, top, right, bottom = as_detected(one).box
        # A band along a slanted baseline reaches a little over the box's corners
        assert abs(top - 20) < 1 and abs(bottom - 60) < 3
        assert abs(left - 10) < 4 and abs(right - 200) < 4


def test_labeled_lines_become_a_set_that_a_reader_learns_from(written, tmp_path):
    made_pages = []
    for k, one in enumerate(written):
        Image.fromarray(one.image).save(tmp_path / f"p{k}.png")
        lines = tuple(
            LabeledLine(f"l{n}", tuple(each.box), each.text, "labeled")
            for n, each in enumerate(one.lines)
        )
        made_pages.append(page_of(tmp_path / f"p{k}.png", tmp_path, f"w{k}", lines))
    height, width = written[0].image.shape
    blank = LabeledLine("blank", (width - 12, height - 12, width - 2, height - 2), "x", "labeled")
    open_line = replace(made_pages[0].lines[0], id="open", text=None, status="proposed")
    first = made_pages[0].with_line(blank).with_line(open_line)
    skipped = replace(made_pages[1], image="p1.png", status="skipped")
    cut = cut_lines(label_set([first, made_pages[1]]), tmp_path)
    count = len(written[0].lines) + len(written[1].lines)
    assert len(cut.lines) + len(cut.left_out) == count + 1 and len(cut.left_out) <= 1
    assert all(image.shape[0] == 32 and image.dtype == np.uint8 for image in cut.lines.images)
    shipped = cut_lines(label_set([first]), tmp_path, preparation=BODIES).lines
    assert {len(image) for image in shipped.images} == {BODIES.height}
    assert cut.lines.texts[:2] == [one.text for one in written[0].lines[:2]]
    assert set(cut.lines.writers) == {"w0", "w1"}
    assert cut.places[0] == ("p0.png", "l0") and ("p0.png", "open") not in cut.places
    assert all(
        image == "p0.png" for image, _ in cut_lines(label_set([first, skipped]), tmp_path)[1]
    )


@pytest.mark.parametrize("slope", [-0.12, 0.0, 0.2])
def test_a_baseline_is_found_from_the_ink_of_a_drawn_box(slope):
    gray = np.full((260, 640), 230, np.uint8)
    for start in (60, 130, 200):  # Three lines, so that parts of two neighbors are in the box
        for x in range(40, 600, 14):
            foot = round(start + slope * (x - 320))
            gray[max(0, foot - 12) : max(0, foot), x : x + 7] = 40
            if x % 5 == 0:  # An ascender here and there
                gray[max(0, foot - 24) : max(0, foot), x : x + 3] = 40
    reach = abs(slope) * 280
    box = (40, 130 - 28 - reach, 607, 130 + 10 + reach)
    points, x_height = baseline_from_ink(gray, box)
    expected = 130 + slope * (points[:, 0] - 320)
    assert np.abs(points[:, 1] - expected).max() < 4
    assert 9 < x_height < 16
    drawn = LabeledLine("a", box, "ink", "labeled")
    assert np.allclose(as_detected(drawn, gray).baseline, points)
    assert np.ptp(as_detected(drawn).baseline[:, 1]) == 0


def test_without_ink_a_drawn_box_is_level():
    gray = np.full((90, 200), 230, np.uint8)
    assert baseline_from_ink(gray, (10, 10, 190, 60)) is None
    assert baseline_from_ink(gray, (10, 10, 10, 10)) is None
    drawn = LabeledLine("a", (10, 10, 190, 60), None, "proposed")
    assert np.ptp(as_detected(drawn, gray).baseline[:, 1]) == 0
