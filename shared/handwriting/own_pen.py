"""Your pen: the letters that a person wrote on the pad, as one more hand of the pens."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.alphabet import ASCII
from shared.handwriting.record import Source
from shared.handwriting.stand_in_writer import STAND_IN_LETTERS
from shared.handwriting.strokes import LETTER_X_HEIGHT, PEN, Written, from_curves, written_in
from shared.paths import my_directory

if TYPE_CHECKING:
    from shared.letterforms import Letterform
    from shared.writers import Hand

SMALL = "acemnorsuvwxz"  # Letters as high as the x-height
STANDING = SMALL + "bdhiklt"  # Letters that stand on the baseline
FEWEST = 10  # Letters below which a hand would be more somebody else's than one's own
LENDERS = 24  # Training hands among which one is looked for that lends what is missing
_STEP = 0.1  # Between the points of a smoothed stroke, in x-heights
_WORD_GAP = 0.7  # Between words, beyond the gap between letters, in x-heights


@dataclass(frozen=True, eq=False)
class MyHand:
    """A hand to write with, and whose letters it writes.

    Attributes:
        hand: For `shared.pen.write_line`, `shared.lines.compose_lines` and all that takes a hand.
        source: "yours", or "stand-in" while there are too few letters of yours.
        characters: Those written in letters of yours.
        description: All that in sentences, to be printed.
    """

    hand: Hand
    source: Source
    characters: str
    description: str


def my_hand(folder: Path | str | None = None) -> MyHand:
    """Return a pen hand that writes any text in the letters from the pad.

    The letters keep their shapes, slant and size against each other; each time they are written
    they vary a little, as every hand of the pens does. Characters that were not written come
    from the training hand whose letters are the most similar in size.

    Args:
        folder: Another folder than `my/handwriting`.

    Raises:
        HandwritingError: A file of strokes is damaged.
    """
    written = written_in(Path(folder) if folder else my_directory() / "handwriting").values()
    letters: dict[str, list[Written]] = {}
    for one in written:
        if len(one.text) == 1 and one.complete:
            letters.setdefault(one.text, []).append(one)
    if len(letters) < FEWEST:
        other = stand_in_hand()
        said = f"The pad holds {len(letters)} letters of yours; from {FEWEST} on, they write."
        return replace(other, description=f"{other.description}\n{said}")
    lines = [one for one in written if len(one.text) > 1 and one.complete]
    hand, lender = hand_of(letters, lines)
    own = "".join(character for character in ASCII.characters if character in letters)
    missing = "".join(c for c in ASCII.characters[1:] if c not in letters)
    said = f"This is your hand: {len(own)} characters are yours."
    if missing:
        said += f" The training hand {lender} lends {len(missing)}, similar in size."
    return MyHand(hand, "yours", own, textwrap.fill(said, 88, break_on_hyphens=False))


def stand_in_hand() -> MyHand:
    """Return a hand made of the stand-in's letters, each written once, as yours would be."""
    from shared.pen import hands

    writer = hands("test")[0]
    hand, _ = hand_of(_written_by(writer), [])
    said = f"This is a stand-in: its letters are those of the pen hand {writer.name}."
    return MyHand(hand, "stand-in", "", said)


def hand_of(letters: dict[str, list[Written]], lines: list[Written]) -> tuple[Hand, str]:
    """Return the hand "you" made of letters, and the name of the hand that lends what is missing.

    Args:
        letters: By character; of each, the last two are used.
        lines: Whole lines by the same person; they say how closely letters stand.
    """
    from shared.pen import hands
    from shared.writers import Hand, Style

    scale, lift = _measure(letters)
    own = {
        character: tuple(_form(one, scale, lift) for one in reversed(found[-2:]))
        for character, found in letters.items()
    }
    style = Style(
        x_height=10.5, slant=0.0, width=1.0, pen=PEN * _guide_x_height(letters) / scale, nib=0.0,
        letter_gap=0.2, word_gap=0.2 + _WORD_GAP, ascender=1.0, descender=1.0, joins=0.0,
        wander=0.04, rotation=0.03, size=0.04, gap=0.05, shake=0.02, ink=1.0, blur=0.4, habit=0.0,
    )  # fmt: skip
    hand = Hand("you", 0, "train", style, own)
    lender = min(hands("train")[:LENDERS], key=lambda other: _difference(hand, other))
    lent = {c: (_lent(lender, c),) for c in ASCII.characters[1:] if c not in own}
    gap = _letter_gap(hand, lines)
    style = replace(style, letter_gap=gap, word_gap=gap + _WORD_GAP)
    return replace(hand, style=style, forms={**lent, **own}), lender.name


def _written_by(hand: Hand) -> dict[str, list[Written]]:
    """Return letters as a pen hand would have written them on the pad, each once."""
    found = {}
    for character in STAND_IN_LETTERS:
        curves = _curves(hand, character)
        found[character] = [from_curves(character, curves, 125, LETTER_X_HEIGHT)]
    return found


def _curves(hand: Hand, character: str) -> list[np.ndarray]:
    """Return a character's strokes as a hand bends them, slant included, (n, 2) in x-heights."""
    glyph = hand.glyph(character, 1.0)
    x, y = glyph.points.T
    return np.split(np.column_stack([x + hand.style.slant * y, y]), glyph.starts[1:])


def _guide_x_height(letters: dict[str, list[Written]]) -> float:
    """Return the x-height of the pad's guides, which the pen's width is measured by."""
    return float(np.median([one.x_height for found in letters.values() for one in found]))


def _measure(letters: dict[str, list[Written]]) -> tuple[float, float]:
    """Return the height of small letters, and how far letters stand above the guide.

    People do not keep to guides, so the letters themselves say it wherever they can.
    """

    def ends(characters: str) -> np.ndarray:
        rows = [
            (np.concatenate(one.strokes)[:, 1] - one.baseline) * -1
            for c in characters for one in letters.get(c, ())
        ]  # fmt: skip
        return np.array([(row.min(), row.max()) for row in rows]).reshape(-1, 2)

    small, standing = ends(SMALL), ends(STANDING)
    lift = float(np.median(standing[:, 0])) if len(standing) > 2 else 0.0
    if len(small) > 2:
        return max(float(np.median(small[:, 1] - small[:, 0])), 1e-3), lift
    return _guide_x_height(letters), lift


def _form(one: Written, scale: float, lift: float) -> Letterform:
    """Return a letter as it was written, smoothed, in the units of letterforms."""
    from shared.letterforms import X_HEIGHT, Letterform

    curves = [_smooth(np.array(stroke)[:, :2] / scale) for stroke in one.strokes]
    left, ground = min(curve[:, 0].min() for curve in curves), (one.baseline - lift) / scale
    strokes = [
        np.pad(X_HEIGHT * (curve - (left, ground)) * (1, -1), ((0, 0), (0, 1))) for curve in curves
    ]
    return Letterform(one.text, "yours", tuple(strokes))


def _smooth(points: np.ndarray) -> np.ndarray:
    """Return a stroke (n, 2) in even steps without the trembling of a mouse; a tap is a dot."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    if along[-1] < _STEP:
        return points[:1]
    at = np.linspace(0.0, along[-1], int(np.ceil(along[-1] / _STEP)) + 1)
    even = np.column_stack([np.interp(at, along, column) for column in points.T])
    middle = (even[:-2] + 2 * even[1:-1] + even[2:]) / 4
    return np.concatenate([even[:1], middle, even[-1:]])


def _difference(hand: Hand, other: Hand) -> float:
    """Return how far the sizes of two hands' letters lie apart, as a mean of logarithms."""

    def sizes(one: Hand) -> np.ndarray:
        glyphs = [one.glyph(c, 1.0).points for c in sorted(hand.forms) if c.isalnum()]
        return np.array([np.ptp(points, axis=0).clip(0.1) for points in glyphs])

    return float(np.abs(np.log(sizes(hand) / sizes(other))).mean())


def _lent(lender: Hand, character: str) -> Letterform:
    """Return a character as another hand bends it, slant included, as a form of its own."""
    from shared.letterforms import X_HEIGHT, Letterform

    curves = _curves(lender, character)
    strokes = tuple(np.pad(X_HEIGHT * curve, ((0, 0), (0, 1))) for curve in curves)
    return Letterform(character, lender.name, strokes)


def _letter_gap(hand: Hand, lines: list[Written]) -> float:
    """Return how far letters stand apart in somebody's lines, in x-heights."""
    gaps = []
    for line in lines:
        inked = [c for c in line.text if c != " "]
        if len(inked) < 2 or not set(inked) <= set(hand.forms):
            continue
        x, y, _ = np.concatenate(line.strokes).T
        glyphs = [hand.glyph(c, 1.0) for c in inked]
        rows = np.concatenate([glyph.points[:, 1] for glyph in glyphs])
        x_height = np.ptp(y) / np.ptp(rows)  # The same letters reach as high and as low in the line
        free = np.ptp(x) / x_height - sum(glyph.right - glyph.left for glyph in glyphs)
        words = line.text.count(" ")
        gaps.append((free - words * _WORD_GAP) / (len(inked) - 1 + words) - 0.8 * hand.style.pen)
    return float(np.clip(np.median(gaps), 0.0, 0.46)) if gaps else hand.style.letter_gap
