"""Where a number comes from: photographs, labels, lines, a model, and the number itself.

Each step has the identity of its content. A chain of steps with the same identities gives the same
number; two chains that part at one step differ by that step alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shared.figures.picture import OKABE_ITO, Picture, draw
from shared.labeling.records import LabelSet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 10  # Digits of an identity: enough to tell the steps of one picture apart


class Step(NamedTuple):
    """One step on the way to a number.

    Attributes:
        kind: The column it stands in, such as "labels".
        title: What it is, in a few words.
        identity: A hash of its content; the title where there is none.
    """

    kind: str
    title: str
    identity: str = ""


def images_identity(labels: LabelSet) -> str:
    """Return one hash over the images of a label set, whatever their order."""
    return identity_of(page.sha256 for page in sorted(labels.pages, key=lambda one: one.image))


def identity_of(parts: Iterable[str]) -> str:
    """Return one hash over texts in their order."""
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()


def lineage_records(chains: Mapping[str, Sequence[Step]]) -> list[dict[str, str]]:
    """Return the steps as plain rows, as one would store them beside a number."""
    return [
        {"number": name, "step": str(place), **step._asdict()}
        for name, chain in chains.items()
        for place, step in enumerate(chain, 1)
    ]


def draw_lineage(chains: Mapping[str, Sequence[Step]], title: str = "") -> Picture:
    """Draw chains from left to right; a step that several share is drawn once.

    Args:
        chains: The steps of each number, all with the same kinds in the same order.
        title: Heading.

    Raises:
        ValueError: There is no chain, or their kinds differ.
    """
    kinds = [[step.kind for step in chain] for chain in chains.values()]
    if not kinds or any(one != kinds[0] for one in kinds):
        raise ValueError(
            f"A lineage needs one chain or more with the same kinds of steps; given: {kinds}."
        )
    columns = [list(dict.fromkeys(steps)) for steps in zip(*chains.values(), strict=True)]
    rows = max(map(len, columns))
    places = {
        (column, step): (column, (rows - 1) / 2 + k - (len(steps) - 1) / 2)
        for column, steps in enumerate(columns)
        for k, step in enumerate(steps)
    }

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(rows - 0.3, -0.75), title=title)
        for column, kind in enumerate(kinds[0]):
            axes.text(column, -0.6, kind, ha="center", fontsize=10, fontweight="bold")
        box = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": OKABE_ITO[1]}
        for (_, step), (x, y) in places.items():
            text = "\n".join(part for part in (step.title, step.identity[:SHOWN]) if part)
            axes.text(x, y, text, ha="center", va="center", fontsize=8.5, bbox=box,
                      parse_math=False, zorder=3)  # fmt: skip
        arrow = {"arrowstyle": "-|>", "color": OKABE_ITO[0], "lw": 1.1}
        for chain in chains.values():
            for column, (a, b) in enumerate(zip(chain[:-1], chain[1:], strict=True)):
                (x, y), (to, at) = places[column, a], places[column + 1, b]
                ends = (to - _half_width(b), at), (x + _half_width(a), y)
                axes.annotate("", *ends, arrowprops=arrow)
        said = [" to ".join(step.title for step in chain) for chain in chains.values()]
        return f"{title or 'Lineage'}: {len(chains)} chains. {'; '.join(said)}."

    return draw(paint, 0.9 + 0.75 * rows)


def _half_width(step: Step) -> float:
    """Return about how far a step's box reaches to the side, in columns of two inches."""
    return 0.05 + 0.019 * max(len(step.title), len(step.identity[:SHOWN]))


def write_lineage(path: Path | str, chains: Mapping[str, Sequence[Step]]) -> Path:
    """Write the steps as JSON beside the data."""
    import json

    from shared.paths import write_atomically

    return write_atomically(path, json.dumps(lineage_records(chains), indent=1) + "\n")
