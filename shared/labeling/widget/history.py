"""What an action changed on a page, and how it is taken back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.labeling.records import LabeledPage, LabelSet
from shared.labeling.widget.editing import EditError


@dataclass(frozen=True)
class Change:
    """One page before and after an action.

    Attributes:
        before: As it was.
        after: As it is now.
        group: Changes that follow each other with one group are undone together: the
            letters of a text are typed one by one and taken back at once.
        title: What was done, in a few words.
    """

    before: LabeledPage
    after: LabeledPage
    group: str = ""
    title: str = ""


def taken_back(labels: LabelSet, change: Change) -> LabelSet:
    """Return labels without a change, whatever else happened on its page since.

    Raises:
        EditError: A line that the change touched was changed again, elsewhere.
    """
    page = labels.page(change.after.image)
    old = {line.id: line for line in change.before.lines}
    new = {line.id: line for line in change.after.lines}
    now = {line.id: line for line in page.lines}
    touched = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    for name in touched:
        if now.get(name) != new.get(name):
            raise EditError(
                f"The line {name!r} was changed elsewhere since; taking this back would lose that."
            )
    lines = [line for line in page.lines if line.id not in touched]
    for place, line in enumerate(change.before.lines):
        if line.id in touched:
            lines.insert(min(place, len(lines)), line)
    moved = [line.id for line in change.before.lines] != [line.id for line in change.after.lines]
    if moved and not touched:  # The order alone was changed
        places = {line.id: place for place, line in enumerate(change.before.lines)}
        lines.sort(key=lambda line: places.get(line.id, len(places)))
    same = change.before.status == change.after.status
    status = page.status if same else change.before.status
    return labels.with_page(replace(page, lines=tuple(lines), status=status))
