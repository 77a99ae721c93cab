"""Real handwriting: what measures a reader, how it is scored, and what is said of it."""

from __future__ import annotations

import importlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import reading_texts
from building import derive, source
from PIL import Image

from shared import paths
from shared.course.outline import this_course


@pytest.fixture(scope="module")
def make():
    """Import the scripts of data/make, which are not installed."""
    sys.path.insert(0, str(paths.checkout() / "data" / "make"))
    yield importlib.import_module
    sys.path.pop(0)


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Make a folder of real data: five lines of two sources, and pages by 15 writers."""
    rows = [
        ("one two three four", "a", "val", False),
        ("what everybody copied", "a", "val", True),
        ("Five, six", "b", "val", False),
        ("so one, two: THREE four it is", "c", "train", False),
    ]
    for name, chosen in {"copiste": rows[:3], "peraire": rows[3:]}.items():
        folder = tmp_path / "real_lines" / name
        folder.mkdir(parents=True)
        images = [np.full((64, 90 + 10 * k), 40 * k, np.uint8) for k in range(len(chosen))]
        files = [_jpeg(image) for image in images]
        offsets = np.cumsum([0, *map(len, files)])
        stored = np.frombuffer(b"".join(files), np.uint8)
        np.savez(folder / "lines_00.npz", jpeg=stored, offsets=offsets)
        labels = [
            {"text": text, "writer": writer, "split": split, "boilerplate": copied,
             "shard": "lines_00.npz", "index": k}
            for k, (text, writer, split, copied) in enumerate(chosen)
        ]  # fmt: skip
        (folder / "labels.json").write_text(json.dumps(labels))
    pages = tmp_path / "real_handwriting" / "pages"
    pages.mkdir(parents=True)
    labels = {
        f"csafe_w{k:02}_{page}.png": {"writer": f"w{k:02}", "prompt_text_no_line_breaks": "It is."}
        for k in range(15)
        for page in range(2)
    }
    labels["hooker_1.jpg"] = {"text": "East Grove"}
    (pages / "labels.json").write_text(json.dumps(labels))
    return tmp_path


def _jpeg(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "jpeg")
    return buffer.getvalue()


def test_lines_of_a_source_come_without_what_everybody_copied(make, real):
    lines = make("real_lines").real_lines(real, "copiste", "val")
    assert lines.texts == ["one two three four", "Five, six"]
    assert lines.writers == ["a", "b"]
    assert [image.shape for image in lines.images] == [(64, 90), (64, 110)]
    assert [round(float(image.mean())) for image in lines.images] == [0, 80]


def test_four_words_in_a_row_are_like_training(make, real):
    texts = ["One two - three, four", "two three four five", "it is"]
    assert make("real_lines").unlike_training(real, texts) == [False, True, True]


def test_writers_of_pages_are_split_in_halves(make, real):
    halves = [make("real_lines").csafe_pages(real, half) for half in ("development", "test")]
    assert [len(set(half.writers)) for half in halves] == [7, 8]
    assert set(halves[0].writers).isdisjoint(halves[1].writers)
    assert sum(len(half.paths) for half in halves) == 30


def test_folder_without_the_data_is_named(make, tmp_path):
    with pytest.raises(FileNotFoundError, match="real_lines/ and real_handwriting/"):
        make("real_lines").real_lines(tmp_path, "lathrop", "val")


def test_scores_pool_edits_and_draw_writers_again(make):
    score = make("measure_reading").score
    # 1 edit in 4 characters, 4 in 4: pooled 5 of 8, by writer 1/4 and 4/4
    found = score(["ab c", "abcd"], ["abc", ""], ["first", "second"])
    assert (found["cer"], found["wer"], found["lines"]) == (0.625, 1.0, 2)
    assert found["cer_without_spaces"] == round(4 / 7, 4)
    assert found["interval"] == [0.25, 1.0]
    assert found["quartiles"][1] == 0.625


def test_kinds_of_characters_are_counted_apart(make):
    found = make("measure_reading").misread_kinds(["Go 12."], ["go 1"])
    assert found == {"digits": 0.5, "capitals": 1.0, "small letters": 0.0, "punctuation": 1.0}


def test_gate_stays_shut_for_one_kind_alone(make):
    compare = make("measure_reading").compare
    lines = {"lines": 9, "characters": 99}
    old = {
        "invented": {**lines, "cer": 0.2, "kinds": {"digits": 0.1}},
        "csafe": {**lines, "cer": 0.7},
    }
    new = {
        "invented": {**lines, "cer": 0.1, "kinds": {"digits": 0.1}},
        "csafe": {**lines, "cer": 0.3},
    }
    assert compare({"scores": old}, {"scores": new})[1]
    new["invented"]["kinds"]["digits"] = 0.2
    said, passed = compare({"scores": old}, {"scores": new})
    assert not passed
    assert [line for line in said if "worse" in line][0].startswith("invented, digits")
    new["csafe"]["lines"] = 8
    with pytest.raises(SystemExit, match="csafe has 9 lines"):
        compare({"scores": old}, {"scores": new})


def test_record_names_no_folder_of_a_machine(make):
    words = ["--data", "some/folder", "--reader", "ours", "--python", "other/python"]
    said = make("measure_reading")._command(words)
    assert said == "python data/make/measure_reading.py --data DATA --reader ours --python PYTHON"


def test_weights_that_are_not_shipped_are_not_recorded(make, capsys):
    parse = make("measure_reading").parse
    assert parse(["--data", ".", "--gate", "--model", "new.weights.h5"]).gate
    with pytest.raises(SystemExit):
        parse(["--data", ".", "--model", "new.weights.h5"])
    assert "--gate" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["  Über  1 ½\n", "Uber 1 12"])
def test_peers_are_scored_in_ascii(make, text):
    assert make("peer_reading").ascii_of(text) == "Uber 1 12"


def test_card_says_what_was_measured(monkeypatch):
    assert reading_texts.difference() is None
    card = json.loads(paths.data_file("models/reader.json").read_text(encoding="utf-8"))
    said = card[reading_texts.CARD_KEY]
    measured = reading_texts.record()["ours"]["scores"]["csafe_test"]["cer"]
    assert measured in [rates["ours"]["cer"] for rates in said.values() if isinstance(rates, dict)]
    monkeypatch.setattr(reading_texts, "_card", lambda: {**card, reading_texts.CARD_KEY: {}})
    assert "stale" in reading_texts.difference()
    monkeypatch.setattr(reading_texts, "_card", lambda: {**card, "sha256": "0"})
    assert "another reader" in reading_texts.difference()


def test_table_has_a_column_for_every_reader_measured(monkeypatch):
    rows = reading_texts.table().splitlines()
    assert len(rows) == 2 + len(reading_texts.SOURCES) + 3
    record = reading_texts.record()
    assert rows[0].count("|") == 2 + len(record)
    row = 2 + list(reading_texts.SOURCES).index("lathrop")
    assert f"{record['rapidocr']['scores']['lathrop']['cer']:.1%}" in rows[row]
    monkeypatch.setattr(reading_texts, "record", lambda: {"ours": record["ours"]})
    assert reading_texts.table().splitlines()[0] == "|  | this course's reader |"


def test_what_a_writers_lines_taught_is_said_where_it_was_measured(monkeypatch):
    monkeypatch.setattr(reading_texts, "adaptation_record", dict)
    assert reading_texts.learned() == ""
    scores = {
        "before, greedy": {"median": 0.2, "upper_quartile": 0.3},
        "after, greedy": {"median": 0.1, "upper_quartile": 0.25},
    }
    language = {name.replace("greedy", "language"): each for name, each in scores.items()}
    english = {"writers": 3, "learned": 9, "scores": {**scores, **language}}
    french = {"writers": 11, "learned": 16, "scores": scores}
    now = reading_texts._card()["sha256"]
    record = {"sha256": now, "summary": {"lathrop": english, "copiste": french}}
    monkeypatch.setattr(reading_texts, "adaptation_record", lambda: record)
    assert "the weights before" not in reading_texts.learned()
    monkeypatch.setitem(record, "sha256", "0")
    assert "the weights before the present ones" in reading_texts.learned()
    rows = reading_texts.learned().splitlines()[4:]
    assert rows[0] == "| English letters of 1905, 3 people | 9 | 20.0% | 10.0% | 30.0% | 25.0% |"
    assert rows[1].startswith("| French lines of 2024, 11 people | 16 |") and len(rows) == 2


@pytest.mark.parametrize("number", [1, 5])
def test_labs_say_it_from_the_record(number):
    course = this_course()
    lab = course.find([str(number)])[0]
    cells = derive.complete(course, lab, source.read(course.solutions / lab.source))
    text = "\n".join(cell.source for cell in cells)
    said = {1: reading_texts.sentence(), 5: reading_texts.table()}[number]
    assert said in text
    assert "{reading" not in text
