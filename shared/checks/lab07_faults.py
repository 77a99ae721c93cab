"""Four label files of one page for Lab 7, each with a fault of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shared.labeling import LabeledPage
from shared.labeling.bias import misread
from shared.labeling.practice import shift_texts

#: What can be wrong with a label file, and two answers that none of the four calls for
FAULTS = (
    "boxes in percent",
    "letters mistyped",
    "right",
    "texts of another page",
    "texts one line too high",
    "x and y exchanged",
)

#: Which fault the files A to D have
_ORDER = (
    "letters mistyped",
    "texts one line too high",
    "x and y exchanged",
    "boxes in percent",
)

MISTYPED = 3  # Lines


def faulty(page: LabeledPage, fault: str, seed: int = 7) -> LabeledPage:
    """Return true labels with a fault.

    Args:
        page: With a text on every line.
        fault: One of those in `_ORDER`.
        seed: Of the typing errors.

    Raises:
        ValueError: There is no such fault.
    """
    if fault == "texts one line too high":
        return shift_texts(page)
    if fault == "letters mistyped":
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(page.lines), min(MISTYPED, len(page.lines)), replace=False)
        lines = [
            replace(line, text=misread(line.text, rng)[0]) if k in chosen else line
            for k, line in enumerate(page.lines)
        ]
        return replace(page, lines=tuple(lines))
    changes = {
        "x and y exchanged": lambda a, b, c, d: (b, a, d, c),
        "boxes in percent": lambda a, b, c, d: (
            100 * a / page.width, 100 * b / page.height, 100 * c / page.width,
            100 * d / page.height,
        ),
    }  # fmt: skip
    if fault not in changes:
        raise ValueError(f"No label file has the fault {fault!r}; use one of {[*changes]} ...")
    lines = [replace(line, box=changes[fault](*line.box)) for line in page.lines]
    return replace(page, lines=tuple(lines))


def four_label_files(page: LabeledPage) -> dict[str, LabeledPage]:
    """Return the files A to D."""
    return {name: faulty(page, fault) for name, fault in zip("ABCD", _ORDER, strict=True)}
