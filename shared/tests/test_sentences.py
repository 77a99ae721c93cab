"""The text generator."""

import re
from collections import Counter

import freeze
import numpy as np
import pytest

from shared import sentences
from shared.alphabet import ASCII, UnknownCharacterError
from shared.pages.texts import filled, running


@pytest.fixture(scope="module")
def texts():
    counts = {"train": 2000, "validation": 300, "test": 300}
    return {split: sentences.sample_many(count, 1, split) for split, count in counts.items()}


def test_every_printable_character_occurs(texts):
    counts = Counter("".join(texts["train"]))
    assert set(counts) == set(ASCII.characters)
    assert min(counts.values()) >= 5
    for split in ("validation", "test"):
        assert len(set("".join(texts[split]))) >= 90, split


def test_lengths_are_those_of_handwritten_lines(texts):
    lengths = np.array([len(text) for text in texts["train"]])
    assert lengths.min() >= 1
    assert lengths.max() <= sentences.MAX_LENGTH
    assert 22 <= lengths.mean() <= 26
    assert (lengths <= 3).any()
    assert (lengths >= 48).any()


def test_no_text_is_blank_or_has_spaces_at_its_ends(texts):
    for text in texts["train"]:
        assert text == text.strip(), repr(text)
        assert "{" not in text or not re.search(r"\{[a-z]{3,}\}", text), f"unfilled: {text!r}"


def test_splits_share_no_text_and_no_content_word(texts):
    sets = {split: set(lines) for split, lines in texts.items()}
    pools = {
        split: {
            word.lower().split(":")[0]
            for section in sentences.CONTENT
            for word in sentences.pools(split)[section]
        }
        for split in sentences.SPLITS
    }
    for a, b in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not sets[a] & sets[b]
        assert not pools[a] & pools[b]
    assert all(len(sentences.pools("test")[s]) >= 5 for s in sentences.CONTENT)


def test_the_check_of_texts_can_fail(texts):
    freeze.check_texts(texts["test"], "test")
    with pytest.raises(AssertionError, match="belongs to the train texts"):
        freeze.check_texts(texts["train"][:1], "test")
    with pytest.raises(UnknownCharacterError):
        freeze.check_texts(["na\u00efve"], "train")


def test_the_kinds_that_people_write_all_occur(texts):
    lines = texts["train"]
    kinds = {
        "date": r"^\d{1,2}/\d{1,2}/\d{2}$",
        "time": r"\b\d{1,2}:\d{2}\b",
        "price": r"\$\d+\.\d{2}",
        "sum": r"^\d+ ?[-+*x/] ?\d+ ?= ?\d+$",
        "mail": r"^\w+\.\w@\w+\.com$",
        "abbreviation": r"\b(Dr|Mrs|etc|e\.g)\.",
        "quote": r"^\".*\"",
        "contraction": r"can't|didn't",
    }
    for kind, pattern in kinds.items():
        assert any(re.search(pattern, line) for line in lines), kind


def test_sums_are_right(texts):
    found = 0
    for line in texts["train"]:
        match = re.fullmatch(r"(\d+) ([-+x/]) (\d+) = (\d+)", line)
        if match:
            a, b, c = int(match[1]), int(match[3]), int(match[4])
            right = {"+": a + b, "-": a - b, "x": a * b, "/": a / max(b, 1)}[match[2]]
            assert c == right, line
            found += 1
    assert found >= 10


def test_the_same_seed_gives_the_same_texts_and_longer_runs_go_on():
    first = sentences.sample_many(20, 7, "test")
    assert sentences.sample_many(50, 7, "test")[:20] == first
    assert sentences.sample_many(20, 8, "test") != first


@pytest.mark.parametrize("split", sentences.SPLITS)
def test_running_text_fills_its_lines_and_stays_in_its_split(split):
    lengths = [40] * 30 + [24]
    lines = running(np.random.default_rng(3), split, lengths)
    freeze.check_texts(lines, split)
    assert all(1 <= len(line) <= most for line, most in zip(lines, lengths, strict=True))
    assert np.mean([len(line) for line in lines]) > 26
    assert lines[0][0].isupper() or lines[0][0].isdigit()
    assert running(np.random.default_rng(3), split, lengths) == lines


def test_running_text_goes_on_in_the_next_line():
    lines = running(np.random.default_rng(4), "train", [34] * 60)
    # A line that begins a sentence has a capital; only names have one in the middle of it.
    assert np.mean([line[0].isupper() for line in lines[1:]]) < 0.4


def test_filled_templates_belong_to_the_split():
    rng = np.random.default_rng(0)
    texts = [filled(rng, "test", ("Dear {first},", "{noun}")) for _ in range(20)]
    freeze.check_texts(texts, "test")
    assert len(set(texts)) > 5
    word = next(text for text in ("a", "b", "c") if sentences.split_of(text) != "test")
    with pytest.raises(ValueError, match="makes a text of the split 'test'; give one a slot"):
        filled(rng, "test", (word,))


def test_bad_requests_are_refused():
    with pytest.raises(ValueError, match="no split 'dev'"):
        sentences.sample_many(3, 0, "dev")
    with pytest.raises(ValueError, match="5 characters holds no word"):
        running(np.random.default_rng(0), "train", [20, 5])
    with pytest.raises(ValueError, match="count is -1"):
        sentences.sample_many(-1, 0, "train")


def test_bad_word_files_are_named(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("apple\n[noun]\n")
    with pytest.raises(ValueError, match="line 1: words before"):
        sentences.read_words(path)
    path.write_text("[noun]\napple pear\npear\n")
    with pytest.raises(ValueError, match="line 3"):
        sentences.read_words(path)
