"""Agreement, adjudication, planted errors, doubtful labels, sampling, splits and duplicates."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shared import ctc, pages
from shared.alphabet import ASCII
from shared.labeling import LabelError, label_set, page_of, validate
from shared.labeling.agreeing import (
    adjudicate,
    agreement,
    chance_corrected,
    disagreements,
    paired_lines,
)
from shared.labeling.bias import misread, miss_rate, plant_errors, wilson_interval
from shared.labeling.duplicates import near_duplicates
from shared.labeling.label_errors import doubt, doubts, precision_at, ranked
from shared.lines import frozen_lines
from shared.metrics import edit_distance
from shared.recognizer import LineTextRecognizer
from shared.tests.labeling_support import TEXTS, line, page, page_of_texts

EASY = page_of_texts("alpha one", "beta two", "gamma three")


def second(*changes, drop=(), **more):
    """Return another annotator's set: EASY with lines changed or left out."""
    lines = {one.id: one for one in EASY.lines if one.id not in drop}
    for changed in changes:
        lines[changed.id] = changed
    return label_set([replace(EASY, lines=tuple(lines.values()), **more)])


def test_an_annotator_agrees_with_themself():
    same = agreement(label_set([EASY]), second())
    assert same[:5] == (1, 3, 3, 3, 1.0)
    assert (same.overlap, same.same_text, same.distance, same.alpha) == (1, 3, 0, 1)


def test_agreement_by_hand():
    # One text differs by 1 of 9 letters, one box is cut to half, one line only the first drew
    changed = replace(EASY.line("l1"), text="alpha onc")
    half = replace(EASY.line("l2"), box=(10, 80, 200, 110))
    found = agreement(label_set([EASY]), second(changed, half, drop=("l3",)))
    assert (found.first_lines, found.second_lines, found.matched) == (3, 2, 2)
    assert found.found == pytest.approx(2 * 2 / 5)
    assert found.overlap == pytest.approx((1 + 190 / 380) / 2)
    assert (found.texts, found.same_text) == (2, 1)
    assert found.distance == pytest.approx(1 / (9 + 8))
    strict = agreement(label_set([EASY]), second(changed, half, drop=("l3",)), threshold=0.6)
    assert strict.matched == 1


def test_agreement_is_the_same_from_both_sides():
    other = second(replace(EASY.line("l1"), text="alphabet"), drop=("l3",))
    a, b = agreement(label_set([EASY]), other), agreement(other, label_set([EASY]))
    assert (a.found, a.overlap, a.distance) == (b.found, b.overlap, b.distance)


def test_alpha_is_one_for_equal_texts_and_about_zero_for_shuffled_ones():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abcdefgh "), 20)) for _ in range(60)]
    assert chance_corrected(list(zip(texts, texts, strict=True))) == 1
    shuffled = [texts[k] for k in rng.permutation(60)]
    assert abs(chance_corrected(list(zip(texts, shuffled, strict=True)))) < 0.1
    assert math.isnan(chance_corrected([("a", "a")]))


def test_only_pages_that_both_finished_are_compared():
    with pytest.raises(LabelError, match="No page was finished by both"):
        agreement(label_set([EASY]), second(status="open"))
    with pytest.raises(LabelError, match="different files"):
        agreement(label_set([EASY]), second(sha256="cd" * 32))


def test_lines_are_paired_one_to_one_by_overlap_and_not_by_order():
    a = page(line("x", (0, 0, 100, 20), "up"), line("y", (0, 30, 100, 50), "down"))
    b = page(line("p", (0, 31, 100, 51), "down"), line("q", (0, 1, 100, 21), "up"))
    pairs = paired_lines(label_set([a]), label_set([b]))
    assert [(one.first.id, one.second.id) for one in pairs] == [("x", "q"), ("y", "p")]


def disputed():
    a = label_set([EASY])
    b = second(
        replace(EASY.line("l1"), text="alpha ome"),
        replace(EASY.line("l2"), text=None, status="unreadable"),
        line("n1", (10, 160, 390, 175), "a line more"),
        drop=("l3",),
    )
    return a, b


def test_disagreements_come_by_weight_and_name_their_kind():
    a, b = disputed()
    found = disagreements(a, b)
    assert [(one.kind, one.key.split("#")[1]) for one in found] == [
        ("unreadable", "l2|l2"), ("missing", "l3|-"), ("missing", "-|n1"), ("text", "l1|l1"),
    ]  # fmt: skip
    assert disagreements(a, a) == []
    narrow = second(replace(EASY.line("l1"), box=(10, 40, 250, 70)))
    assert [one.kind for one in disagreements(a, narrow)] == ["box"]


def test_adjudication_takes_what_was_decided_and_opens_the_rest():
    a, b = disputed()
    points = {one.key.split("#")[1]: one for one in disagreements(a, b)}
    lines = {
        "l1|l1": replace(EASY.line("l1"), text="alpha one!"),
        "l2|l2": points["l2|l2"].second,
        "l3|-": None,
        "-|n1": points["-|n1"].second,
    }
    decided = {points[name].key: line for name, line in lines.items()}
    done = adjudicate(a, b, decided, "judge").pages[0]
    assert done.status == "done"
    assert [(one.id, one.text, one.status) for one in done.lines] == [
        ("l1", "alpha one!", "labeled"),
        ("l2", None, "unreadable"),
        ("n1", "a line more", "labeled"),
    ]  # fmt: skip
    assert {one.annotator for one in done.lines} == {"judge"}
    left = adjudicate(a, b, {}, "judge").pages[0]
    assert left.status == "open"
    assert {one.status for one in left.lines} == {"proposed"} and len(left.lines) == 4
    with pytest.raises(LabelError, match="answers no disagreement"):
        adjudicate(a, b, {"pages/a.png#l9|l9": None}, "judge")


def test_a_line_that_only_the_second_drew_gets_an_id_of_its_own():
    a = label_set([page(line("l1", (0, 0, 90, 20), "up"))])
    b = label_set([page(line("l1", (0, 50, 90, 70), "down"), line("l2", (0, 0, 90, 20), "up"))])
    (point,) = disagreements(a, b)
    merged = adjudicate(a, b, {point.key: point.second}, "judge").pages[0]
    assert [(one.id, one.text) for one in merged.lines] == [("l1", "up"), ("l1_2", "down")]


@settings(max_examples=60, deadline=None)
@given(
    st.text("".join(chr(c) for c in range(33, 127)), min_size=4, max_size=30), st.integers(0, 999)
)
def test_a_planted_error_is_one_edit_in_the_alphabet(text, seed):
    wrong = misread(text, np.random.default_rng(seed))
    assert edit_distance(text, wrong) == 1
    assert all(character in ASCII for character in wrong)
    assert wrong.strip() == wrong or text.strip() != text


def test_one_line_in_ten_is_planted_and_the_others_stay_right():
    truth = label_set([page_of_texts(*TEXTS, *TEXTS, image=f"{k}.png") for k in range(4)])
    proposals, planted = plant_errors(truth, seed=3)
    assert len(planted) == 4
    wrong = {(one.page, one.line) for one in planted}
    for before in truth.pages:
        after = proposals.page(before.image)
        assert after.status == "open"
        for one in after.lines:
            same = one.text == before.line(one.id).text
            assert same != ((before.image, one.id) in wrong)
            assert one.status == "proposed" and one.proposal == one.text
    assert plant_errors(truth, seed=3)[1] == planted != plant_errors(truth, seed=4)[1]
    assert len(plant_errors(label_set([EASY]))[1]) == 1
    with pytest.raises(LabelError, match="No line has a text"):
        plant_errors(label_set([page_of_texts("abc")]))


def test_the_miss_rate_counts_what_was_looked_at():
    truth = label_set([page_of_texts(*TEXTS)])
    proposals, planted = plant_errors(truth, share=0.6, seed=1)
    assert len(planted) == 3
    left, half, right = planted
    wrong = {one.line for one in planted}
    untouched = next(one.id for one in truth.pages[0].lines if one.id not in wrong)
    answers = {left.line: left.wrong, half.line: half.wrong + "x", right.line: right.right}
    checked = proposals.pages[0]
    for line_id, text in answers.items():
        checked = checked.with_line(replace(checked.line(line_id), text=text, status="labeled"))
    assert checked.line(untouched).status == "proposed"
    found = miss_rate(planted, label_set([checked]))
    assert (found.missed, found.planted) == (2, 3)  # One is as it was, one still wrong
    assert found.rate == pytest.approx(2 / 3) and found.low < 2 / 3 < found.high
    with pytest.raises(LabelError, match="no miss rate"):
        miss_rate(planted, proposals)


def test_wilson_by_hand():
    # 2 of 10, z = 2: middle (0.2 + 4/20) / 1.4 = 2/7, half sqrt(0.016 + 0.01) * 2 / 1.4
    low, high = wilson_interval(2, 10, z=2)
    assert (low + high) / 2 == pytest.approx(2 / 7)
    assert (high - low) / 2 == pytest.approx(2 / 1.4 * math.sqrt(0.026))
    assert wilson_interval(0, 5)[0] == 0 and wilson_interval(5, 5)[1] == pytest.approx(1)


def emissions(path, sure=8.0):
    """Return logits that spell a path of class numbers."""
    logits = np.zeros((len(path), ASCII.num_classes))
    logits[np.arange(len(path)), path] = sure
    return logits


def spelled(text):
    return emissions([k for label in ASCII.encode(text) for k in (label, 0)])


def test_a_wrong_label_is_doubted_and_the_wrong_letter_is_found():
    logits = spelled("harbor")
    right, wrong = doubt(logits, "harbor"), doubt(logits, "harvor")
    assert right.loss < 0.1 < wrong.loss
    assert wrong.position == 3 and wrong.weakest > 3 > right.weakest
    log_probs = ctc.log_softmax(logits)
    log_p = ctc.forward(log_probs, ASCII.encode("harvor"))[1]
    assert wrong.loss == pytest.approx(-log_p / 6)


def test_a_label_that_cannot_be_is_doubted_without_end():
    assert doubt(spelled("ab"), "far too long a text").loss == np.inf
    assert doubt(spelled("ab"), "").loss == np.inf
    accent = doubt(spelled("ab"), "caf\u00e9")
    assert accent.loss == np.inf and accent.position == 3


def test_ranking_and_precision():
    scores, wrong = [0.1, 3.0, np.inf, 0.2], [False, False, True, True]
    assert ranked(scores) == [2, 1, 3, 0]
    assert [precision_at(scores, wrong, k) for k in (1, 2, 3, 4)] == [1, 0.5, 2 / 3, 0.5]
    with pytest.raises(ValueError, match="between 1"):
        precision_at(scores, wrong, 5)


def test_copies_are_found_and_other_pages_are_not(tmp_path):
    written = [one for name in ("regular", "photo") for one in pages.frozen_pages(name)[:6]]
    for k, one in enumerate(written):
        Image.fromarray(one.image).save(tmp_path / f"page{k}.png")
    first = written[0].image
    half = cv2.resize(first, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    Image.fromarray(half).save(tmp_path / "half.jpg", quality=60)
    darker = np.clip(written[7].image * 0.8 - 5, 0, 255).astype(np.uint8)
    Image.fromarray(darker).save(tmp_path / "darker.png")
    names = sorted(file.name for file in tmp_path.iterdir())
    labels = label_set(page_of(tmp_path / name, tmp_path) for name in names)
    assert validate(labels, tmp_path) == []
    twins = near_duplicates(labels, tmp_path)
    assert {frozenset(pair[:2]) for pair in twins} == {
        frozenset(("half.jpg", "page0.png")), frozenset(("darker.png", "page7.png")),
    }  # fmt: skip


@pytest.mark.nightly
def test_the_small_reader_of_lab_7_finds_planted_errors_far_better_than_chance():
    reader, lines = LineTextRecognizer.load("line_small"), frozen_lines()
    logits = reader.logits_many(lines.images)
    right = doubts(logits, lines.texts)
    shares = {"loss": [], "weakest": []}
    for seed in range(4):
        rng = np.random.default_rng(seed)
        wrong = np.zeros(len(lines), bool)
        wrong[rng.choice(len(lines), len(lines) // 10, replace=False)] = True
        found = [
            doubt(logits[k], misread(text, rng)) if wrong[k] else right[k]
            for k, text in enumerate(lines.texts)
        ]
        for name, values in shares.items():
            values.append(precision_at([getattr(one, name) for one in found], wrong, 30))
    means = {name: np.mean(values) for name, values in shares.items()}
    assert min(means.values()) > 0.3  # By chance it would be 0.1
