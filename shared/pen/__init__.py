"""Pens: synthetic handwriting as strokes, from letterforms that are this course's own.

`forms` reads the editable letterforms, `hand` makes writers of them, `write` writes lines,
`single` writes single characters, `ink` makes images of strokes.
"""

from shared.pen.forms import Letterform, LetterformError, letterforms
from shared.pen.hand import Hand, Style, check_hands, hands, make_hand
from shared.pen.ink import Line, draw, photograph, write_line
from shared.pen.single import write_character, write_characters
from shared.pen.write import Writing, write

__all__ = [
    "Hand",
    "Letterform",
    "LetterformError",
    "Line",
    "Style",
    "Writing",
    "check_hands",
    "draw",
    "hands",
    "letterforms",
    "make_hand",
    "photograph",
    "write",
    "write_character",
    "write_characters",
    "write_line",
]
