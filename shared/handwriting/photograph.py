"""From a photograph of a filled sheet to letters, lines and a page that are labeled."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.handwriting.corner_marks import find_marks, mark_corners, softness, which_sheet
from shared.handwriting.cutting import (
    SCALE,
    cut,
    odd_rows,
    own_ink,
    pixels,
    trim,
    without_marks,
    without_print,
)
from shared.handwriting.files import HandwritingError
from shared.handwriting.flattening import flatten
from shared.handwriting.sheet import (
    CELLS,
    CORNERS,
    FRAME,
    MARK,
    MARK_PLACES,
    PROMPTS,
    Box,
    cell_box,
    row_box,
)
from shared.pages.image_files import UnreadableImageError, open_page_image
from shared.pages.preparation import page_ink

if TYPE_CHECKING:
    from shared.picture import Picture

SOFTEST = 0.85  # Millimeters from black to white; beyond, the strokes of a pen run together
BENT = 5.0  # Millimeters by which curled paper may lie beside its place
BESIDE = 1.0  # Millimeters around a box that belong to it, since people write over its edge
ROW_EDGE = 2.5  # Millimeters at the edge of a line in which no stroke of its own lies alone
PALE = 2.2  # Times as dark as the rules that a pen should be
MOST_GAIN = 2.5  # Times that pale writing is made darker, and dust with it
AROUND = 8.0  # Millimeters around a hidden mark that nothing is kept from
HEIC = (".heic", ".heif")
BLURRED = (
    "The photograph is blurred, or the sheet too small in it: hold still, tap on the sheet to "
    "focus, and let it fill the picture."
)
CURLED = (
    "The paper is curled, so that boxes lie beside their places: look at the cuts, and press it "
    "flat if one is wrong."
)
UNSEEN = (
    "The corner mark at the {} is not to be seen, so what lies beside it was left out: photograph "
    "the whole sheet, with no finger on it, for the rest."
)
ODD = (
    "Left out, because what is written there is much shorter or longer than its text: line {}. "
    "Write all of it, or nothing."
)
FAINT = (
    "The writing is hardly darker than the printed rules, so strokes may be missing: look at the "
    "cuts, and use a darker pen or more light."
)
EMPTY = "Nothing is written on the sheet: fill it, or use a darker pen."


@dataclass(frozen=True, eq=False)
class Sheet:
    """What was cut out of a photographed sheet; gray images, dark ink on white paper.

    Attributes:
        number: Which sheet it is; 0 where it could not be told.
        labels: The characters of the filled boxes.
        letters: uint8 (116, 146) each: a box and a millimeter around it, 10 pixels a millimeter.
        texts: What the filled lines say.
        lines: uint8 (93, width) each, 10 pixels a millimeter.
        page: The filled lines in their places, uint8 (height, width), or None if there is none.
        problems: What went wrong and what to do, a sentence each; empty if all is well.
        photo: The picture that `show` draws on: the rectified sheet, or else the photograph.
        kept: The boxes in `photo` of what was kept, (n, 4).
        doubtful: The boxes of what is named in a problem, (n, 4).
    """

    number: int = 0
    labels: str = ""
    letters: list[np.ndarray] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lines: list[np.ndarray] = field(default_factory=list)
    page: np.ndarray | None = None
    problems: list[str] = field(default_factory=list)
    photo: np.ndarray | None = None
    kept: list[np.ndarray] = field(default_factory=list)
    doubtful: list[np.ndarray] = field(default_factory=list)

    @property
    def description(self) -> str:
        """What was found, and the problems, one sentence a line."""
        found = f"{len(self.letters)} letters and {len(self.lines)} lines were cut out"
        name = f" of sheet {self.number}." if self.number else "."
        return "\n".join([found + name, *self.problems])

    def show(self) -> Picture:
        """Draw what was kept in solid frames and what is in doubt in dashed ones."""
        from shared.handwriting.sheet_figures import show_sheet

        return show_sheet(self)

    def save(self, folder: Path | str | None = None) -> str:
        """Add all of it to `my/handwriting`, or to another folder; say what was added.

        Files that are there are never changed, and what is there already is not added again.

        Raises:
            HandwritingError: The files in the folder cannot be added to.
        """
        from shared.handwriting.keeping import add_sheet

        return add_sheet(self, folder)


def read_sheet(photo: Path | str | np.ndarray) -> Sheet:
    """Find a filled sheet in a photograph, and cut it into letters, lines and a page.

    It may lie at any angle and be tilted. What can be cut with certainty is kept, and the rest is
    named in `problems`; a photograph that is blurred, or shows fewer than three marks or two
    sheets, gives problems alone.

    Args:
        photo: A file, or gray uint8 (height, width).

    Raises:
        HandwritingError: The file cannot be opened.
    """
    gray = photo if isinstance(photo, np.ndarray) else open_photo(Path(photo))
    found = find_marks(gray)
    number, problem = which_sheet(found)
    if problem:
        around = [np.concatenate([one.min(axis=0), one.max(axis=0)])
                  for several in found.values() for one in several]  # fmt: skip
        return Sheet(number, problems=[problem], photo=gray, doubtful=around)
    return _cut(gray, number, {mark % 4: places[0] for mark, places in sorted(found.items())})


def open_photo(path: Path) -> np.ndarray:
    """Open a photograph as gray uint8, HEIC included where pillow-heif is installed.

    Raises:
        HandwritingError: It cannot be opened; the message says what to do.
    """
    try:
        if path.suffix.lower() not in HEIC or not path.is_file():
            return open_page_image(path)
        import pillow_heif

        return np.asarray(pillow_heif.open_heif(path).to_pillow().convert("L"))
    except ModuleNotFoundError:
        raise HandwritingError(
            f"{path.name} is a phone's HEIC file. Install its decoder with `python -m pip install "
            'pillow-heif`, or export the photograph as JPEG ("most compatible" on an iPhone).'
        ) from None
    except (FileNotFoundError, UnreadableImageError) as error:
        raise HandwritingError(str(error)) from error
    except Exception as error:  # A decoder raises anything on a damaged file
        words = " ".join(str(error).split())
        raise HandwritingError(f"{path.name} is damaged ({words}): copy it again.") from error


def _cut(gray: np.ndarray, number: int, corners: dict[int, np.ndarray]) -> Sheet:
    """Rectify a sheet by the corners of its marks, and cut it."""
    import cv2

    printed = np.concatenate([mark_corners(place) for place in corners]).astype(np.float64)
    seen = np.concatenate([*corners.values()]).astype(np.float64)
    matrix = cv2.findHomography(printed, seen)[0]  # From millimeters to pixels
    flat, inside = _rectified(gray, matrix)
    boxes = [SCALE * np.concatenate([MARK_PLACES[k], MARK_PLACES[k] + MARK]) for k in range(4)]
    if max(softness(flat, place, SCALE) for place in corners) > SOFTEST:
        return Sheet(
            number, problems=[BLURRED], photo=flat, doubtful=[boxes[place] for place in corners]
        )
    problems = []
    gone = [place for place in range(4) if place not in corners]
    for place in gone:  # Whatever hides a mark may lie on its neighbors, too
        problems.append(UNSEEN.format(CORNERS[place]))
        cut(inside, pixels(Box(*MARK_PLACES[place], *MARK_PLACES[place] + MARK), AROUND))[:] = 0
    flat, moved = flatten(flat, SCALE)
    if moved > BENT:
        problems.append(CURLED)
    ink, rules = without_print(page_ink(without_marks(flat)))
    places = [*map(cell_box, range(len(CELLS))), *map(row_box, range(len(PROMPTS[number - 1])))]
    strokes = np.concatenate([part[part > 60] for part in (cut(ink, pixels(p)) for p in places)])
    dark = float(np.percentile(strokes, 75)) if len(strokes) else 255.0
    if dark < PALE * (rules + 20):
        problems.append(FAINT)
    ink = cv2.convertScaleAbs(ink, alpha=min(255 / dark, MOST_GAIN))
    cells = [own_ink(ink, inside, cell_box(k), BESIDE, BESIDE) for k in range(len(CELLS))]
    letters = {k: crop for k, crop in enumerate(cells) if crop is not None}
    texts = enumerate(PROMPTS[number - 1])
    rows = {k: (text, own_ink(ink, inside, row_box(k), 0, ROW_EDGE)) for k, text in texts}
    rows = {k: row for k, row in rows.items() if row[1] is not None}
    odd = odd_rows(rows)
    if odd:
        problems.append(ODD.format(", ".join(str(index + 1) for index in odd)))
    doubtful = [boxes[place] for place in gone]
    doubtful += [np.array(pixels(row_box(index))) for index in odd]
    rows = {index: row for index, row in rows.items() if index not in odd}
    kept = [np.array(pixels(place)) for place in (*map(cell_box, letters), *map(row_box, rows))]
    if not (letters or rows or odd):
        problems.append(EMPTY)
    return Sheet(
        number, "".join(CELLS[k] for k in letters), [255 - crop for crop in letters.values()],
        [text for text, _ in rows.values()], [255 - trim(crop) for _, crop in rows.values()],
        _page(rows), problems, flat, kept, doubtful,
    )  # fmt: skip


def _page(rows: dict[int, tuple[str, np.ndarray]]) -> np.ndarray | None:
    """Return the lines in their places on white paper."""
    if not rows:
        return None
    first = pixels(row_box(min(rows))).top
    page = np.zeros((pixels(row_box(max(rows))).bottom - first, SCALE * round(FRAME[0])), np.uint8)
    for index, (_, crop) in rows.items():
        top = pixels(row_box(index)).top - first
        page[top : top + len(crop)] = crop
    return 255 - np.pad(trim(page), ((0, 0), (SCALE * 5, SCALE * 5)))


def _rectified(gray: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the frame as if scanned, and where the photograph shows it."""
    import cv2

    size = round(FRAME[0] * SCALE), round(FRAME[1] * SCALE)
    center = np.array([[1 / SCALE, 0, 0.5 / SCALE], [0, 1 / SCALE, 0.5 / SCALE], [0, 0, 1]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    flat = cv2.warpPerspective(
        gray, matrix @ center, size, flags=how, borderMode=cv2.BORDER_REPLICATE
    )
    inside = cv2.warpPerspective(np.ones_like(gray), matrix @ center, size, flags=how)
    return flat, inside
