"""What a person does to labels, as plain values: an action in, changed labels out.

The browser sends actions and shows what they will come to; the kernel does them. Nothing here knows
of a browser, so every rule can be tested without one.

An action is a dictionary with `do`, the `page` (its image) and mostly the `line` (its id):

| do | further fields |
| --- | --- |
| add | `line`, `box`, perhaps `at`, its place in the reading order |
| box | `box`; the baseline goes with it |
| text | `text`: what is typed makes the line labeled; nothing typed, open again |
| accept | the proposal is right as it stands |
| unreadable | nobody can say what it says |
| delete | |
| order | `at`: another place in the reading order |
| page | `status`: "open", "done" or "skipped" |
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from shared.labeling.records import (
    LabeledLine,
    LabeledPage,
    LabelSet,
    in_words,
    moved_baseline,
    reading_place,
)

SMALLEST = 4.0  # Pixels: what is smaller was a click, not a box
Action = dict[str, Any]
_ON_LINES = ("box", "text", "accept", "unreadable", "delete", "order")


class EditError(ValueError):
    """An action that cannot be done; the labels stay as they were."""


def apply(labels: LabelSet, action: Action, annotator: str | None = None) -> LabelSet:
    """Return the labels after an action.

    Args:
        labels: Before it.
        action: See the table above.
        annotator: Who acts; written into every line whose label they change.

    Raises:
        EditError: The page or line is not there, or the new place or text is impossible.
    """
    try:
        page = labels.page(action.get("page"))
    except KeyError as error:
        raise EditError(f"{error.args[0]} It may have been removed elsewhere.") from None
    try:
        return labels.with_page(_done(page, action, annotator))
    except KeyError as error:
        raise EditError(f"The action {action['do']!r} needs {error.args[0]!r}.") from None
    except ValidationError as error:
        raise EditError(in_words(error)) from None
    except EditError:
        raise
    except (TypeError, ValueError) as error:
        raise EditError(f"The action {action!r:.200} cannot be done: {error}.") from None


def clamped(box: Any, page: LabeledPage) -> tuple[float, float, float, float]:
    """Return a box in order and inside the page.

    Raises:
        EditError: Too little of it is inside.
    """
    try:
        left, right = sorted((float(box[0]), float(box[2])))
        top, bottom = sorted((float(box[1]), float(box[3])))
    except (TypeError, ValueError, IndexError):
        raise EditError(f"A box is left, top, right, bottom in pixels, not {box!r}.") from None
    left, right = max(0.0, left), min(float(page.width), right)
    top, bottom = max(0.0, top), min(float(page.height), bottom)
    if not (right - left >= SMALLEST and bottom - top >= SMALLEST):
        raise EditError(
            f"The box {box!r} covers too little of the page of {page.width} by {page.height} "
            f"pixels; it needs {SMALLEST:.0f} pixels in each direction."
        )
    return left, top, right, bottom


def _done(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    do = action.get("do")
    if do in ("add", "page"):
        return _on_page(page, action, annotator)
    if do not in _ON_LINES:
        known = ", ".join(("add", *_ON_LINES, "page"))
        raise EditError(f"There is no action {do!r}; known are {known}.")
    name = action["line"]
    if do == "delete":  # Also what is gone: a browser sends again what it is unsure of
        return replace(page, lines=tuple(line for line in page.lines if line.id != name))
    try:
        line = page.line(name)
    except KeyError as error:
        raise EditError(f"{error.args[0]} It may have been deleted elsewhere.") from None
    if do == "order":
        return _placed(page, line, int(action["at"]))
    return page.with_line(replace(line, **_changed(line, page, action, annotator)))


def _on_page(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    if action["do"] == "page":
        waiting = sum(line.status == "proposed" for line in page.lines)
        if action["status"] == "done" and waiting:
            raise EditError(
                f"{waiting} of {len(page.lines)} lines are not decided yet: accept or type each, "
                "or call it unreadable. Or skip the page."
            )
        return replace(page, status=action["status"])
    name, box = action["line"], clamped(action["box"], page)
    if any(line.id == name for line in page.lines):
        raise EditError(f"The page {page.image!r} already has a line {name!r}.")
    line = LabeledLine(name, box, None, "proposed", annotator=annotator)
    at = action.get("at")
    return _placed(page, line, reading_place(page.lines, box) if at is None else int(at))


def _changed(
    line: LabeledLine, page: LabeledPage, action: Action, annotator: str | None
) -> dict[str, Any]:
    """Return the fields of a line that an action changes."""
    do = action["do"]
    if do == "box":
        box = clamped(action["box"], page)
        return {"box": box, "baseline": moved_baseline(line, box)}
    if do == "unreadable":
        return {"text": None, "status": "unreadable", "annotator": annotator}
    text = action["text"] if do == "text" else line.text
    typed = not isinstance(text, str) or bool(text.strip())  # What is no text pydantic refuses
    if do == "accept" and (text is None or not typed):
        raise EditError("There is no text to accept; type what the line says.")
    if text is None or not typed:
        return {"text": None, "status": "proposed", "annotator": annotator}
    return {"text": text, "status": "labeled", "annotator": annotator}


def _placed(page: LabeledPage, line: LabeledLine, at: int) -> LabeledPage:
    others = [other for other in page.lines if other.id != line.id]
    others.insert(min(max(at, 0), len(others)), line)
    return replace(page, lines=tuple(others))
