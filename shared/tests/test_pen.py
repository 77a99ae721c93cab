"""The pens: letterforms, hands, strokes with exact boxes, ink."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from shared import pen
from shared.alphabet import ASCII, UnknownCharacterError
from shared.ink import photograph
from shared.letterforms import letterforms, parse_letterform, read_letterforms, trace
from shared.writers import NUM_HANDS

COMMON = "etaoinshrdlucmfwypvbgkETAONIRS"


def rng(seed=0):
    return np.random.default_rng(seed)


def test_every_printable_character_has_enough_letterforms():
    forms = letterforms()
    assert set(forms) == set(ASCII.characters) - {" "}
    assert all(len(forms[c]) >= 6 for c in COMMON)
    assert min(len(f) for f in forms.values()) >= 3


def test_a_third_of_each_characters_forms_is_held_out():
    for character, forms in letterforms().items():
        share = np.mean([form.held_out for form in forms])
        assert 0.2 <= share <= 0.4, f"{character}: {share:.0%}"
        assert len({form.name for form in forms}) == len(forms)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a one : 1,2 3;4\n", "line 1"),
        (";; fine\na one 1,2 3,4\n", "line 2"),
        ("a one : 1,2 / \n", "no points"),
        ("a one : 1,2 3,4\na one : 5,6 7,8\n", "already has a form named 'one'"),
        ("a one : 1,2 3,4\na two : 5,6 7,8\nb one : 1,2\n", "one form only of b; every"),
    ],
)
def test_an_unreadable_letterform_is_named(tmp_path, content, message):
    (tmp_path / "some.txt").write_text(content)
    with pytest.raises(ValueError, match=message):
        read_letterforms(tmp_path)


def test_missing_letterforms_say_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="No letterforms in"):
        read_letterforms(tmp_path)


def test_the_marks_of_the_format_can_be_characters_themselves():
    for character in ":;!/,":
        found, name, strokes = parse_letterform(f"{character} odd : 1,2! 3,4 / 5,6")
        assert (found, name, len(strokes)) == (character, "odd", 2)
        assert strokes[0].tolist() == [[1, 2, 1], [3, 4, 0]]


def test_the_pen_passes_through_corners_and_ends_in_even_steps():
    _, _, (stroke,) = parse_letterform("x v : 0,100 40,0! 80,100")
    points = trace(stroke)
    for corner in ((0.0, 1.0), (0.4, 0.0), (0.8, 1.0)):
        assert np.abs(points - corner).sum(axis=1).min() < 1e-9
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert steps.max() < 0.14
    assert steps.min() > 0.08


def test_a_smooth_curve_passes_through_its_points_without_overshooting_far():
    _, _, (stroke,) = parse_letterform("o ring : 70,60 40,98 4,50 40,2 74,48 70,62")
    points = trace(stroke, step=0.01)
    for x, y in stroke[:, :2] / 100:
        assert np.hypot(points[:, 0] - x, points[:, 1] - y).min() < 0.012
    assert points.min() > -0.1
    assert points.max() < 1.1


def test_hands_are_as_many_and_as_different_as_promised():
    assert NUM_HANDS["train"] >= 48
    for split, count in NUM_HANDS.items():
        group = pen.hands(split)
        assert len(group) == count
        assert len({hand.name for hand in group}) == count
        assert len({hand.style for hand in group}) == count
        assert all(set(hand.forms) == set(ASCII.characters[1:]) for hand in group)


def test_train_and_validation_hands_use_no_held_out_form():
    for split in ("train", "validation"):
        for hand in pen.hands(split):
            assert not any(form.held_out for used in hand.forms.values() for form in used)


def test_test_hands_take_a_third_from_held_out_forms_and_share_at_most_half():
    group = pen.hands("test")
    for hand in group:
        letters = [used[0].held_out for c, used in hand.forms.items() if c.isalpha()]
        assert np.mean(letters) >= 1 / 3
        mine = _held_out(hand)
        assert len(mine) >= len(hand.forms) / 3
        for other in group:
            if other is not hand:
                assert len(mine & _held_out(other)) <= len(mine) / 2


def _held_out(hand):
    """The usual letterforms of a writer that the training writers never use."""
    return {used[0] for used in hand.forms.values() if used[0].held_out}


def test_bad_hands_are_refused():
    with pytest.raises(ValueError, match="no split 'dev'"):
        pen.hands("dev")
    with pytest.raises(ValueError, match=r"held_out_share is 1\.5"):
        pen.make_hand("x", 1, held_out_share=1.5)


@pytest.mark.parametrize("text", ["Quick brown fox, 1947!", "gypsy jig", "a", "  b ", "{}@~|"])
def test_strokes_boxes_and_ink_agree(text):
    for number, hand in enumerate(pen.hands("train")[:12]):
        writing = pen.write(text, hand, rng(number))
        assert writing.boxes.shape == (len(text), 4)
        assert len(writing.strokes) == len(writing.stroke_owner)
        assert np.all(np.diff(writing.stroke_owner) >= 0)
        written = {i for i, c in enumerate(text) if c != " "}
        assert set(writing.stroke_owner.tolist()) == written
        points = np.concatenate(writing.strokes)
        assert points.min() > 0
        assert points[:, 0].max() < writing.width
        assert points[:, 1].max() < pen.LINE_HEIGHT
        assert np.all(writing.boxes[:, 2] > writing.boxes[:, 0])
        assert np.all(writing.boxes[:, 3] > writing.boxes[:, 1])
        ink = pen.draw(writing) > 100
        assert not ink[0].any(), "ink is cut above"
        assert not ink[-1].any(), "ink is cut below"
        if not hand.style.joins:  # then every pixel of ink lies in a box
            covered = np.zeros_like(ink)
            for left, top, right, bottom in writing.boxes:
                rows = slice(max(0, int(top) - 1), int(bottom) + 2)
                covered[rows, max(0, int(left) - 1) : int(right) + 2] = True
            assert not (ink & ~covered).any()


def test_a_box_holds_its_character_and_not_the_next():
    hand = pen.make_hand("wide", 5)
    writing = pen.write("o o o", hand, rng(1))
    ink = pen.draw(writing)
    for number in (0, 2, 4):
        left, top, right, bottom = writing.boxes[number]
        crop = ink[int(top) : int(bottom) + 1, int(left) : int(right) + 1]
        assert crop.max() > 180
    for number in (1, 3):
        assert writing.boxes[number, 0] >= writing.boxes[number - 1, 2] - 3
        assert writing.boxes[number, 2] <= writing.boxes[number + 1, 0] + 3


def test_letters_grow_from_left_to_right_and_spaces_are_wide():
    writing = pen.write("mmmm mmmm", pen.hands("train")[1], rng(2))
    lefts = writing.boxes[:, 0]
    assert np.all(np.diff(lefts) > 0)
    letters = [k for k in range(3)]
    within = np.mean([writing.boxes[k + 1, 0] - writing.boxes[k, 2] for k in letters])
    assert writing.boxes[5, 0] - writing.boxes[3, 2] > within + 2


def test_every_letter_is_varied_afresh():
    writing = pen.write("eeee", pen.hands("train")[2], rng(3))
    shapes = [s - s[0] for k, s in enumerate(writing.strokes) if writing.stroke_owner[k] in (0, 1)]
    assert shapes[0].shape != shapes[1].shape or np.abs(shapes[0] - shapes[1]).max() > 0.1


def test_joins_connect_where_the_pen_is():
    hand = next(hand for hand in pen.hands("train") if hand.style.joins > 0.7)
    joined = 0
    for seed in range(5):
        writing = pen.write("minimum lullaby", hand, rng(seed))
        ends = np.array([[*s[0], *s[-1]] for s in writing.strokes])
        for k, stroke in enumerate(writing.strokes):
            if len(stroke) == 7 and k + 1 < len(ends):
                gaps = np.hypot(*(ends[:, 2:] - stroke[0]).T)
                starts = np.hypot(*(ends[:, :2] - stroke[-1]).T)
                gaps[k] = starts[k] = np.inf
                joined += gaps.min() < 1e-6 and starts.min() < 1e-6
    assert joined >= 10


def test_lines_are_uint8_and_saturate_without_wrapping():
    for number, hand in enumerate(pen.hands("test")):
        line = pen.write_line("Wrapping ink? Never.", hand, rng(number))
        assert line.image.dtype == np.uint8
        assert line.image.shape[0] == 32
        clean = pen.draw(pen.write("Wrapping ink? Never.", hand, rng(number)))
        # Where the ink is darkest, the photograph is not paper.
        assert np.median(line.image[clean >= np.quantile(clean, 0.98)]) > 75
        assert np.median(line.image[clean == 0]) < 60


def test_a_photograph_only_adds_up_to_white():
    full = np.full((32, 64), 255, np.uint8)
    for seed in range(40):
        assert photograph(full, pen.hands("train")[seed], rng(seed)).min() > 60


def test_other_heights_scale_image_and_boxes():
    hand = pen.hands("validation")[0]
    small = pen.write_line("scale", hand, rng(4))
    large = pen.write_line("scale", hand, rng(4), height=64)
    assert large.image.shape == (64, 2 * small.image.shape[1])
    np.testing.assert_allclose(large.boxes, 2 * small.boxes)


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_to_write_is_refused(text):
    with pytest.raises(ValueError, match="at least one character"):
        pen.write(text, pen.hands("train")[0], rng())


def test_unknown_characters_are_named():
    with pytest.raises(UnknownCharacterError, match="position 3"):
        pen.write_line("caf\u00e9", pen.hands("train")[0], rng())


def test_characters_are_framed_as_emnist_frames_them():
    hands = pen.hands("train")
    text = "0123456789ABCDEFGHIJabcdefghij" * 4
    images = pen.write_characters(text, [hands[k % 40] for k in range(len(text))], rng())
    assert images.shape == (120, 28, 28)
    assert images.dtype == np.uint8
    rows, columns = images.max(axis=2) > 100, images.max(axis=1) > 100
    for mask in (rows, columns):
        middles = [np.flatnonzero(m)[[0, -1]].mean() for m in mask]
        assert np.abs(np.array(middles) - 13.5).max() < 1.6
    longest = np.maximum(
        [np.ptp(np.flatnonzero(m)) + 1 for m in rows],
        [np.ptp(np.flatnonzero(m)) + 1 for m in columns],
    )
    assert longest.min() >= 19
    assert longest.max() <= 25
    assert np.all(images.max(axis=(1, 2)) == 255)
    assert 30 < images.mean() < 75  # EMNIST's mean is 44


def test_single_characters_refuse_words_and_spaces():
    hand = pen.hands("train")[0]
    for wrong in ("", "ab", " "):
        with pytest.raises(ValueError, match="character"):
            pen.write_character(wrong, hand, rng())
    with pytest.raises(ValueError, match="one hand per character"):
        pen.write_characters("ab", [hand], rng())
    assert pen.write_characters("", [], rng()).shape == (0, 28, 28)


_PROGRAM = """
import hashlib, numpy as np
from shared import pen
digest = hashlib.sha256()
for split in ("train", "test"):
    for k, hand in enumerate(pen.hands(split)[:5]):
        line = pen.write_line("Same seed, same ink: 4.50", hand, np.random.default_rng(k))
        digest.update(line.image.tobytes() + np.rint(line.boxes * 16).astype("<i4").tobytes())
        digest.update(pen.write_character("Q", hand, np.random.default_rng(k)).tobytes())
print(digest.hexdigest())
"""


def test_another_process_writes_the_same_bytes():
    digest = hashlib.sha256()
    for split in ("train", "test"):
        for k, hand in enumerate(pen.hands(split)[:5]):
            line = pen.write_line("Same seed, same ink: 4.50", hand, rng(k))
            digest.update(line.image.tobytes() + np.rint(line.boxes * 16).astype("<i4").tobytes())
            digest.update(pen.write_character("Q", hand, rng(k)).tobytes())
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digest.hexdigest()
