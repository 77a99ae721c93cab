"""What stands on a page: paragraphs, letters, lists and notes, as rows of text."""

from __future__ import annotations

import string
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from shared.lines import sentences

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


def bell(
    rng: np.random.Generator, shape: int | tuple[int, int] | None = None, limit: float = 2.5
) -> np.ndarray:
    """Return normal noise of unit variance without its tails, so that no page falls apart."""
    return np.clip(rng.standard_normal(shape), -limit, limit)


@dataclass(frozen=True)
class Row:
    """One line before it is placed.

    Attributes:
        text: what it says.
        place: "left", "right", "center", or "insert" for a word above the row that follows.
        indent: how far it is set in, in x-heights.
        gap: paper left free before it, in line pitches.
        written: what is written, crossed-out words included; the text if empty.
        struck: first and one past the last crossed-out character of `written`.
        underlined: whether a line is drawn under it.
    """

    text: str
    place: str = "left"
    indent: float = 0.0
    gap: float = 0.0
    written: str = ""
    struck: tuple[int, int] = (0, 0)
    underlined: bool = False


def choose_rows(rng: np.random.Generator, split: str, columns: int, count: int) -> list[Row]:
    """Return `count` rows or a few less, none much longer than `columns` characters."""
    if count == 0:
        return []
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values()))) if count > 2 else "prose"
    compose = {"prose": _prose, "letter": _letter, "notes": _notes, "list": _list}[kind]
    rows = compose(rng, split, columns, count)
    if count > 3 and kind != "letter" and rng.random() < 0.12:
        place = ("left", "center")[int(rng.random() < 0.6)]
        title = sentences.filled(rng, split, _TITLES)
        rows = [Row(title, place, underlined=rng.random() < 0.4), *rows[:-1]]
        rows[1] = replace(rows[1], gap=rng.uniform(0, 1))
    if count > 5 and rng.random() < 0.08:
        place = ("right", "center")[int(rng.random() < 0.4)]
        number = Row(sentences.filled(rng, split, _NUMBERS), place)
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
        texts = sentences.running(rng, split, goals.astype(int).clip(8).tolist())
        rows += [Row(text) for text in texts]
        rows[first] = replace(rows[first], indent=indent, gap=gap if first else 0.0)
    return rows


def _letter(rng: np.random.Generator, split: str, columns: int, count: int) -> list[Row]:
    """Return date, greeting, paragraphs, closing and name, as many of them as fit."""
    rows = []
    for _ in range(1 + int(count > 6 and rng.random() < 0.4)):
        place = "right" if rng.random() < 0.8 else "left"
        rows.append(Row(sentences.filled(rng, split, _DATES), place, indent=rng.uniform(0, 4)))
    greeting = sentences.filled(rng, split, _GREETINGS)
    rows.append(Row(greeting, gap=rng.uniform(0, 1.2)))
    left = count - len(rows) - (count > 5) - (count > 8)
    body = _prose(rng, split, columns, max(1, left))
    rows += [replace(body[0], gap=rng.uniform(0, 0.6)), *body[1:]]
    if count > 5:
        closing = sentences.filled(rng, split, _CLOSINGS)
        place = ("left", "right")[int(rng.random() < 0.6)]
        rows.append(Row(closing, place, rng.uniform(0, 6), rng.uniform(0, 0.8)))
    if count > 8:
        name = sentences.filled(rng, split, ("{first}", "{first} {last}", "{I}. {last}"))
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
    texts = [sentences.filled(rng, split, templates) for _ in range(count)]
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
            text = sentences.filled(rng, split, _NUMBERS if kind < 0.65 else _ALONE)
        rows.append(Row(text, place, indent, gap))
    return rows


def strike(rng: np.random.Generator, split: str, row: Row) -> Row:
    """Return the row with a word more, which was crossed out."""
    words = row.text.split(" ")
    word = sentences.filled(rng, split, ("{noun}", "{adj}", "{past}", "{adv} {past}"))
    at = int(rng.integers(0, len(words)))
    start = sum(len(w) + 1 for w in words[:at])
    written = " ".join([*words[:at], word, *words[at:]])
    return replace(row, written=written, struck=(start, start + len(word)))


def insertion(rng: np.random.Generator, split: str) -> Row:
    """Return a word or two to be set above the row that follows."""
    return Row(sentences.filled(rng, split, _WORDS), "insert")
