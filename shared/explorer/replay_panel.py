"""Panels on training: curves of loss and blank share, and the emissions at each snapshot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared import ctc
from shared.explorer.emissions_panel import Drawn
from shared.explorer.marks import (
    Mark,
    discs,
    picture,
    polyline,
    rects,
    segments,
    text,
)
from shared.explorer.page import HEADER, LEFT, Page
from shared.explorer.palette import unit_codes
from shared.explorer.values import fold

CURVE_HEIGHT = 110
ROW = 16
MULTIPLES = 4  # Snapshots side by side in a picture that cannot move


def check_snapshots(snapshots: Sequence[dict], shape: tuple[int, int]) -> list[dict]:
    """Return snapshots in order of update, with their logits as float64 arrays.

    Raises:
        ValueError: A snapshot lacks something, or belongs to another line.
    """
    checked = []
    for i, snapshot in enumerate(snapshots):
        missing = {"update", "logits"} - set(snapshot)
        if missing:
            raise ValueError(
                f"Snapshot {i} lacks {', '.join(sorted(missing))}; each needs update (int), "
                "logits (time steps, classes) and, where known, loss."
            )
        logits = np.asarray(snapshot["logits"], dtype=np.float64)
        if logits.shape != shape:
            raise ValueError(
                f"Snapshot {i} has logits of shape {logits.shape}, the line has {shape}; "
                "all snapshots must be of the same line."
            )
        checked.append(dict(snapshot, update=int(snapshot["update"]), logits=logits))
    return sorted(checked, key=lambda snapshot: snapshot["update"])


def derive(snapshots: Sequence[dict], label: Sequence[int], blank: int) -> list[dict]:
    """Add what the replay says about each snapshot: greedy label, blank share, loss."""
    derived = []
    for snapshot in snapshots:
        log_probs = ctc.log_softmax(snapshot["logits"])
        loss = snapshot.get("loss")
        if loss is None:
            loss = -ctc.forward(log_probs, label, blank)[1]
        path, greedy_label, _ = ctc.greedy(log_probs, blank)
        derived.append({
            "update": snapshot["update"], "loss": float(loss), "log_probs": log_probs,
            "path": path, "greedy": greedy_label,
            "blank": float(np.exp(log_probs[:, blank]).mean()),
        })  # fmt: skip
    return derived


def replay_panel(page: Page, y: float, derived: Sequence[dict]) -> Drawn:
    """Draw training: curves, then the emissions of a few snapshots below each other."""
    marks = page.header(
        y, "What training did to this line",
        "solid: loss · dashed: mean probability of the blank, 0 to 1 · dots: snapshots",
    )  # fmt: skip
    marks += _curves(page, y + HEADER, derived)
    top = y + HEADER + CURVE_HEIGHT + 46
    row = min(ROW, max(5, 150 // len(page.rows)))
    height = row * len(page.rows)
    for i in chosen(len(derived)):
        marks += _snapshot(page, top, derived[i], row)
        top += height + 40
    marks += page.ticks(top - 16)
    return marks, top + 12 - y


def chosen(count: int) -> list[int]:
    """Pick a few snapshots, the first and the last among them."""
    return sorted({int(i) for i in np.round(np.linspace(0, count - 1, min(count, MULTIPLES)))})


def _snapshot(page: Page, top: float, one: dict, row: float) -> list[Mark]:
    """Emissions of one snapshot with its greedy path, and its numbers above."""
    reads = page.spelled_short(one["greedy"])
    said = (f"update {one['update']:,} · loss {one['loss']:.4g} · "
            f"mean p(blank) {one['blank']:.3f} · reads {reads}")  # fmt: skip
    marks = [text(LEFT, top + 10, said, size=13, bold=True)]
    values = fold(np.exp(one["log_probs"]), page.rows)
    heat = top + 24
    height = row * len(page.rows)
    marks.append(picture(LEFT, heat, page.plot_width, height, unit_codes(values), "cividis"))
    marks.append(page.hatched_row(heat, row))
    if row >= 14:  # Below that names would overlap; the order is that of the emissions
        marks += page.row_names(heat, row)
    squares = []
    for t, k in enumerate(one["path"]):
        if int(k) in page.rows:
            i = page.rows.index(int(k))
            squares.append([page.x(t) + 0.5, heat + i * row + 0.5, page.step - 1, row - 1])
    if squares:
        marks.append(rects(squares, stroke="white", width=1.2, radius=2))
    return marks


def _curves(page: Page, top: float, derived: Sequence[dict]) -> list[Mark]:
    """Loss and mean p(blank) over the updates."""
    updates = np.array([one["update"] for one in derived], dtype=float)
    losses = np.array([one["loss"] for one in derived])
    blanks = np.array([one["blank"] for one in derived])
    span = max(float(np.ptp(updates)), 1.0)
    x = LEFT + (updates - updates[0]) / span * page.plot_width
    finite = np.isfinite(losses)
    ceiling = float(losses[finite].max()) if finite.any() else 1.0
    bottom = top + CURVE_HEIGHT
    loss_y = bottom - np.where(finite, losses, ceiling) / max(ceiling, 1e-9) * CURVE_HEIGHT
    blank_y = bottom - blanks * CURVE_HEIGHT
    right = LEFT + page.plot_width
    marks = [
        rects([[LEFT, top, page.plot_width, CURVE_HEIGHT]], fill="panel"),
        segments([[LEFT, bottom, right, bottom]], stroke="muted"),
        text(LEFT - 8, top + 6, f"{ceiling:.3g}", role="loss", anchor="end"),
        text(LEFT - 8, top + CURVE_HEIGHT / 2, "loss", role="loss", anchor="end", bold=True),
        text(LEFT - 8, bottom - 6, "0", role="loss", anchor="end"),
        text(right + 8, top + 6, "1", role="muted"),
        text(right + 8, top + CURVE_HEIGHT / 2, "mean p(ϵ)", role="muted", bold=True),
        text(right + 8, bottom - 6, "0", role="muted"),
        text(LEFT, bottom + 12, f"update {int(updates[0]):,}", role="muted"),
        text(right, bottom + 12, f"{int(updates[-1]):,}", role="muted", anchor="end"),
        polyline(np.stack([x, blank_y], 1), stroke="muted", width=2, dash=True),
        polyline(np.stack([x, loss_y], 1)[finite], stroke="loss", width=2.2),
        discs(np.stack([x, loss_y, np.full(len(x), 2.6)], 1), fill="loss"),
        discs(np.stack([x, blank_y, np.full(len(x), 2.6)], 1), fill="muted"),
    ]
    return marks
