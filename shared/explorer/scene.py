"""Layer (b): a scene, the JSON-able description of one picture and of what it shows.

A pure function of logits, alphabet, target and options: the same call gives the same
scene, and every renderer draws nothing but the scene.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from shared.explorer.collapse_panel import collapse_panel
from shared.explorer.emissions_panel import emissions_panel, gradient_panel, image_panel
from shared.explorer.lattice_panel import lattice_panel
from shared.explorer.marks import Mark, text, tidy
from shared.explorer.page import LEFT, Page, symbol_names
from shared.explorer.replay_panel import derive, replay_panel
from shared.explorer.values import (
    Numbers,
    Options,
    choose_rows,
    compute,
    fold,
    telling_selection,
)
from shared.explorer.words import alt_text, summary

Scene = dict[str, object]
PANELS = {
    "emissions": ("image", "emissions"),
    "greedy": ("image", "emissions", "collapse"),
    "lattice": ("image", "emissions", "lattice"),
    "gradient": ("image", "emissions", "gradient"),
    "replay": ("image", "replay"),
    "all": ("image", "emissions", "collapse", "lattice", "gradient", "replay"),
}
ALIASES = {"collapse": "greedy"}
MARGIN = 14


def view_name(view: str) -> str:
    """Return the view's own name; refuse an unknown one."""
    name = ALIASES.get(view, view)
    if name not in PANELS:
        known = ", ".join((*PANELS, *ALIASES))
        raise ValueError(f"There is no view {view!r} in the explorer; choose one of {known}.")
    return name


def build_scene(
    logits: np.ndarray,
    characters: str,
    label: Sequence[int],
    options: Options,
    *,
    view: str = "all",
    image: np.ndarray | None = None,
    snapshots: Sequence[dict] = (),
    rows: Sequence[int] | None = None,
    moving: bool = False,
    target_is_greedy: bool = False,
) -> Scene:
    """Describe one picture.

    Args:
        logits: (T, K) unnormalized; class 0 is the blank.
        characters: the K - 1 characters of classes 1 to K - 1.
        label: (U,) class numbers of the target.
        options: what the viewer chose.
        view: which panels.
        image: (height, width) uint8, ink 255 on paper 0, or None.
        snapshots: of training, as `check_snapshots` returns them.
        rows: classes with a row of their own; None chooses them.
        moving: for the browser: the replay's snapshots in one place, no replay marks
            without a slider, no list of likeliest labels.
        target_is_greedy: whether the label was taken from the greedy text.
    """
    view = view_name(view)
    numbers = compute(logits, label, options)
    if rows is None:
        rows = choose_rows(numbers.log_probs, label)
    page = Page.fit(numbers, options, rows, symbol_names(characters))
    t, s = options.select or telling_selection(numbers)
    select = (int(np.clip(t, 0, numbers.num_frames - 1)),
              int(np.clip(s, 0, len(numbers.states) - 1)))  # fmt: skip
    said = summary(page, target_is_greedy)
    marks: list[Mark] = []
    panels: list[dict] = []
    y = float(MARGIN)
    if not (moving and view == "replay"):  # There each snapshot has a line of its own
        marks += [
            text(LEFT, y + 10 + 20 * i, line, size=14, bold=i == 0) for i, line in enumerate(said)
        ]
        y += 56
    replayed = snapshots and (view == "replay" or not moving)
    derived = derive(snapshots, label, numbers.blank) if replayed else []
    for name in PANELS[view]:
        if name == "image":
            if image is None:
                continue
            drawn = image_panel(page, y, image)
        elif name == "emissions":
            drawn = emissions_panel(page, y)
        elif name == "collapse":
            drawn = collapse_panel(page, y)
        elif name == "lattice":
            drawn = lattice_panel(page, y, select)
        elif name == "gradient":
            drawn = gradient_panel(page, y)
        elif derived:
            drawn = replay_panel(page, y, derived, moving)
        else:
            continue
        panels += drawn[0]
        marks += drawn[1]
        y += drawn[2]
    last = len(derived) - 1
    return {
        "version": 1,
        "view": view,
        "frames": numbers.num_frames,
        "has_replay": bool(snapshots),
        "width": tidy(page.width),
        "height": tidy(y + MARGIN),
        "select": list(select),
        "options": {
            "quantity": options.quantity, "scale": options.scale, "stage": options.stage,
            "blank_bias": options.blank_bias, "temperature": options.temperature,
            "frame_width": options.frame_width,
            "snapshot": last if options.snapshot is None else options.snapshot,
        },
        "rows": list(page.rows),
        "names": [page.name(k) for k in page.rows],
        "states": [int(k) for k in numbers.states],
        "state_names": [page.name(int(k)) for k in numbers.states],
        "can_skip": [bool(b) for b in numbers.can_skip],
        "target": "".join(characters[k - 1] for k in numbers.label),
        "greedy": "".join(characters[k - 1] for k in numbers.greedy_label),
        "loss": numbers.loss if numbers.feasible else None,
        "status": numbers.status,
        "updates": [one["update"] for one in derived],
        "summary": ". ".join(said) + ".",
        "alt": alt_text(page, view, list_labels=not moving),
        "panels": panels,
        "marks": marks,
        "values": packed_values(page) if moving else {},
    }  # fmt: skip


def packed_values(page: Page) -> dict[str, object]:
    """Pack what pointing at a cell has to say as base64 float32, row by row.

    By row of the heat maps (rows, T): logit, p, occupancy, gradient.  By state (S, T):
    alpha, beta, posterior.
    """
    numbers: Numbers = page.numbers
    tables = {
        "p": fold(np.exp(numbers.log_probs), page.rows),
        "logit": _named(numbers.logits, page.rows),
        "occupancy": fold(numbers.occupancy, page.rows),
        "gradient": fold(numbers.gradient, page.rows),
        "alpha": numbers.alpha.T,
        "beta": numbers.beta.T,
        "posterior": numbers.posterior.T,
    }
    return {
        name: base64.b64encode(np.ascontiguousarray(table, dtype="<f4")).decode("ascii")
        for name, table in tables.items()
    }


def _named(logits: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """Return (rows, T) logits; the gathered row has none and holds NaN."""
    found = np.full((len(rows), len(logits)), np.nan)
    for i, k in enumerate(rows):
        if k >= 0:
            found[i] = logits[:, k]
    return found
