"""What stands on a page: paragraphs, letters, lists and notes, as rows of text."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from shared import sentences

_DATES = ("{d} {month} {year}", "{month} {d}, {year}", "{day}, {month} {d}", "{d}/{m}/{y2}",
          "{place}, {month} {d}", "{n2} {street} Street")  # fmt: skip
_GREETINGS = ("Dear {first},", "Dear {title} {last},", "My dear {first},", "Hello {first}!")
_CLOSINGS = ("Yours, {first}", "Best wishes, {first}", "With love from {first}",
             "Your {adj} {noun}", "See you in {month}!")  # fmt: skip
_TITLES = ("{Noun} and {noun}", "The {adj} {noun}", "{Place} in {month}", "{Noun}s: {adj}",
           "Notes of {month} {d}")  # fmt: skip
_NUMBERS = ("{n}", "{n2}", "- {n} -", "p. {n}", "page {n2}")
_WORDS = ("{noun}", "{adj}", "{adv}", "the {noun}", "{prep} {place}")
_ALONE = ("{noun}", "{adj}", "{Noun}", "{first}", "{n} {unit}", "the {noun}", "{noun}, {noun}",
          "{month} {d}", "{d}/{m}/{y2}", "{Place}", "#{n2}", "{n2}%")  # fmt: skip
_LETTERS = string.ascii_letters
KINDS = {"prose": 0.5, "letter": 0.23, "notes": 0.17, "list": 0.1}


def clipped_normal(
    rng: np.random.Generator, shape: int | tuple[int, int] | None = None, limit: float = 2.5
) -> np.ndarray:
    """Return standard normal numbers cut off at a limit, so that no page falls apart."""
    return np.clip(rng.standard_normal(shape), -limit, limit)


@dataclass(frozen=True)
class Row:
    """One line before it is placed.

    Attributes:
        text: What it says.
        place: "left", "right", "center", or "insert" for a word above the row that follows.
        indent: How far it is set in, in x-heights.
        gap: Paper left free before it, in line pitches.
        written: What is written, crossed-out words included; the text if empty.
        struck: First and one past the last crossed-out character of `written`.
        underlined: Whether a line is drawn under it.
    """

    text: str
    place: str = "left"
    indent: float = 0.0
    gap: float = 0.0
    written: str = ""
    struck: tuple[int, int] = (0, 0)
    underlined: bool = False


def running(rng: np.random.Generator, split: str, lengths: Sequence[int]) -> list[str]:
    """Return lines of running text, as a person breaks it at the edge of the paper.

    A line goes on where the one before it ended, unless no such line belongs to the split; the
    last one ends a sentence where it can.

    Args:
        rng: Source of all choices.
        split: "train", "validation" or "test"; every line belongs to it.
        lengths: The most characters that each line holds, 8 or more.

    Raises:
        ValueError: There is no such split, or a length is below 8.
    """
    if min(lengths, default=8) < 8:
        raise ValueError(f"A line of {min(lengths)} characters holds no word; give 8 or more.")
    writer = sentences.TextMaker(rng, split)
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
            if len(line) <= length and sentences.split_of(line) == split:
                break
        carried = words[fits:]
        lines.append(line)
    return lines


def filled(rng: np.random.Generator, split: str, templates: Sequence[str]) -> str:
    """Return one of the templates with words in its slots; the text belongs to the split.

    Raises:
        ValueError: The templates make no text of the split; give one with a slot.
    """
    writer = sentences.TextMaker(rng, split)
    for _ in range(1000):
        text = writer.fill(writer.choose(templates))
        if sentences.split_of(text) == split:
            return text
    raise ValueError(f"None of {templates!r} makes a text of the split {split!r}; give one a slot.")


def choose_rows(rng: np.random.Generator, split: str, columns: int, count: int) -> list[Row]:
    """Return `count` rows or a few less, none much longer than `columns` characters."""
    if count == 0:
        return []
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values()))) if count > 2 else "prose"
    compose = {"prose": _prose, "letter": _letter, "notes": _notes, "list": _list}[kind]
    rows = compose(rng, split, columns, count)
    if count > 3 and kind != "letter" and rng.random() < 0.12:
        place = ("left", "center")[int(rng.random() < 0.6)]
        title = filled(rng, split, _TITLES)
        rows = [Row(title, place, underlined=rng.random() < 0.4), *rows[:-1]]
        rows[1] = replace(rows[1], gap=rng.uniform(0, 1))
    if count > 5 and rng.random() < 0.08:
        place = ("right", "center")[int(rng.random() < 0.4)]
        number = Row(filled(rng, split, _NUMBERS), place)
        rows = [number, replace(rows[0], gap=rng.uniform(0.1, 1.2)), *rows[1:-1]]
    return rows


def _prose(rng: np.random.Generator, split: str, columns: int, count: int) -> list[Row]:
    """Return one to three paragraphs, the last line of each shorter."""
    number = 1 if count < 5 else int(rng.integers(1, 4))
    cuts = (
        np.sort(rng.choice(np.arange(2, count - 1), number - 1, replace=False)) if count > 5 else []
    )
    firsts = [0, *(int(cut) for cut in cuts)]
    indent = rng.uniform(2, 9) if rng.random() < 0.45 else 0.0
    gap = rng.uniform(0.3, 1.2) if indent == 0 or rng.random() < 0.2 else 0.0
    rows: list[Row] = []
    for first, end in pairwise([*firsts, count]):
        goals = np.array(columns * rng.uniform(0.86, 1.04, end - first))
        goals[0] -= indent / 1.1
        if end - first > 1:
            goals[-1] *= rng.uniform(0.4, 0.95)
        texts = running(rng, split, goals.astype(int).clip(8).tolist())
        rows += [Row(text) for text in texts]
        rows[first] = replace(rows[first], indent=indent, gap=gap if first else 0.0)
    return rows


def _letter(rng: np.random.Generator, split: str, columns: int, count: int) -> list[Row]:
    """Return date, greeting, paragraphs, closing and name, as many of them as fit."""
    rows = []
    for _ in range(1 + int(count > 6 and rng.random() < 0.4)):
        place = "right" if rng.random() < 0.8 else "left"
        rows.append(Row(filled(rng, split, _DATES), place, indent=rng.uniform(0, 4)))
    greeting = filled(rng, split, _GREETINGS)
    rows.append(Row(greeting, gap=rng.uniform(0, 1.2)))
    left = count - len(rows) - (count > 5) - (count > 8)
    body = _prose(rng, split, columns, max(1, left))
    rows += [replace(body[0], gap=rng.uniform(0, 0.6)), *body[1:]]
    if count > 5:
        closing = filled(rng, split, _CLOSINGS)
        place = ("left", "right")[int(rng.random() < 0.6)]
        rows.append(Row(closing, place, rng.uniform(0, 6), rng.uniform(0, 0.8)))
    if count > 8:
        name = filled(rng, split, ("{first}", "{first} {last}", "{I}. {last}"))
        rows.append(Row(name, "right", rng.uniform(0, 6), rng.uniform(0, 0.6)))
    return rows


def _notes(rng: np.random.Generator, split: str, columns: int, count: int) -> list[Row]:
    """Return separate notes: each line a text of its own, of any length that fits."""
    rows = []
    while len(rows) < count:
        text = sentences.sample(rng, split)
        if len(text) <= columns:
            gap = rng.uniform(0.3, 1.2) if rows and rng.random() < 0.12 else 0.0
            rows.append(Row(text, indent=float(rng.random() < 0.1) * rng.uniform(1, 8), gap=gap))
    return rows


def _list(rng: np.random.Generator, split: str, columns: int, count: int) -> list[Row]:
    """Return items, each behind the same mark."""
    marks = ("- {}", "* {}", "{{n}}. {}", "{{n}}) {}", "{}")
    mark = marks[int(rng.integers(len(marks)))]
    kinds = ("{noun}, {noun}", "{n} {noun}s", "{adj} {noun}", "{base} the {noun}", "{noun}",
             "{base} {first} {prep} {day}", "{n2} {unit} {noun}")  # fmt: skip
    templates = [mark.format(kind) for kind in kinds]
    indent = rng.uniform(0, 5) * float(rng.random() < 0.5)
    texts = [filled(rng, split, templates) for _ in range(count)]
    return [Row(text, indent=indent) for text in texts]


def choose_short_rows(rng: np.random.Generator, split: str, count: int) -> list[Row]:
    """Return short rows far apart: page numbers, dates and single words that stand alone.

    A network that sees them only among long lines takes them for specks.
    """
    rows = []
    for _ in range(min(count, int(rng.integers(1, 8)))):
        place = ("left", "right", "center")[int(rng.integers(3))]
        indent = rng.uniform(0, 12) * float(place != "center")
        gap = rng.uniform(0.2, 7) if rng.random() < 0.7 else 0.0
        kind = rng.random()
        if kind < 0.35:  # Each split has numbers of its own; letters bring more shapes
            text = "".join(rng.choice(list(_LETTERS), int(rng.integers(1, 4))))
        else:
            text = filled(rng, split, _NUMBERS if kind < 0.65 else _ALONE)
        rows.append(Row(text, place, indent, gap))
    return rows


def strike(rng: np.random.Generator, split: str, row: Row) -> Row:
    """Return the row with a word more, which was crossed out."""
    words = row.text.split(" ")
    word = filled(rng, split, ("{noun}", "{adj}", "{past}", "{adv} {past}"))
    at = int(rng.integers(0, len(words)))
    start = sum(len(w) + 1 for w in words[:at])
    written = " ".join([*words[:at], word, *words[at:]])
    return replace(row, written=written, struck=(start, start + len(word)))


def insertion(rng: np.random.Generator, split: str) -> Row:
    """Return a word or two to be set above the row that follows."""
    return Row(filled(rng, split, _WORDS), "insert")
