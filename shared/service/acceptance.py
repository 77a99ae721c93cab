"""What may be accepted at all: a line of writing, the right way up, and enough of it.

A network gives a text to a line on its side, to a scribble and to a face. So before a confidence
counts, a text has to be as wide as its ink, and surer than upside down. The limits are measured
with the reader, on lines that it reads well, and stand in its card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from shared.pages.confidence import Evidence

#: Why a person should look, or that nobody need: `Reading.reason`
Reason = Literal[
    "sure", "unsure", "no-text", "little-text", "odd-width", "turned", "no-handwriting"
]
REASONS: tuple[str, ...] = get_args(Reason)

LEAST_CHARACTERS = 6  # A turned line says "in a"; of 1,000 real lines 6 are as short
LEAST_SURENESS = -1e3  # Log p a character of no text


@dataclass(frozen=True)
class Limits:
    """What a text keeps if it is a line of writing.

    Attributes:
        narrowest: Least width of ink a character, in pixels of the prepared line.
        widest: Largest; beyond it the text is too short for its ink.
        ahead: By how much it is surer than upside down, in log p a character.
    """

    narrowest: float
    widest: float
    ahead: float

    def doubt(self, text: str, known: Evidence | None) -> Reason | None:
        """Return what speaks against a text, from what is known once it is read."""
        characters = len(text.replace(" ", ""))
        if known is None or not characters:
            return "no-text"
        if characters < LEAST_CHARACTERS:
            return "little-text"
        return None if self.narrowest <= known.width <= self.widest else "odd-width"

    def may_be_turned(self, known: Evidence, turned: float) -> bool:
        """Return whether a line reads hardly surer than upside down.

        Args:
            known: What speaks for it.
            turned: log p a character of what is read upside down.
        """
        return known.log_p / known.length - turned < self.ahead
