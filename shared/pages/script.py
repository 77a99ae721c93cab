"""Script: the rows of a page as the pen wrote them, before they have a place on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.pages.texts import Row
from shared.pen import Hand, Writing, smooth_noise, write

_STANDING = frozenset("abcdehiklmnorstuvwxABCDEFGHIKLMNOPRSTUVWXYZ0123456789")


@dataclass(frozen=True, eq=False)
class Script:
    """All the strokes of a page, one after the other; those of a row stand together.

    Attributes:
        along: (n,) how far right of its row's beginning each point is, in x-heights.
        up: (n,) how far above its row's baseline, in x-heights.
        lengths: Points of each stroke.
        line: The row that each stroke belongs to.
        owned: Per stroke, whether it counts as the row's ink; a crossed-out word does not.
        widths: Of the rows.
        gaps: Per row, where its words end.
    """

    along: np.ndarray
    up: np.ndarray
    lengths: np.ndarray
    line: np.ndarray
    owned: np.ndarray
    widths: np.ndarray
    gaps: list[np.ndarray]


def write_rows(rows: list[Row], spread: float, hand: Hand, rng: np.random.Generator) -> Script:
    """Write the rows of a page, words `spread` x-heights further apart than the hand sets them."""
    # A page is one long line of writing, cut where its lines end: twice as fast as line by line
    written = [row.written or row.text for row in rows]
    writing = write(" ".join(written), hand, rng)
    starts = np.cumsum([0, *(len(text) + 1 for text in written)])
    lengths = np.array([len(stroke) for stroke in writing.strokes])
    line = np.searchsorted(starts, writing.stroke_owner, side="right") - 1
    order = np.argsort(line, kind="stable")
    points = np.concatenate([writing.strokes[k] for k in order])
    lengths, line, character = lengths[order], line[order], writing.stroke_owner[order]
    inside = character - starts[line]
    struck = np.array([row.struck for row in rows])
    owned = (inside < struck[line, 0]) | (inside >= struck[line, 1])

    blanks = np.array([character == " " for character in writing.text])
    shift = spread * np.cumsum(blanks * rng.uniform(0.6, 1.4, len(blanks)))
    along = points[:, 0] / writing.x_height + np.repeat(shift[character], lengths)
    up = (writing.baseline - points[:, 1]) / writing.x_height - _floor(writing, points[:, 0])
    at = np.repeat(line, lengths)
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(at)) + 1])
    begin, end = np.minimum.reduceat(along, firsts), np.maximum.reduceat(along, firsts)
    lefts = writing.boxes[:, 0] / writing.x_height + shift
    gaps = [lefts[starts[k] + _spaces(text)] - begin[k] for k, text in enumerate(written)]
    return Script(along - begin[at], up, lengths, line, owned, end - begin, gaps)


def _floor(writing: Writing, x: np.ndarray) -> np.ndarray:
    """Return how high above its baseline the writing stands at x, in x-heights.

    Over a whole page of text the hand's slow drift adds up; the lines here have their own.
    """
    stands = np.array([character in _STANDING for character in writing.text])
    if not stands.any():
        return np.zeros(len(x))
    boxes = writing.boxes[stands]
    height = (writing.baseline - boxes[:, 3] + writing.pen / 2) / writing.x_height
    reach = min(11, len(height))
    ends = np.pad(height, (reach // 2, reach - 1 - reach // 2), mode="edge")
    smooth = np.convolve(ends, np.full(reach, 1 / reach), mode="valid")
    return np.interp(x, (boxes[:, 0] + boxes[:, 2]) / 2, smooth)


def _spaces(text: str) -> np.ndarray:
    return np.array([k for k, character in enumerate(text) if character == " "] or [0])


def add_marks(script: Script, rows: list[Row], rng: np.random.Generator) -> Script:
    """Add the strokes that are not letters: through struck words, and underlines."""
    at = np.repeat(script.line, script.lengths)
    struck = ~np.repeat(script.owned, script.lengths)
    found: list[tuple[np.ndarray, int]] = []
    for k, row in enumerate(rows):
        if row.struck[1] > row.struck[0]:
            mine = (at == k) & struck
            low, high = script.along[mine].min() - 0.2, script.along[mine].max() + 0.2
            top = float(script.up[mine].max())
            found += [(mark, k) for mark in _crossing(rng, low, high, top)]
        if row.underlined:
            along = np.linspace(-0.3, script.widths[k] + 0.3, 24)
            height = -0.45 - 0.3 * rng.random() + 0.05 * smooth_noise(rng, 24)[0]
            found.append((np.column_stack([along, height]), k))
    if not found:
        return script
    marks = np.concatenate([mark for mark, _ in found])
    return replace(
        script,
        along=np.concatenate([script.along, marks[:, 0]]),
        up=np.concatenate([script.up, marks[:, 1]]),
        lengths=np.concatenate([script.lengths, [len(mark) for mark, _ in found]]),
        line=np.concatenate([script.line, [k for _, k in found]]),
        owned=np.concatenate([script.owned, np.zeros(len(found), bool)]),
    )


def _crossing(rng: np.random.Generator, low: float, high: float, top: float) -> list[np.ndarray]:
    """Return the strokes with which a person crosses out a word from `low` to `high`."""
    kind = rng.random()
    if kind < 0.55:  # One to three lines through it
        count = int(rng.integers(1, 4))
        heights = 0.5 + 0.3 * (np.arange(count) - (count - 1) / 2) + 0.1 * rng.standard_normal()
        tilt = 0.15 * rng.standard_normal(count)
        along = np.linspace(0, 1, 16)
        return [
            np.column_stack([
                low + (high - low) * along,
                h + t * (along - 0.5) + 0.05 * smooth_noise(rng, 16)[0],
            ])
            for h, t in zip(heights, tilt, strict=True)
        ]  # fmt: skip
    turns = max(3, int((high - low) * rng.uniform(1.2, 3.0)))
    along = np.linspace(0, 1, 6 * turns)
    reach = 0.45 * min(top, 1.4) * (0.8 + 0.3 * rng.random())
    height = 0.5 + reach * np.sin(2 * np.pi * turns * along) + 0.08 * rng.standard_normal()
    sway = 0.25 * np.sin(2 * np.pi * turns * along + 1.2)
    if kind < 0.7:  # A cross of two strokes
        return [np.array([[low, 0.0], [high, 1.1]]), np.array([[low, 1.1], [high, 0.0]])]
    return [np.column_stack([low + (high - low) * along + sway, height])]
