"""Text to write: sentences, notes, dates, sums and addresses, made from our own words.

Content words belong to one split each, and so does every finished text, so that a network
tested on the test texts has met neither the texts nor most of their words.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from shared.alphabet import ASCII

SPLITS = ("train", "validation", "test")
WORDS_FILE = Path(__file__).with_name("words.txt")
MAX_LENGTH = 50
#: Sections whose words are divided among the splits; the others serve all of them
CONTENT = ("noun", "verb", "adjective", "first", "last", "place", "street")
_TEMPLATES = ("clause", "note")
_TEXT_SHARES = {"train": range(0, 6), "validation": range(6, 8), "test": range(8, 10)}

_SHORT = {"adj": "adjective", "adv": "adverb", "prep": "preposition", "det": "determiner",
          "pron": "pronoun", "obj": "object", "conj": "conjunction",
          "abbr": "abbreviation"}  # fmt: skip
#: Slots for numbers: lowest, one more than the highest, how it is written
_NUMBERS = {
    "n": (0, 10, "{}"), "n2": (10, 100, "{}"), "n3": (100, 1000, "{}"), "n4": (1000, 10000, "{}"),
    "zip": (10000, 100000, "{}"), "d": (1, 32, "{}"), "dd": (1, 32, "{:02d}"), "m": (1, 13, "{}"),
    "mm": (1, 13, "{:02d}"), "y2": (0, 100, "{:02d}"), "year": (1780, 2040, "{}"),
    "hour": (1, 25, "{}"), "min": (0, 60, "{:02d}"), "cents": (0, 100, "{:02d}"),
}  # fmt: skip
_ENDS = (".", ".", ".", ".", ".", "!", "?", ";", ":", "...", ",", "")


def read_words(path: Path = WORDS_FILE) -> dict[str, tuple[str, ...]]:
    """Read the word file: words by section.

    Raises:
        ValueError: naming the line, if a word precedes the first section or repeats.
    """
    sections: dict[str, list[str]] = {}
    name = None
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        if not line.strip() or line.startswith(";;"):
            continue
        if section := re.fullmatch(r"\[(\w+)\]", line):
            name = section[1]
            sections[name] = []
            continue
        words = [line] if name in _TEMPLATES else line.split()
        if name is None:
            raise ValueError(f"{path.name}, line {number}: words before the first [section].")
        repeated = [w for w in words if w in sections[name]]
        if repeated and name in CONTENT:
            raise ValueError(f"{path.name}, line {number}: {repeated} stand twice in [{name}].")
        sections[name] += words
    return {section: tuple(words) for section, words in sections.items()}


@cache
def pools(split: str) -> dict[str, tuple[str, ...]]:
    """Return the words that a split may use, by section; content words are in one split only.

    Raises:
        ValueError: on an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r}; choose one of {', '.join(SPLITS)}.")
    # By checksum, so that a word which is both noun and adjective stays in one split.
    mine = {"train": range(0, 7), "validation": range(7, 8), "test": range(8, 10)}[split]
    return {
        section: tuple(w for w in words if _tenth(w.split(":")[0].lower()) in mine)
        if section in CONTENT
        else words
        for section, words in read_words().items()
    }


def split_of(text: str) -> str:
    """Return the one split that a text belongs to, by its checksum."""
    return next(split for split, tenths in _TEXT_SHARES.items() if _tenth(text) in tenths)


def _tenth(text: str) -> int:
    return zlib.crc32(text.encode("ascii")) % 10


class _Writer:
    """Fills templates with the words of one split, and with numbers."""

    def __init__(self, rng: np.random.Generator, split: str) -> None:
        self._rng = rng
        self._words = pools(split)
        self._special: dict[str, Callable[[], str]] = {
            "base": lambda: self.choose(self._words["verb"]).split(":")[0],
            "past": lambda: self.choose(self._words["verb"]).split(":")[1],
            "title": lambda: self.choose(("Mr.", "Mrs.", "Ms.", "Dr.", "Prof.")),
            "ampm": lambda: self.choose(("am", "pm", "a.m.", "p.m.", "AM", "PM")),
            "I": lambda: chr(self.number(65, 91)),
            "low": lambda: chr(self.number(97, 123)),
            "lower": lambda: self.choose(self._words["first"]).lower(),
            "sum": self.sum,
            "Clause": lambda: _capitalize(self.fill(self.choose(self._words["clause"]))),
        }

    def choose(self, options: Sequence[str]) -> str:
        return options[int(self._rng.random() * len(options))]

    def number(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high))

    def _slot(self, name: str) -> str:
        if name in self._special:
            return self._special[name]()
        if name in _NUMBERS:
            low, high, pattern = _NUMBERS[name]
            return pattern.format(self.number(low, high))
        lower = name.lower()
        word = self.choose(self._words[_SHORT.get(lower, lower)])
        if name == lower:
            return word
        return word.upper() if name.isupper() else _capitalize(word)

    def sum(self) -> str:
        """Return a sum that is right, as most people's are."""
        a, b = self.number(2, 100), self.number(2, 100)
        return self.choose(
            (f"{a} + {b} = {a + b}", f"{a + b} - {a} = {b}", f"{a} x {b} = {a * b}",
             f"{a * b} / {b} = {a}", f"{a}+{b}={a + b}", f"{a} * {b} = {a * b}")
        )  # fmt: skip

    def fill(self, template: str) -> str:
        text = re.sub(r"\{(\w+)\}", lambda match: self._slot(match[1]), template)
        return text.replace("{{", "{").replace("}}", "}")

    def sentence(self) -> str:
        text = self.fill(self.choose(self._words["clause"]))
        while self._rng.random() < 0.35:
            text += self.choose((", ", " ", "; ", " - ")) + self.fill("{conj} ")
            text += self.fill(self.choose(self._words["clause"]))
        return _capitalize(text) + self.choose(_ENDS)

    def prose(self) -> str:
        """Return a line as it stands on a page: some words out of running text."""
        words = f"{self.sentence()} {self.sentence()} {self.sentence()}".split(" ")
        first = self.number(0, max(1, len(words) - 8)) if self._rng.random() < 0.65 else 0
        goal = 16 + 35 * self._rng.random()
        line = words[first]
        for word in words[first + 1 :]:
            if len(line) + 1 + len(word) > goal:
                break
            line += " " + word
        return line

    def _name(self) -> str:
        """Return a word that does not exist but could be somebody's name."""
        words = self._words
        name = "".join(
            self.choose(words["onset"]) + self.choose(words["vowel"])
            for _ in range(self.number(1, 4))
        )
        name += self.choose((*words["coda"], ""))
        return self.choose((name, name.capitalize(), name.capitalize(), name.upper()))

    def noise(self) -> str:
        """Return characters in no order, so that each of them occurs and none is foreseeable."""
        if self._rng.random() < 0.4:
            names = [self._name() for _ in range(self.number(1, 5))]
            return self.choose((" ", " ", ", ", "-")).join(names)
        length = self.number(2, 22)
        codes = self._rng.integers(33, 127, length)
        line = "".join(chr(code) for code in codes)
        if length > 6 and self._rng.random() < 0.5:
            gap = self.number(2, length - 2)
            line = f"{line[:gap]} {line[gap:]}"
        return line


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def sample(rng: np.random.Generator, split: str = "train") -> str:
    """Return one line of text: 1 to 50 characters of printable ASCII, about 24 on average.

    Args:
        rng: source of all choices.
        split: "train", "validation" or "test"; no text belongs to two of them.

    Raises:
        ValueError: on an unknown split.
    """
    writer = _Writer(rng, split)
    while True:
        kind = rng.random()
        if kind < 0.64:
            text = writer.prose()
        elif kind < 0.92:
            text = writer.fill(writer.choose(pools(split)["note"]))
        else:
            text = writer.noise()
        if 1 <= len(text) <= MAX_LENGTH and split_of(text) == split:
            return text


def running(rng: np.random.Generator, split: str, lengths: Sequence[int]) -> list[str]:
    """Return lines of running text, as a person breaks it at the edge of the paper.

    A line goes on where the one before it ended, unless no such line belongs to the split; the
    last one ends a sentence where it can.

    Args:
        rng: source of all choices.
        split: "train", "validation" or "test"; every line belongs to it.
        lengths: the most characters that each line holds, 8 or more.

    Raises:
        ValueError: on an unknown split or a length below 8.
    """
    if min(lengths, default=8) < 8:
        raise ValueError(f"A line of {min(lengths)} characters holds no word; give 8 or more.")
    writer = _Writer(rng, split)
    carried: list[str] = []
    lines = []
    for number, length in enumerate(lengths, 1):
        for attempt in range(1000):
            words = list(carried) if attempt < 24 else []
            while sum(map(len, words)) + len(words) <= length + 1:
                words += writer.sentence().split(" ")
            ends = np.cumsum([len(word) + 1 for word in words]) - 1
            # A word less now and then: else a long remainder would always make the same line.
            fits = max(1, int(np.searchsorted(ends, length, side="right")))
            fits -= attempt % (3 if fits > 5 else 2 if fits > 2 else 1)
            if number == len(lengths) and attempt < 200:
                stops = [k for k, word in enumerate(words[:fits], 1) if word[-1] in ".!?"]
                fits = stops[-1] if stops else fits
            line = " ".join(words[:fits])
            if len(line) <= length and split_of(line) == split:
                break
        carried = words[fits:]
        lines.append(line)
    return lines


def filled(rng: np.random.Generator, split: str, templates: Sequence[str]) -> str:
    """Return one of the templates with words in its slots; the text belongs to the split.

    Raises:
        ValueError: if the templates make no text of the split; give one with a slot.
    """
    writer = _Writer(rng, split)
    for _ in range(1000):
        text = writer.fill(writer.choose(templates))
        if split_of(text) == split:
            return text
    raise ValueError(f"None of {templates!r} makes a text of the split {split!r}; give one a slot.")


def sample_many(count: int, seed: int, split: str = "train") -> list[str]:
    """Return `count` texts; the same seed and split always give the same ones.

    Raises:
        ValueError: on a negative count or an unknown split.
    """
    if count < 0:
        raise ValueError(f"count is {count}; it needs a number of texts, 0 or more.")
    pools(split)
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    return [sample(rng, split) for _ in range(count)]


def check_texts(texts: list[str], split: str) -> None:
    """Assert that texts can be encoded and belong to a split.

    Raises:
        AssertionError: naming a text of another split.
        shared.alphabet.UnknownCharacterError: on a character outside printable ASCII.
    """
    for text in texts:
        ASCII.encode(text)
        assert split_of(text) == split, f"{text!r} belongs to the {split_of(text)} texts"
