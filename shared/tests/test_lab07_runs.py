"""What Lab 7 shows: simulated annotators, four faulty files, and the shipped run of choosing."""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
import pytest
from train_labels import CHOSEN, choosing_rates, chosen_lines, format_choosing, train_labels

from shared import labeling, paths, pen
from shared.checks.answers import answer
from shared.exercises.lab07 import BUDGET, faulty, four_label_files, repair_minutes
from shared.labeling import bias, practice
from shared.pages import compose_pages
from shared.paths import sample

DIAGNOSIS = answer("lab07.diagnose_labels")()


@pytest.fixture(scope="module")
def written():
    return compose_pages(3, "regular", "test", 70, pen.hands("test")[:1])


@pytest.fixture
def truth(written, tmp_path):
    return practice.save_pages(written, tmp_path)


def texts(labels):
    return [line.text for page in labels.pages for line in page.lines]


def test_practice_pages_are_valid_labels_and_written_once(written, truth, tmp_path):
    assert labeling.validate(truth, tmp_path) == []
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert practice.save_pages(written, tmp_path) == truth
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_hurried_annotator_shifts_the_longest_page_and_mistypes_others(truth):
    labels = practice.hurried_labels(truth, shifted=1, typos=0.5, seed=3)
    longest = max(truth.pages, key=lambda page: len(page.lines))
    shifted = labels.page(longest.image)
    assert [line.text for line in shifted.lines[:-1]] == [line.text for line in longest.lines[1:]]
    assert shifted.lines[-1].text is None and shifted.lines[-1].status == "labeled"
    others = [page for page in truth.pages if page != longest]
    pairs = [
        (a.text, b.text)
        for page in others
        for a, b in zip(page.lines, labels.page(page.image).lines, strict=True)
    ]
    assert 0 < sum(a != b for a, b in pairs) < len(pairs)


def test_the_second_annotator_differs_now_and_then(truth):
    other = practice.second_annotator(truth, 1)
    same = sum(a == b for a, b in zip(texts(truth), texts(other), strict=False))
    assert 0 < same < len(texts(truth))
    assert practice.second_annotator(truth, 1) == other


def test_the_simulated_checker_misses_as_often_as_assumed(truth):
    proposals, planted = bias.plant_errors(truth, 0.5, 1)
    for missing, rate in ((0.0, 0.0), (1.0, 1.0)):
        checked = practice.checked_by_someone(proposals, planted, missing)
        assert bias.miss_rate(planted, checked).rate == rate


def test_each_faulty_file_shows_its_fault(truth):
    page = truth.pages[1]
    files = four_label_files(page)
    assert files == {name: faulty(page, fault) for name, fault in DIAGNOSIS.items()}
    assert files["A"].lines != page.lines
    assert sum(a.text != b.text for a, b in zip(files["A"].lines, page.lines, strict=True)) == 3
    assert files["B"].lines[0].text == page.lines[1].text
    left, top, right, bottom = page.lines[0].box
    assert files["C"].lines[0].box == (top, left, bottom, right)
    assert max(max(line.box) for line in files["D"].lines) <= 100
    with pytest.raises(ValueError, match="No label file has the fault"):
        faulty(page, "dust")


def test_the_best_way_that_fits_is_the_answer():
    ways = sample("repairs")
    fitting = [way for way in ways if repair_minutes(way) <= BUDGET]
    assert min(fitting, key=lambda way: ways[way][-1]) == answer("lab07.spend_hours")()
    assert len(fitting) == 2


def test_lines_are_chosen_as_they_say():
    sure = np.array([0.9, 0.2, 0.5, 0.4])
    assert sorted(chosen_lines(sure, 2, "uncertain")) == [1, 3]
    drawn = chosen_lines(sure, 3, "random", 1)
    assert len(set(drawn)) == 3 and drawn == sorted(drawn)
    with pytest.raises(ValueError, match="'uncertain' or 'random'"):
        chosen_lines(sure, 2, "by name")


def test_the_shipped_run_is_whole():
    run = paths.sample("choosing")
    hands = {cell["hand"] for cell in run["cells"]}
    assert len(hands) == 6 and run["chosen"] == CHOSEN
    for hand in hands:
        cells = [cell for cell in run["cells"] if cell["hand"] == hand]
        assert sorted((cell["way"], cell["draw"]) for cell in cells) == [
            ("random", 0), ("random", 1), ("uncertain", 0),
        ]  # fmt: skip
        assert all(len(set(cell["lines"])) == CHOSEN for cell in cells)
        assert len({tuple(cell["before"]) for cell in cells}) == 1
    assert all(rates["random"] < rates["before"] for rates in choosing_rates(run).values())
    assert format_choosing(run).count("\n") == 6


@pytest.mark.nightly
def test_a_short_run_of_choosing(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    options = argparse.Namespace(hands=1, draws=1)
    run = train_labels(options, tmp_path / "choosing.json", updates=2)
    assert len(run["cells"]) == 2
    assert (tmp_path / "choosing.json").exists()


def test_a_photograph_becomes_a_page_once(tmp_path):
    file = tmp_path / "labels.json"
    image = np.full((60, 90), 200, np.uint8)
    (page,) = practice.add_page(file, image, "you").pages
    assert (page.width, page.height, page.writer, page.status) == (90, 60, "you", "open")
    assert labeling.validate(labeling.read_labels(file), tmp_path) == []
    labeling.write_labels(file, labeling.label_set([replace(page, status="skipped")]))
    assert practice.add_page(file, image, "you").pages[0].status == "skipped"
    both = practice.add_page(file, image[:50], "you")
    assert [one.status for one in both.pages] == ["skipped", "open"]
    assert both == labeling.read_labels(file)
