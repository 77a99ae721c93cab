"""The writing pad and the hand that is made of its letters: nothing that was written is lost."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from shared import handwriting, pen
from shared.alphabet import ASCII
from shared.handwriting import Pad, my_hand, my_handwriting, strokes
from shared.handwriting.pad import FIRST_LINES, screens

live = pytest.importorskip("shared.handwriting.pad_live")
NODE = shutil.which("node")


@pytest.fixture(autouse=True)
def _mine(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))


def _pixels(glyph_strokes, x_height, left, baseline):
    """Turn strokes in x-heights into a pad's: pixels downward, a time, a mouse's tremor."""
    rng, clock, found = np.random.default_rng(1), 0.0, []
    for stroke in glyph_strokes:
        at = np.linspace(0, len(stroke) - 1, 4 * len(stroke))
        points = [np.interp(at, np.arange(len(stroke)), column) for column in stroke.T]
        x, y = left + x_height * points[0], baseline - x_height * points[1]
        tremor = rng.normal(0, 0.3, (2, len(x)))
        times = clock + 8.0 * np.arange(len(x))
        found.append(np.column_stack([x + tremor[0], y + tremor[1], times]).tolist())
        clock = times[-1] + 120
    return found


def _letter(hand, character):
    """Return a letter by a hand, its slant in it, somewhat above the guide, as people write."""
    glyph = hand.glyph(character, 1.0)
    points = glyph.points + np.column_stack(
        [hand.style.slant * glyph.points[:, 1], 0 * glyph.points[:, 1]]
    )
    return _pixels(np.split(points, glyph.starts[1:]), 40.0, 80.0, 118.0)


def _line(text, hand):
    writing = pen.write(text, hand, np.random.default_rng(0))
    lifted = [
        (stroke - (0, writing.baseline)) * (1, -1) / writing.x_height for stroke in writing.strokes
    ]
    return _pixels(lifted, 38.0, 20.0, 130.0)


def _write_all(pad, hand, characters):
    for character in characters:
        pad.save(strokes.field_name(character), _letter(hand, character), done=True)


def test_ten_lines_come_first_then_the_alphabet_and_all_of_it_fits():
    sheets = screens()
    assert [sheet["text"] for sheet in sheets[:10]] == list(FIRST_LINES)
    fields = [one for sheet in sheets for one in sheet["fields"]]
    letters = {one["text"] for one in fields if len(one["text"]) == 1}
    assert set("abcxyzABCXYZ0189") <= letters <= set(ASCII.characters)
    assert len({one["name"].lower() for one in fields}) == len(fields)
    for one in fields:
        assert 0 <= one["left"] <= 1200 - one["width"] + 1e-6
        assert len(one["text"]) * one["x_height"] * 0.95 < one["width"]


def test_each_stroke_is_kept_at_once_and_a_line_counts_when_its_writer_goes_on(tmp_path):
    pad, hand = Pad(), pen.hands("test")[1]
    given = _line(FIRST_LINES[0], hand)
    folder = tmp_path / "handwriting"
    for count in range(1, len(given) + 1):
        pad.save("line_0", given[:count], done=False, device="pen")
        kept = json.loads((folder / "strokes" / "line_0.json").read_text("utf-8"))
        assert len(kept["strokes"]) == count and kept["device"] == "pen"
        assert not (folder / "lines").exists() or not list((folder / "lines").glob("*.png"))
    assert kept["format"] == 1 and kept["earlier"] == []
    np.testing.assert_allclose(kept["strokes"][0][1], given[0][1], atol=0.051)
    assert my_handwriting().lines_source == "stand-in"
    pad.save("line_0", given, done=True)
    own = my_handwriting()
    assert (own.texts, own.lines_source) == ([FIRST_LINES[0]], "yours")
    assert "Not used" not in own.description
    assert Pad().progress() == "1 of 16 lines, 0 of 78 letters"


def test_what_a_person_listed_stays_and_an_emptied_line_goes(tmp_path):
    listing = tmp_path / "handwriting" / "lines" / "lines.json"
    listing.parent.mkdir(parents=True)
    listing.write_text('{"IMG_1.jpg": "Tea for two"}', encoding="utf-8-sig")
    pad = Pad()
    pad.save("line_2", _line(FIRST_LINES[2], pen.hands("test")[1]), done=True)
    assert json.loads(listing.read_text("utf-8")) == {
        "IMG_1.jpg": "Tea for two", "pad_2.png": FIRST_LINES[2],
    }  # fmt: skip
    pad.save("line_2", [], done=False)
    assert json.loads(listing.read_text("utf-8")) == {"IMG_1.jpg": "Tea for two"}
    assert [file.name for file in listing.parent.iterdir()] == ["lines.json"]


def test_what_was_cleared_or_written_in_two_windows_is_kept(tmp_path):
    first, second = Pad(), Pad()
    a, b, c = ([[float(k), 0.0, 0.0]] for k in range(3))
    for pad, given in ((first, [a]), (first, [a, b]), (second, [c]), (second, []), (first, [a])):
        pad.save("a_0", given, done=True)
    kept = strokes.read_written(tmp_path / "handwriting" / "strokes" / "a_0.json")
    assert (kept.strokes, kept.earlier) == ([a], [[a, b], [c]])
    first.save("a_0", [a, b], done=True)
    first.save("a_0", [a], done=True)  # A stroke taken back is no stroke of somebody else's
    assert len(strokes.read_written(tmp_path / "handwriting/strokes/a_0.json").earlier) == 2


def test_a_damaged_file_is_named_and_nothing_new_is_lost(tmp_path):
    pad, given = Pad(), [[[1.0, 2.0, 0.0]]]
    file = tmp_path / "handwriting" / "strokes" / "a_0.json"
    pad.save("a_0", given, done=True)
    file.write_text('{"format": 1', encoding="utf-8")
    with pytest.raises(handwriting.HandwritingError, match="a_0.json is damaged"):
        Pad()
    pad.save("a_0", given, done=True)
    assert strokes.read_written(file).strokes == given
    assert file.with_suffix(".damaged").read_text("utf-8") == '{"format": 1'
    file.write_text("[]", encoding="utf-8")
    pad.save("a_0", given, done=True)
    assert file.with_name("a_0-1.damaged").read_text("utf-8") == "[]"
    file.write_text('{"format": 9}', encoding="utf-8")
    with pytest.raises(handwriting.HandwritingError, match="format 9"):
        Pad()


def test_a_listing_that_cannot_be_read_is_told_and_the_line_comes_later(tmp_path):
    listing = tmp_path / "handwriting" / "lines" / "lines.json"
    listing.parent.mkdir(parents=True)
    listing.write_text("[1", encoding="utf-8")
    pad = Pad()
    with pytest.raises(handwriting.HandwritingError, match="lines.json is no list of texts"):
        pad.save("line_0", [[[1, 2, 0], [60, 40, 9]]], done=True)
    with pytest.raises(handwriting.HandwritingError, match="Your strokes are kept"):
        Pad()
    listing.unlink()
    assert Pad().progress() == "1 of 16 lines, 0 of 78 letters"
    assert (listing.parent / "pad_0.png").exists()


@pytest.mark.parametrize(
    "given", [[[]], [[[1, 2]]], [[[1, 2, float("nan")]]], "abc", None, [["a"]]]
)
def test_what_are_no_strokes_is_refused(given):
    with pytest.raises(handwriting.HandwritingError, match="A stroke is a list of points"):
        Pad().save("a_0", given, done=False)
    with pytest.raises(handwriting.HandwritingError, match="no field 'b_9'"):
        Pad().save("b_9", [], done=False)


def test_strokes_of_a_field_that_is_gone_are_kept_aside(tmp_path):
    with pytest.raises(handwriting.HandwritingError, match="Kept as .*unplaced"):
        Pad().save("line_99", [[[1, 2, 0]]], done=True)
    (file,) = (tmp_path / "handwriting" / "strokes" / "unplaced").iterdir()
    assert json.loads(file.read_text("utf-8")) == {"field": "line_99", "strokes": [[[1, 2, 0]]]}
    Pad()


def test_a_window_that_shows_less_does_not_drop_what_another_wrote(tmp_path):
    all_five = [[[float(k), 2.0, 0.0]] for k in range(5)]
    Pad().save("line_0", all_five, done=False)
    Pad().save("line_0", all_five[:2], done=True)
    kept = strokes.read_written(tmp_path / "handwriting" / "strokes" / "line_0.json")
    assert kept.strokes == all_five[:2] and kept.earlier == [all_five]
    Pad().save("line_0", all_five[:1], done=True)  # One stroke taken back
    kept = strokes.read_written(tmp_path / "handwriting" / "strokes" / "line_0.json")
    assert kept.earlier == [all_five]


def test_a_cell_shows_a_picture_first_and_goes_on_without_a_browser(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.setenv("HANDWRITING_STATIC", "1")
    pad = Pad()
    pad._ipython_display_()
    assert len(shown) == 1 and "0 of 16 lines" in shown[0].alt
    monkeypatch.setenv("HANDWRITING_STATIC", "")
    pad._ipython_display_()
    assert isinstance(shown[2], live.PadWidget)


def test_the_kernel_answers_when_strokes_are_on_the_disk(monkeypatch):
    widget, said = live.PadWidget(Pad()), []
    monkeypatch.setattr(widget, "send", said.append)
    item = {"id": "x", "name": "a_0", "strokes": [[[1, 2, 0]]], "done": True, "device": "touch"}
    widget._receive(widget, {"kind": "save", "items": [item, {**item, "id": "y", "name": "?"}]}, [])
    assert said[-1]["ids"] == ["x", "y"] and "no field '?'" in said[-1]["problem"]
    assert said[-1]["progress"] == "0 of 16 lines, 1 of 78 letters"
    monkeypatch.setattr(strokes, "write_atomically", _full_disk)
    widget._receive(widget, {"kind": "save", "items": [{**item, "strokes": []}]}, [])
    assert (said[-1]["ids"], said[-1]["failed"]) == ([], ["x"]) and "full" in said[-1]["problem"]
    widget._receive(widget, {"kind": "open"}, [])
    assert said[-1]["fields"]["a_0"]["device"] == "touch"
    assert set(json.loads(widget.content)) == {"key", "screens", "fields", "progress"}


def _full_disk(*_):
    raise OSError("The disk is full")


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_the_browser_keeps_the_newest_of_each_field_until_it_is_stored():
    source = str(live.PadWidget._esm).replace("export default { render };", "")
    program = """
      const kept = new Map(); const sent = [];
      const store = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v),
        removeItem: (k) => kept.delete(k), key: (n) => [...kept.keys()][n],
        get length() { return kept.size; } };
      const queue = makeQueue((items) => sent.push(items), store, "key");
      queue.push({ name: "a", strokes: [1] });
      queue.push({ name: "a", strokes: [1, 2] });
      queue.push({ name: "b", strokes: [3] });
      const again = makeQueue((items) => sent.push(items), store, "key");
      const restored = again.restore().map(({ name }) => name);
      queue.answered([sent[0][0].id], []);
      const old = queue.size();
      queue.answered([sent[1][0].id], [sent[2][0].id]);
      queue.flush();
      const failed = sent.at(-1)[0].name;
      queue.answered([sent[2][0].id], []);
      const fields = [0, 100].map((left) => ({ left, top: 0, width: 100, height: 50 }));
      console.log(JSON.stringify({ restored, old, failed, left: queue.size(), kept: kept.size,
        field: [40, 130, -5].map((x) => fieldAt(fields, x, 60).left) }));
    """
    done = subprocess.run(
        [NODE, "-e", source + program], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {
        "restored": ["a", "b"], "old": 2, "failed": "b", "left": 0, "kept": 0, "field": [0, 100, 0],
    }  # fmt: skip


def test_the_front_end_asks_no_other_host():
    assert "http" not in str(live.PadWidget._esm) + str(live.PadWidget._css)


def test_letters_become_a_hand_that_writes_them_as_they_were_written():
    hand = pen.hands("test")[3]
    characters = "abcdefghijklmnopqrstuvwxyzABC0123."
    pad = Pad()
    _write_all(pad, hand, characters)
    mine = my_hand()
    assert (mine.source, set(mine.characters)) == ("yours", set(characters))
    for character in characters:
        own, theirs = mine.hand.glyph(character, 1.0).points, hand.glyph(character, 1.0).points
        theirs = theirs + np.column_stack([hand.style.slant * theirs[:, 1], 0 * theirs[:, 1]])
        theirs = theirs - (np.ptp(theirs[:, 0]) / 2 + theirs[:, 0].min(), 0)
        apart = np.hypot(*(own[:, None] - theirs[None]).transpose(2, 0, 1))
        assert max(apart.min(axis=0).mean(), apart.min(axis=1).mean()) < 0.16, character
    text = "My hand: 230 zebras?"
    written = pen.write(text, mine.hand, np.random.default_rng(0))
    assert len(written.boxes) == len(text) and np.ptp(written.boxes[:, 3]) > 0


def test_what_was_not_written_is_lent_by_a_training_hand_and_named():
    _write_all(Pad(), pen.hands("test")[3], "abcdefghijklmno")
    mine = my_hand()
    assert set(mine.hand.forms) == set(ASCII.characters) - {" "}
    lender = mine.hand.forms["Q"][0].name
    assert lender in {hand.name for hand in pen.hands("train")}
    said = " ".join(mine.description.split())
    assert "15 characters are yours" in said and f"{lender} lends 79" in said
    assert mine.hand.forms["a"][0].name == "yours"
    assert not any(form.held_out for forms in mine.hand.forms.values() for form in forms)


def test_a_few_letters_are_not_yet_a_hand_and_the_stand_in_says_so():
    assert my_hand().source == "stand-in"
    _write_all(Pad(), pen.hands("test")[3], "abc")
    mine = my_hand()
    assert mine.hand.forms["a"][0].name == "yours" and mine.characters == ""
    assert "stand-in" in mine.description and "3 letters" in mine.description


def test_lines_say_how_closely_letters_stand():
    gaps = {}
    for hand in sorted(pen.hands("test"), key=lambda one: one.style.letter_gap)[::9]:
        pad = Pad()
        _write_all(pad, hand, "".join(sorted(set("".join(FIRST_LINES)) - {" "})))
        for number in range(4):
            pad.save(f"line_{number}", _line(FIRST_LINES[number], hand), done=True)
        gaps[hand.style.letter_gap] = my_hand().hand.style.letter_gap
        shutil.rmtree(pad.folder)
    (_, low), (_, high) = sorted(gaps.items())
    assert low < high
