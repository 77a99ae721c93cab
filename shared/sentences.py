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

SPLITS = ("train", "validation", "test")
WORDS_FILE = Path(__file__).with_name("words.txt")
MAX_LENGTH = 50
#: Sections whose words are divided among the splits; the others serve all of them
CONTENT = ("noun", "verb", "adjective", "first", "last", "place", "street")
# Which tenths of all words, and of all texts, are a split's; which tenth, says a checksum
_WORD_SHARES = {"train": range(0, 7), "validation": range(7, 8), "test": range(8, 10)}
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
    """Read the word file: words by section, or whole lines where they are templates.

    Raises:
        ValueError: A word precedes the first section or stands twice; the message names the line.
    """
    sections: dict[str, list[str]] = {}
    name = ""
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        if not line.strip() or line.startswith(";;"):
            continue
        if section := re.fullmatch(r"\[(\w+)\]", line):
            name = section[1]
            sections[name] = []
            continue
        if not name:
            raise ValueError(f"{path.name}, line {number}: words before the first [section].")
        words = [line] if name in ("clause", "note") else line.split()
        repeated = [word for word in words if word in sections[name]]
        if repeated and name in CONTENT:
            raise ValueError(f"{path.name}, line {number}: {repeated} stand twice in [{name}].")
        sections[name] += words
    return {section: tuple(words) for section, words in sections.items()}


@cache
def pools(split: str) -> dict[str, tuple[str, ...]]:
    """Return the words that a split may use, by section; content words are in one split only.

    Raises:
        ValueError: There is no such split.
    """
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r}; choose one of {', '.join(SPLITS)}.")

    def mine(word: str) -> bool:  # A word that is both noun and adjective stays in one split
        return _tenth(word.split(":")[0].lower()) in _WORD_SHARES[split]

    return {
        section: tuple(filter(mine, words)) if section in CONTENT else words
        for section, words in read_words().items()
    }


def split_of(text: str) -> str:
    """Return the one split that a text belongs to."""
    return next(split for split, tenths in _TEXT_SHARES.items() if _tenth(text) in tenths)


def _tenth(text: str) -> int:
    return zlib.crc32(text.encode("ascii")) % 10


class TextMaker:
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
        """Return one of the options."""
        return options[int(self._rng.random() * len(options))]

    def number(self, low: int, high: int) -> int:
        """Return a whole number from low to high - 1."""
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
        """Return a template with a word in each slot, as in "the {noun}"; {Noun} capitalizes."""
        text = re.sub(r"\{(\w+)\}", lambda match: self._slot(match[1]), template)
        return text.replace("{{", "{").replace("}}", "}")

    def sentence(self) -> str:
        """Return a sentence of one clause or a few."""
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
        rng: Source of all choices.
        split: "train", "validation" or "test"; no text belongs to two of them.

    Raises:
        ValueError: There is no such split.
    """
    writer = TextMaker(rng, split)
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


def sample_many(count: int, seed: int, split: str = "train") -> list[str]:
    """Return `count` texts; the same seed and split always give the same ones.

    Raises:
        ValueError: The count is negative, or there is no such split.
    """
    if count < 0:
        raise ValueError(f"count is {count}; it needs a number of texts, 0 or more.")
    pools(split)
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    return [sample(rng, split) for _ in range(count)]
