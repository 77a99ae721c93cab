"""The learner's own letters, lines and page, or a held-out pen hand until there are any.

`files` finds and names what a person put into `my/handwriting`, `own` reads and prepares it as a
`record`, and `stand_in_writer` writes with a pen what is missing. `pad` is paper in the notebook,
whose `strokes` are kept with it, and `own_pen` makes a pen hand of them. `sheet` is a page to print
and fill, `photograph` cuts a photograph of it, with `sheet_figures` to look at, and `keeping` adds
to `my/handwriting`. A name is loaded when it is first asked for.
"""

from shared import lazy_names

_HOMES = {
    **dict.fromkeys(("HandwritingError", "letter_file", "letter_label"), "files"),
    **dict.fromkeys(("my_handwriting", "stack_lines"), "own"),
    **dict.fromkeys(("STAND_IN_TEXTS", "stand_in", "stand_in_page"), "stand_in_writer"),
    **dict.fromkeys(("Sheet", "read_sheet"), "photograph"),
    "Handwriting": "record",
    "make_sheet": "sheet",
    "Pad": "pad",
    **dict.fromkeys(("MyHand", "my_hand", "stand_in_hand"), "own_pen"),
}

__all__, __getattr__ = lazy_names(__name__, _HOMES)
