"""What changed between two versions of labels, line by line."""

from __future__ import annotations

from typing import NamedTuple

from shared.labeling.records import LabeledLine, LabelSet


class Change(NamedTuple):
    """One difference between two versions of labels.

    Attributes:
        page: The image.
        line: The line's id.
        kind: `"added"`, `"removed"`, `"text"`, `"box"` or `"status"`, the first that applies.
        before: The line before, or None.
        after: The line after, or None.
    """

    page: str
    line: str
    kind: str
    before: LabeledLine | None
    after: LabeledLine | None


def changes(before: LabelSet, after: LabelSet) -> list[Change]:
    """Return in which lines two versions of labels differ, by their ids."""
    old, new = (
        {(page.image, line.id): line for page in labels.pages for line in page.lines}
        for labels in (before, after)
    )
    pairs = {place: (old.get(place), new.get(place)) for place in dict.fromkeys([*old, *new])}
    return [
        Change(*place, _kind(*pair), *pair) for place, pair in pairs.items() if len({*pair}) > 1
    ]


def _kind(before: LabeledLine | None, after: LabeledLine | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    if before.text != after.text:
        return "text"
    return "box" if (before.box, before.baseline) != (after.box, after.baseline) else "status"
