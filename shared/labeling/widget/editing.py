"""What a person does to labels, as plain values: an action in, changed labels out.

The browser sends actions and shows what they will come to; the kernel does them. Nothing here knows
of a browser, so every rule can be tested without one.

An action is a dictionary with `do`, the `page` (its image) and mostly the `line` (its id):

| do | further fields |
| --- | --- |
| add | `line`, `box`, perhaps `baseline` and `at`, its place in the reading order |
| box | `box`; the baseline goes with it |
| baseline | `baseline`, two points or more, or None |
| text | `text`: what is typed makes the line labeled; nothing typed, open again |
| accept | the proposal is right as it stands |
| unreadable | nobody can say what it says |
| delete | |
| order | `at`: another place in the reading order |
| page | `status`: "open", "done" or "skipped" |
| prelabel | `lines`: proposals of a model, where a page has no line yet |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from shared.labeling.records import LabeledLine, LabeledPage, LabelSet, in_words, reading_place

SMALLEST = 4.0  # Pixels: what is smaller was a click, not a box
Action = dict[str, Any]


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
    do = _DOERS.get(action.get("do"))
    if do is None:
        known = ", ".join(_DOERS)
        raise EditError(f"There is no action {action.get('do')!r}; known are {known}.")
    try:
        return labels.with_page(do(page, action, annotator))
    except KeyError as error:
        raise EditError(f"The action {action['do']!r} needs {error.args[0]!r}.") from None
    except ValidationError as error:
        raise EditError(in_words(error)) from None
    except TypeError as error:
        raise EditError(str(error)) from None


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


def moved_baseline(line: LabeledLine, box: tuple) -> tuple | None:
    """Return a line's baseline as it follows its box to another place and size."""
    if line.baseline is None:
        return None
    (a, b, c, d), (left, top, right, bottom) = line.box, box
    wide, high = (right - left) / max(c - a, 1e-6), (bottom - top) / max(d - b, 1e-6)
    return tuple((left + (x - a) * wide, top + (y - b) * high) for x, y in line.baseline)


def _find(page: LabeledPage, action: Action) -> LabeledLine:
    try:
        return page.line(action["line"])
    except KeyError as error:
        if error.args[0] == "line":
            raise
        raise EditError(f"{error.args[0]} It may have been deleted elsewhere.") from None


def _add(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    if any(line.id == action["line"] for line in page.lines):
        raise EditError(f"The page {page.image!r} already has a line {action['line']!r}.")
    box = clamped(action["box"], page)
    line = LabeledLine(
        action["line"], box, None, "proposed", action.get("baseline"), annotator=annotator
    )
    at = action.get("at")
    return _placed(page, line, reading_place(page.lines, box) if at is None else int(at))


def _placed(page: LabeledPage, line: LabeledLine, at: int) -> LabeledPage:
    others = [other for other in page.lines if other.id != line.id]
    others.insert(min(max(at, 0), len(others)), line)
    return replace(page, lines=tuple(others))


def _box(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    line, box = _find(page, action), clamped(action["box"], page)
    return page.with_line(replace(line, box=box, baseline=moved_baseline(line, box)))


def _baseline(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    points = action["baseline"]
    points = None if points is None else tuple(sorted(tuple(point) for point in points))
    return page.with_line(replace(_find(page, action), baseline=points))


def _text(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    line, text = _find(page, action), action["text"]
    if text is not None and not isinstance(text, str):
        raise EditError(f"The text of a line is text, not {text!r}.")
    if text is None or not text.strip():
        return page.with_line(replace(line, text=None, status="proposed", annotator=annotator))
    return page.with_line(replace(line, text=text, status="labeled", annotator=annotator))


def _accept(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    line = _find(page, action)
    if not (line.text or "").strip():
        raise EditError("There is no text to accept; type what the line says.")
    return page.with_line(replace(line, status="labeled", annotator=annotator))


def _unreadable(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    line = _find(page, action)
    return page.with_line(replace(line, text=None, status="unreadable", annotator=annotator))


def _delete(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    gone = _find(page, action)
    return replace(page, lines=tuple(line for line in page.lines if line is not gone))


def _order(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    return _placed(page, _find(page, action), int(action["at"]))


def _page(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    waiting = sum(line.status == "proposed" for line in page.lines)
    if action["status"] == "done" and waiting:
        raise EditError(
            f"{waiting} of {len(page.lines)} lines are not decided yet: accept or type each, or "
            "call it unreadable. Or skip the page."
        )
    return replace(page, status=action["status"])


def _prelabel(page: LabeledPage, action: Action, annotator: str | None) -> LabeledPage:
    if page.lines:
        raise EditError(f"The page {page.image!r} has lines already; a model adds none to them.")
    lines = tuple(LabeledLine(**line) for line in action["lines"])
    return replace(page, lines=lines)


_DOERS: dict[str, Callable[[LabeledPage, Action, str | None], LabeledPage]] = {
    "add": _add,
    "box": _box,
    "baseline": _baseline,
    "text": _text,
    "accept": _accept,
    "unreadable": _unreadable,
    "delete": _delete,
    "order": _order,
    "page": _page,
    "prelabel": _prelabel,
}
