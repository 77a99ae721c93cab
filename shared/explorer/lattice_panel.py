"""Panel on the lattice: states times frames, legal moves, forward, backward, posterior.

A line too long for readable nodes is shown twice: whole, as a heat map, and through a
lens around the selection.
"""

from __future__ import annotations

import numpy as np

from shared.explorer.emissions_panel import Drawn
from shared.explorer.flows import edge_flows
from shared.explorer.marks import Mark, discs, picture, polyline, rects, segments, text, texts, tidy
from shared.explorer.page import HEADER, LEFT, Page
from shared.explorer.palette import unit_codes
from shared.explorer.words import explain

READABLE_STEP = 17  # Pixels per frame below which nodes become a heat map
MOST_ROWS = 41
LENS_STEP = 46
LENS_ROWS = 11
READING = "area: posterior probability of the state given the target"


def window(center: int, size: int, total: int) -> tuple[int, int]:
    """Return a range of `size` around `center` that stays inside `total`."""
    size = min(size, total)
    first = min(max(center - size // 2, 0), total - size)
    return first, first + size


def lattice_panel(page: Page, y: float, select: tuple[int, int]) -> Drawn:
    """Draw the lattice whole; through a lens as well where it would not be readable."""
    numbers = page.numbers
    subtitle = f"{READING} · circle: best path · ✕: forbidden skip"
    marks = page.header(y, "All paths of the target at once", subtitle)
    top = y + HEADER + 10
    if not numbers.feasible:
        marks.append(text(LEFT, top, numbers.status, size=13, role="warn", bold=True))
        return marks, HEADER + 40
    num_frames, num_states = numbers.alpha.shape
    if page.step >= READABLE_STEP and num_states <= MOST_ROWS:
        height = 32 if num_states <= 13 else 25 if num_states <= 23 else 18
        drawn = _nodes(page, top, (0, num_frames), (0, num_states), page.step, height, select)
        bottom = top + height * num_states
        marks += drawn + page.ticks(bottom)
    else:
        drawn, bottom, frames, states = _overview(page, top, select)
        marks += drawn
        marks.append(text(
            LEFT, bottom + 34, f"Lens: frames {frames[0]} to {frames[1] - 1}, "
            f"states {states[0]} to {states[1] - 1}", size=13, bold=True,
        ))  # fmt: skip
        top, step = bottom + 54, page.plot_width / (frames[1] - frames[0])
        marks += _nodes(page, top, frames, states, step, 32, select)
        bottom = top + 32 * (states[1] - states[0])
        marks += [
            text(LEFT + (t - frames[0] + 0.5) * step, bottom + 9, t, role="muted", anchor="middle")
            for t in range(*frames)
        ]
    lines = explain(page, *select)
    for i, line in enumerate(lines):
        marks.append(text(LEFT, bottom + 38 + 19 * i, line, size=13, bold=i == 0))
    return marks, bottom + 44 + 19 * len(lines) + 10 - y


def _overview(page: Page, top: float, select) -> tuple[list[Mark], float, tuple, tuple]:
    """The whole lattice as a heat map, with the frames and states of the lens outlined."""
    numbers = page.numbers
    num_frames, num_states = numbers.alpha.shape
    height = min(10, max(4, 420 / num_states))
    shares = numbers.posterior.T
    bottom = top + height * num_states
    marks = [picture(LEFT, top, page.plot_width, bottom - top, unit_codes(shares), "cividis")]
    every = max(1, int(np.ceil(13 / (2 * height))))
    named = range(1, num_states, 2 * every)
    names = [page.name(int(numbers.states[s])) for s in named]
    marks.append(texts([(LEFT - 8, top + (s + 0.5) * height) for s in named], names, anchor="end"))
    best = [[page.x(t + 0.5), top + (s + 0.5) * height] for t, s in enumerate(numbers.viterbi)]
    marks.append(polyline(best, stroke="white", width=1, opacity=0.7))
    lens_frames = int(min(num_frames, page.plot_width // LENS_STEP))
    frames = window(select[0], lens_frames, num_frames)
    states = window(select[1], LENS_ROWS, num_states)
    box = [[page.x(frames[0]), top + states[0] * height,
            (frames[1] - frames[0]) * page.step, (states[1] - states[0]) * height]]  # fmt: skip
    marks.append(rects(box, stroke="black", width=4, radius=3))
    marks.append(rects(box, stroke="white", width=2, radius=3))
    marks += page.ticks(bottom)
    return marks, bottom, frames, states


def _nodes(page: Page, top, frames, states, step, height, select) -> list[Mark]:
    """Nodes and edges of a window of the lattice, and what is selected in it."""
    numbers = page.numbers
    (t0, t1), (s0, s1) = frames, states
    x = LEFT + (np.arange(t0, t1) - t0 + 0.5) * step
    y = top + (np.arange(s0, s1) - s0 + 0.5) * height
    on_path = np.isfinite(numbers.alpha) & np.isfinite(numbers.beta)  # From a start to an end
    marks = _edges(page, x, y, frames, states, on_path)

    inside = on_path[t0:t1, s0:s1]
    shares = numbers.posterior[t0:t1, s0:s1]
    largest = min(step, height) * 0.47
    radius = np.sqrt(np.clip(shares, 0, 1)) * largest
    grid_x, grid_y = np.meshgrid(x, y, indexing="ij")
    idle = inside & (radius < 1.2)
    dots = np.stack([grid_x[idle], grid_y[idle], np.full(idle.sum(), 1.2)], axis=1)
    marks.append(discs(dots, fill="edge"))
    shown = inside & ~idle
    for k in dict.fromkeys(int(k) for k in numbers.states[s0:s1]):
        chosen = shown & (numbers.states[s0:s1] == k)[None, :]
        where = np.stack([grid_x[chosen], grid_y[chosen], radius[chosen]], axis=1)
        if len(where):
            is_blank = k == numbers.blank
            marks.append(discs(where, fill=page.role(k), stroke="ink", width=0.7, hatch=is_blank))
    ends = [(0, s) for s in (0, 1)]
    ends += [(numbers.num_frames - 1, len(numbers.states) - i) for i in (2, 1)]
    rings = [[x[t - t0], y[s - s0], largest + 1.5] for t, s in ends
             if t0 <= t < t1 and s0 <= s < s1]  # fmt: skip
    marks.append(discs(rings, stroke="ink", width=1.6))
    if t0 == 0 and s0 == 0:
        marks.append(text(x[0], top - 6, "start", role="muted", anchor="middle"))
    if t1 == numbers.num_frames and s1 == len(numbers.states):
        middle = y[-1] - (height / 2 if len(y) > 1 else 0)
        marks.append(text(x[-1] + largest + 8, middle, "end", role="muted"))
    marks += _viterbi(page, x, y, frames, states, min(largest * 0.4, 4))
    for odd in (0, 1):
        shown = [s for s in range(s0, s1) if s % 2 == odd]
        names = [page.name(int(numbers.states[s])) for s in shown]
        places = [(LEFT - 22, y[s - s0]) for s in shown]
        marks.append(texts(places, names, 14, anchor="end", bold=odd == 1))
    marks += page.chips([int(k) for k in numbers.states[s0:s1]], y.tolist())
    across = LEFT + (np.arange(t1 - t0) + 0.5) * tidy(step)
    return marks + _selection(page, across, y, frames, states, select, min(tidy(step), height))


def _edges(page: Page, x, y, frames, states, on_path) -> list[Mark]:
    """Legal edges thin, busy ones thicker, forbidden skips as dashed stubs with a cross."""
    numbers = page.numbers
    (t0, t1), (s0, s1) = frames, states
    flows = edge_flows(numbers, slice(t0, t1 - 1))
    quiet, busy, stubs, crosses = [], {1: [], 2: [], 3: [], 4: []}, [], []
    ends = np.argwhere(on_path[t0 + 1 : t1, s0:s1])
    for i, j in ends.tolist():
        s = j + s0
        for move in range(3):
            if j < move or not on_path[t0 + i, s - move]:
                continue
            line = [x[i], y[j - move], x[i + 1], y[j]]
            if move < 2 or numbers.can_skip[s]:
                strength = flows[i, s, move]
                level = 0 if strength < 0.02 else min(4, 1 + int(strength * 4))
                (busy[level] if level else quiet).append(line)
            elif s % 2:
                stubs.append([(line[0] + 2 * line[2]) / 3, (line[1] + 2 * line[3]) / 3,
                              line[2], line[3]])  # fmt: skip
                cx, cy = stubs[-1][:2]
                crosses += [[cx - 3, cy - 3, cx + 3, cy + 3], [cx - 3, cy + 3, cx + 3, cy - 3]]
    marks = [segments(quiet, stroke="faint", width=1)] if quiet else []
    for level, lines in busy.items():
        if lines:
            marks.append(segments(lines, "flow", 0.6 + level * 0.95, opacity=0.25 + 0.1 * level))
    if stubs:
        marks.append(segments(stubs, "warn", 1, opacity=0.75, dash=True))
        marks.append(segments(crosses, "warn", 1.2, opacity=0.9))
    return marks


def _viterbi(page: Page, x, y, frames, states, radius) -> list[Mark]:
    """Small rings on the best path of the target, and the line through them."""
    (t0, t1), (s0, s1) = frames, states
    best = [[x[t - t0], y[s - s0]] for t, s in enumerate(page.numbers.viterbi)
            if t0 <= t < t1 and s0 <= s < s1]  # fmt: skip
    rings = [[*point, radius] for point in best]
    return [
        polyline(best, "viterbi", 1.2, dash=True),
        discs(rings, fill="white", stroke="viterbi", width=2),
    ]


def _selection(page: Page, x, y, frames, states, select, size) -> list[Mark]:
    """Ring around the selected node, its arrivals in bold with their shares."""
    i, j = select[0] - frames[0], select[1] - states[0]
    marks = [discs([[x[i], y[j], size * 0.5 + 2]], stroke="select", width=2.4)]
    for _, before, share in page.numbers.arrivals(*select):
        if i > 0 and before >= states[0]:
            from_x, from_y = x[i - 1], y[before - states[0]]
            marks.append(segments([[from_x, from_y, x[i], y[j]]], "select", 2))
            if x[i] - from_x >= 40:
                middle = (from_x * 0.66 + x[i] * 0.34, from_y * 0.66 + y[j] * 0.34)
                marks.append(text(*middle, f"{share:.2f}", anchor="middle", bold=True, halo=True))
    return marks
