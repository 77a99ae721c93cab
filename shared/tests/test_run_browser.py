"""Comparing runs: the picture first, two lists that choose, curves that say their names."""

import xml.etree.ElementTree as ElementTree

import pytest

from shared.experiments.tracking import RunRecord
from shared.experiments.tracking.browser import compare_runs


def a_run(name, rate, values, read="ab"):
    rows = [{"text": t, "prediction": p} for t, p in zip("ab", read, strict=True)]
    return RunRecord(
        name, config={"rate": rate}, state="finished",
        curves={"accuracy": ([1, 2], values)}, tables={"validation": rows},
    )  # fmt: skip


def three_runs():
    return [
        a_run("low", 0.1, [0.1, 0.2], "xx"),
        a_run("high", 0.3, [0.4, 0.9]),
        a_run("middle", 0.2, [0.2, 0.5], "ax"),
    ]


def test_best_and_worst_are_shown_without_hands():
    browser = compare_runs(three_runs(), "accuracy")
    assert browser.labels == ["1: rate 0.3", "2: rate 0.2", "3: rate 0.1"]
    assert browser.chosen == (0, 2)
    assert "0 right in B alone, 2 right in A alone" in browser.shown.alt
    assert compare_runs(three_runs(), "accuracy", larger=False).labels[0] == "1: rate 0.1"


def test_choosing_a_run_changes_the_live_picture():
    browser = compare_runs(three_runs(), "accuracy")
    picture = browser.widget().children[-1]
    before = picture.value
    browser.controls[1].value = 1
    assert browser.chosen == (0, 1)
    assert browser.shown.html in picture.value and picture.value != before
    assert "1 right in A alone" in browser.shown.alt


def test_every_curve_says_its_name_and_can_be_reached_by_keyboard():
    svg = ElementTree.fromstring(compare_runs(three_runs(), "accuracy").curves())
    namespace = {"svg": svg.tag.partition("}")[0].strip("{")} if "}" in svg.tag else {}
    lines = svg.findall(".//svg:polyline" if namespace else ".//polyline", namespace)
    titles = [line[0].text for line in lines]
    assert titles == [
        "1: rate 0.3, accuracy 0.9", "2: rate 0.2, accuracy 0.5", "3: rate 0.1, accuracy 0.2",
    ]  # fmt: skip
    assert all(line.get("tabindex") == "0" for line in lines)


def test_a_fault_in_the_drawing_surfaces():
    runs = three_runs()
    browser = compare_runs(runs, "accuracy")
    words = browser.widget().children[-1]
    browser.runs[1].tables["validation"] = [{"text": "z", "prediction": "z"}]
    with pytest.raises(ValueError, match="different examples"):
        browser.controls[1].value = 1
    assert 'role="alert"' in words.value


def test_one_run_cannot_be_compared():
    with pytest.raises(ValueError, match="two runs at least; 1 were given"):
        compare_runs(three_runs()[:1], "accuracy")
