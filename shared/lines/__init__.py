"""Sets of handwritten lines and characters: composed on the spot, or frozen for tests.

`sentences` makes the texts, `sets` says what is in a set and how it is stored, `composing` makes
sets with the pens.
"""

from shared.lines.composing import (
    FROZEN,
    assert_disjoint,
    characters,
    compose_lines,
    frozen_characters,
    frozen_lines,
    held_out_share,
)
from shared.lines.sets import (
    CLASSES_47,
    CLASSES_62,
    DIGITS,
    UPPER,
    CharacterSet,
    DamagedFileError,
    LineSet,
    content_hash,
)

__all__ = [
    "CLASSES_47",
    "CLASSES_62",
    "DIGITS",
    "FROZEN",
    "UPPER",
    "CharacterSet",
    "DamagedFileError",
    "LineSet",
    "assert_disjoint",
    "characters",
    "compose_lines",
    "content_hash",
    "frozen_characters",
    "frozen_lines",
    "held_out_share",
]
