"""A pen: text becomes strokes with exact boxes, and strokes become ink.

Everything is varied as points, never as pixels, and drawn once at the end. What a writer does
out of habit comes from `shared.writers`; here is what differs from one letter to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from shared.alphabet import ASCII
from shared.ink import photograph
from shared.letterforms import draw_strokes
from shared.writers import Glyph, Hand, Style, gather
from shared.writers import hands as hands  # Whoever writes needs a writer
from shared.writers import make_hand as make_hand

LINE_HEIGHT = 32
SIZE = 28  # Rows and columns of a single character
_MARGIN = 1.5  # Paper that stays free above and below a line, in pixels
_JOIN_STEPS = np.linspace(0.0, 1.0, 7)[:, None]
_WINDOW = np.hanning(13)[1:-1]
_WINDOW = _WINDOW / np.sqrt((_WINDOW**2).sum())


@dataclass(frozen=True, eq=False)
class Writing:
    """A written line before it is ink; all lengths in pixels of a line 32 high, y downward.

    Attributes:
        text: What is written.
        strokes: One (n, 2) array of points per stroke, in the order of the text.
        stroke_owner: Index of the character that each stroke belongs to.
        boxes: (len(text), 4) left, top, right, bottom of each character's ink; connecting
            strokes are left out, and a space has the box of its gap.
        baseline: y of the writing line at the left; letters wander about it.
        x_height: Height of the small letters.
        pen: Width of the pen.
        width: Width of the paper.
        held_out: Per character, whether its letterform is kept from the training writers.
        hand: Who wrote it.
    """

    text: str
    strokes: list[np.ndarray]
    stroke_owner: np.ndarray
    boxes: np.ndarray
    baseline: float
    x_height: float
    pen: float
    width: float
    held_out: np.ndarray
    hand: Hand


@dataclass(frozen=True, eq=False)
class Line:
    """A line image: ink 255 on paper 0, uint8 (height, width), with its text and boxes."""

    image: np.ndarray
    text: str
    boxes: np.ndarray
    hand: Hand
    held_out: np.ndarray


def write(text: str, hand: Hand, rng: np.random.Generator) -> Writing:
    """Write a line of text; every letter is varied afresh.

    Args:
        text: At least one character other than a space, all printable ASCII.
        hand: The writer.
        rng: Source of all variation.

    Raises:
        shared.alphabet.UnknownCharacterError: A character is no printable ASCII.
        ValueError: The text is empty or blank.
    """
    ASCII.encode(text)
    if not text.strip():
        raise ValueError(f"The text is {text!r}; a line needs at least one character to write.")
    style = hand.style
    blank = np.array([character == " " for character in text])
    at = np.flatnonzero(~blank)  # Which characters of the text the glyphs are
    chances = rng.random(len(at))
    glyphs = [hand.glyph(text[i], chance) for i, chance in zip(at, chances, strict=True)]
    x, y, body, first, starts = gather(glyphs)

    # Each letter's own small linear map, then a smooth shake of the pen along the line
    size, stretch, turn, lean = rng.standard_normal((4, len(glyphs))).clip(-2.5, 2.5)
    tall, stretch = 1 + style.size * size, 1 + style.size * stretch
    turn, lean = style.rotation * turn, style.rotation * lean
    wide = tall * stretch
    x, y = wide[body] * x + (lean - turn)[body] * y, turn[body] * x + tall[body] * y
    shake = smooth_noise(rng, len(x)) * style.shake
    x, y = x + shake[0], y + shake[1]

    # Layout from left to right; then letters leave the baseline, slowly and one by one
    left, right = np.zeros((2, len(text)))
    left[at] = [glyph.left for glyph in glyphs] * wide
    right[at] = [glyph.right for glyph in glyphs] * wide
    begins, ends = _lay_out(text, blank, right - left, style, rng)
    drift = _drift(rng, begins, style.wander)[at] + style.wander * rng.standard_normal(len(at)) / 2
    x, y = x + (begins - left)[at][body], y + drift[body]
    x = x + style.slant * y

    points = np.column_stack([x, y])
    joins, join_owner = _joins(points, glyphs, first, at, style.joins, rng)
    scale, baseline, x0, width, pen = _frame(rng, style, np.concatenate([points, *joins]))
    pixels = np.column_stack([x * scale + x0, baseline - y * scale])
    owner = at[body[starts]]
    boxes = _boxes(pixels, starts, owner, len(text), pen / 2)
    boxes[blank, 0::2] = (np.column_stack([begins, ends]) * scale + x0)[blank]
    boxes[blank, 1::2] = baseline - scale, baseline
    strokes = np.split(pixels, starts[1:]) + [j * (scale, -scale) + (x0, baseline) for j in joins]
    owner = np.concatenate([owner, np.array(join_owner, dtype=owner.dtype)])
    order = np.argsort(owner, kind="stable")
    held_out = np.zeros(len(text), bool)
    held_out[at] = [glyph.held_out for glyph in glyphs]
    return Writing(
        text, [strokes[k] for k in order], owner[order], boxes, float(baseline), float(scale),
        float(pen), float(width), held_out, hand,
    )  # fmt: skip


def smooth_noise(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return (2, count) noise of unit variance that changes over about one x-height of ink."""
    raw = rng.standard_normal((2, count + len(_WINDOW) - 1))
    return np.stack([np.convolve(row, _WINDOW, mode="valid") for row in raw])


def _lay_out(
    text: str, blank: np.ndarray, widths: np.ndarray, style: Style, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return where each character begins and ends, the gap after a letter included."""
    gaps = style.gap * rng.standard_normal(len(text)).clip(-2, 2)
    gaps += style.letter_gap + 0.8 * style.pen
    # Points and bars stand apart even where letters touch, or no one could read them
    mark = np.array([not character.isalnum() for character in text])
    mark[:-1] |= mark[1:]
    gaps = np.where(mark, np.maximum(gaps, 0.16 + 0.8 * style.pen), gaps)
    words = style.word_gap * rng.uniform(0.75, 1.3, len(text))
    extent = np.where(blank, words, widths)
    gaps = np.where(blank, 0.0, gaps)
    ends = np.cumsum(extent + gaps)
    return ends - extent - gaps, ends


def _drift(rng: np.random.Generator, x: np.ndarray, wander: float) -> np.ndarray:
    """Return how far the baseline has moved at x: a slope, and a slow wave."""
    slope, phase, wave, amplitude = rng.random(4)
    rise = (slope - 0.5) * min(0.06, 0.9 / (x[-1] + 1)) * 2
    swing = 2.0 * wander * amplitude * np.sin((0.15 + 0.5 * wave) * x + 2 * np.pi * phase)
    return rise * (x - x[-1] / 2) + swing


def _joins(
    points: np.ndarray, glyphs: Sequence[Glyph], first: np.ndarray, at: np.ndarray,
    probability: float, rng: np.random.Generator,
) -> tuple[list[np.ndarray], list[int]]:  # fmt: skip
    """Draw connecting strokes between points that are already in place.

    Returns:
        The strokes, cubic Bezier curves of (7, 2) points, and the character that each leaves.
    """
    strokes, owners = [], []
    chances = rng.random(len(glyphs)) if probability > 0 else np.ones(len(glyphs))
    for k, (glyph, following) in enumerate(zip(glyphs, glyphs[1:], strict=False)):
        adjacent = at[k + 1] == at[k] + 1 and glyph.exit >= 0 and following.enters
        if not adjacent or chances[k] >= probability:
            continue
        a, b = first[k] + glyph.exit, first[k + 1]
        start, end = points[a], points[b]
        reach = np.hypot(*(end - start))
        if not 0.08 < reach < 1.5 or end[0] < start[0] - 0.4:
            continue
        directions = start - points[a - 2], points[b + 2] - end
        leave, arrive = (v * reach / 3 / max(np.hypot(*v), 1e-6) for v in directions)
        t, u = _JOIN_STEPS, 1 - _JOIN_STEPS
        c1, c2 = start + leave, end - arrive
        strokes.append(u**3 * start + 3 * u * u * t * c1 + 3 * u * t * t * c2 + t**3 * end)
        owners.append(int(at[k]))
    return strokes, owners


def _frame(
    rng: np.random.Generator, style: Style, points: np.ndarray
) -> tuple[float, float, float, float, float]:
    """Choose scale, baseline, left margin, width and pen so that no ink is cut."""
    (x_min, bottom), (x_max, top) = points.min(axis=0), points.max(axis=0)
    size, low, lead, tail, pressure = rng.random(5)
    scale = style.x_height * (0.9 + 0.2 * size)
    pen = style.pen * (0.85 + 0.3 * pressure)
    weight = pen + 2 * style.nib
    scale = min(scale, (LINE_HEIGHT - 2 * _MARGIN) / (top - bottom + weight))
    edge = _MARGIN + weight * scale / 2
    highest, lowest = edge + top * scale, LINE_HEIGHT - edge + bottom * scale
    baseline = min(max(20.0 + 4.0 * low, highest), lowest)
    x0 = edge + 1 + 6 * lead - x_min * scale
    width = np.ceil(x_max * scale + x0 + edge + 1 + 6 * tail)
    return scale, baseline, x0, width, pen * scale


def _boxes(
    pixels: np.ndarray, starts: np.ndarray, owners: np.ndarray, count: int, pen: float
) -> np.ndarray:
    boxes = np.zeros((count, 4))
    boxes[:, :2], boxes[:, 2:] = np.inf, -np.inf
    np.minimum.at(boxes[:, :2], owners, np.minimum.reduceat(pixels, starts, axis=0) - pen)
    np.maximum.at(boxes[:, 2:], owners, np.maximum.reduceat(pixels, starts, axis=0) + pen)
    return boxes


def draw(writing: Writing, height: int = LINE_HEIGHT) -> np.ndarray:
    """Draw clean ink, uint8 (height, width), at any height."""
    zoom = height / LINE_HEIGHT
    shape = round(LINE_HEIGHT * zoom), int(np.ceil(writing.width * zoom))
    nib = writing.hand.style.nib * writing.x_height * zoom
    return draw_strokes(writing.strokes, zoom, shape, writing.pen * zoom, nib)


def write_line(text: str, hand: Hand, rng: np.random.Generator, height: int = LINE_HEIGHT) -> Line:
    """Write a line and photograph it: blur, uneven ink and paper grain included."""
    writing = write(text, hand, rng)
    image = photograph(draw(writing, height), hand, rng)
    return Line(image, text, writing.boxes * (height / LINE_HEIGHT), hand, writing.held_out)


def write_characters(text: str, writers: Sequence[Hand], rng: np.random.Generator) -> np.ndarray:
    """Write characters apart from each other, as into the boxes of a form.

    They are framed as EMNIST frames its own: cropped, centered in a square with a margin, 28 x 28
    (Cohen et al. 2017, "EMNIST: an extension of MNIST to handwritten letters", arXiv:1702.05373,
    section II-A). People who fill boxes write wider than on lines.

    Args:
        text: The characters, no spaces.
        writers: One for each character.
        rng: Source of all variation.

    Returns:
        uint8 (len(text), 28, 28), ink 255 on paper 0.

    Raises:
        shared.alphabet.UnknownCharacterError: A character is no printable ASCII.
        ValueError: There is a space, or not one writer for each character.
    """
    ASCII.encode(text)
    if " " in text or len(text) != len(writers):
        raise ValueError(
            f"{len(text)} characters for {len(writers)} hands, {text.count(' ')} of them spaces: "
            "give one hand per character and no spaces, which leave no ink."
        )
    if not text:
        return np.zeros((0, SIZE, SIZE), np.uint8)
    glyphs = list(map(Hand.glyph, writers, text, rng.random(len(text))))
    x, y, body, first, starts = gather(glyphs)

    # One linear map, one bend and one shake per character
    styles = [hand.style for hand in writers]
    slant, rotation, shake = np.array([(s.slant, s.rotation, s.shake) for s in styles]).T
    spread = rng.standard_normal((6, len(glyphs))).clip(-2.5, 2.5)
    stretch = np.exp(0.36 + 0.22 * spread[0])
    lean = 0.6 * slant + 0.12 * spread[1]
    turn = 1.4 * rotation * spread[2]
    x, y = stretch[body] * x + (lean - turn)[body] * y, turn[body] * x + y
    waves, phases = rng.uniform(1.0, 3.0, (2, len(glyphs))), rng.uniform(0, 6.3, (2, len(glyphs)))
    x = x + (0.09 * spread[3])[body] * np.sin(waves[0][body] * y + phases[0][body])
    y = y + (0.09 * spread[4])[body] * np.sin(waves[1][body] * x + phases[1][body])
    points = np.stack([x, y]) + smooth_noise(rng, len(x)) * (1.3 * shake)[body]

    # Frame: the longer side fills the square; a dot is not blown up to a disk
    weight, room, soft, strength = rng.random((4, len(glyphs)))
    pen = 1.1 + 2.7 * weight**2
    low, high = (f.reduceat(points, first, axis=1) for f in (np.minimum, np.maximum))
    zoom = (21.6 + 1.6 * room - pen) / np.maximum((high - low).max(axis=0), 0.35)
    across, down = (points - ((low + high) / 2)[:, body]) * zoom[body]
    pixels = np.column_stack([across + SIZE / 2, SIZE / 2 - down])
    strokes = iter(np.split(pixels, starts[1:]))
    images = np.zeros((len(text), SIZE, SIZE), np.uint8)
    for k, glyph in enumerate(glyphs):
        own = [next(strokes) for _ in glyph.starts]
        image = draw_strokes(own, 1.0, (SIZE, SIZE), float(pen[k]))
        image = cv2.GaussianBlur(image, (3, 3), 0.3 + 0.5 * float(soft[k]))
        gain = (1.0 + 0.5 * strength[k]) * 255 / max(1, int(image.max()))
        images[k] = cv2.LUT(image, np.minimum(255, np.rint(np.arange(256) * gain)).astype(np.uint8))
    return images


def write_character(character: str, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Write one character as EMNIST frames its own, uint8 (28, 28).

    Raises:
        ValueError: It is not exactly one character other than a space.
    """
    return write_characters(character, [hand], rng)[0]
