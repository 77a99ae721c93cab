"""What was written with a pen on a screen: a JSON file of strokes for each line or letter.

`my/handwriting/strokes/` is the original; the images in `lines/` and `letters/` are drawn from it.
What is cleared or written over moves to `earlier`, and only a single stroke that is taken back is
dropped. A file holds

    format      1
    text        what was to be written: a line, or one character
    size        width and height of the field it was written in; x to the right, y downward
    baseline    y of the guide that letters stand on
    x_height    how far above it the guide for small letters is
    device      "mouse", "pen" or "touch"
    done        whether the writer went on, so that the text is complete
    strokes     per stroke a list of [x, y, milliseconds since the first point]
    earlier     strokes that were cleared or written over, newest last
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from shared.handwriting.files import HandwritingError, inside, letter_file
from shared.paths import write_atomically

FORMAT = 1
FOLDER = "strokes"
PEN = 0.12  # Width of the pen in x-heights of the guide: a ball-point on ruled paper
LINE_X_HEIGHT = 40  # Of the guides, in units of the field
LETTER_X_HEIGHT = 55
_MARGIN = 12
Strokes = list[list[list[float]]]


@dataclass(frozen=True)
class Written:
    """A line or a letter as it was written; see the top of this module."""

    text: str
    size: tuple[float, float]
    baseline: float
    x_height: float
    device: str = "mouse"
    done: bool = False
    strokes: Strokes = field(default_factory=list)
    earlier: list[Strokes] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether the strokes say the whole text."""
        return self.done and bool(self.strokes)

    def image(self) -> np.ndarray:
        """Draw the strokes with one pen, uint8 (height, width), dark ink on light paper."""
        from shared.letterforms import draw_strokes

        strokes = [np.array(stroke)[:, :2] for stroke in self.strokes]
        # A pen that touches the paper once leaves a dot, which a line from it to itself does not
        strokes = [np.concatenate([points, points[-1:] + 0.5]) for points in strokes]
        points = np.concatenate(strokes)
        low, high = points.min(axis=0) - _MARGIN, points.max(axis=0) + _MARGIN
        width, height = np.ceil(high - low).astype(int)
        moved = [stroke - low for stroke in strokes]
        return 255 - draw_strokes(moved, 1.0, (height, width), PEN * self.x_height)


def from_curves(
    text: str, curves: Sequence[np.ndarray], baseline: float, x_height: float
) -> Written:
    """Return what a pad would have of curves (n, 2) in x-heights, y upward from the baseline."""
    moved = [
        np.column_stack([30 + x_height * x, baseline - x_height * y, np.arange(len(x))]).tolist()
        for x, y in (curve.T for curve in curves)
    ]
    return Written(text, (1200, 200), baseline, x_height, done=True, strokes=moved)


def checked_strokes(strokes: Any) -> Strokes:
    """Return strokes as a browser sent them, rounded to a tenth.

    Raises:
        HandwritingError: They are no lists of [x, y, milliseconds].
    """
    try:
        arrays = [np.array(stroke, float).reshape(-1, 3) for stroke in strokes]
        if all(len(one) and np.isfinite(one).all() for one in arrays):
            return [one.round(1).tolist() for one in arrays]
    except (TypeError, ValueError):
        pass
    raise HandwritingError("A stroke is a list of points [x, y, milliseconds], one at least.")


def read_written(file: Path) -> Written:
    """Read one file of strokes.

    Raises:
        HandwritingError: It is damaged, or of a later format.
        OSError: It cannot be read now, which says nothing of what it holds.
    """
    content = file.read_bytes()
    try:
        known = json.loads(content)
        version = known.pop("format")
        if version == FORMAT:
            return Written(**{**known, "strokes": checked_strokes(known["strokes"])})
    except HandwritingError:
        raise HandwritingError(f"{file} holds something else than strokes: move it away.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HandwritingError(f"{file} is damaged ({error}): move it away.") from error
    raise HandwritingError(
        f"{file} is of format {version}, and this code reads format {FORMAT}. Update the course "
        "with `git pull`."
    )


def written_in(folder: Path) -> dict[str, Written]:
    """Return everything that was written, by the names of its files: "line_0", "a_0", "u0041_0".

    Args:
        folder: Such as `my/handwriting`; it may be empty or missing.

    Raises:
        HandwritingError: See `read_written`.
    """
    return {file.stem: read_written(file) for file in sorted((folder / FOLDER).glob("[!.]*.json"))}


def field_name(text: str, number: int = 0) -> str:
    """Return the name of a field: that of a letter by its character, of a line by its number."""
    return letter_file(text, number)[:-4] if len(text) == 1 else f"line_{number}"


def keep_strokes(folder: Path, name: str, new: Written) -> None:
    """Store what was written; the caller holds the lock of the folder.

    Strokes that it does not continue, because they were cleared or written in another window,
    are kept in `earlier`; a single stroke taken back is not. A damaged file is kept under the
    first free name that ends in `.damaged`.

    Args:
        folder: Such as `my/handwriting`.
        name: See `field_name`.
        new: Its `earlier` is ignored.
    """
    file = folder / FOLDER / f"{name}.json"
    try:
        old = read_written(file) if file.exists() else new
    except HandwritingError:
        names = (f"{name}{'-' * (k > 0)}{k or ''}.damaged" for k in itertools.count())
        file.rename(next(p for p in map(file.with_name, names) if not p.exists()))
        old = new
    shorter, longer = sorted((old.strokes, new.strokes), key=len)
    taken_back = len(old.strokes) - len(new.strokes)
    continued = bool(new.strokes) and taken_back <= 1 and longer[: len(shorter)] == shorter
    earlier = [*old.earlier, *([] if continued or not old.strokes else [old.strokes])]
    content = {"format": FORMAT, **asdict(new), "earlier": earlier}
    write_atomically(file, json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def image_file(folder: Path, name: str) -> Path:
    """Return where the image of a field is, apart from what a person puts there."""
    stem, _, number = name.rpartition("_")
    if stem == "line":
        return inside(folder, "lines") / f"pad_{number}.png"
    return inside(folder, "letters") / f"{stem}_pad{number}.png"


def publish(folder: Path, name: str, written: Written) -> None:
    """Draw the image of what is complete where `my_handwriting` reads it; else take it away.

    The caller holds the lock of the folder.

    Raises:
        HandwritingError: `lines.json` is no list of texts by file name.
    """
    import cv2

    image = image_file(folder, name)
    if not written.complete:
        image.unlink(missing_ok=True)  # First: an image without a text is an error
    if len(written.text) > 1:
        _list(image, written.text if written.complete else None)
    if written.complete:
        write_atomically(image, cv2.imencode(".png", written.image())[1].tobytes())


def _list(image: Path, text: str | None) -> None:
    """Say in `lines.json` what an image reads, or no longer name it; other entries stay."""
    listing = inside(image.parent, "lines.json")
    try:
        old = json.loads(listing.read_text(encoding="utf-8-sig")) if listing.exists() else {}
        new = {**old, image.name: text}
    except (ValueError, TypeError) as error:
        raise HandwritingError(
            f"{listing} is no list of texts by file name ({error}); mend it or move it away. "
            "Your strokes are kept, and the line is added when the pad is opened again."
        ) from error
    if text is None:
        del new[image.name]
    if new != old:
        write_atomically(listing, json.dumps(new, ensure_ascii=False, indent=1) + "\n")
