"""What changed between two versions of labels, line by line."""

from __future__ import annotations

from typing import NamedTuple

from shared.labeling.records import LabeledLine, LabelSet


class Change(NamedTuple):
    """One difference between two versions of labels.

    Attributes:
        page: The image.
        line: The line's id, or None where a page came or went.
        kind: `"added"`, `"removed"`, `"text"`, `"box"` or `"status"`, the first that applies.
        before: The line before, or None.
        after: The line after, or None.
    """

    page: str
    line: str | None
    kind: str
    before: LabeledLine | None
    after: LabeledLine | None


def changes(before: LabelSet, after: LabelSet) -> list[Change]:
    """Return in which lines two versions of labels differ, page by page."""
    old = {page.image: page for page in before.pages}
    new = {page.image: page for page in after.pages}
    found = []
    for image in dict.fromkeys([*old, *new]):
        if image not in new or image not in old:
            kind = "removed" if image in old else "added"
            found.append(Change(image, None, kind, None, None))
            continue
        first = {line.id: line for line in old[image].lines}
        second = {line.id: line for line in new[image].lines}
        for line_id in dict.fromkeys([*first, *second]):
            a, b = first.get(line_id), second.get(line_id)
            if a != b:
                found.append(Change(image, line_id, _kind(a, b), a, b))
    return found


def _kind(before: LabeledLine | None, after: LabeledLine | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    if before.text != after.text:
        return "text"
    return "box" if (before.box, before.baseline) != (after.box, after.baseline) else "status"
