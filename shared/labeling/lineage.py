"""Where a number comes from: photographs, labels, split, model, result, each with its hash.

A number in a report is worth what it can be traced to. Every step here names what it was made of
and a hash of itself, so that one can ask later whether the files at hand are still the ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.labeling.label_files import format_labels
from shared.labeling.page_files import image_sha256
from shared.labeling.records import LabelError, LabelSet
from shared.paths import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from shared.figures import Picture

KINDS = ("photographs", "labels", "split", "model", "number")


@dataclass(frozen=True)
class Step:
    """One thing on the way from photographs to a number.

    Attributes:
        kind: One of `KINDS`.
        name: What people call it, such as `"v1"`.
        identity: SHA-256 of what it is.
        made_from: Names of the steps it was made from.
        details: What else is worth knowing, such as counts; plain values.
    """

    kind: str
    name: str
    identity: str
    made_from: tuple[str, ...] = ()
    details: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Lineage:
    """The steps to one or more numbers, each after what it was made from."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        known: set[str] = set()
        for step in self.steps:
            missing = [name for name in step.made_from if name not in known]
            if missing or step.name in known or step.kind not in KINDS:
                why = f"comes from {missing[0]!r}, which no earlier step is" if missing else (
                    "has a name that is taken" if step.name in known else f"is a {step.kind!r}"
                )  # fmt: skip
                raise LabelError(f"The step {step.name!r} {why}.")
            known.add(step.name)


def photographs_step(name: str, labels: LabelSet) -> Step:
    """Return the step for the images that labels are of."""
    files = sorted(f"{page.sha256}  {page.image}" for page in labels.pages)
    return Step("photographs", name, _sha256("\n".join(files)), (), (("images", len(files)),))


def labels_step(name: str, labels: LabelSet, photographs: str) -> Step:
    """Return the step for one version of labels."""
    lines = sum(line.status == "labeled" for line in labels.lines())
    details = (("labeled lines", lines),)
    return Step("labels", name, _sha256(format_labels(labels)), (photographs,), details)


def split_step(name: str, split: Mapping[str, str], labels: str) -> Step:
    """Return the step for a split, an image and its part each."""
    counts = {part: list(split.values()).count(part) for part in dict.fromkeys(split.values())}
    listed = json.dumps(dict(sorted(split.items())))
    return Step("split", name, _sha256(listed), (labels,), tuple(counts.items()))


def model_step(name: str, weights: Path | str, made_from: Sequence[str], **details: Any) -> Step:
    """Return the step for a model, by the file of its weights."""
    return Step("model", name, image_sha256(weights), tuple(made_from), tuple(details.items()))


def number_step(name: str, value: float, made_from: Sequence[str], **details: Any) -> Step:
    """Return the step for a measured number."""
    told = (("value", round(float(value), 6)), *details.items())
    return Step("number", name, _sha256(repr(told)), tuple(made_from), told)


def write_lineage(path: Path | str, lineage: Lineage) -> Path:
    """Write a lineage as JSON, a step a line."""
    steps = [
        {**asdict(step), "made_from": list(step.made_from), "details": dict(step.details)}
        for step in lineage.steps
    ]
    rows = ",\n ".join(json.dumps(step, ensure_ascii=False) for step in steps)
    return write_atomically(path, f"[\n {rows}\n]\n")


def draw_lineage(lineage: Lineage) -> Picture:
    """Draw the steps from photographs on the left to numbers on the right."""
    from shared.figures import OKABE_ITO, draw

    columns = [[step for step in lineage.steps if step.kind == kind] for kind in KINDS]
    tallest = max(1, *map(len, columns))
    place = {
        step.name: (column, (len(steps) - 1) / 2 - row)
        for column, steps in enumerate(columns)
        for row, step in enumerate(steps)
    }
    told = {
        step.name: [f"{key} {_short(value)}" for key, value in step.details[:3]]
        for step in lineage.steps
    }

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set(xlim=(-0.55, len(KINDS) - 0.45), ylim=(-tallest / 2 - 0.1, tallest / 2 + 0.35))
        for column, kind in enumerate(KINDS):
            axes.text(column, tallest / 2 + 0.2, kind, ha="center", weight="bold", fontsize=10)
        frame = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": OKABE_ITO[0]}
        for step in lineage.steps:
            text = "\n".join([step.name, *told[step.name], step.identity[:8]])
            middle = {"ha": "center", "va": "center", "fontsize": 8}
            axes.text(*place[step.name], text, **middle, bbox=frame, zorder=3)
        arrow = {"arrowstyle": "-|>", "color": OKABE_ITO[1], "lw": 1.3, "mutation_scale": 13}
        boxes = {step.name: box.get_bbox_patch() for step, box in zip(
            lineage.steps, axes.texts[len(KINDS) :], strict=True)}  # fmt: skip
        for step in lineage.steps:
            for origin in step.made_from:
                ends = {"patchA": boxes[origin], "patchB": boxes[step.name]}
                ends |= {"shrinkA": 0, "shrinkB": 5}  # Points: a frame lies outside of its text
                axes.annotate(
                    "", place[step.name], place[origin], arrowprops=arrow | ends, zorder=4
                )
        said = [
            f"{step.kind} {step.name}"
            + (f" made from {' and '.join(step.made_from)}" if step.made_from else "")
            + "".join(f", {one}" for one in told[step.name])
            for step in lineage.steps
        ]
        return f"Lineage of {len(columns[-1])} numbers. {'; '.join(said)}."

    return draw(paint, 0.7 + 1.15 * tallest)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
