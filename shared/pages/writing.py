"""Writing a page: plan, texts, strokes, camera, ink, paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from shared import sentences
from shared.alphabet import ASCII
from shared.letterforms import draw_strokes
from shared.lines import cut
from shared.pages.camera import Camera, aim
from shared.pages.layout import Strokes, place_rows
from shared.pages.line import Line
from shared.pages.page import Page
from shared.pages.paper import Paper, choose_paper
from shared.pages.photograph import photograph_page
from shared.pages.plan import GRADES, Plan, plan_page
from shared.pages.texts import Row, choose_rows, choose_short_rows, insertion, strike
from shared.pen import Hand

_MAX_LINES = 200  # `Page.owner` is uint8


def write_page(
    grade: str,
    hand: Hand,
    rng: np.random.Generator,
    zoom: float = 1.0,
    split: str = "train",
    texts: Sequence[str] | None = None,
    sparse: bool = False,
) -> Page:
    """Write a page.

    The same `rng` lays out the same page at every zoom, drawn from its strokes.

    Args:
        grade: "regular", "touching" or "photo".
        hand: The writer.
        rng: Source of all variation.
        zoom: The scale; at 1 small letters are about 8 to 14 pixels high.
        split: Which texts: "train", "validation" or "test".
        texts: Lines to be written instead of texts of the split; none for an empty page.
        sparse: Whether the texts of the split are numbers, dates and words that stand alone.

    Raises:
        ValueError: On an unknown grade or split, or a zoom that leaves no room.
        shared.alphabet.UnknownCharacterError: on a character outside printable ASCII.
    """
    _check(grade, zoom, texts)
    sentences.pools(split)
    layout, look = (np.random.default_rng(int(seed)) for seed in rng.integers(0, 2**62, 2))
    plan = plan_page(grade, hand, layout, None if texts is None else list(texts))
    if texts is None and sparse:
        rows = choose_short_rows(layout, split, plan.count)
    elif texts is None:
        rows = _edited(choose_rows(layout, split, plan.columns, plan.count), plan, split, layout)
    else:
        rows = [Row(text) for text in texts]
    strokes, needed = None, plan.count * plan.pitch
    if rows:
        strokes, needed = place_rows(rows, plan, hand, layout)
    sheet = max(plan.aspect * plan.width, needed), plan.width
    camera = aim(grade, plan.tight, sheet, layout)
    paper = choose_paper(grade, plan, hand, look)
    if strokes is not None:
        camera = camera.keep_inside(camera.map(strokes.points), 0.25 * plan.x_height)
    ink = owner = np.zeros(camera.shape_at(zoom), np.uint8)
    lines = []
    if strokes is not None:
        ink, owner = _ink(strokes, camera, paper, zoom)
        lines = _lines(rows, strokes, camera, paper, zoom)
    return Page(photograph_page(ink, paper, camera, zoom), lines, owner, grade, hand.name)


def _check(grade: str, zoom: float, texts: Sequence[str] | None) -> None:
    if grade not in GRADES:
        raise ValueError(f"There is no grade {grade!r}; choose one of {', '.join(GRADES)}.")
    if not 0.05 <= zoom <= 8:
        raise ValueError(f"The zoom is {zoom}; it needs a number from 0.05 to 8.")
    if texts is not None and len(texts) > _MAX_LINES:
        raise ValueError(f"{len(texts)} lines are more than the {_MAX_LINES} that a page holds.")
    for text in texts or ():
        ASCII.encode(text)
        if not text.strip():
            raise ValueError(f"The line {text!r} is blank; leave it out, or give it letters.")


def _edited(rows: list[Row], plan: Plan, split: str, rng: np.random.Generator) -> list[Row]:
    """Cross words out and set words in, as people do now and then."""
    striking = (0.12 if plan.tight else 0.04) * float(rng.random() < 0.5)
    inserting = 0.04 * float(plan.pitch > 3.2 * plan.x_height and rng.random() < 0.3)
    edited = []
    for row in rows:
        strikes, inserts, underlines = rng.random(3)
        if strikes < striking and " " in row.text:
            row = strike(rng, split, row)
        if inserts < inserting and " " in row.text and edited:
            edited.append(insertion(rng, split))
        edited.append(replace(row, underlined=row.underlined or underlines < 0.015))
    return edited


def _ink(
    strokes: Strokes, camera: Camera, paper: Paper, zoom: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ink of a page as it is seen, and whose it is, uint8 (height, width) each."""
    shape, pen, nib = camera.shape_at(zoom), paper.pen * zoom, paper.nib * zoom
    pieces = cut(camera.map(strokes.points) * zoom, strokes.lengths)
    own = [piece for piece, mine in zip(pieces, strokes.owned, strict=True) if mine]
    ink = draw_strokes(own, 1.0, shape, pen, nib)
    owner = _owner(own, strokes.line[strokes.owned], ink, pen)
    rest = [piece for piece, mine in zip(pieces, strokes.owned, strict=True) if not mine]
    if rest:
        ink = cv2.max(ink, draw_strokes(rest, 1.0, shape, pen, nib))
    return ink, owner


def _owner(strokes: list[np.ndarray], line: np.ndarray, ink: np.ndarray, pen: float) -> np.ndarray:
    """Return whose ink each pixel is; where two lines touch, the lower line's."""
    owner = np.zeros(ink.shape, np.uint8)
    fixed = np.rint(np.concatenate(strokes) * 16).astype(np.int32) - 8
    pieces = cut(fixed, np.array([len(stroke) for stroke in strokes]))
    cuts = np.searchsorted(line, np.arange(line[-1] + 2)).tolist()
    for k, (first, last) in enumerate(zip(cuts[:-1], cuts[1:], strict=True)):
        cv2.polylines(owner, pieces[first:last], False, k + 1, 1, cv2.LINE_8, shift=4)
    side = 2 * int(np.ceil(pen / 2)) + 1
    owner = cv2.dilate(owner, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    owner[ink < 64] = 0
    return owner


def _lines(
    rows: list[Row], strokes: Strokes, camera: Camera, paper: Paper, zoom: float
) -> list[Line]:
    """Measure each line in the image."""
    # How far ink goes beyond the pen's middle, as it was drawn
    reach = max(1, round(2 * paper.pen * zoom)) / 4 + round(2 * paper.nib * zoom) / 2
    mine = np.repeat(strokes.owned, strokes.lengths)
    at = np.repeat(strokes.line, strokes.lengths)[mine]
    firsts = np.searchsorted(at, np.arange(len(rows)))
    points, feet = strokes.points[mine], strokes.feet[mine]
    seen = camera.map(points) * zoom
    up = np.hypot(*(seen - camera.map(feet) * zoom).T)
    up = np.where(points[:, 1] > feet[:, 1], -up, up)
    low = np.minimum.reduceat(seen, firsts) - reach
    high = np.maximum.reduceat(seen, firsts) + reach
    boxes = np.hstack([np.maximum(low, 0), np.minimum(high, camera.shape_at(zoom)[::-1])])
    tops = np.maximum(np.maximum.reduceat(up, firsts), 0) + reach
    bottoms = np.maximum(-np.minimum.reduceat(up, firsts), 0) + reach
    curves = cut(camera.map(strokes.curves) * zoom, strokes.bends)
    middles = strokes.curves[np.cumsum(strokes.bends) - (strokes.bends + 1) // 2]
    above = middles - np.column_stack([np.zeros(len(rows)), strokes.sizes])
    x_heights = np.hypot(*((camera.map(middles) - camera.map(above)) * zoom).T)
    return [
        Line(curve, float(top), float(bottom), float(x_height), 1.0, row.text, box)
        for row, curve, x_height, top, bottom, box in zip(
            rows, curves, x_heights, tops, bottoms, boxes, strict=True
        )
    ]
