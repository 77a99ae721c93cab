"""The plan of a page: what is decided before a word is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.pages.texts import clipped_normal
from shared.pen import Hand

GRADES = ("regular", "touching", "photo")
_COMMON = "etaoinshrdlu"


@dataclass(frozen=True)
class Plan:
    """What is decided about a page before its texts; lengths in pixels at zoom 1.

    Attributes:
        x_height: Height of the small letters.
        pitch: From one baseline to the next.
        width: Of the paper.
        margins: left, top, right, bottom.
        columns: Characters that a full line holds, about.
        count: Lines wanted.
        aspect: Height of the sheet by its width; 0 cuts the paper off below the last line.
        tight: Whether lines touch.
        spread: How much further apart words stand than this hand sets them, in x-heights.
        ruled: Pixels between the lines on the paper; 0 for none.
    """

    x_height: float
    pitch: float
    width: float
    margins: tuple[float, float, float, float]
    columns: int
    count: int
    aspect: float
    tight: bool
    spread: float
    ruled: float


def plan_page(
    grade: str, hand: Hand, rng: np.random.Generator, texts: list[str] | None = None
) -> Plan:
    """Choose paper, margins and pitch.

    Args:
        grade: One of `GRADES`.
        hand: The writer, whose letters decide how many fit.
        rng: Source of all choices.
        texts: The lines to be written, which decide count and width.
    """
    tight = grade == "touching" or (grade == "photo" and rng.random() < 0.35)
    x_height = hand.style.x_height * float(np.exp(0.14 * clipped_normal(rng, limit=2)))
    ratio = rng.uniform(1.6, 2.6) if tight else 2.6 + 2.6 * rng.random() ** 1.7
    pitch = ratio * x_height
    columns = int(rng.uniform(30, 66)) if rng.random() < 0.75 else int(rng.uniform(14, 34))
    small = rng.random() < 0.22
    count = int(rng.integers(1, 7)) if small else int(np.clip(rng.gamma(5, 3.0), 3, 30))
    aspect = 0.0 if small or rng.random() < 0.4 else float(rng.choice([1.294, 1.414, 0.75, 1.6]))
    if texts:  # A page without text keeps the size of one with text
        count, columns = len(texts), max(max(map(len, texts), default=0), 8)
    apart = float(rng.random() < 0.35) * rng.uniform(0.0, 1.3)
    advance = (advance_of(hand) + 0.17 * apart) * x_height
    narrow = rng.random()
    free = 0.3 if narrow < 0.15 else 2.0 if narrow < 0.4 else 7.0
    sides = (0.5 + free * rng.random(4)) * x_height
    sides[1] += 1.6 * x_height
    sides[3] += 0.8 * x_height
    width = columns * advance + sides[0] + sides[2]
    if aspect and texts is None:
        room = max(1, int((aspect * width - sides[1] - sides[3]) / pitch) + 1)
        count = min(count if small else int(room * rng.uniform(0.3, 1.15)) + 1, room, 30)
    ruled = pitch if rng.random() < 0.35 else 0.0
    return Plan(
        x_height, pitch, width, tuple(sides.tolist()), columns, count, aspect, tight, apart, ruled
    )


def advance_of(hand: Hand) -> float:
    """Return how far a character brings this hand forward on average, in x-heights."""
    glyphs = [hand.glyph(character, 1.0) for character in _COMMON]
    style = hand.style
    letter = np.mean([glyph.right - glyph.left for glyph in glyphs]) + style.letter_gap
    return float(0.83 * (letter + 0.8 * style.pen) + 0.17 * style.word_gap)
