"""Sheets that pen hands filled, photographed with a phone: for tests, measurements and Lab 1.

python data/make/filled_sheets.py    write data/samples/sheet.jpg, which Lab 1 shows
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from PIL import Image

from shared.handwriting.photograph import Sheet
from shared.handwriting.sheet import (
    CELLS,
    FRAME,
    PROMPTS,
    ROW_PITCH,
    ROW_TOP,
    RULE,
    cell_base,
    cell_box,
    make_figure,
)
from shared.pages.camera import Camera
from shared.pages.paper import Paper
from shared.pages.photograph import photograph_page
from shared.paths import DATA, write_atomically
from shared.pen import Hand, draw, hands, write

SCALE = 10  # Pixels per millimeter
MARGIN = 1.5  # Paper beside the writing
TONE, DARKEST = 225, 22  # Gray of the paper and of the darkest ink
NEAR = 5  # Pixels by which strokes may differ


@dataclass(frozen=True, eq=False)
class FilledSheet:
    """A sheet as it was written.

    Attributes:
        number: Which sheet.
        ink: uint8 (2610, 1900), what was written in the frame, 255 on paper 0.
        boxes: The ink of each box that was filled, in the frame, by the place in `CELLS`.
        rows: The ink of each line that was written, by its place on the sheet.
    """

    number: int
    ink: np.ndarray
    boxes: dict[int, np.ndarray]
    rows: dict[int, np.ndarray]


def fill(
    hand: Hand,
    rng: np.random.Generator,
    number: int = 1,
    x_height: float = 2.3,
    empty: float = 0.0,
) -> FilledSheet:
    """Fill a sheet with a hand of the pens.

    Args:
        hand: Who writes.
        rng: Source of all variation.
        number: The sheet.
        x_height: Millimeters of a small letter on a line; in a box it is larger by a third.
        empty: Share of the boxes and lines that stay empty.
    """
    boxes, rows = {}, {}
    for index, character in enumerate(CELLS):
        if rng.random() >= empty:
            box = cell_box(index)
            size, span = 1.3 * x_height, (box.left, box.right)
            boxes[index] = _written(character, hand, rng, size, cell_base(index), span)
    for index, text in enumerate(PROMPTS[number - 1]):
        if rng.random() >= empty:
            base = ROW_TOP + index * ROW_PITCH + RULE
            rows[index] = _written(text, hand, rng, x_height, base, (0.0, FRAME[0]))
    ink = np.zeros((round(FRAME[1] * SCALE), round(FRAME[0] * SCALE)), np.uint8)
    for one in (*boxes.values(), *rows.values()):
        np.maximum(ink, one, out=ink)
    return FilledSheet(number, ink, boxes, rows)


@cache
def blank_page(number: int) -> np.ndarray:
    """Return the page to fill as it is printed on A4, uint8 (2970, 2100)."""
    content = io.BytesIO()
    make_figure("A4", number).savefig(content, format="png", dpi=25.4 * SCALE)
    return np.array(Image.open(content).convert("L"))


def _written(
    text: str, hand: Hand, rng: np.random.Generator, x_height: float,
    base: float, span: tuple[float, float],
) -> np.ndarray:  # fmt: skip
    """Write a text between two edges, at the left on a line and in the middle of a box."""
    writing = write(text, hand, rng)
    room = span[1] - span[0] - 2 * MARGIN
    zoom = min(SCALE * x_height / writing.x_height, SCALE * room / writing.width)
    drawn = draw(writing, round(32 * zoom))
    zoom = len(drawn) / 32
    left = span[0] + MARGIN + (len(text) == 1) * (room - drawn.shape[1] / SCALE) / 2
    left, top = round(SCALE * left), round(SCALE * base - writing.baseline * zoom)
    ink = np.zeros((round(FRAME[1] * SCALE), round(FRAME[0] * SCALE)), np.uint8)
    drawn = drawn[: len(ink) - top, : ink.shape[1] - left]
    ink[top : top + len(drawn), left : left + drawn.shape[1]] = drawn
    return ink


def photograph(
    filled: FilledSheet,
    rng: np.random.Generator,
    tilt: float = 20.0,
    turn: float = 8.0,
    shadow: float = 0.4,
    blur: float = 0.8,
    bend: float = 0.0,
    ink: int = 22,
    shape: tuple[int, int] = (4000, 3000),
) -> np.ndarray:
    """Photograph a filled sheet with a phone, gray uint8 of `shape`.

    Args:
        filled: The sheet.
        rng: Source of the rest: where it is tilted to, light, noise.
        tilt: Degrees between the camera's axis and the paper's normal.
        turn: Degrees by which the paper is turned in the picture.
        shadow: Share of the light that a shadow across it takes away.
        blur: Of the lens, standard deviation in pixels.
        bend: Millimeters by which the paper's left and right edges are curled down.
        ink: Gray of the pen; the paper is 225.
        shape: Height and width; 4000 by 3000 are 12 megapixels.
    """
    page = (255 - blank_page(filled.number)).astype(np.float32) / 255
    top, left = ((a - b) // 2 for a, b in zip(page.shape, filled.ink.shape, strict=True))
    there = page[top : top + filled.ink.shape[0], left : left + filled.ink.shape[1]]
    np.maximum(there, (filled.ink / 255) * (TONE - ink) / (TONE - DARKEST), out=there)
    page = (255 * page).astype(np.uint8)
    if bend:
        down, right = np.mgrid[: page.shape[0], : page.shape[1]].astype(np.float32)
        across = 2 * right / page.shape[1] - 1
        page = cv2.remap(page, right, down - SCALE * bend * across * across, cv2.INTER_LINEAR)
    matrix = _look(page.shape, tilt, turn, rng.uniform(0, 360), shape)
    seen = cv2.warpPerspective(page, matrix, shape[::-1], flags=cv2.INTER_AREA)
    paper = Paper(
        pen=1, nib=0, ink=DARKEST, flow=0.15, tone=TONE, texture=2, rules=(0, 0), phase=0, edge=0,
        print=0, folds=0, ghost=0, desk=70, rim=0, slope=(0.12, -0.1, 0.08),
        shadows=(shadow, 0.5 * shadow), blur=blur, noise=2.5, jpeg=88,
        seed=int(rng.integers(2**31)),
    )  # fmt: skip
    return photograph_page(seen, paper, Camera(page.shape, shape, matrix, 0.0), 1.0)


def _look(
    paper: tuple[int, int], tilt: float, turn: float, toward: float, shape: tuple[int, int]
) -> np.ndarray:
    """Return the (3, 3) matrix from the paper to a picture that it fills to nine tenths."""
    height, width = paper
    tilt, turn, toward = np.radians([tilt, turn, toward])
    axis = np.array([np.cos(toward), np.sin(toward), 0]) * tilt
    rotation = cv2.Rodrigues(axis)[0] @ cv2.Rodrigues(np.array([0, 0, turn]))[0]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    around = np.column_stack([corners - (width / 2, height / 2), np.zeros(4)]) @ rotation.T
    seen = around[:, :2] / (1 + around[:, 2:] / (1.3 * height))  # From 39 centimeters
    low, high = seen.min(axis=0), seen.max(axis=0)
    zoom = 0.9 * min(np.array(shape[::-1]) / (high - low))
    seen = (seen - (low + high) / 2) * zoom + np.array(shape[::-1]) / 2
    return cv2.getPerspectiveTransform(corners, seen.astype(np.float32))


def right_cells(filled: FilledSheet, sheet: Sheet) -> tuple[int, int]:
    """Count the boxes and lines that were cut rightly.

    A filled one is right if it is there under its label, and nine tenths of its ink lie where
    something was written and nine tenths of what was written are there; an empty one, if it was
    left out.

    Returns:
        How many are right, and how many there are.
    """
    cut = dict(zip(sheet.labels, sheet.letters, strict=True))
    lines = dict(zip(sheet.texts, sheet.lines, strict=True))
    texts = PROMPTS[filled.number - 1]
    right = sum(_alike(filled.boxes.get(k), cut.get(one)) for k, one in enumerate(CELLS))
    right += sum(_alike(filled.rows.get(k), lines.get(one)) for k, one in enumerate(texts))
    return right, len(CELLS) + len(texts)


def _alike(written: np.ndarray | None, crop: np.ndarray | None) -> bool:
    """Return whether a crop shows what was written, its ink laid over it."""
    if written is None or crop is None:
        return written is None and crop is None
    a, b = (_bounded(one) for one in (written, 255 - crop))
    shape = np.maximum(a.shape, b.shape)
    a, b = (np.pad(one, [(0, more) for more in shape - one.shape]) for one in (a, b))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * NEAR + 1, 2 * NEAR + 1))
    near_a, near_b = (cv2.dilate(one.astype(np.uint8), disk) > 0 for one in (a, b))
    return bool((a & near_b).sum() > 0.9 * a.sum() and (b & near_a).sum() > 0.9 * b.sum())


def _bounded(ink: np.ndarray) -> np.ndarray:
    mask = ink > 90
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def main() -> None:
    """Write the photograph of Lab 1: the stand-in's hand, a box and a line left empty."""
    rng = np.random.default_rng(17)
    filled = fill(hands("test")[0], rng)
    image = photograph(filled, rng, tilt=18, turn=-7, shadow=0.5, shape=(2000, 1500), blur=0.6)
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])
    print(write_atomically(DATA / "samples" / "sheet.jpg", content.tobytes()), len(content))


if __name__ == "__main__":
    main()
