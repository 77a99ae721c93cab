"""Hands: each synthetic writer is a choice of letterforms and a style, drawn once from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np

from shared.alphabet import ASCII
from shared.pen.forms import Letterform, letterforms

SPLITS = ("train", "validation", "test")
NUM_HANDS = {"train": 96, "validation": 6, "test": 10}
_ROOT_SEED = 20_260
_TICKS = np.array([(0.3, -0.9), (0.9, -0.3), (0.7, 0.7), (-0.5, -0.8)])
_CURSIVE_WORDS = ("cursive", "palmer", "french", "loop", "entry", "script", "alpha")


@dataclass(frozen=True)
class Style:
    """How a hand moves: lengths in x-heights, angles as slopes."""

    x_height: float  # pixels in a line of height 32, before a line too tall is made to fit
    slant: float
    width: float
    pen: float
    nib: float  # half the length of a broad nib held at 45 degrees; 0 for a round pen
    letter_gap: float
    word_gap: float
    ascender: float
    descender: float
    joins: float  # probability of a connecting stroke between lower-case letters
    wander: float  # how far letters leave the baseline
    rotation: float  # spread of each letter's rotation; the next ones are spreads as well
    size: float
    gap: float
    shake: float
    ink: float
    blur: float


def draw_style(rng: np.random.Generator, cursive: bool) -> Style:
    """Draw a style from ranges as wide as people's hands are, not as a reader would like them."""
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
    """A letterform as one hand writes it, ready to be placed.

    Attributes:
        points: (n, 2) pen positions in x-heights, y upward, x = 0 at the middle of the letter.
        starts: index of the first point of each stroke.
        left: where the letter's body begins; overhanging tails and bars are let over it.
        right: where the letter's body ends.
        form: the letterform it was made from.
        exit: index of the point from which a connecting stroke leaves, or -1.
        enters: whether a connecting stroke can arrive at point 0.
    """

    points: np.ndarray
    starts: np.ndarray
    left: float
    right: float
    form: Letterform
    exit: int
    enters: bool


@dataclass(frozen=True, eq=False)
class Hand:
    """One synthetic writer: `forms[character]` holds the one or two forms that it uses."""

    name: str
    seed: int
    split: str
    style: Style
    forms: dict[str, tuple[Letterform, ...]] = field(repr=False)

    @property
    def held_out(self) -> frozenset[str]:
        """Keys of the held-out letterforms among this hand's usual ones."""
        return frozenset(used[0].key for used in self.forms.values() if used[0].held_out)

    @cached_property
    def glyphs(self) -> Mapping[str, tuple[Glyph, ...]]:
        """Every character's forms, traced and bent as this hand bends them, when first asked."""
        return _Glyphs(self)


class _Glyphs(dict[str, tuple[Glyph, ...]]):
    """Makes a character's glyphs when it is first written: a hand costs 25 ms in full."""

    def __init__(self, hand: Hand) -> None:
        super().__init__()
        self._hand = hand

    def __missing__(self, character: str) -> tuple[Glyph, ...]:
        hand = self._hand
        self[character] = tuple(
            _glyph(form, hand.style, np.random.default_rng([hand.seed, ord(character), k]))
            for k, form in enumerate(hand.forms[character])
        )
        return self[character]


def _glyph(form: Letterform, style: Style, rng: np.random.Generator) -> Glyph:
    # A pen cannot make a point: it touches down, moves a little and lifts.
    strokes = [
        np.concatenate([s, s + rng.uniform(0.04, 0.12) * _TICKS[rng.integers(4)]])
        if len(s) == 1
        else s
        for s in form.curves
    ]
    starts = np.cumsum([0] + [len(s) for s in strokes[:-1]])
    points = np.concatenate(strokes)
    x, y = points[:, 0] * style.width, points[:, 1]
    x = x - (x.min() + x.max()) / 2
    if form.character.isalnum():
        y = np.where(y > 1, 1 + (y - 1) * style.ascender, np.where(y < 0, y * style.descender, y))
    # The persistent habit of this hand for this letter: a small linear map and a bend.
    (a, b), (c, d) = np.eye(2) + rng.normal(0.0, 0.055, (2, 2))
    x, y = a * x + b * y, c * x + d * y
    waves, phases = rng.uniform(1.2, 3.2, 2), rng.uniform(0.0, 2 * np.pi, 2)
    sway = rng.normal(0.0, 0.06, 2)
    x, y = (
        x + sway[0] * np.sin(waves[0] * y + phases[0]),
        y + sway[1] * np.sin(waves[1] * x + phases[1]),
    )
    body = x[(y > -0.15) & (y < 1.15)]
    body = body if len(body) > 2 else x
    left, right = min(body.min(), x.min() + 0.25), max(body.max(), x.max() - 0.25)
    end = (starts[1] if len(starts) > 1 else len(x)) - 1
    wide = max(right - left, 0.2)
    small = form.character.islower()
    leaves = small and x[end] > left + 0.6 * wide and -0.3 < y[end] < 1.3
    enters = small and x[0] < left + 0.5 * wide and -0.3 < y[0] < 1.3
    return Glyph(
        np.column_stack([x, y]), starts, left, right, form, int(end) if leaves else -1, bool(enters)
    )


def make_hand(name: str, seed: int, split: str = "train", held_out_share: float = 0.0) -> Hand:
    """Make a hand from a seed.

    Args:
        name: how results name this writer.
        seed: everything about the hand follows from it.
        split: what the hand is for; carried along for the checks in `shared.lines`.
        held_out_share: the share of characters written with held-out letterforms; 0 uses none.

    Returns:
        A hand for all printable ASCII characters.

    Raises:
        ValueError: on a share outside 0 to 1.
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
        pick = rng.random(4)  # a fixed number of draws per character keeps the rest in step
        held_out = bool(pick[0] < held_out_share)
        pool = [form for form in letterforms()[character] if form.held_out == held_out]
        weights = np.exp([leaning * _is_cursive(f) - 1.2 * ("slash" in f.name) for f in pool])
        order = np.cumsum(weights) / weights.sum()
        first = pool[min(int(np.searchsorted(order, pick[1])), len(pool) - 1)]
        other = pool[min(int(np.searchsorted(order, pick[2])), len(pool) - 1)]
        both = pick[3] < second and other is not first
        forms[character] = (first, other) if both else (first,)
    return Hand(name, seed, split, style, forms)


def _is_cursive(form: Letterform) -> bool:
    return any(word in form.name for word in _CURSIVE_WORDS)


@cache
def hands(split: str, count: int | None = None) -> tuple[Hand, ...]:
    """Return the writers of a split: "train", "validation" or "test".

    Training and validation hands use the letterforms for training alone. Each test hand writes
    over a third of its characters in held-out forms, and no two test hands share over half of
    those; both are asserted here.

    Args:
        split: which writers.
        count: how many, counted from the first; the course's number if not given.

    Raises:
        ValueError: on an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r}; choose one of {', '.join(SPLITS)}.")
    base, share = 10_000 * SPLITS.index(split), 0.5 if split == "test" else 0.0
    made = tuple(
        make_hand(f"{split}-{number:02d}", base + number, split, share)
        for number in range(count or NUM_HANDS[split])
    )
    check_hands(made)
    return made


def check_hands(group: tuple[Hand, ...]) -> None:
    """Assert what `hands` promises of a group of writers.

    Raises:
        AssertionError: naming the hand and the share at fault.
    """
    for hand in group:
        letters = [used[0].held_out for c, used in hand.forms.items() if c.isalpha()]
        share = len(hand.held_out) / len(hand.forms)
        if hand.split != "test":
            leaked = [f.key for used in hand.forms.values() for f in used if f.held_out]
            assert not leaked, f"{hand.name} uses held-out letterforms: {leaked}"
            continue
        assert min(share, np.mean(letters)) >= 1 / 3, (
            f"{hand.name} takes only {share:.0%} of its characters from held-out letterforms"
        )
        for other in group:
            if other is not hand:
                common = len(hand.held_out & other.held_out) / len(hand.held_out)
                assert common <= 0.5, f"{hand.name} and {other.name} share {common:.0%} of forms"
