"""Writing: text becomes strokes with exact boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.alphabet import ASCII
from shared.pen.hand import Glyph, Hand

LINE_HEIGHT = 32
_MARGIN = 1.5  # paper that stays free above and below, pixels
_JOIN_STEPS = np.linspace(0.0, 1.0, 7)[:, None]


@dataclass(frozen=True, eq=False)
class Writing:
    """A written line before it is ink; all lengths in pixels of a line 32 high, y downward.

    Attributes:
        text: what is written.
        strokes: one (n, 2) array of points per stroke, in the order of the text.
        stroke_owner: index of the character that each stroke belongs to.
        boxes: (len(text), 4) left, top, right, bottom of each character's ink; connecting
            strokes are left out, and a space has the box of its gap.
        baseline: y of the writing line at the left; letters wander about it.
        x_height: height of the small letters.
        pen: width of the pen.
        width: width of the paper.
        height: height of the paper.
        held_out: per character, whether its letterform is kept from the training hands.
        hand: who wrote it.
    """

    text: str
    strokes: list[np.ndarray]
    stroke_owner: np.ndarray
    boxes: np.ndarray
    baseline: float
    x_height: float
    pen: float
    width: float
    height: float
    held_out: np.ndarray
    hand: Hand


def write(text: str, hand: Hand, rng: np.random.Generator) -> Writing:
    """Write a line of text; every letter is varied afresh.

    Args:
        text: at least one character other than a space, all printable ASCII.
        hand: the writer.
        rng: source of all variation.

    Raises:
        shared.alphabet.UnknownCharacterError: on a character outside printable ASCII.
        ValueError: on an empty or blank text.
    """
    ASCII.encode(text)
    if not text.strip():
        raise ValueError(f"The text is {text!r}; a line needs at least one character to write.")
    style = hand.style
    at, glyphs, points, owner, starts = _gather(text, hand, rng)
    counts = np.array([len(g.points) for g in glyphs])
    body = np.repeat(np.arange(len(glyphs)), counts)

    # Each letter's own small linear map, then a smooth shake of the pen along the line.
    size, stretch, turn, lean = (rng.standard_normal((4, len(glyphs)))).clip(-2.5, 2.5)
    size, stretch = 1 + style.size * size, 1 + style.size * stretch
    turn, lean = style.rotation * turn, style.rotation * lean
    x, y = points[:, 0], points[:, 1]
    wide, tall = size * stretch, size
    x, y = wide[body] * x + (lean - turn)[body] * y, turn[body] * x + tall[body] * y
    shake = smooth_noise(rng, len(x)) * style.shake
    x, y = x + shake[0], y + shake[1]

    # Layout from left to right; then letters leave the baseline, slowly and one by one.
    left = np.zeros(len(text))
    right = np.zeros(len(text))
    left[at] = [g.left for g in glyphs] * wide
    right[at] = [g.right for g in glyphs] * wide
    gaps = style.gap * rng.standard_normal(len(text)).clip(-2, 2)
    gaps += style.letter_gap + 0.8 * style.pen
    blank = np.array([c == " " for c in text])
    # Points and bars stand apart even where letters touch, or no one could read them.
    mark = np.array([not c.isalnum() for c in text])
    mark[:-1] |= mark[1:]
    gaps = np.where(mark, np.maximum(gaps, 0.16 + 0.8 * style.pen), gaps)
    words = style.word_gap * rng.uniform(0.75, 1.3, len(text))
    extent = np.where(blank, words, right - left)
    ends = np.cumsum(extent + np.where(blank, 0.0, gaps))
    begins = ends - extent - np.where(blank, 0.0, gaps)
    shift = (begins - left)[at]
    drift = _drift(rng, begins, style.wander)
    x, y = x + shift[body], y + (drift[at] + style.wander * rng.standard_normal(len(at)) / 2)[body]
    x = x + style.slant * y

    joins, join_owner = _joins(text, hand, rng, at, glyphs, x, y, counts)
    scale, baseline, x0, width, pen = _frame(rng, style, x, y, joins)
    pixels = np.column_stack([x * scale + x0, baseline - y * scale])
    stops = [*starts[1:].tolist(), len(pixels)]
    strokes = [pixels[a:b] for a, b in zip(starts.tolist(), stops, strict=True)]
    stroke_owner = owner[starts]
    boxes = _boxes(pixels, starts, stroke_owner, len(text), pen / 2)
    boxes[blank] = np.column_stack(
        [
            begins * scale + x0,
            np.full(len(text), baseline - scale),
            ends * scale + x0,
            np.full(len(text), baseline),
        ]
    )[blank]
    if joins:
        strokes += [j * (scale, -scale) + (x0, baseline) for j in joins]
        stroke_owner = np.concatenate([stroke_owner, join_owner])
        order = np.argsort(stroke_owner, kind="stable")
        strokes, stroke_owner = [strokes[k] for k in order], stroke_owner[order]
    held_out = np.zeros(len(text), bool)
    held_out[at] = [g.form.held_out for g in glyphs]
    return Writing(
        text, strokes, stroke_owner, boxes, float(baseline), float(scale), float(pen),
        float(width), float(LINE_HEIGHT), held_out, hand,
    )  # fmt: skip


def _gather(
    text: str, hand: Hand, rng: np.random.Generator
) -> tuple[np.ndarray, list[Glyph], np.ndarray, np.ndarray, np.ndarray]:
    """Concatenate the glyphs of a text: positions in it, glyphs, points, owners, stroke starts."""
    at = np.array([i for i, c in enumerate(text) if c != " "])
    which = rng.random(len(at))
    glyphs = []
    for i, chance in zip(at, which, strict=True):
        forms = hand.glyphs[text[i]]
        glyphs.append(forms[1] if len(forms) > 1 and chance < 0.35 else forms[0])
    offsets = np.cumsum([0] + [len(g.points) for g in glyphs])
    points = np.concatenate([g.points for g in glyphs])
    owner = np.repeat(at, np.diff(offsets))
    starts = np.concatenate([g.starts + o for g, o in zip(glyphs, offsets, strict=False)])
    return at, glyphs, points, owner, starts


_WINDOW = np.hanning(13)[1:-1]
_WINDOW = _WINDOW / np.sqrt((_WINDOW**2).sum())


def smooth_noise(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return (2, count) noise of unit variance that changes over about one x-height of ink."""
    raw = rng.standard_normal((2, count + len(_WINDOW) - 1))
    return np.stack([np.convolve(row, _WINDOW, mode="valid") for row in raw])


def _drift(rng: np.random.Generator, x: np.ndarray, wander: float) -> np.ndarray:
    """Return how far the baseline has moved at x: a slope, and a slow wave."""
    slope, phase, wave, amplitude = rng.random(4)
    rise = (slope - 0.5) * min(0.06, 0.9 / (x[-1] + 1)) * 2
    swing = 2.0 * wander * amplitude * np.sin((0.15 + 0.5 * wave) * x + 2 * np.pi * phase)
    return rise * (x - x[-1] / 2) + swing


def _joins(
    text: str,
    hand: Hand,
    rng: np.random.Generator,
    at: np.ndarray,
    glyphs: list[Glyph],
    x: np.ndarray,
    y: np.ndarray,
    counts: np.ndarray,
) -> tuple[list[np.ndarray], list[int]]:
    """Draw connecting strokes from pen positions that are already in place."""
    if hand.style.joins <= 0:
        return [], []
    chance = rng.random(len(glyphs))
    first = np.cumsum(counts) - counts
    strokes, owners = [], []
    for k in range(len(glyphs) - 1):
        if (
            at[k + 1] != at[k] + 1
            or glyphs[k].exit < 0
            or not glyphs[k + 1].enters
            or chance[k] >= hand.style.joins
        ):
            continue
        a, b = first[k] + glyphs[k].exit, first[k + 1]
        start, end = np.array([x[a], y[a]]), np.array([x[b], y[b]])
        reach = np.hypot(*(end - start))
        if not 0.08 < reach < 1.5 or end[0] < start[0] - 0.4:
            continue
        leave = np.array([x[a] - x[a - 2], y[a] - y[a - 2]])
        arrive = np.array([x[b + 2] - x[b], y[b + 2] - y[b]])
        leave, arrive = (v * reach / 3 / max(np.hypot(*v), 1e-6) for v in (leave, arrive))
        t, u = _JOIN_STEPS, 1 - _JOIN_STEPS
        c1, c2 = start + leave, end - arrive
        strokes.append(u**3 * start + 3 * u * u * t * c1 + 3 * u * t * t * c2 + t**3 * end)
        owners.append(int(at[k]))
    return strokes, owners


def _frame(
    rng: np.random.Generator, style: object, x: np.ndarray, y: np.ndarray, joins: list[np.ndarray]
) -> tuple[float, float, float, float, float]:
    """Choose scale, baseline, left margin, width and pen so that no ink is cut."""
    every = np.concatenate([np.column_stack([x, y]), *joins]) if joins else np.column_stack([x, y])
    (x_min, bottom), (x_max, top) = every.min(axis=0), every.max(axis=0)
    size, low, lead, tail, pressure = rng.random(5)
    scale = style.x_height * (0.9 + 0.2 * size)
    weight = style.pen * (0.85 + 0.3 * pressure) + 2 * style.nib
    room = LINE_HEIGHT - 2 * _MARGIN
    scale = min(scale, room / (top - bottom + weight))
    pen = style.pen * (0.85 + 0.3 * pressure) * scale
    edge = _MARGIN + weight * scale / 2
    highest, lowest = edge + top * scale, LINE_HEIGHT - edge + bottom * scale
    baseline = min(max(20.0 + 4.0 * low, highest), lowest)
    x0 = edge + 1 + 6 * lead - x_min * scale
    width = np.ceil(x_max * scale + x0 + edge + 1 + 6 * tail)
    return scale, baseline, x0, width, pen


def _boxes(
    pixels: np.ndarray, starts: np.ndarray, owners: np.ndarray, count: int, pen: float
) -> np.ndarray:
    low = np.minimum.reduceat(pixels, starts, axis=0) - pen
    high = np.maximum.reduceat(pixels, starts, axis=0) + pen
    boxes = np.zeros((count, 4))
    boxes[:, :2], boxes[:, 2:] = np.inf, -np.inf
    np.minimum.at(boxes[:, :2], owners, low)
    np.maximum.at(boxes[:, 2:], owners, high)
    return boxes
