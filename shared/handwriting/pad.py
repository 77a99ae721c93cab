"""The pad: lines and letters written in the notebook, kept after every stroke.

First ten lines, then the alphabet, then six more lines. `Pad` knows what is asked and what is
written; `pad_live` and `pad.js` show it in a browser.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.handwriting import strokes
from shared.handwriting.files import HandwritingError, handwriting_lock
from shared.handwriting.stand_in_writer import STAND_IN_TEXTS
from shared.handwriting.strokes import LETTER_X_HEIGHT, LINE_X_HEIGHT, Written
from shared.paths import my_directory, write_atomically
from shared.picture import Picture, draw, is_static

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIRST_LINES = STAND_IN_TEXTS  # The same words as the stand-in's, so that you can compare
MORE_LINES = (
    "Zoe's jacket is size 38",
    "Why not walk to the pier?",
    "Mix flour, eggs and 6 nuts",
    "A big quiz: 45 questions",
    "Leave the key (green) here",
    "Rain again, but we don't mind",
)
LETTERS = (
    "abcdefghijklm", "nopqrstuvwxyz", "ABCDEFGHIJKLM", "NOPQRSTUVWXYZ",
    "0123456789.,'", "-?!:;\"()&+=/%",
)  # fmt: skip
PAPER = 1200  # Width of the paper in units of the strokes
_LINE = {"width": PAPER, "height": 200, "baseline": 130, "x_height": LINE_X_HEIGHT}
_BOX = {"width": PAPER / 7, "height": 190, "baseline": 125, "x_height": LETTER_X_HEIGHT}


def screens() -> list[dict[str, Any]]:
    """Return what is written on each sheet of the pad, as plain values for the browser."""
    texts = (*FIRST_LINES, *MORE_LINES)
    lines = [_screen(f"Line {k + 1}", [text], _LINE, k) for k, text in enumerate(texts)]
    letters = [_screen("Letters", list(row), _BOX) for row in LETTERS]
    return [*lines[: len(FIRST_LINES)], *letters, *lines[len(FIRST_LINES) :]]


def _screen(title: str, texts: list[str], shape: dict[str, float], number: int = 0) -> dict:
    fields = [
        {"name": strokes.field_name(text, number), "text": text, **shape,
         "left": k % 7 * shape["width"], "top": k // 7 * shape["height"]}
        for k, text in enumerate(texts)
    ]  # fmt: skip
    height = fields[-1]["top"] + shape["height"]
    return {"title": title, "text": " ".join(texts), "height": height, "fields": fields}


class Pad:
    """Write by hand in the notebook; as the last line of a cell it displays itself.

    A picture of what is written so far comes first, and where somebody can write, the pad. After
    each stroke it is in `my/handwriting/strokes`; a line counts once its writer goes on, a letter
    at once. Opened again, the pad goes on where you were.

    Attributes:
        folder: Where it is kept.
        screens: What is asked; see `screens`.
        written: What is there, by the name of its field.

    Example:
        >>> Pad()  # doctest: +SKIP
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        """Open what was written before.

        Args:
            folder: Another folder than `my/handwriting`.

        Raises:
            HandwritingError: A file of strokes or `lines.json` is damaged.
        """
        self.folder = Path(folder) if folder else my_directory() / "handwriting"
        self.screens = screens()
        self._fields = {one["name"]: one for screen in self.screens for one in screen["fields"]}
        self.written = strokes.written_in(self.folder)
        for name, one in self.written.items():
            if one.complete and not strokes.image_file(self.folder, name).exists():
                with handwriting_lock(self.folder):
                    strokes.publish(self.folder, name, one)

    def save(self, name: str, given: Any, done: bool, device: str = "mouse") -> None:
        """Keep what stands in a field now.

        Args:
            name: The field.
            given: Its strokes, lists of [x, y, milliseconds].
            done: Whether the writer went on to the next.
            device: What it was written with.

        Raises:
            HandwritingError: There is no such field, or these are no strokes, and they are kept in
                `strokes/unplaced`; or the image is not drawn, because `lines.json` cannot be read.
            OSError: Nothing was written; see `write_atomically`.
        """
        try:
            if name not in self._fields:
                raise HandwritingError(f"The pad has no field {name!r}.")
            checked = strokes.checked_strokes(given)
        except HandwritingError as error:  # A field of an older course, perhaps: it is kept aside
            content = json.dumps({"field": name, "strokes": given}, default=str)
            mark = hashlib.sha256(content.encode()).hexdigest()[:16]
            aside = self.folder / strokes.FOLDER / "unplaced" / f"{mark}.json"
            raise HandwritingError(f"{error} Kept as {write_atomically(aside, content)}.") from None
        asked = self._fields[name]
        new = Written(
            asked["text"], (asked["width"], asked["height"]), asked["baseline"],
            asked["x_height"], str(device), bool(done), checked,
        )  # fmt: skip
        with handwriting_lock(self.folder):
            strokes.keep_strokes(self.folder, name, new)
            self.written[name] = new
            strokes.publish(self.folder, name, new)

    def progress(self) -> str:
        """Say how much is written, such as "3 of 16 lines, 13 of 78 letters"."""
        there = {name for name, one in self.written.items() if one.complete}
        said = []
        for kind, lone in (("lines", False), ("letters", True)):
            names = [n for n, one in self._fields.items() if (len(one["text"]) == 1) == lone]
            said.append(f"{len(there.intersection(names))} of {len(names)} {kind}")
        return ", ".join(said)

    def picture(self) -> Picture:
        """Draw the last lines that were written, or the stand-in's first while there is none."""
        written = [self.written[name] for name in self._fields if name in self.written]
        begun = [one for one in written if one.strokes and len(one.text) > 1]
        title = f"The writing pad: {self.progress()}"
        if not begun:
            title += "; here the stand-in shows how"
        shown = begun[-3:] or [_shown_line()]

        def paint(figure: Figure) -> str:
            figure.suptitle(title, fontsize=10)
            for axes, one in zip(figure.subplots(len(shown), squeeze=False).flat, shown,
                                 strict=True):  # fmt: skip
                axes.set(xlim=(0, PAPER), ylim=(200, 0), xticks=[], yticks=[], aspect="equal")
                axes.spines[:].set_color("#9fb4c7")
                axes.spines[:].set_visible(True)
                axes.axhline(one.baseline, color="#9fb4c7", linewidth=1)
                axes.set_xlabel(one.text, loc="left", parse_math=False)
                for stroke in one.strokes:
                    x, y, _ = zip(*stroke, strict=True)
                    axes.plot(x, y, color="#1c2430", linewidth=1.6, solid_capstyle="round")
            return f"{title}. On its paper: {'; '.join(one.text for one in shown)}."

        return draw(paint, 1.75 * len(shown) + 0.3)

    def widget(self) -> Any:
        """Return the live pad."""
        from shared.handwriting.pad_live import PadWidget

        return PadWidget(self)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.picture())
        if not is_static():
            display(self.widget())


def _shown_line() -> Written:
    """Return the first line in the stand-in's hand, as a pad would have it."""
    from shared.pen import hands, write

    line = write(FIRST_LINES[0], hands("test")[0], np.random.default_rng(0))
    curves = [(one - (0, line.baseline)) * (1, -1) / line.x_height for one in line.strokes]
    return strokes.from_curves(line.text, curves, _LINE["baseline"], LINE_X_HEIGHT)
