"""Letterforms: how a letter can be written, as strokes that a person can read and edit.

`shared/letterforms/*.txt` holds one letterform a line, in time order, as a pen would draw it:

    a one-storey : 68,80 50,97 25,88 6,50 18,8 40,6 62,40 70,96! 66,40 72,10 84,4 96,14

Strokes are separated by `/`. The curve is smooth through its points; `!` makes a point a corner;
one point alone is a dot. Baseline 0, x-height 100, y upward. `;;` starts a comment.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "letterforms"
X_HEIGHT = 100.0
STEP = 0.13  # distance between resampled points, in x-heights


class LetterformError(ValueError):
    """A letterform file that cannot be read; the message names the file and the line."""


@dataclass(frozen=True, eq=False)
class Letterform:
    """One way to write one character.

    Attributes:
        character: the character it writes.
        name: what sets it apart from the character's other forms, such as "one-storey".
        strokes: per stroke an (n, 3) array of x, y in units of x-height / 100 and a corner flag.
        held_out: whether the form is kept from the training hands.
    """

    character: str
    name: str
    strokes: tuple[np.ndarray, ...]
    held_out: bool = False

    @property
    def key(self) -> str:
        """Character and name, unique among all letterforms."""
        return f"{self.character} {self.name}"

    @cached_property
    def curves(self) -> tuple[np.ndarray, ...]:
        """The strokes as the pen follows them: (n, 2) points in x-heights, y upward."""
        return tuple(trace(stroke) for stroke in self.strokes)


def parse_letterform(line: str) -> tuple[str, str, tuple[np.ndarray, ...]]:
    """Read one line of a letterform file into (character, name, strokes).

    Raises:
        ValueError: if a part is missing or a point is not `x,y` or `x,y!`.
    """
    head, separator, body = line.partition(" : ")
    if not separator or len(head) < 3 or head[1] != " ":
        raise ValueError("a line needs `<character> <name> : <points>`")
    strokes = []
    for part in body.split("/"):
        points = []
        for token in part.split():
            x, y = token.rstrip("!").split(",")
            points.append((float(x), float(y), float(token.endswith("!"))))
        if not points:
            raise ValueError("a stroke has no points")
        strokes.append(np.array(points))
    return head[0], head[2:].strip(), tuple(strokes)


def read_letterforms(folder: Path) -> dict[str, tuple[Letterform, ...]]:
    """Read every `*.txt` of a folder; see `letterforms` for the set that the course uses.

    Every third form of a character is held out from training, and at least one where there are
    two or more: what a reader makes of forms that it never saw is then a measured number.

    Raises:
        LetterformError: on an unreadable line or a name used twice.
        FileNotFoundError: if the folder holds no letterform file.
    """
    found: dict[str, list[tuple[str, tuple[np.ndarray, ...]]]] = {}
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise FileNotFoundError(
            f"No letterforms in {folder}: the package is incomplete. Install it again, or restore "
            "the folder shared/letterforms from the repository."
        )
    for path in files:
        for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
            if not line.strip() or line.startswith(";;"):
                continue
            try:
                character, name, strokes = parse_letterform(line)
            except ValueError as error:
                raise LetterformError(
                    f"{path.name}, line {number}: cannot read {line!r} ({error}). Expected "
                    "`a name : x,y x,y! / x,y ...`; mend the line."
                ) from error
            if name in dict(found.get(character, [])):
                raise LetterformError(
                    f"{path.name}, line {number}: {character!r} already has a form named "
                    f"{name!r}. Give each form of a character its own name."
                )
            found.setdefault(character, []).append((name, strokes))
    return {
        character: tuple(
            Letterform(character, name, strokes, held_out=_is_held_out(index, len(forms)))
            for index, (name, strokes) in enumerate(forms)
        )
        for character, forms in sorted(found.items())
    }


def _is_held_out(index: int, count: int) -> bool:
    return index % 3 == 2 or (count == 2 and index == 1)


@cache
def letterforms() -> dict[str, tuple[Letterform, ...]]:
    """Return every letterform of the course by character, in the order of the files."""
    return read_letterforms(FOLDER)


def trace(points: np.ndarray, step: float = STEP) -> np.ndarray:
    """Follow one stroke with the pen.

    A centripetal Catmull-Rom curve (Barry and Goldman 1988, "A recursive evaluation algorithm
    for a class of Catmull-Rom splines", pages 199-204) through the points, broken at corners,
    resampled at even steps so that later noise acts on all letters alike.

    Args:
        points: (n, 3) control points as in `Letterform.strokes`.
        step: distance between the returned points in x-heights.

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
    """Return a dense centripetal Catmull-Rom curve through (n >= 2, 2) points."""
    ends = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    padded = np.concatenate([[ends[0]], points, [ends[1]]])
    # Two equal points in a row would divide by zero; a tiny gap leaves the curve as it is.
    gaps = np.sqrt(np.maximum(np.hypot(*np.diff(padded, axis=0).T), 1e-6))
    times = np.concatenate([[0.0], np.cumsum(gaps)])[:, None]
    segments = np.arange(len(points) - 1)
    share = np.linspace(0.0, 1.0, per_segment + 1)[1:]
    t0, t1, t2, t3 = (times[segments + k, None] for k in range(4))
    p0, p1, p2, p3 = (padded[segments + k, None] for k in range(4))
    t = t1 + (t2 - t1) * share[None, :, None]
    a1 = ((t1 - t) * p0 + (t - t0) * p1) / (t1 - t0)
    a2 = ((t2 - t) * p1 + (t - t1) * p2) / (t2 - t1)
    a3 = ((t3 - t) * p2 + (t - t2) * p3) / (t3 - t2)
    b1 = ((t2 - t) * a1 + (t - t0) * a2) / (t2 - t0)
    b2 = ((t3 - t) * a2 + (t - t1) * a3) / (t3 - t1)
    curve = ((t2 - t) * b1 + (t - t1) * b2) / (t2 - t1)
    return np.concatenate([points[:1], curve.reshape(-1, 2)])
