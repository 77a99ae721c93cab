"""What may be accepted at all: a line of writing, the right way up, and enough of it.

A network gives a text to a line on its side, to a scribble and to a face, and p(text) of one or
two characters is high whatever was drawn. So before a confidence counts, a text has to be as wide
as writing is, sure in its characters, and surer than upside down. The limits are measured with
the model, on lines that it reads right and on images that are no upright line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np

from shared.service.drift import LineFeatures

#: Why a person should look, or that nobody need: `Reading.reason`
Reason = Literal[
    "sure", "unsure", "no-text", "little-text", "odd-width", "turned", "no-handwriting"
]
REASONS: tuple[str, ...] = get_args(Reason)

LEAST_CHARACTERS = 3  # A stroke or two look like a letter or two, whatever they are
ODD_WIDTHS = 0.01  # Share of right lines whose width may be called odd
NEARLY_TURNED = 0.02  # Share of right lines that may be called upside down
LET_THROUGH = 0.0005  # Share of other images: digits upside down may be digits again
LEAST_SURENESS = -1e3  # Of any text; see `drift.line_features`


class Seen(NamedTuple):
    """What `choose_limits` looks at.

    Attributes:
        text: What was read.
        features: Of the line.
        turned: log p per character of what is read upside down.
    """

    text: str
    features: LineFeatures
    turned: float


@dataclass(frozen=True)
class Limits:
    """What a text keeps if it is a line of writing.

    Attributes:
        narrowest: Least width per character, in pixels of the prepared line.
        widest: Largest.
        sureness: Least log p per character.
        ahead: By how much surer it is than upside down, in log p per character.
    """

    narrowest: float
    widest: float
    sureness: float
    ahead: float

    def doubt(self, text: str, features: LineFeatures) -> Reason | None:
        """Return what speaks against a text, from what is known once it is read."""
        characters = len(text.replace(" ", ""))
        if not characters:
            return "no-text"
        if characters < LEAST_CHARACTERS:
            return "little-text"
        if not self.narrowest <= features.width_per_character <= self.widest:
            return "odd-width"
        return "unsure" if features.sureness <= self.sureness else None

    def may_be_turned(self, features: LineFeatures, turned: float) -> bool:
        """Return whether a line reads hardly surer than upside down."""
        return features.sureness - turned < self.ahead

    def allow(self, seen: Seen) -> bool:
        """Return whether nothing here speaks against a text."""
        doubt = self.doubt(seen.text, seen.features)
        return doubt is None and not self.may_be_turned(seen.features, seen.turned)


def choose_limits(right: Sequence[Seen], others: Sequence[Seen]) -> Limits:
    """Return limits that nearly all right lines keep, and that nearly nothing else passes.

    Args:
        right: Lines that are read right.
        others: Images that are no upright line.

    Raises:
        ValueError: No right line is long enough to learn from.
    """
    right = [one for one in right if len(one.text.replace(" ", "")) >= LEAST_CHARACTERS]
    if not right:
        raise ValueError(
            f"No line of {LEAST_CHARACTERS} or more characters was read right, so there is "
            "nothing to learn limits from. Give more lines, or a better model."
        )
    widths = [one.features.width_per_character for one in right]
    narrowest, widest = np.quantile(widths, [ODD_WIDTHS / 2, 1 - ODD_WIDTHS / 2])
    ahead = np.quantile([one.features.sureness - one.turned for one in right], NEARLY_TURNED)
    limits = Limits(float(narrowest), float(widest), LEAST_SURENESS, max(0.0, float(ahead)))
    passed = sorted((one.features.sureness for one in others if limits.allow(one)), reverse=True)
    spared = int(LET_THROUGH * len(others))
    return replace(limits, sureness=(*passed, *[LEAST_SURENESS] * (spared + 1))[spared])


def no_lines(lines: Sequence[np.ndarray], pictures: int, seed: int) -> Iterator[np.ndarray]:
    """Draw images that are no upright line: lines turned by right angles, and pieces of pictures.

    Args:
        lines: Upright lines.
        pictures: How many pieces.
        seed: Of the pieces.
    """
    from shared.pages.clutter import clutter

    for line in lines:
        for quarters in (1, 2, 3):
            yield np.rot90(line, quarters).copy()
    rng = np.random.default_rng(seed)
    for _ in range(pictures):
        picture = 255 - clutter(rng)
        (top, bottom), (left, right) = (_piece(rng, size) for size in picture.shape)
        yield picture[top:bottom, left:right].copy()


def _piece(rng: np.random.Generator, size: int) -> tuple[int, int]:
    length = int(rng.integers(20, size + 1))
    start = int(rng.integers(0, size - length + 1))
    return start, start + length
