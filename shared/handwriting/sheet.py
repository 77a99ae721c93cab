"""The sheet: one printed page for letters and lines in your own hand, and where all is on it.

Lengths are millimeters on the paper. Everything lies in a frame that fits A4 and Letter alike, so
whoever reads a sheet need not know the paper. A printer may scale it: only ratios count.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.paths import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPERS = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
FRAME = (190.0, 261.0)  # Width and height
MARK = 11.0  # Side of a corner mark
#: Corner marks are AprilTags 36h11 (Wang and Olson 2016): sheet n has 4n - 4 to 4n - 1, clockwise
CORNERS = ("top left", "top right", "bottom right", "bottom left")
MARK_PLACES = np.array([[0, 0], [FRAME[0] - MARK, 0], [FRAME[0] - MARK, FRAME[1] - MARK],
                        [0, FRAME[1] - MARK]])  # fmt: skip
CELLS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?'\"()-&/+=@"
COLUMNS = 13
CELL, CELL_PITCH, CELL_TOP = (12.6, 9.6), (FRAME[0] / COLUMNS, 12.8), 16.6
ROW_PITCH, ROW_TOP = 13.0, 92.4
PROMPT = 3.7  # Rows of the prompt above the room to write
RULE = 10.4  # From a row's top to its rule, which letters stand on
NAMES = {".": "period", ",": "comma", ":": "colon", ";": "semicolon", "!": "", "?": "",
         "'": "apostrophe", '"': "quotes", "(": "", ")": "", "-": "hyphen", "&": "and",
         "/": "slash", "+": "plus", "=": "equals", "@": "at", "0": "zero"}  # fmt: skip
#: What each sheet asks for: every letter and digit is there, and nothing is longer than 30
PROMPTS = (
    ("Pack my quilt, the fog is cold", "Vera jumps over six wide boxes",
     "Dear Zoe, thank you so much!", "Lunch at 12:30, shall we go?",
     "Take bus 47 or 89 to the park", "Rye bread & butter (2 pounds)",
     "Good evening, Mr. Knox-Quinn", "Old stories are worth telling",
     'He said "just wait" and left', "It's raining again in Zurich",
     "Send 5 of 60 pages by Friday", "Every lazy cat naps on a sofa"),
    ("Warm soup helps on gray days", "Just before noon, a quiet wind",
     "Keep the green key for Xavier", "How far is it? About 26 miles",
     "Yes, we have fizzy lemonade!", "Paint the fence white by May",
     "Quick: call 0317 and ask Ben", "Until then, many kind regards",
     "A box of apples costs 4.85", "Never mind the gap (mostly)",
     "Open at 9, closed on Tuesdays", "The glaze dries in two weeks"),
)  # fmt: skip


class Box(NamedTuple):
    """A rectangle in the frame."""

    left: float
    top: float
    right: float
    bottom: float


def cell_box(index: int) -> Box:
    """Return the box that the character `CELLS[index]` is written into."""
    row, column = divmod(index, COLUMNS)
    left = column * CELL_PITCH[0] + (CELL_PITCH[0] - CELL[0]) / 2
    top = CELL_TOP + row * CELL_PITCH[1]
    return Box(left, top, left + CELL[0], top + CELL[1])


def row_box(index: int) -> Box:
    """Return the room of a written line, from its prompt down to the next one."""
    top = ROW_TOP + index * ROW_PITCH
    return Box(0, top + PROMPT, FRAME[0], top + ROW_PITCH)


def light_strokes() -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the strokes that handwriting may cross, from point to point: rules and cells.

    They are printed light, and taken away from what is cut out.
    """
    strokes = []
    for index in range(len(PROMPTS[0])):
        y = ROW_TOP + index * ROW_PITCH + RULE
        strokes.append(((0, y), (FRAME[0], y)))
    for index in range(len(CELLS)):
        left, top, right, bottom = cell_box(index)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        strokes += zip(corners[:-1], corners[1:], strict=True)
        y = cell_base(index)
        strokes += [((left, y), (left + 1, y)), ((right - 1, y), (right, y))]
    return strokes


def cell_base(index: int) -> float:
    """Return the height in the frame that a cell's two ticks mark, for letters to stand on."""
    return cell_box(index).top + 0.68 * CELL[1]


def make_sheet(path: Path | str, paper: str = "A4", number: int = 1) -> Path:
    """Write a sheet to print and fill.

    Args:
        path: The file; its ending says whether it becomes PDF or PNG.
        paper: "A4" or "Letter".
        number: Which of the sheets, 1 or 2; they ask for different lines.

    Raises:
        ValueError: There is no such paper, sheet or format.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if paper not in PAPERS or kind not in ("pdf", "png") or not 1 <= number <= len(PROMPTS):
        raise ValueError(
            f"{path.name} on {paper} as sheet {number} cannot be made: name a file that ends in "
            f".pdf or .png, the paper {' or '.join(PAPERS)}, and a sheet from 1 to {len(PROMPTS)}."
        )
    content = io.BytesIO()
    metadata = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    make_figure(paper, number).savefig(content, format=kind, dpi=300, metadata=metadata)
    return write_atomically(path, content.getvalue())


def make_figure(paper: str, number: int) -> Figure:
    """Return a sheet as a figure of its own size, which matplotlib saves in any format."""
    import cv2
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    width, height = PAPERS[paper]
    left, top = (width - FRAME[0]) / 2, (height - FRAME[1]) / 2
    figure = Figure((width / 25.4, height / 25.4))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for k, place in enumerate(MARK_PLACES):
        mark = cv2.aruco.generateImageMarker(marks(), 4 * (number - 1) + k, 80)
        extent = (place[0], place[0] + MARK, place[1] + MARK, place[1])
        axes.imshow(mark, cmap="gray", extent=extent, interpolation="nearest")
    axes.set(xlim=(-left, width - left), ylim=(height - top, -top), aspect="auto")
    axes.add_collection(LineCollection(light_strokes(), colors="#bcd6e5", linewidths=0.7))

    def say(x: float, y: float, text: str, size: float, color: str = "#555555", **how: str) -> None:
        style = {"va": "baseline", "fontsize": size, "color": color, "parse_math": False}
        axes.text(x, y, text, **style | how)

    middle = MARK + 4
    say(middle, 4.2, f"Your handwriting, sheet {number}", 14, "#000000", weight="bold")
    say(middle, 8.2, "Write as you always do: a sign into each box, a line onto each rule.", 8.5)
    say(middle, 11.6, "Use a dark pen. What you leave empty is left out.", 8.5)
    for index, character in enumerate(CELLS):
        box = cell_box(index)
        say(box.left + 0.3, box.top - 0.8, character, 7.5, family="DejaVu Sans Mono")
        say(box.left + 2.8, box.top - 0.8, NAMES.get(character, ""), 5)
    for index, text in enumerate(PROMPTS[number - 1]):
        y = ROW_TOP + index * ROW_PITCH + 2.6
        say(0.3, y, f"{index + 1}", 6, "#777777")
        say(5, y, text, 8.5)
    middle, y = FRAME[0] / 2, FRAME[1] - MARK
    said = "Photograph the whole sheet, lying flat, in even light: all four corner marks count."
    say(middle, y + 5, said, 8.5, ha="center")
    say(middle, y + 8.6, "labs sheet photo.jpg   cuts it into my/handwriting, on your own machine.",
        8.5, ha="center")  # fmt: skip
    return figure


def marks() -> object:
    """Return the family of marks that the corners are from."""
    import cv2

    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
