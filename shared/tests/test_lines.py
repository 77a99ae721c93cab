"""Sets of lines and characters, and the frozen ones."""

import numpy as np
import pytest

from shared import lines, paths, pen


@pytest.fixture(scope="module")
def train():
    return lines.compose_lines(40, "train", 3)


def test_lines_are_complete_and_in_turn(train):
    assert len(train) == 40
    assert len(set(train.writers)) == 40
    for image, text, boxes, flags in zip(
        train.images, train.texts, train.boxes, train.held_out, strict=True
    ):
        assert image.dtype == np.uint8
        assert image.shape[0] == 32
        assert boxes.shape == (len(text), 4)
        assert flags.shape == (len(text),)
        repeats = sum(a == b for a, b in zip(text, text[1:], strict=False))
        assert -(-image.shape[1] // 4) >= len(text) + repeats, "CTC could not align this line"


def test_a_shorter_set_is_the_beginning_of_a_longer_one(train):
    short = lines.compose_lines(5, "train", 3)
    assert short.texts == train.texts[:5]
    assert all(np.array_equal(a, b) for a, b in zip(short.images, train.images, strict=False))
    assert lines.compose_lines(5, "train", 4).texts != short.texts


def test_one_hand_can_write_all_lines():
    hand = pen.make_hand("mine", 77)
    made = lines.compose_lines(6, "validation", 0, hands=[hand])
    assert set(made.writers) == {"mine"}


def test_sets_survive_saving(tmp_path, train):
    train.save(tmp_path / "set.npz")
    again = lines.LineSet.load(tmp_path / "set.npz")
    assert again.texts == train.texts
    assert again.writers == train.writers
    for name in ("images", "held_out"):
        for a, b in zip(getattr(again, name), getattr(train, name), strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(again.boxes[3], train.boxes[3], atol=1e-4)
    assert lines.content_hash(again.arrays()) == lines.content_hash(train.arrays())
    assert [path.name for path in tmp_path.iterdir()] == ["set.npz"]


def test_an_empty_set_survives_saving(tmp_path):
    lines.compose_lines(0, "train", 0).save(tmp_path / "none.npz")
    assert len(lines.LineSet.load(tmp_path / "none.npz")) == 0


def test_damaged_files_are_named(tmp_path, train):
    path = tmp_path / "set.npz"
    train.save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(lines.DamagedFileError, match=r"set\.npz cannot be read"):
        lines.LineSet.load(path)
    np.savez(path, something=np.zeros(3))
    with pytest.raises(lines.DamagedFileError, match="is no LineSet"):
        lines.LineSet.load(path)
    with pytest.raises(FileNotFoundError):
        lines.LineSet.load(tmp_path / "none.npz")


def test_parts_of_a_set_can_be_taken(train):
    part = train[[4, 1]]
    assert part.texts == [train.texts[4], train.texts[1]]
    assert train[10:12].writers == train.writers[10:12]
    mask = [writer == train.writers[7] for writer in train.writers]
    assert train[mask].texts == [train.texts[7]]
    assert len(train[[]]) == 0
    with pytest.raises(ValueError, match="equally many"):
        lines.LineSet(part.images, ["one"], part.writers, part.boxes, part.held_out)


def test_splits_are_disjoint_and_the_check_can_fail(train):
    test = lines.compose_lines(20, "test", 3)
    validation = lines.compose_lines(10, "validation", 3)
    lines.assert_disjoint(train, test, validation)
    lines.assert_disjoint(validation, test)
    with pytest.raises(AssertionError, match="shares 3 writers"):
        lines.assert_disjoint(train, train[:3])
    renamed = lines.LineSet(
        test.images, train.texts[:1] + test.texts[1:], test.writers, test.boxes, test.held_out
    )
    with pytest.raises(AssertionError, match="shares 1 texts"):
        lines.assert_disjoint(train, renamed)
    with pytest.raises(AssertionError, match="use held-out letterforms"):
        lines.assert_disjoint(test, train)
    assert not np.concatenate(train.held_out).any()
    assert 1 / 3 < np.concatenate(test.held_out).mean() < 0.6


def test_bad_requests_are_refused():
    with pytest.raises(ValueError, match="-1 lines"):
        lines.compose_lines(-1, "train", 0)
    with pytest.raises(ValueError, match="0 hands"):
        lines.compose_lines(3, "train", 0, hands=[])
    with pytest.raises(ValueError, match="no split"):
        lines.compose_lines(3, "dev", 0)


def test_characters_are_balanced_and_repeatable():
    made = lines.characters("train", 3, 5)
    assert made.images.shape == (186, 28, 28)
    assert np.all(np.bincount(made.labels) == 3)
    assert len(made.writers) == 186
    again = lines.characters("train", 3, 5)
    np.testing.assert_array_equal(made.images, again.images)
    digits = lines.characters("test", 2, 5, classes="0123456789")
    assert digits.classes == "0123456789"
    assert len(digits[digits.labels == 4]) == 2


def test_character_sets_survive_saving(tmp_path):
    made = lines.characters("validation", 1, 2)
    made.save(tmp_path / "letters.npz")
    again = lines.CharacterSet.load(tmp_path / "letters.npz")
    np.testing.assert_array_equal(again.images, made.images)
    assert (again.classes, again.writers) == (made.classes, made.writers)
    with pytest.raises(lines.DamagedFileError, match="is no LineSet"):
        lines.LineSet.load(tmp_path / "letters.npz")


def test_the_frozen_lines_are_the_hard_test():
    frozen = lines.frozen_lines()
    assert len(set(frozen.texts)) == 300
    assert len(set("".join(frozen.texts))) == 95
    assert sorted(set(frozen.writers)) == [hand.name for hand in pen.hands("test")]
    assert 1 / 3 < np.concatenate(frozen.held_out).mean() < 0.6
    lines.assert_disjoint(lines.compose_lines(50, "train", 0), frozen)
    for image, text in zip(frozen.images, frozen.texts, strict=True):
        repeats = sum(a == b for a, b in zip(text, text[1:], strict=False))
        assert -(-image.shape[1] // 4) >= len(text) + repeats


def test_the_frozen_characters_cover_62_classes():
    frozen = lines.frozen_characters()
    assert frozen.classes == lines.CLASSES_62
    assert np.all(np.bincount(frozen.labels) == 20)


def test_a_changed_frozen_set_is_refused(tmp_path, monkeypatch):
    changed = lines.frozen_lines()
    changed.images[7][3, 3] ^= 1
    changed.save(tmp_path / "samples" / "lines_test.npz")
    monkeypatch.setattr(paths, "DATA", tmp_path)
    with pytest.raises(lines.DamagedFileError, match="is not the frozen test set"):
        lines.frozen_lines()
    (tmp_path / "samples" / "lines_test.npz").unlink()
    with pytest.raises(FileNotFoundError, match="lines_test"):
        lines.frozen_lines()
