"""The entry about the sheet: what is cut rightly from simulated photographs, and where it ends."""

from __future__ import annotations

import numpy as np
from bench_rows import Row, Sizes

#: What is made worse, step by step, while all else stays as in a good photograph
WORSE = {
    "tilt": ("degrees", (0, 15, 30, 45, 55, 60, 65, 70)),
    "shadow": ("of the light", (0.2, 0.4, 0.6, 0.7, 0.8, 0.9)),
    "blur": ("pixels", (1, 2, 3, 4, 5, 6)),
    "bend": ("mm", (0, 1, 2, 4, 6, 8)),
    "ink": ("gray, paper 225", (22, 60, 100, 120, 140, 160)),
    "megapixels": ("", (12, 6, 3, 2, 1.2, 0.8)),
}
GIVEN_UP = 0.9  # Share of right cells below which it has given up
GOOD, HARD = {"tilt": 10, "shadow": 0.3}, {"tilt": 30, "shadow": 0.6}


def measure_sheet(sizes: Sizes) -> list[Row]:
    """Cut photographs of sheets that test hands filled, better and worse ones."""
    from bench_timing import median_seconds

    from shared.handwriting import read_sheet

    shares, photos = [], []
    for writer in range(sizes.sheets):
        right, cells, photo = _cut(writer, HARD)
        shares.append((right, cells))
        photos.append(photo)
    right, cells = np.sum(shares, axis=0).tolist()
    seconds = median_seconds({"cut": lambda: read_sheet(photos[0])}, sizes.sheet_runs)["cut"]
    what = "cells right, 30 degrees and strong shadow"
    beside = f"{right} of {cells}; a sheet each by {sizes.sheets} hands, a tenth left empty"
    rows = [
        Row("sheet", what, right / cells, "{:.1%}", beside, at_least=0.99),
        Row("sheet", "seconds from 12 megapixels to crops", seconds, "{:.2f} s", at_most=5.0),
    ]
    return rows + [_curve(kind, sizes.sheet_curve) for kind in WORSE if sizes.sheet_curve]


def _curve(kind: str, writers: int) -> Row:
    """Make one thing worse until too few cells are right, and draw the shares as bars."""
    unit, steps = WORSE[kind]
    curve = {}
    for step in steps:
        shape = (round((step * 4e6 / 3) ** 0.5), round((step * 3e6 / 4) ** 0.5))
        how = {"shape": shape} if kind == "megapixels" else {kind: step}
        cut = [_cut(writer, GOOD | how)[:2] for writer in range(writers)]
        right, cells = np.sum(cut, axis=0).tolist()
        curve[step] = right / cells
    good = [step for step in steps if curve[step] >= GIVEN_UP]
    beside = " ".join(f"{step:g}:{'▁▂▃▄▅▆▇█'[int(7 * share)]}" for step, share in curve.items())
    beside += "; " + ", ".join(f"{step:g} {share:.0%}" for step, share in curve.items())
    form = "{:g} " + unit
    last = float(good[-1]) if good else float("nan")
    return Row("sheet", f"the last {kind} with 90 % of cells right", last, form.strip(), beside)


def _cut(writer: int, how: dict) -> tuple[int, int, np.ndarray]:
    """Fill, photograph and cut a sheet; return right cells, all cells, and the photograph."""
    import filled_sheets

    from shared import pen
    from shared.handwriting import read_sheet

    hands = pen.hands("test")
    rng = np.random.default_rng([writer, 17])
    filled = filled_sheets.fill(hands[writer % len(hands)], rng, 1 + writer % 2, empty=0.1)
    photo = filled_sheets.photograph(filled, rng, turn=rng.uniform(-180, 180), **how)
    return *filled_sheets.right_cells(filled, read_sheet(photo)), photo
