"""Panel on greedy decoding: path, merge, drop, text, with the two rules as two steps."""

from __future__ import annotations

import itertools

import numpy as np

from shared.explorer.emissions_panel import Drawn
from shared.explorer.marks import Mark, rects, ribbons, segments, text, texts
from shared.explorer.page import HEADER, LEFT, Page

TILE = 24
GAP = 16
PITCH = 30  # Widest distance of two letters of the collapsed text
Run = tuple[int, int, int]


def runs(path) -> list[Run]:
    """Group a path into (class, first frame, one past the last frame)."""
    found, start = [], 0
    for k, group in itertools.groupby(int(k) for k in path):
        stop = start + len(list(group))
        found.append((k, start, stop))
        start = stop
    return found


def collapse_panel(page: Page, y: float) -> Drawn:
    """Draw the argmax path and what the two rules make of it, one step a row."""
    numbers, blank = page.numbers, page.numbers.blank
    marks = page.header(
        y, "Greedy decoding: merge first, then drop",
        "1 merge equal neighbors into runs · 2 drop the blanks · what is left is the text",
    )  # fmt: skip
    tops = [y + HEADER + i * (TILE + GAP) for i in range(3)]
    text_top = tops[2] + TILE + 44
    names = ("best path", "1 merge", "2 drop", "text")
    for name, top in zip(names, (*tops, text_top), strict=True):
        marks.append(text(LEFT - 10, top + TILE / 2, name, anchor="end", bold=top > tops[0]))

    inset = 1 if page.step >= 9 else 0.3
    frames = [(int(k), t, t + 1) for t, k in enumerate(numbers.path)]
    marks += _tiles(page, frames, tops[0], 0.3, inset)
    if page.step >= 9:
        marks += _names(page, frames, tops[0], 13)
    found = runs(numbers.path)
    letters = [run for run in found if run[0] != blank]
    merged = _bands(page, found, tops[0] + TILE, tops[1], inset)
    merged += _tiles(page, found, tops[1], 0.45, inset)
    spoken = [run for run in found if run[0] != blank or (run[2] - run[1]) * page.step >= 16]
    merged += _names(page, spoken, tops[1], 14, bold=True)
    marks += merged

    dropped = _bands(page, letters, tops[1] + TILE, tops[2], inset)
    dropped += _tiles(page, letters, tops[2], 0.7, inset)
    dropped += _names(page, letters, tops[2], 14, bold=True)
    middle = tops[2] + TILE / 2
    crosses = []
    for k, start, stop in found:
        if k == blank:
            x, size = page.x((start + stop) / 2), min(4, (stop - start) * page.step / 2)
            crosses.append((x - size, middle - size, x + size, middle + size))
            crosses.append((x - size, middle + size, x + size, middle - size))
    dropped.append(segments(crosses, stroke="blank", width=1.5))
    marks += dropped
    marks += _text_boxes(page, letters, tops[2] + TILE, text_top, inset)
    return marks, text_top + TILE + 36 - y


def _by_class(found: list[Run]) -> dict[int, list[Run]]:
    """Sort runs by class, so that each class is one mark."""
    sorted_runs: dict[int, list[Run]] = {}
    for run in found:
        sorted_runs.setdefault(run[0], []).append(run)
    return sorted_runs


def _tiles(page: Page, found: list[Run], top: float, opacity: float, inset: float) -> list[Mark]:
    """One rounded tile for each run, the blank's hatched."""
    return [
        rects(
            [[page.x(a) + inset, top, (b - a) * page.step - 2 * inset, TILE] for _, a, b in same],
            fill=page.role(k), opacity=opacity, radius=4, hatch=k == page.numbers.blank,
        )
        for k, same in _by_class(found).items()
    ]  # fmt: skip


def _names(page: Page, found: list[Run], top: float, size: int, bold: bool = False) -> list[Mark]:
    """The symbol of each run in the middle of its tile."""
    places = [(page.x((a + b) / 2), top + TILE / 2) for _, a, b in found]
    names = [page.name(k) for k, _, _ in found]
    return [texts(places, names, size, anchor="middle", bold=bold)]


def _bands(page: Page, found: list[Run], top: float, bottom: float, inset: float) -> list[Mark]:
    """Straight ribbons from one row of tiles down to the next."""
    marks = []
    for k, same in _by_class(found).items():
        edges = [(page.x(a) + inset, page.x(b) - inset) for _, a, b in same]
        bands = [(left, right, top, left, right, bottom) for left, right in edges]
        marks.append(ribbons(bands, page.role(k), opacity=0.16))
    return marks


def _text_boxes(
    page: Page, letters: list[Run], top: float, text_top: float, inset: float
) -> list[Mark]:
    """The collapsed text, letters side by side, each with the ribbon it came down."""
    if not letters:
        empty = "nothing is left: every frame says blank"
        return [text(LEFT, text_top + TILE / 2, empty, 13, role="warn", bold=True)]
    pitch = min(PITCH, page.plot_width / len(letters))
    width = pitch * len(letters)
    center = float(np.mean([(a + b) / 2 for _, a, b in letters]))
    first = min(max(page.x(center) - width / 2, LEFT), LEFT + page.plot_width - width)
    bands: dict[str, list] = {}
    boxes: dict[str, list] = {}
    for i, (k, start, stop) in enumerate(letters):
        left = first + i * pitch
        above = (page.x(start) + inset, page.x(stop) - inset, top)
        bands.setdefault(page.role(k), []).append((*above, left + 1, left + pitch - 1, text_top))
        boxes.setdefault(page.role(k), []).append((left + 1, text_top, pitch - 2, TILE + 4))
    marks = [ribbons(at, role, opacity=0.3) for role, at in bands.items()]
    marks += [rects(at, fill="paper", stroke=role, width=2, radius=4) for role, at in boxes.items()]
    places = [(first + (i + 0.5) * pitch, text_top + TILE / 2 + 2) for i in range(len(letters))]
    names = [page.name(k) for k, _, _ in letters]
    size = 16 if pitch >= 14 else 12
    return [*marks, texts(places, names, size, anchor="middle", bold=True)]
