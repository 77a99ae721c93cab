"""The learner's own handwriting, or a stand-in that says so."""

import json

import numpy as np
import pytest
from PIL import Image

from shared import handwriting, pen


@pytest.fixture(autouse=True)
def _mine(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))


def _write(path, text):
    drawn = pen.draw(pen.write(text, pen.hands("test")[1], np.random.default_rng(0)), 80)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(235 - (0.8 * np.pad(drawn, 20)).astype("uint8")).save(path)


def test_the_stand_in_is_a_held_out_hand_and_says_so():
    own = handwriting.my_handwriting()
    assert own.source == "stand-in"
    assert "stand-in" in own.description
    assert pen.hands("test")[0].name in own.description
    assert own.letters.shape == (len(own.labels), 28, 28)
    assert set("azAZ09") <= set(own.labels)
    assert len(own.lines) == len(own.texts) == 10
    assert all(line.shape[0] == 32 and line.dtype == np.uint8 for line in own.lines)
    for line, (left, top, right, bottom) in zip(own.lines, own.page_boxes.astype(int), strict=True):
        np.testing.assert_array_equal(own.page[top:bottom, left:right], line)


def test_the_stand_in_has_a_photographed_page_with_known_lines():
    page = handwriting.stand_in_page()
    np.testing.assert_array_equal(handwriting.my_handwriting().photo, page.image)
    assert [line.text for line in page.lines] == list(handwriting.STAND_IN_TEXTS)
    assert np.median(page.image) > 128


def test_the_stand_in_is_the_same_every_time():
    first, second = handwriting.my_handwriting(), handwriting.my_handwriting()
    np.testing.assert_array_equal(first.letters, second.letters)
    np.testing.assert_array_equal(first.page, second.page)


def test_twelve_lines_stay_in_the_order_of_their_numbers(tmp_path):
    folder = tmp_path / "handwriting/lines"
    texts = {f"line_{k}.png": f"line {k}" for k in range(12)}
    for name, text in texts.items():
        _write(folder / name, text)
    (folder / "lines.json").write_text(json.dumps(texts))
    assert handwriting.my_handwriting().texts == [f"line {k}" for k in range(12)]


def test_own_files_are_used(tmp_path):
    folder = tmp_path / "handwriting"
    for character in "aA/":
        _write(folder / "letters" / handwriting.letter_file(character, 0), character)
    _write(folder / "lines" / "line_0.png", "Hello you")
    (folder / "lines" / "lines.json").write_text(json.dumps({"line_0.png": "Hello you"}))
    _write(folder / "page.png", "Page")
    (folder / "page.json").write_text(json.dumps({"boxes": [[20, 20, 90, 60]]}))
    own = handwriting.my_handwriting()
    assert own.source == "yours"
    assert sorted(own.labels) == ["/", "A", "a"]
    assert own.letters.shape == (3, 28, 28)
    assert own.texts == ["Hello you"]
    assert own.lines[0].shape[0] == 32
    assert np.median(own.page) == 0
    assert own.photo.shape == own.page.shape
    assert np.median(own.photo) > 128
    assert own.page_boxes.shape == (1, 4)
    assert "3 letters, 1 lines, a page" in own.description
    assert "stand-in" not in own.description


def test_the_stand_in_fills_what_is_missing_and_says_so(tmp_path):
    _write(tmp_path / "handwriting" / "letters" / "q_3.png", "q")
    own = handwriting.my_handwriting()
    assert (own.labels, own.source) == ("q", "yours")
    assert own.texts == list(handwriting.STAND_IN_TEXTS)
    assert "lines are a stand-in's" in own.description


def test_a_page_without_texts_is_not_read(tmp_path):
    _write(tmp_path / "handwriting" / "page.png", "Page")
    own = handwriting.my_handwriting()
    np.testing.assert_array_equal(own.photo, handwriting.stand_in().photo)
    assert "So is the page that is read" in own.description


def test_a_page_is_put_together_from_own_lines(tmp_path):
    folder = tmp_path / "handwriting"
    _write(folder / "lines" / "line_0.png", "Hello you")
    (folder / "lines" / "lines.json").write_text(json.dumps({"line_0.png": "Hello you"}))
    own = handwriting.my_handwriting()
    (left, top, right, bottom), *more = own.page_boxes.astype(int)
    assert not more
    np.testing.assert_array_equal(own.page[top:bottom, left:right], own.lines[0])
    np.testing.assert_array_equal(own.photo, 255 - own.page)
    assert "letters are a stand-in's" in own.description


def test_a_scan_of_16_bits_reads_as_one_of_8(tmp_path):
    path = tmp_path / "handwriting" / "letters" / "q_0.png"
    _write(path, "q")
    plain = handwriting.my_handwriting().letters[0]
    deep = np.asarray(Image.open(path)).astype(np.uint16) * 257
    Image.fromarray(deep).save(path)
    assert Image.open(path).mode.startswith("I")
    np.testing.assert_allclose(handwriting.my_handwriting().letters[0], plain, atol=2)


def test_file_names_differ_on_every_file_system():
    names = {handwriting.letter_file(chr(code), 0).lower() for code in range(33, 127)}
    assert len(names) == 94


def _letters(folder):
    _write(folder / "letters" / "two words.png", "a")


def _damaged(folder):
    (folder / "lines").mkdir(parents=True)
    (folder / "lines" / "a.png").write_bytes(b"\x89PNG half")
    (folder / "lines" / "lines.json").write_text('{"a.png": "a"}')


def _blank(folder):
    (folder / "letters").mkdir(parents=True)
    Image.new("L", (50, 50), 255).save(folder / "letters" / "a_0.png")


def _unlisted(folder):
    _write(folder / "lines" / "a.png", "a")


def _unknown(folder):
    _write(folder / "lines" / "a.png", "a")
    (folder / "lines" / "lines.json").write_text('{"a.png": "\\u20ac 5"}')


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_letters, "two words.png names no character"),
        (_damaged, "a.png cannot be used"),
        (_blank, "a_0.png cannot be used: No ink"),
        (_unlisted, "lines.json is missing"),
        (_unknown, "position 0"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, make, message):
    make(tmp_path / "handwriting")
    with pytest.raises(handwriting.HandwritingError, match=message):
        handwriting.my_handwriting()
