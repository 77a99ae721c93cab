"""Layout: rows of text become strokes in their places on the paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.pages.texts import Row, bell
from shared.pen import Hand, write
from shared.pen.write import Writing, smooth_noise

GRADES = ("regular", "touching", "photo")
_COMMON = "etaoinshrdlu"
_STANDING = frozenset("abcdehiklmnorstuvwxABCDEFGHIKLMNOPRSTUVWXYZ0123456789")


@dataclass(frozen=True)
class Plan:
    """What is decided about a page before its texts; lengths in pixels at zoom 1.

    Attributes:
        x_height: height of the small letters.
        pitch: from one baseline to the next.
        width: of the paper.
        margins: left, top, right, bottom.
        columns: characters that a full line holds, about.
        count: lines wanted.
        aspect: height of the sheet by its width; 0 cuts the paper off below the last line.
        tight: whether lines touch.
        spread: how much further apart words stand than this hand sets them, in x-heights.
        ruled: pixels between the lines on the paper; 0 for none.
    """

    x_height: float
    pitch: float
    width: float
    margins: tuple[float, float, float, float]
    columns: int
    count: int
    aspect: float
    tight: bool
    spread: float
    ruled: float


@dataclass(frozen=True, eq=False)
class Strokes:
    """All the ink of a page, strokes one after the other, those of a line together.

    Attributes:
        points: float64 (n, 2), pixels at zoom 1.
        feet: float64 (n, 2), where each point's foot stands on the baseline.
        lengths: points of each stroke.
        line: the line that each stroke belongs to.
        owned: per stroke, whether it counts as the line's ink; a crossed-out word does not.
        curves: (m, 2), the baselines of all lines.
        bends: points of each baseline.
        sizes: x-height of each line.
    """

    points: np.ndarray
    feet: np.ndarray
    lengths: np.ndarray
    line: np.ndarray
    owned: np.ndarray
    curves: np.ndarray
    bends: np.ndarray
    sizes: np.ndarray


def plan_page(
    grade: str,
    hand: Hand,
    rng: np.random.Generator,
    size: tuple[int, int] | None = None,
    texts: list[str] | None = None,
) -> Plan:
    """Choose paper, margins and pitch.

    Args:
        grade: one of `GRADES`.
        hand: the writer, whose letters decide how many fit.
        rng: source of all choices.
        size: height and width of the paper; chosen if not given.
        texts: the lines to be written, which decide count and width where no size is given.
    """
    tight = grade == "touching" or (grade == "photo" and rng.random() < 0.35)
    x_height = hand.style.x_height * float(np.exp(0.14 * bell(rng, limit=2)))
    ratio = rng.uniform(1.6, 2.6) if tight else 2.6 + 2.6 * rng.random() ** 1.7
    pitch = ratio * x_height
    columns = int(rng.uniform(30, 66)) if rng.random() < 0.75 else int(rng.uniform(14, 34))
    small = rng.random() < 0.22
    count = int(rng.integers(1, 7)) if small else int(np.clip(rng.gamma(5, 3.0), 3, 30))
    aspect = 0.0 if small or rng.random() < 0.4 else float(rng.choice([1.294, 1.414, 0.75, 1.6]))
    if texts is not None:
        count, columns = len(texts), max(max(map(len, texts), default=0), 8)
    apart = float(rng.random() < 0.35) * rng.uniform(0.0, 1.3)
    advance = (advance_of(hand) + 0.17 * apart) * x_height
    narrow = rng.random()
    free = 0.3 if narrow < 0.15 else 2.0 if narrow < 0.4 else 7.0
    sides = (0.5 + free * rng.random(4)) * x_height
    sides[1] += 1.6 * x_height
    sides[3] += 0.8 * x_height
    width = columns * advance + sides[0] + sides[2]
    if size is not None:
        height, width = size
        aspect = height / width
        columns = max(8, int((width - sides[0] - sides[2]) / advance))
    if aspect:
        room = max(1, int((aspect * width - sides[1] - sides[3]) / pitch) + 1)
        if texts is None:
            count = min(count if small else int(room * rng.uniform(0.3, 1.15)) + 1, room, 30)
    ruled = pitch if rng.random() < 0.35 else 0.0
    return Plan(
        x_height, pitch, width, tuple(sides.tolist()), columns, count, aspect, tight, apart, ruled
    )


def advance_of(hand: Hand) -> float:
    """Return how far a character brings this hand forward on average, in x-heights."""
    glyphs = [hand.glyphs[character][0] for character in _COMMON]
    style = hand.style
    letter = np.mean([glyph.right - glyph.left for glyph in glyphs]) + style.letter_gap
    return float(0.83 * (letter + 0.8 * style.pen) + 0.17 * style.word_gap)


def place_rows(
    rows: list[Row], plan: Plan, hand: Hand, rng: np.random.Generator
) -> tuple[Strokes, float]:
    """Write the rows and put them in their places.

    Returns:
        The strokes, and the height that the paper needs.
    """
    # A page is one long line of writing, cut where its lines end: twice as fast as line by line.
    written = [row.written or row.text for row in rows]
    writing = write(" ".join(written), hand, rng)
    starts = np.cumsum([0, *(len(text) + 1 for text in written)])
    lengths = np.array([len(stroke) for stroke in writing.strokes])
    line = np.searchsorted(starts, writing.stroke_owner, side="right") - 1
    order = np.argsort(line, kind="stable")
    points = np.concatenate([writing.strokes[k] for k in order])
    lengths, line = lengths[order], line[order]
    inside = writing.stroke_owner[order] - starts[line]
    struck = np.array([row.struck for row in rows])
    owned = (inside < struck[line, 0]) | (inside >= struck[line, 1])

    # Along the line and up, in x-heights, each line from its own beginning.
    at = np.repeat(line, lengths)
    blanks = np.array([character == " " for character in writing.text])
    shift = plan.spread * np.cumsum(blanks * rng.uniform(0.6, 1.4, len(blanks)))
    u = points[:, 0] / writing.x_height + np.repeat(shift[writing.stroke_owner[order]], lengths)
    v = (writing.baseline - points[:, 1]) / writing.x_height - _floor(writing, points[:, 0])
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(at)) + 1])
    begin, end = np.minimum.reduceat(u, firsts), np.maximum.reduceat(u, firsts)
    u, widths = u - begin[at], end - begin

    spaces = writing.boxes[:, 0] / writing.x_height + shift
    gaps = [spaces[starts[k] + _spaces(text)] - begin[k] for k, text in enumerate(written)]
    sizes, squeeze, left, base = _places(rows, plan, widths, gaps, rng)
    slope, bow, wave = _curves(rows, plan, rng)
    extra = _marks(rows, widths, u, v, at, np.repeat(owned, lengths), rng)
    if extra:
        u, v = (np.concatenate([a, *(e[:, k] for e, _ in extra)]) for k, a in enumerate((u, v)))
        at = np.concatenate([at, *(np.full(len(e), k) for e, k in extra)])
        lengths = np.concatenate([lengths, [len(e) for e, _ in extra]])
        line = np.concatenate([line, [k for _, k in extra]])
        owned = np.concatenate([owned, np.zeros(len(extra), bool)])

    def baseline(k: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return y and slope of line k's baseline at x."""
        reach = plan.width / 2
        t = (along - reach) / reach
        phase = wave[k, 1] + wave[k, 2] * t
        y = base[k] + slope[k] * (along - plan.margins[0]) + bow[k] * (t * t - 1 / 3)
        y = y + wave[k, 0] * np.sin(phase)
        rise = slope[k] + (2 * bow[k] * t + wave[k, 0] * wave[k, 2] * np.cos(phase)) / reach
        return y, rise

    x = left[at] + u * squeeze[at] * sizes[at]
    y, rise = baseline(at, x)
    up = v * sizes[at] / np.sqrt(1 + rise * rise)
    feet = np.column_stack([x, y])
    points = feet + np.column_stack([rise * up, -up])

    mine = np.repeat(owned, lengths)
    firsts = np.searchsorted(at[mine], np.arange(len(rows)))
    low = np.minimum.reduceat(x[mine], firsts)
    high = np.maximum(np.maximum.reduceat(x[mine], firsts), low + 1)
    steps = np.maximum(1, (high - low) // (2 * plan.x_height)).astype(int)
    which = np.repeat(np.arange(len(rows)), steps + 1)
    share = np.concatenate([np.arange(count + 1) / count for count in steps])
    along = low[which] + (high - low)[which] * share
    curves = np.column_stack([along, baseline(which, along)[0]])
    lowest = float(max(points[:, 1].max(), base.max()) + plan.margins[3])
    return Strokes(points, feet, lengths, line, owned, curves, steps + 1, sizes), lowest


def _floor(writing: Writing, x: np.ndarray) -> np.ndarray:
    """Return how high above its baseline the writing stands at x, in x-heights.

    Over a whole page of text the hand's slow drift adds up; the lines here have their own.
    """
    stands = np.array([character in _STANDING for character in writing.text])
    if not stands.any():
        return np.zeros(len(x))
    boxes = writing.boxes[stands]
    height = (writing.baseline - boxes[:, 3] + writing.pen / 2) / writing.x_height
    reach = min(11, len(height))
    ends = np.pad(height, (reach // 2, reach - 1 - reach // 2), mode="edge")
    smooth = np.convolve(ends, np.full(reach, 1 / reach), mode="valid")
    return np.interp(x, (boxes[:, 0] + boxes[:, 2]) / 2, smooth)


def _spaces(text: str) -> np.ndarray:
    return np.array([k for k, character in enumerate(text) if character == " "] or [0])


def _places(
    rows: list[Row],
    plan: Plan,
    widths: np.ndarray,
    gaps: list[np.ndarray],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Choose size, squeeze, left edge and height of each row's baseline."""
    count, unit = len(rows), plan.x_height
    inserted = np.array([row.place == "insert" for row in rows])
    sizes = unit * (1 + 0.03 * bell(rng, count, limit=2))
    sizes[inserted] *= rng.uniform(0.6, 0.8)
    steps = 1.0 + (0.015 if plan.ruled else 0.05) * bell(rng, count)
    free = np.array([row.gap for row in rows])
    steps = steps + (np.rint(free) if plan.ruled else free)
    steps[inserted] = 0.0
    if not plan.ruled:  # lines draw together or apart down the page
        steps *= 1 + 0.08 * rng.standard_normal() * np.linspace(-1, 1, count)
    steps[0] -= 1.0
    base = plan.margins[1] + plan.pitch * np.cumsum(steps)
    drift = 0.25 * rng.standard_normal() * unit * np.arange(count) * float(rng.random() < 0.35)
    drift -= min(0.0, drift.min())
    jitter = 0.35 * np.abs(rng.standard_normal(count)).clip(0, 2) * unit
    left = plan.margins[0] + jitter + drift + unit * np.array([row.indent for row in rows])
    for k, row in enumerate(rows):
        room = plan.width - plan.margins[2]
        if row.place == "right":
            left[k] = room - widths[k] * sizes[k] - row.indent * unit
        elif row.place == "center":
            left[k] = (plan.margins[0] + room - widths[k] * sizes[k]) / 2
    left = np.maximum(left, 0.3 * unit)
    # The last words before the edge of the paper are written closer, then smaller.
    fits = (plan.width - 0.4 * unit - left) / (widths * sizes)
    squeeze = np.clip(fits, 0.8, 1.0)
    sizes = sizes * np.minimum(1.0, fits / squeeze)
    for k in np.flatnonzero(inserted):
        gap = gaps[k + 1][int(rng.integers(len(gaps[k + 1])))] * squeeze[k + 1] * sizes[k + 1]
        left[k] = left[k + 1] + gap - 0.5 * widths[k] * sizes[k]
        left[k] = np.clip(left[k], 0.3 * unit, plan.width - 0.4 * unit - widths[k] * sizes[k])
        base[k] = base[k + 1] - 1.45 * unit
    return sizes, squeeze, left, base


def _curves(
    rows: list[Row], plan: Plan, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose slope, bow and wave of each baseline; neighbors are alike."""
    count = len(rows)
    spread = 0.003 if plan.ruled else 0.03 if plan.tight else 0.016
    slope = spread * bell(rng)
    slope = slope + 0.25 * spread * bell(rng, count, limit=2)
    bend = plan.x_height * (0.08 if plan.ruled else 0.5 if plan.tight else 0.28)
    bow = bend * (bell(rng, limit=2) + 0.3 * bell(rng, count, limit=2))
    wave = np.zeros((count, 3))
    wave[:, 0] = bend * 0.35 * rng.random(count)
    wave[:, 1] = rng.uniform(0, 2 * np.pi) + 0.5 * rng.standard_normal(count)
    wave[:, 2] = rng.uniform(2, 6)
    for k in range(count - 1):  # a word set in above a line follows that line
        if rows[k].place == "insert":
            slope[k], bow[k], wave[k] = slope[k + 1], bow[k + 1], wave[k + 1]
    return slope, bow, wave


def _marks(
    rows: list[Row],
    widths: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    at: np.ndarray,
    owned: np.ndarray,
    rng: np.random.Generator,
) -> list[tuple[np.ndarray, int]]:
    """Draw what is no text: strokes through struck words, underlines; (n, 2) u, v and the row."""
    found = []
    for k, row in enumerate(rows):
        if row.struck[1] > row.struck[0]:
            mine = (at == k) & ~owned
            low, high = u[mine].min() - 0.2, u[mine].max() + 0.2
            found += [(mark, k) for mark in _crossing(rng, low, high, float(v[mine].max()))]
        if row.underlined:
            along = np.linspace(-0.3, widths[k] + 0.3, 24)
            height = -0.45 - 0.3 * rng.random() + 0.05 * smooth_noise(rng, 24)[0]
            found.append((np.column_stack([along, height]), k))
    return found


def _crossing(rng: np.random.Generator, low: float, high: float, top: float) -> list[np.ndarray]:
    """Return the strokes with which a person crosses out a word from `low` to `high`."""
    kind = rng.random()
    if kind < 0.55:  # one to three lines through it
        count = int(rng.integers(1, 4))
        heights = 0.5 + 0.3 * (np.arange(count) - (count - 1) / 2) + 0.1 * rng.standard_normal()
        tilt = 0.15 * rng.standard_normal(count)
        along = np.linspace(0, 1, 16)
        return [
            np.column_stack([
                low + (high - low) * along,
                h + t * (along - 0.5) + 0.05 * smooth_noise(rng, 16)[0],
            ])
            for h, t in zip(heights, tilt, strict=True)
        ]  # fmt: skip
    turns = max(3, int((high - low) * rng.uniform(1.2, 3.0)))
    along = np.linspace(0, 1, 6 * turns)
    reach = 0.45 * min(top, 1.4) * (0.8 + 0.3 * rng.random())
    height = 0.5 + reach * np.sin(2 * np.pi * turns * along) + 0.08 * rng.standard_normal()
    sway = 0.25 * np.sin(2 * np.pi * turns * along + 1.2)
    if kind < 0.7:  # a cross of two strokes
        return [np.array([[low, 0.0], [high, 1.1]]), np.array([[low, 1.1], [high, 0.0]])]
    return [np.column_stack([low + (high - low) * along + sway, height])]
