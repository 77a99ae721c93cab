"""The learner's own handwriting, or a stand-in that says so."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared import handwriting, pen
from shared.pages.image_files import is_image_name
from shared.tests.odd_files import ODD_TIFFS


@pytest.fixture(autouse=True)
def _mine(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))


def _said(own):
    return " ".join(own.description.split())


def _write(path, text):
    drawn = pen.draw(pen.write(text, pen.hands("test")[1], np.random.default_rng(0)), 80)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(235 - (0.8 * np.pad(drawn, 20)).astype("uint8")).save(path)


def test_the_stand_in_is_a_held_out_hand_and_says_so():
    own = handwriting.my_handwriting()
    assert (own.letters_source, own.lines_source, own.page_source) == ("stand-in",) * 3
    assert max(map(len, own.description.splitlines())) < 90
    assert "stand-in" in own.description
    assert pen.hands("test")[0].name in own.description
    assert own.letters.shape == (len(own.labels), 28, 28)
    assert set("azAZ09") <= set(own.labels)
    assert len(own.lines) == len(own.texts) == 10
    assert all(line.shape[0] == 32 and line.dtype == np.uint8 for line in own.lines)
    assert own.page_text.splitlines() == own.texts


def test_the_stand_in_has_a_photographed_page_with_known_lines():
    page = handwriting.stand_in_page()
    np.testing.assert_array_equal(handwriting.my_handwriting().photo, page.image)
    assert [line.text for line in page.lines] == list(handwriting.STAND_IN_TEXTS)
    assert np.median(page.image) > 128


def test_the_stand_in_is_the_same_every_time():
    first, second = handwriting.my_handwriting(), handwriting.my_handwriting()
    np.testing.assert_array_equal(first.letters, second.letters)
    np.testing.assert_array_equal(first.photo, second.photo)


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
    own = handwriting.my_handwriting()
    assert (own.letters_source, own.lines_source, own.page_source) == ("yours",) * 3
    assert sorted(own.labels) == ["/", "A", "a"]
    assert own.letters.shape == (3, 28, 28)
    assert own.texts == ["Hello you"]
    assert own.lines[0].shape[0] == 32
    np.testing.assert_array_equal(own.photo, np.asarray(Image.open(folder / "page.png")))
    assert own.page_text == "Hello you"
    assert "3 letters, 1 line, the page page.png" in _said(own)
    assert "stand-in" not in own.description and "Not used" not in own.description


def _lines(folder, *names):
    for name in names:
        _write(folder / "lines" / name, "Hello you")
    (folder / "lines" / "lines.json").write_text(json.dumps(dict.fromkeys(names, "Hello you")))


@pytest.mark.parametrize("given", ["letters", "lines", "page"])
def test_what_a_person_gave_is_theirs_and_nothing_else_is(tmp_path, given):
    folder = tmp_path / "handwriting"
    if given == "letters":
        _write(folder / "letters" / "q_3.png", "q")
    elif given == "lines":
        _lines(folder, "line_0.png")
    else:
        _write(folder / "page.png", "Page")
    own, other = handwriting.my_handwriting(), handwriting.stand_in()
    sources = {"letters": own.letters_source, "lines": own.lines_source, "page": own.page_source}
    yours = ["lines", "page"] if given == "lines" else [given]
    assert [kind for kind, source in sources.items() if source == "yours"] == yours
    theirs = [kind for kind in sources if kind not in yours]
    assert f"The stand-in's, until you add yours: {', '.join(theirs)}." in _said(own)
    assert (own.labels == other.labels) == ("letters" in theirs)
    assert (own.texts == other.texts) == ("lines" in theirs)
    assert np.array_equal(own.photo, other.photo) == ("page" in theirs)


def test_a_page_alone_is_shown_and_nobody_knows_what_it_says(tmp_path):
    _write(tmp_path / "handwriting" / "page.png", "Page")
    own = handwriting.my_handwriting()
    assert own.page_text is None
    assert "Nobody has said what your page says" in _said(own)


def test_a_page_is_put_together_from_own_lines(tmp_path):
    _lines(tmp_path / "handwriting", "line_0.png", "line_1.png")
    own = handwriting.my_handwriting()
    first = own.lines[0]
    np.testing.assert_array_equal(own.photo[20:52, 20 : 20 + first.shape[1]], 255 - first)
    assert own.page_text == "Hello you\nHello you"
    assert "2 lines, a page put together from them" in _said(own)


def test_every_kind_of_image_in_every_case_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(handwriting, "stand_in", functools.cache(handwriting.stand_in))
    folder = tmp_path / "handwriting"
    known = [one for one in Image.registered_extensions() if is_image_name(Path(f"a{one}"))]
    endings = sorted({*known} - {".apng", ".pfm"})
    assert {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"} <= set(endings)
    endings = [case for one in endings for case in (one, one.upper())]
    _lines(folder, *(f"line_{k}{ending}" for k, ending in enumerate(endings)))
    for k, ending in enumerate(endings):
        _write(folder / "Letters" / f"a_{k}{ending}", "a")
    for ending in endings:
        page = folder / f"Page{ending}"
        _write(page, "Page")
        own = handwriting.my_handwriting()
        assert f"the page {page.name}" in _said(own) and own.page_source == "yours"
        page.unlink()
    assert len(own.lines) == len(own.labels) == len(endings)
    assert "Not used" not in own.description


def test_a_listing_may_write_a_name_in_another_case(tmp_path):
    folder = tmp_path / "handwriting"
    _write(folder / "lines" / "IMG_1.JPG", "Hello you")
    text = "\ufeff" + json.dumps({"img_1.jpg": "Hello you"})  # As Windows' editor saves it
    (folder / "lines" / "lines.json").write_text(text, encoding="utf-8")
    assert handwriting.my_handwriting().texts == ["Hello you"]


def test_files_that_are_not_used_are_named_with_the_reason(tmp_path):
    folder = tmp_path / "handwriting"
    _lines(folder, "line_0.jpg")
    listing = {"line_0.jpg": "Hello you", "line_1.jpg": "gone"}
    (folder / "lines" / "lines.json").write_text(json.dumps(listing))
    _write(folder / "page.png", "Page")
    _write(folder / "page.jpg", "Page")
    for name in ("page.heic", "lines/notes.txt", "photo.jpg", ".DS_Store"):
        (folder / name).write_bytes(b"?")
    (folder / "lines" / "old").mkdir()
    (folder / "drafts").mkdir()
    said = handwriting.my_handwriting().description
    assert said.count("Not used:") == 1 and ".DS_Store" not in said
    flat = " ".join(said[said.index("Not used:") :].split())
    for files, reason in {
        "lines/notes.txt, lines/old, page.heic": "no image that is read here",
        "line_1.jpg": "named in lines.json, but not there",
        "page.png": "page.jpg is the page",
        "drafts, photo.jpg": "only page.jpg or the like",
    }.items():
        assert f"{files} ({reason}" in flat
    assert max(map(len, said.splitlines())) < 90


def test_many_files_that_are_not_used_are_counted(tmp_path):
    folder = tmp_path / "handwriting" / "letters"
    folder.mkdir(parents=True)
    for k in range(30):
        (folder / f"a_{k}.heic").write_bytes(b"?")
    own = handwriting.my_handwriting()
    assert own.letters_source == "stand-in"
    assert "letters/a_5.heic, and 24 more" in _said(own)


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


def _decoder_fails(folder):
    _write(folder / "lines" / "a.tif", "a")
    (folder / "lines" / "a.tif").write_bytes(ODD_TIFFS["pixels at a text"])
    (folder / "lines" / "lines.json").write_text('{"a.tif": "a"}')


def _empty_page(folder):
    folder.mkdir(parents=True)
    Image.new("L", (50, 50), 255).save(folder / "page.webp")


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
        (_decoder_fails, "a.tif cannot be used: .*damaged"),
        (_empty_page, "page.webp cannot be used: No ink"),
        (_unlisted, "lines.json is missing"),
        (_unknown, "position 0"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, make, message):
    make(tmp_path / "handwriting")
    with pytest.raises(handwriting.HandwritingError, match=message):
        handwriting.my_handwriting()
