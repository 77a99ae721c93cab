"""Layer (b): a scene, the JSON-able description of one picture and of what it shows.

A pure function of logits, alphabet, target and options: the same call gives the same
scene, and every renderer draws nothing but the scene.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.explorer.collapse_panel import collapse_panel
from shared.explorer.emissions_panel import emissions_panel, gradient_panel, image_panel
from shared.explorer.lattice_panel import lattice_panel
from shared.explorer.marks import Mark, text, tidy
from shared.explorer.page import LEFT, Page, symbol_names
from shared.explorer.replay_panel import derive, replay_panel
from shared.explorer.values import (
    choose_rows,
    compute,
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
    *,
    view: str = "all",
    image: np.ndarray | None = None,
    snapshots: Sequence[dict] = (),
    rows: Sequence[int] | None = None,
    select: tuple[int, int] | None = None,
    target_is_greedy: bool = False,
) -> Scene:
    """Describe one picture.

    Args:
        logits: (T, K) unnormalized; class 0 is the blank.
        characters: the K - 1 characters of classes 1 to K - 1.
        label: (U,) class numbers of the target.
        view: which panels.
        image: (height, width) uint8, ink 255 on paper 0, or None.
        snapshots: of training, as `check_snapshots` returns them.
        rows: classes with a row of their own; None chooses them.
        select: the (time step, state) of the lattice that is explained; None for a telling one.
        target_is_greedy: whether the label was taken from the greedy text.
    """
    view = view_name(view)
    numbers = compute(logits, label)
    if rows is None:
        rows = choose_rows(numbers.log_probs, label)
    page = Page.fit(numbers, rows, symbol_names(characters))
    t, s = select or telling_selection(numbers)
    select = (int(np.clip(t, 0, numbers.num_frames - 1)),
              int(np.clip(s, 0, len(numbers.states) - 1)))  # fmt: skip
    said = summary(page, target_is_greedy)
    marks: list[Mark] = []
    y = float(MARGIN)
    marks += [
        text(LEFT, y + 10 + 20 * i, line, size=14, bold=i == 0) for i, line in enumerate(said)
    ]
    y += 56
    derived = derive(snapshots, label, numbers.blank) if snapshots else []
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
            drawn = replay_panel(page, y, derived)
        else:
            continue
        marks += drawn[0]
        y += drawn[1]
    return {
        "view": view,
        "width": tidy(page.width),
        "height": tidy(y + MARGIN),
        "select": list(select),
        "rows": list(page.rows),
        "target": "".join(characters[k - 1] for k in numbers.label),
        "greedy": "".join(characters[k - 1] for k in numbers.greedy_label),
        "loss": numbers.loss if numbers.feasible else None,
        "status": numbers.status,
        "summary": ". ".join(said) + ".",
        "alt": alt_text(page, view),
        "marks": marks,
    }
