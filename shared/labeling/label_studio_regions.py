"""What an annotator of Label Studio said on one page, region by region."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AllowInfNan, BaseModel, BeforeValidator, Strict, ValidationError

from shared.labeling.label_studio import (
    BASELINE,
    BASELINE_ENDING,
    LINE,
    READABLE,
    TEXT,
    UNREADABLE,
)
from shared.labeling.records import LabeledLine, LabeledPage, Text, in_words, reading_place
from shared.labeling.validation import Problem

Number = Annotated[float, Strict(), AllowInfNan(False)]
Note = Callable[..., None]


class _Place(BaseModel):
    """A box in percent of the image, turned by `rotation` degrees about its left upper corner."""

    x: Number
    y: Number
    width: Number
    height: Number
    rotation: Number | None = None


class _Texts(BaseModel):
    text: Annotated[list[Text], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)]


class _Choices(BaseModel):
    choices: list[str]


class _Vertex(BaseModel):
    x: Number
    y: Number


class _Curve(BaseModel):
    vertices: list[_Vertex]


_FORMS = {LINE: _Place, TEXT: _Texts, READABLE: _Choices, BASELINE: _Curve}
Parts = dict[str, Any]  # What a region says, by the name of its control


def records(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, whatever else another program put there."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def annotated(
    page: LabeledPage, annotation: dict[str, Any], annotator: str, notes: list[Problem]
) -> LabeledPage:
    """Return a page as an annotator left it.

    Args:
        page: As it was sent.
        annotation: What Label Studio exports for it.
        annotator: Whose it is.
        notes: What could not be taken over as it was is added here.
    """
    if annotation.get("was_cancelled"):
        return replace(page, status="skipped")

    def note(code: str, message: str, line: str | None = None, severity: str = "warning") -> None:
        notes.append(Problem(severity, code, page.image, line, f"{message} ({annotator})"))

    regions: dict[str, Parts] = {}
    broken: set[str] = set()
    for result in records(annotation.get("result")):
        if degrees := result.get("image_rotation"):
            said = (
                f"The image was turned by {degrees} degrees while labeling, so the boxes do not "
                "fit it; the page was left as it was sent. Turn it back and label it again."
            )
            note("turned_image", said, severity="error")
            return page
        _take_result(result, page, regions, broken, note)
    curves = {key: one.pop(BASELINE) for key, one in regions.items() if BASELINE in one}
    lines = [line for line in page.lines if line.id in broken]
    for key, parts in regions.items():
        if LINE in parts:
            lines.append(_line(key, parts, page, annotator, note))
        elif TEXT in parts and key not in broken:
            said = f"{' '.join(parts[TEXT].text)!r} belongs to no box and was left out."
            note("text_without_box", said, key)
    lines = _with_baselines(lines, curves, page, note)
    return replace(page, status="done", lines=tuple(_in_order(lines, page)))


def _take_result(
    result: dict[str, Any],
    page: LabeledPage,
    regions: dict[str, Parts],
    broken: set[str],
    note: Note,
) -> None:
    """Put what one result says to its region; what cannot be read is noted, and costs itself."""
    name, key = result.get("from_name"), result.get("id")
    if name not in _FORMS:
        note("unknown_result", f"A result of kind {name!r} is not from our template; left out.")
        return
    size = result.get("original_width"), result.get("original_height")
    if size != (page.width, page.height):
        note(
            "wrong_size",
            f"The boxes were drawn on an image of {size} pixels, and ours has "
            f"{(page.width, page.height)}; percent are taken of ours. Look whether they fit.",
        )
    if not isinstance(key, (str, int)):
        note("broken_region", f"A region without id was left out: {result!r:.200}.")
        return
    key = str(key)
    try:
        regions.setdefault(key, {})[name] = _FORMS[name].model_validate(result.get("value") or {})
    except ValidationError as error:
        done = "it was left out"
        if name == LINE:
            broken.add(key)
            done = "a line that was sent is kept as it was"
        code = {LINE: "broken_region", TEXT: "no_text", BASELINE: "baseline_alone"}.get(name, name)
        severity = "error" if name == LINE else "warning"
        note(code, f"Its {name} cannot be read: {in_words(error)} So {done}.", key, severity)


def _line(key: str, parts: Parts, page: LabeledPage, annotator: str, note: Note) -> LabeledLine:
    before = next((line for line in page.lines if line.id == key), None)
    texts = parts[TEXT].text if TEXT in parts else []
    if len(texts) > 1:
        note("several_texts", f"The line had {len(texts)} texts; they were joined.", key)
    text = " ".join(texts) or None
    unreadable = READABLE in parts and UNREADABLE in parts[READABLE].choices
    if unreadable and text:
        note("unreadable_with_text", f"Called unreadable, its text {text!r} was left out.", key)
        text = None
    return LabeledLine(
        id=key,
        box=_box(parts[LINE], page, key, note),
        text=text,
        status=UNREADABLE if unreadable else "labeled",
        proposal=before.proposal if before else None,
        confidence=before.confidence if before else None,
        annotator=annotator,
    )


def _box(place: _Place, page: LabeledPage, key: str, note: Note) -> tuple[float, ...]:
    """Return a box in pixels; of a turned one the upright box around it."""
    left, width = (value / 100 * page.width for value in (place.x, place.width))
    top, height = (value / 100 * page.height for value in (place.y, place.height))
    if not place.rotation:
        return left, top, left + width, top + height
    said = f"The box is turned by {place.rotation:g} degrees; the one around it is taken."
    note("turned_box", said, key)
    angle = math.radians(place.rotation)
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    across = [left + x * math.cos(angle) - y * math.sin(angle) for x, y in corners]
    down = [top + x * math.sin(angle) + y * math.cos(angle) for x, y in corners]
    return min(across), min(down), max(across), max(down)


def _with_baselines(
    lines: list[LabeledLine], curves: dict[str, _Curve], page: LabeledPage, note: Note
) -> list[LabeledLine]:
    """Give every baseline to its line: the one it is named after, else the one it lies in."""
    found = {line.id: line for line in lines}
    for key, curve in curves.items():
        points = sorted((v.x / 100 * page.width, v.y / 100 * page.height) for v in curve.vertices)
        owner = found.get(key.removesuffix(BASELINE_ENDING))
        if owner is None and not key.endswith(BASELINE_ENDING):
            owner = next((line for line in lines if points and _inside(points, line.box)), None)
        if owner is None or len(points) < 2:
            why = "has a single point" if len(points) < 2 else "belongs to no line that is there"
            note("baseline_alone", f"A baseline {why} and was left out.", key)
            continue
        found[owner.id] = replace(found[owner.id], baseline=tuple(points))
    return [found[line.id] for line in lines]


def _inside(points: list[tuple[float, float]], box: tuple[float, ...]) -> bool:
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _in_order(lines: list[LabeledLine], page: LabeledPage) -> list[LabeledLine]:
    """Keep the order in which lines were sent; put new ones where they are on the page."""
    place = {line.id: k for k, line in enumerate(page.lines)}
    ordered = sorted((line for line in lines if line.id in place), key=lambda one: place[one.id])
    for line in lines:
        if line.id not in place:
            ordered.insert(reading_place(ordered, line.box), line)
    return ordered
