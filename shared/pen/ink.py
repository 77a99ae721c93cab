"""Ink: strokes become an image, and the image a photograph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from shared.pen.hand import Hand
from shared.pen.write import LINE_HEIGHT, Writing, write


@dataclass(frozen=True, eq=False)
class Line:
    """A line image: ink 255 on paper 0, uint8 (height, width), with its text and boxes."""

    image: np.ndarray
    text: str
    boxes: np.ndarray
    hand: Hand
    held_out: np.ndarray


def draw(writing: Writing, height: int | None = None) -> np.ndarray:
    """Draw clean ink, uint8 (height, width), at any height (32 if not given)."""
    zoom = (height or writing.height) / writing.height
    shape = round(writing.height * zoom), int(np.ceil(writing.width * zoom))
    nib = writing.hand.style.nib * writing.x_height * zoom
    return draw_strokes(writing.strokes, zoom, shape, writing.pen * zoom, nib)


def draw_strokes(
    strokes: list[np.ndarray], zoom: float, shape: tuple[int, int], pen: float, nib: float = 0.0
) -> np.ndarray:
    """Draw strokes at twice the size and average: smooth edges at any pen width.

    Args:
        strokes: (n, 2) points each.
        zoom: pixels per unit of the points.
        shape: height and width of the image.
        pen: width of the pen in pixels.
        nib: half the length of a broad nib in pixels; 0 for a round pen.

    Returns:
        uint8 of `shape`, ink 255.
    """
    canvas = np.zeros((2 * shape[0], 2 * shape[1]), np.uint8)
    # Whole sixteenths of a pixel: the last bit of a sine must not decide a pixel.
    fixed = 2 * np.rint(np.concatenate(strokes) * (zoom * 16)).astype(np.int32) - 8
    ends = np.cumsum([len(s) for s in strokes]).tolist()
    pieces = [fixed[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    cv2.polylines(canvas, pieces, False, 255, 1, cv2.LINE_AA, shift=4)
    # Moving the tip of the pen along a thin line is three times faster than drawing it thick.
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


def write_line(text: str, hand: Hand, rng: np.random.Generator, height: int = LINE_HEIGHT) -> Line:
    """Write a line and photograph it: blur, uneven ink and paper grain included."""
    writing = write(text, hand, rng)
    image = photograph(draw(writing, height), hand, rng)
    return Line(image, text, writing.boxes * (height / LINE_HEIGHT), hand, writing.held_out)


_LEVELS = np.arange(256)


def photograph(image: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Return clean ink as a camera and a contrast correction leave it.

    Args:
        image: uint8 (height, width), ink 255.
        hand: its ink and blur are the middle of what is drawn.
        rng: source of the variation.
    """
    blur, gain, curve, grain, patches = rng.random(5)
    sigma = hand.style.blur * (0.6 + 0.8 * blur)
    image = cv2.GaussianBlur(image, (3, 3), sigma)
    # However faint the pencil, the correction leaves its darkest ink at half strength or more.
    strength = max(hand.style.ink * (0.75 + 0.6 * gain), 0.6 * 255 / max(1, int(image.max())))
    table = np.minimum(255, np.rint(255 * strength * (_LEVELS / 255) ** (0.75 + 0.5 * curve)))
    image = cv2.LUT(image, table.astype(np.uint8))
    if patches < 0.6:  # ink that flows unevenly
        h, w = image.shape
        coarse = rng.integers(140, 256, (5, max(2, w // 6)), dtype=np.uint8)
        flow = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR)
        image = cv2.multiply(image, flow, scale=1 / 230)
    if grain < 0.4:  # paper that is not quite gone; saturating arithmetic never wraps around
        noise = rng.integers(0, 2 + int(40 * grain), image.shape, dtype=np.uint8)
        image = cv2.add(image, noise)
    return image
