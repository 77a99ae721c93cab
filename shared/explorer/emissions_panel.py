"""Panels on the emissions: line image, distribution per frame, gradient and occupancy."""

from __future__ import annotations

import numpy as np

from shared.explorer.marks import Mark, picture, rects, text, texts
from shared.explorer.page import HEADER, LEFT, Page
from shared.explorer.palette import IS_LIGHT, signed_codes, unit_codes
from shared.explorer.values import fold
from shared.explorer.words import signed

READABLE_STEP = 38  # Pixels a frame needs to hold a number
Drawn = tuple[list[Mark], float]  # Marks, and the height they take


def row_height(num_rows: int) -> int:
    """Height of a heat map row: generous for few rows, still 12 px text for many."""
    return 26 if num_rows <= 8 else 21 if num_rows <= 14 else 16


def image_panel(page: Page, y: float, image: np.ndarray) -> Drawn:
    """The line image above its frames, stretched so that pixels and frames agree."""
    height, width = image.shape
    frames = page.numbers.num_frames
    stride = 4 if -(-width // 4) == frames else width / frames
    shown_width = page.step * width / stride
    shown_height = min(max(height * page.step / stride, 32), 120)
    marks = page.header(y, "The line", f"{width} pixels, {stride:.4g} to a frame")
    top = y + HEADER
    codes = np.asarray(image, dtype=np.uint8)
    marks.append(picture(LEFT, top, shown_width, shown_height, codes, "ink", smooth=True))
    frame = [[LEFT, top, page.plot_width, shown_height]]
    marks.append(rects(frame, stroke="faint"))
    return marks, HEADER + shown_height + 18


def _heat(page: Page, y: float, values: np.ndarray, codes: np.ndarray, colors: str) -> list[Mark]:
    """One heat map over the rows, numbers in its cells where they fit."""
    height = row_height(len(page.rows))
    marks = [
        picture(LEFT, y, page.plot_width, height * len(page.rows), codes, colors),
        page.hatched_row(y, height),
        *page.grid(y, len(page.rows), height),
        *page.row_names(y, height),
    ]
    if page.step >= READABLE_STEP:
        light = IS_LIGHT[colors][codes]
        for role, chosen in (("black", light), ("white", ~light)):
            cells = np.argwhere(chosen & (np.abs(values) >= 0.005))
            places = (cells[:, ::-1] + 0.5) * [page.step, height] + [LEFT, y]
            shown = [signed(value) for value in values[tuple(cells.T)].tolist()]
            marks.append(texts(places, shown, role=role, anchor="middle"))
    return marks


def emissions_panel(page: Page, y: float) -> Drawn:
    """p(symbol | frame) as a heat map, with the greedy choice of each frame as a square."""
    numbers = page.numbers
    probabilities = fold(np.exp(numbers.log_probs), page.rows)
    height = row_height(len(page.rows))
    subtitle = (
        "color: probability, 0 dark to 1 yellow · hatched: the blank ϵ · "
        "square: the frame's best symbol"
    )
    marks = page.header(y, "What the network says in each frame", subtitle)
    top = y + HEADER
    marks += _heat(page, top, probabilities, unit_codes(probabilities), "cividis")
    best = [page.rows.index(int(k)) for k in numbers.path]
    inset = 1.5 if page.step > 8 else 0.5
    squares = np.array([
        [page.x(t) + inset, top + i * height + inset, page.step - 2 * inset, height - 2 * inset]
        for t, i in enumerate(best)
    ])  # fmt: skip
    if page.step >= 12:
        marks.append(rects(squares, stroke="black", width=3, radius=2))
    marks.append(rects(squares, stroke="white", width=1.4, radius=2))
    right = LEFT + page.plot_width + 10
    means = probabilities.mean(axis=1).tolist()
    middles = [top + (i + 0.5) * height for i in range(len(means))]
    for k, mean, middle in zip(page.rows, means, middles, strict=True):
        marks.append(rects([[right, middle - 4, 44 * mean, 8]], fill=page.role(k), radius=2))
    written = [f"{mean:.3f}" for mean in means]
    places = [(right + 90, middle) for middle in middles]
    marks.append(texts(places, written, role="muted", anchor="end"))
    bottom = top + height * len(page.rows)
    marks.append(text(right, bottom + 9, "mean p", role="muted"))
    marks += page.ticks(bottom)
    return marks, bottom + 34 - y


def gradient_panel(page: Page, y: float) -> Drawn:
    """Occupancy (what the label asks for) and softmax minus occupancy (what training moves)."""
    numbers = page.numbers
    if not numbers.feasible:
        marks = page.header(y, "What training moves", "")
        marks.append(text(LEFT, y + HEADER, numbers.status, size=13, role="warn", bold=True))
        return marks, HEADER + 30
    occupancy = fold(numbers.occupancy, page.rows)
    gradient = fold(numbers.gradient, page.rows)
    softmax = fold(np.exp(numbers.log_probs), page.rows)
    height = row_height(len(page.rows))
    marks = page.header(
        y, "What the target asks for", "posterior share of each symbol, summed over all paths"
    )
    top = y + HEADER
    marks += _heat(page, top, occupancy, unit_codes(occupancy), "cividis")
    right = LEFT + page.plot_width + 10
    sums = zip(occupancy.sum(axis=1).tolist(), softmax.sum(axis=1).tolist(), strict=True)
    places = [(right, top + (i + 0.5) * height) for i in range(len(page.rows))]
    marks.append(texts(places, [f"{asks:.2f} / {says:.2f}" for asks, says in sums]))
    below = top + height * len(page.rows) + 30
    marks.append(text(right, below - 21, "asks / says", role="muted"))
    largest = float(np.abs(numbers.gradient.sum(axis=1)).max())
    marks += page.header(
        below, "What training moves: softmax − posterior",
        "orange: pushed down · blue: pushed up · white: 0 · each column sums to 0 "
        f"(farthest off: {largest:.1e})",
    )  # fmt: skip
    top = below + HEADER
    marks += _heat(page, top, gradient, signed_codes(gradient), "diverging")
    bottom = top + height * len(page.rows)
    marks.append(rects([[LEFT, top, page.plot_width, bottom - top]], stroke="faint"))
    marks += page.ticks(bottom)
    return marks, bottom + 34 - y
