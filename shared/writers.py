"""Synthetic writers: each one is a choice of letterforms and a style, drawn once from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from shared.alphabet import ASCII
from shared.letterforms import Letterform, letterforms
from shared.sentences import SPLITS

NUM_HANDS = {"train": 96, "validation": 6, "test": 10}
SECOND_FORM = 0.35  # How often a writer who has two forms of a character takes the second
_ROOT_SEED = 20_260
_TICKS = np.array([(0.3, -0.9), (0.9, -0.3), (0.7, 0.7), (-0.5, -0.8)])
_CURSIVE_WORDS = ("cursive", "palmer", "french", "loop", "entry", "script", "alpha")


@dataclass(frozen=True)
class Style:
    """How a writer moves: lengths in x-heights, angles as slopes."""

    x_height: float  # Pixels in a line of height 32, before a line too tall is made to fit
    slant: float
    width: float
    pen: float
    nib: float  # Half the length of a broad nib held at 45 degrees; 0 for a round pen
    letter_gap: float
    word_gap: float
    ascender: float
    descender: float
    joins: float  # Probability of a connecting stroke between lower-case letters
    wander: float  # How far letters leave the baseline
    rotation: float  # Spread of each letter's rotation; size, gap and shake are spreads as well
    size: float
    gap: float
    shake: float
    ink: float
    blur: float
    habit: float = 1.0  # How far this writer bends every letterform; 0 leaves it as it is


def draw_style(rng: np.random.Generator, cursive: bool) -> Style:
    """Draw a style from ranges as wide as people's are, not as a reader would like them."""
    gap = rng.uniform(-0.02, 0.22) if cursive else rng.uniform(0.10, 0.46)
    return Style(
        x_height=rng.uniform(8.5, 12.5),
        slant=rng.normal(0.14, 0.20),
        width=rng.uniform(0.72, 1.18),
        pen=0.07 + 0.11 * rng.random() ** 1.8,
        nib=float(rng.random() < 0.3) * rng.uniform(0.03, 0.06),
        letter_gap=gap,
        word_gap=gap + rng.uniform(0.42, 1.0),
        ascender=rng.uniform(0.75, 1.2),
        descender=rng.uniform(0.7, 1.3),
        joins=rng.uniform(0.7, 1.0) if cursive else float(rng.random() < 0.3) * rng.uniform(0, 0.7),
        wander=rng.uniform(0.02, 0.10),
        rotation=rng.uniform(0.02, 0.08),
        size=rng.uniform(0.03, 0.09),
        gap=rng.uniform(0.03, 0.10),
        shake=rng.uniform(0.02, 0.05),
        ink=rng.uniform(0.75, 1.25),
        blur=rng.uniform(0.2, 0.65),
    )


@dataclass(frozen=True, eq=False)
class Glyph:
    """A letterform as one writer bends it, ready to be placed.

    Attributes:
        points: (n, 2) pen positions in x-heights, y upward, x = 0 at the middle of the letter.
        starts: Index of the first point of each stroke.
        left: Where the letter's body begins; overhanging tails and bars are let over it.
        right: Where the letter's body ends.
        held_out: Whether its letterform is kept from the training writers.
        exit: Index of the point from which a connecting stroke leaves, or -1.
        enters: Whether a connecting stroke can arrive at point 0.
    """

    points: np.ndarray
    starts: np.ndarray
    left: float
    right: float
    held_out: bool
    exit: int
    enters: bool


def gather(glyphs: Sequence[Glyph]) -> tuple[np.ndarray, ...]:
    """Concatenate glyphs: x and y of all points, whose they are, where glyphs and strokes begin."""
    counts = np.array([len(glyph.points) for glyph in glyphs])
    first = np.cumsum(counts) - counts
    x, y = np.concatenate([glyph.points for glyph in glyphs]).T
    body = np.repeat(np.arange(len(glyphs)), counts)
    starts = np.concatenate([glyph.starts + k for glyph, k in zip(glyphs, first, strict=True)])
    return x, y, body, first, starts


@dataclass(frozen=True, eq=False)
class Hand:
    """One synthetic writer: `forms[character]` holds the one or two forms that it uses."""

    name: str
    seed: int
    split: str
    style: Style
    forms: dict[str, tuple[Letterform, ...]] = field(repr=False)
    _glyphs: dict[tuple[str, int], Glyph] = field(default_factory=dict, init=False, repr=False)

    def glyph(self, character: str, chance: float) -> Glyph:
        """Return a character as this writer makes it.

        Args:
            character: Any printable character but the space.
            chance: From 0 to 1; below `SECOND_FORM` it is the writer's second form, if any.
        """
        number = int(len(self.forms[character]) > 1 and chance < SECOND_FORM)
        key = character, number
        if key not in self._glyphs:  # All of them at once would cost 25 ms a writer
            rng = np.random.default_rng([self.seed, ord(character), number])
            self._glyphs[key] = _bend(self.forms[character][number], self.style, rng)
        return self._glyphs[key]


def _bend(form: Letterform, style: Style, rng: np.random.Generator) -> Glyph:
    strokes = []
    for stroke in form.curves:
        if len(stroke) == 1:  # A pen cannot make a point: it touches down, moves a little and lifts
            tick = rng.uniform(0.04, 0.12) * _TICKS[rng.integers(4)]
            stroke = np.concatenate([stroke, stroke + tick])
        strokes.append(stroke)
    starts = np.cumsum([0] + [len(stroke) for stroke in strokes[:-1]])
    x, y = np.concatenate(strokes).T
    x = x * style.width
    x = x - (x.min() + x.max()) / 2
    if form.character.isalnum():
        y = np.where(y > 1, 1 + (y - 1) * style.ascender, np.where(y < 0, y * style.descender, y))
    # The persistent habit of this writer for this letter: a small linear map and a bend
    (a, b), (c, d) = np.eye(2) + style.habit * rng.normal(0.0, 0.055, (2, 2))
    x, y = a * x + b * y, c * x + d * y
    waves, phases = rng.uniform(1.2, 3.2, 2), rng.uniform(0.0, 2 * np.pi, 2)
    sway_x, sway_y = style.habit * rng.normal(0.0, 0.06, 2)
    x, y = (
        x + sway_x * np.sin(waves[0] * y + phases[0]),
        y + sway_y * np.sin(waves[1] * x + phases[1]),
    )
    body = x[(y > -0.15) & (y < 1.15)]
    body = body if len(body) > 2 else x
    left, right = min(body.min(), x.min() + 0.25), max(body.max(), x.max() - 0.25)
    # A joined letter begins at its left and ends at its right, near the band of small letters
    last = int(starts[1] if len(starts) > 1 else len(x)) - 1
    wide = max(right - left, 0.2)
    small = form.character.islower()
    leaves = small and x[last] > left + 0.6 * wide and -0.3 < y[last] < 1.3
    enters = small and x[0] < left + 0.5 * wide and -0.3 < y[0] < 1.3
    points = np.column_stack([x, y])
    return Glyph(points, starts, left, right, form.held_out, last if leaves else -1, bool(enters))


def make_hand(name: str, seed: int, split: str = "train", held_out_share: float = 0.0) -> Hand:
    """Make a writer of all printable ASCII characters.

    Args:
        name: How results name this writer.
        seed: Everything about the writer follows from it.
        split: What the writer is for; carried along for the checks in `shared.lines`.
        held_out_share: The share of characters written with held-out letterforms; 0 uses none.

    Raises:
        ValueError: The share lies outside 0 to 1.
    """
    if not 0.0 <= held_out_share <= 1.0:
        raise ValueError(f"held_out_share is {held_out_share}; it needs a share between 0 and 1.")
    rng = np.random.default_rng([_ROOT_SEED, seed])
    cursive = bool(rng.random() < 0.3)
    leaning = rng.uniform(1.0, 2.5) if cursive else rng.uniform(-2.0, 0.7)
    second = rng.uniform(0.0, 0.3)
    style = draw_style(rng, cursive)
    forms = {}
    for character in ASCII.characters[1:]:
        pick = rng.random(4)  # A fixed number of draws per character keeps the rest in step
        held_out = bool(pick[0] < held_out_share)
        pool = [form for form in letterforms()[character] if form.held_out == held_out]
        weights = np.exp([leaning * _is_cursive(f) - 1.2 * ("slash" in f.name) for f in pool])
        order = np.cumsum(weights) / weights.sum()
        drawn = np.minimum(np.searchsorted(order, pick[1:3]), len(pool) - 1)
        first, other = (pool[k] for k in drawn)
        both = pick[3] < second and other is not first
        forms[character] = (first, other) if both else (first,)
    return Hand(name, seed, split, style, forms)


def _is_cursive(form: Letterform) -> bool:
    return any(word in form.name for word in _CURSIVE_WORDS)


@cache
def hands(split: str, count: int | None = None) -> tuple[Hand, ...]:
    """Return the writers of a split: "train", "validation" or "test".

    Training and validation writers use the letterforms for training alone. Each test writer
    writes over a third of its characters in held-out forms, and no two share over half of those.

    Args:
        split: Which writers.
        count: How many, counted from the first; the course's number if not given.

    Raises:
        ValueError: There is no such split.
    """
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r}; choose one of {', '.join(SPLITS)}.")
    base, share = 10_000 * SPLITS.index(split), 0.5 if split == "test" else 0.0
    return tuple(
        make_hand(f"{split}-{number:02d}", base + number, split, share)
        for number in range(count or NUM_HANDS[split])
    )
