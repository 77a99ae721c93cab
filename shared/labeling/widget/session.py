"""One person at work on one label file: actions, undo and redo, progress; no browser needed.

Every action replaces the label file as a whole before it returns, so whoever is killed loses
nothing that was told to be saved. A lock is held for the moment of writing only, and whoever writes
first reads what others wrote since: two widgets on one file add up, and a file that another tool
wrote, such as an older version that was checked out, wins.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from shared.labeling.label_files import format_labels, read_labels
from shared.labeling.records import LabeledPage, LabelSet
from shared.labeling.widget.editing import Action, EditError, apply
from shared.paths import locked, write_atomically

WAIT = 10.0  # Seconds for another process to finish writing
_DONE: set[tuple[Path, str]] = set()  # What a browser sends twice is done once
_TITLES = {
    "add": "a new line",
    "box": "moving a box",
    "text": "typing",
    "accept": "accepting a line",
    "unreadable": "calling a line unreadable",
    "delete": "deleting a line",
    "order": "changing the order",
    "page": "the state of the page",
}


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


class LabelSession:
    """Applies actions to a label file and keeps every one of them.

    Attributes:
        path: The label file.
        labels: As they are now, as far as this process has read.
        annotator: Whose name labels get.

    Example:
        >>> session = LabelSession("my/labels/labels.json", "you")  # doctest: +SKIP
        >>> session.act({"do": "accept", "page": "page_1.png", "line": "l1"})  # doctest: +SKIP
        >>> session.undo()  # doctest: +SKIP
    """

    def __init__(self, path: Path | str, annotator: str | None = "you") -> None:
        self.path = Path(path)
        self.annotator = annotator
        self.labels = read_labels(self.path)
        self._content = self.path.read_bytes()
        self._file = self.path.resolve()
        self._done: list[Change] = []
        self._undone: list[Change] = []

    def refresh(self) -> bool:
        """Read what others did to the file; say whether it was anything."""
        before = self._content
        with self._writing():
            return self._content != before

    def act(self, action: Action, action_id: str | None = None) -> None:
        """Do one action and keep it on the disk before returning.

        Args:
            action: See `editing`; `group` joins it with the one before for undoing.
            action_id: Its name; an action that comes a second time under a name is not done
                again.

        Raises:
            EditError: It cannot be done; nothing has changed.
        """
        name = action_id or uuid.uuid4().hex

        def step(labels: LabelSet) -> LabelSet:
            return apply(labels, action, self.annotator)

        change = self._keep(name, action["page"], step)
        if change is None:
            return
        title = _TITLES.get(action.get("do"), "a change")
        change = replace(change, group=str(action.get("group") or ""), title=title)
        last = self._done[-1] if self._done else None
        if last and change.group and last.group == change.group and last.after == change.before:
            self._done[-1] = replace(change, before=last.before)
        else:
            self._done.append(change)
        self._undone.clear()

    def fill(self, page: LabeledPage) -> None:
        """Keep what a model proposes on a page without lines; undo ends there.

        Args:
            page: With its lines. Where somebody has begun on it in between, nothing is done.
        """

        def step(labels: LabelSet) -> LabelSet:
            return labels if labels.page(page.image).lines else labels.with_page(page)

        self._keep(uuid.uuid4().hex, page.image, step)

    def undo(self, action_id: str | None = None) -> str:
        """Take back the last action of this session; return what that was.

        Raises:
            EditError: There is none, or somebody else changed the same page since.
        """
        return self._turn(self._done, self._undone, "undo", action_id)

    def redo(self, action_id: str | None = None) -> str:
        """Do again what was taken back; return what that was."""
        return self._turn(self._undone, self._done, "redo", action_id)

    def can(self) -> dict[str, bool]:
        """Say whether there is something to undo or redo."""
        return {"undo": bool(self._done), "redo": bool(self._undone)}

    def progress(self) -> dict[str, int]:
        """Count lines and pages: `lines`, `decided`, `pages`, `open`."""
        lines = self.labels.lines()
        return {
            "lines": len(lines),
            "decided": sum(line.status != "proposed" for line in lines),
            "pages": len(self.labels.pages),
            "open": sum(page.status == "open" for page in self.labels.pages),
        }

    def _turn(self, stack: list[Change], other: list[Change], word: str, name: str | None) -> str:
        if name and (self._file, name) in _DONE:
            return ""
        if not stack:
            raise EditError(f"There is nothing to {word} since this widget was opened.")
        change = stack[-1]

        def step(labels: LabelSet) -> LabelSet:
            if labels.page(change.after.image) != change.after:
                raise EditError(
                    f"The page {change.after.image!r} was changed elsewhere since; to {word} "
                    "this would lose that."
                )
            return labels.with_page(change.before)

        self._keep(name or uuid.uuid4().hex, change.after.image, step)
        stack.pop()
        other.append(replace(change, before=change.after, after=change.before, group=""))
        return change.title

    def _keep(self, name: str, image: str, step: Callable[[LabelSet], LabelSet]) -> Change | None:
        """Take one step on the newest labels; return what it changed, or None for nothing."""
        with self._writing():
            if (self._file, name) in _DONE:
                return None
            before = self.labels
            after = step(before)
            if after == before:
                return None
            content = format_labels(after)
            write_atomically(self.path, content)
            self.labels, self._content = after, content.encode()
            _DONE.add((self._file, name))
            return Change(before.page(image), after.page(image))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the file, and read it where another widget or tool has changed it."""
        with locked(self.path.with_name(f".{self.path.name}.lock"), WAIT):
            content = self.path.read_bytes()
            if content != self._content:
                self.labels, self._content = read_labels(self.path), content
            yield


def progress_text(progress: dict[str, int]) -> str:
    """Return progress as words, such as "7 of 12 lines, 2 pages open"."""
    pages = progress["open"]
    return (
        f"{progress['decided']} of {progress['lines']} lines, {pages} page{'s' * (pages != 1)} open"
    )
