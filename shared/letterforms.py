"""Letterforms: the shapes of letters, as strokes that a person can edit, and how they are drawn.

`shared/letterforms/*.txt` holds one way to write a character a line, in time order, as a pen would
draw it:

    a one-storey : 68,80 50,97 25,88 6,50 18,8 40,6 62,40 70,96! 66,40 72,10 84,4 96,14

Strokes are separated by `/`. The curve is smooth through its points; `!` makes a point a corner;
one point alone is a dot. Baseline 0, x-height 100, y upward. `;;` starts a comment.
Add a form behind the others of its character, because every third one is held out from training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import cv2
import numpy as np

FOLDER = Path(__file__).with_name("letterforms")
X_HEIGHT = 100.0
STEP = 0.13  # Distance between the points of a traced stroke, in x-heights


@dataclass(frozen=True, eq=False)
class Letterform:
    """One way to write one character.

    Attributes:
        character: The character it writes.
        name: What sets it apart from the character's other forms, such as "one-storey".
        strokes: Per stroke an (n, 3) array of x, y in units of x-height / 100 and a corner flag.
        held_out: Whether the form is kept from the training writers.
    """

    character: str
    name: str
    strokes: tuple[np.ndarray, ...]
    held_out: bool = False

    @cached_property
    def curves(self) -> tuple[np.ndarray, ...]:
        """The strokes as the pen follows them: (n, 2) points in x-heights, y upward."""
        return tuple(trace(stroke) for stroke in self.strokes)


def parse_letterform(line: str) -> tuple[str, str, tuple[np.ndarray, ...]]:
    """Read one line of a letterform file into (character, name, strokes).

    Raises:
        ValueError: A part is missing, or a point is not `x,y` or `x,y!`.
    """
    head, separator, body = line.partition(" : ")
    if not separator or len(head) < 3 or head[1] != " ":
        raise ValueError("a line needs `<character> <name> : <points>`")
    strokes = []
    for part in body.split("/"):
        pairs = [(*token.rstrip("!").split(","), token.endswith("!")) for token in part.split()]
        if not pairs:
            raise ValueError("a stroke has no points")
        strokes.append(np.array([(float(x), float(y), corner) for x, y, corner in pairs]))
    return head[0], head[2:].strip(), tuple(strokes)


def read_letterforms(folder: Path) -> dict[str, tuple[Letterform, ...]]:
    """Read every `*.txt` of a folder: the forms of each character, in the order of the files.

    Every third form of a character is held out from training, and at least one: what a reader
    makes of forms that it never saw is then a measured number.

    Raises:
        ValueError: A line is unreadable, a name is used twice, or a character has one form only.
        FileNotFoundError: The folder holds no letterform file.
    """
    found: dict[str, dict[str, tuple[np.ndarray, ...]]] = {}
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
            if not line.strip() or line.startswith(";;"):
                continue
            try:
                character, name, strokes = parse_letterform(line)
                if name in found.setdefault(character, {}):
                    raise ValueError(f"{character!r} already has a form named {name!r}")
            except ValueError as error:
                raise ValueError(
                    f"{path.name}, line {number}: cannot read {line!r} ({error}). Expected "
                    "`a name : x,y x,y! / x,y ...`, each name once a character; mend the line."
                ) from error
            found[character][name] = strokes
    if not found:
        raise FileNotFoundError(
            f"No letterforms in {folder}: the package is incomplete. Install it again, or restore "
            "the folder shared/letterforms from the repository."
        )
    single = [character for character, forms in found.items() if len(forms) < 2]
    if single:
        raise ValueError(
            f"{folder} has one form only of {' '.join(sorted(single))}; every character needs two "
            "or more: one to train with, and one that is held out. Add a form of each."
        )
    return {
        character: tuple(
            Letterform(character, name, strokes, index % 3 == 2 or (index == 1 and len(forms) == 2))
            for index, (name, strokes) in enumerate(forms.items())
        )
        for character, forms in sorted(found.items())
    }


@cache
def letterforms() -> dict[str, tuple[Letterform, ...]]:
    """Return every letterform of the course by character."""
    return read_letterforms(FOLDER)


def trace(points: np.ndarray, step: float = STEP) -> np.ndarray:
    """Follow one stroke with the pen: a smooth curve, broken at corners, in even steps.

    The steps are even so that later noise acts on all letters alike.

    Args:
        points: (n, 3) control points as in `Letterform.strokes`.
        step: Distance between the returned points, in x-heights.

    Returns:
        (m, 2) points in x-heights, y upward; m = 1 for a dot.
    """
    control = points[:, :2] / X_HEIGHT
    if len(control) == 1:
        return control
    cuts = [0, *(np.flatnonzero(points[1:-1, 2]) + 1), len(control) - 1]
    pieces = [control[:1]]
    for first, last in zip(cuts[:-1], cuts[1:], strict=True):
        dense = _catmull_rom(control[first : last + 1])
        length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(dense, axis=0).T))])
        count = max(1, int(np.ceil(length[-1] / step)))
        at = np.linspace(0.0, length[-1], count + 1)[1:]
        pieces.append(np.column_stack([np.interp(at, length, dense[:, k]) for k in (0, 1)]))
    return np.concatenate(pieces)


def _catmull_rom(points: np.ndarray, per_segment: int = 12) -> np.ndarray:
    """Return a dense centripetal Catmull-Rom curve through (n >= 2, 2) points.

    Source: Barry and Goldman (1988), "A recursive evaluation algorithm for a class of
    Catmull-Rom splines", SIGGRAPH, pages 199 to 204.
    """
    ends = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    padded = np.concatenate([[ends[0]], points, [ends[1]]])
    # Two equal points in a row would divide by zero; a tiny gap leaves the curve as it is
    gaps = np.sqrt(np.maximum(np.hypot(*np.diff(padded, axis=0).T), 1e-6))
    times = np.concatenate([[0.0], np.cumsum(gaps)])[:, None]
    segments = np.arange(len(points) - 1)
    t0, t1, t2, t3 = (times[segments + k, None] for k in range(4))
    p0, p1, p2, p3 = (padded[segments + k, None] for k in range(4))
    t = t1 + (t2 - t1) * np.linspace(0.0, 1.0, per_segment + 1)[None, 1:, None]
    a1 = ((t1 - t) * p0 + (t - t0) * p1) / (t1 - t0)
    a2 = ((t2 - t) * p1 + (t - t1) * p2) / (t2 - t1)
    a3 = ((t3 - t) * p2 + (t - t2) * p3) / (t3 - t2)
    b1 = ((t2 - t) * a1 + (t - t0) * a2) / (t2 - t0)
    b2 = ((t3 - t) * a2 + (t - t1) * a3) / (t3 - t1)
    curve = ((t2 - t) * b1 + (t - t1) * b2) / (t2 - t1)
    return np.concatenate([points[:1], curve.reshape(-1, 2)])


def draw_strokes(
    strokes: Sequence[np.ndarray], zoom: float, shape: tuple[int, int], pen: float, nib: float = 0.0
) -> np.ndarray:
    """Draw strokes at twice the size and average: smooth edges at any pen width.

    Args:
        strokes: (n, 2) points each.
        zoom: Pixels per unit of the points.
        shape: Height and width of the image.
        pen: Width of the pen in pixels.
        nib: Half the length of a broad nib in pixels; 0 for a round pen.

    Returns:
        uint8 of `shape`, ink 255 on paper 0.
    """
    canvas = np.zeros((2 * shape[0], 2 * shape[1]), np.uint8)
    # Whole sixteenths of a pixel: the last bit of a sine must not decide a pixel
    fixed = 2 * np.rint(np.concatenate(strokes) * (zoom * 16)).astype(np.int32) - 8
    pieces = np.split(fixed, np.cumsum([len(stroke) for stroke in strokes])[:-1])
    cv2.polylines(canvas, pieces, False, 255, 1, cv2.LINE_AA, shift=4)
    # Moving the tip of the pen along a thin line is three times faster than drawing it thick
    canvas = cv2.dilate(canvas, _tip(max(1, round(2 * pen)), round(2 * nib)))
    return cv2.resize(canvas, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)


@cache
def _tip(width: int, nib: int) -> np.ndarray:
    """Return the print of a round pen, or of a broad one held at 45 degrees."""
    side = width + 2 * nib
    grid = np.arange(side) - (side - 1) / 2
    right, down = np.meshgrid(grid, grid)
    along = np.clip((right - down) / 2, -nib, nib)
    return ((right - along) ** 2 + (down + along) ** 2 <= (width / 2) ** 2 + 0.01).astype(np.uint8)
