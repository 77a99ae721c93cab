"""What annotators did in Label Studio: one label set for each of them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AllowInfNan, BaseModel, BeforeValidator, Strict, ValidationError

from shared.labeling.label_files import decode
from shared.labeling.label_studio import LINE, READABLE, TEXT, UNREADABLE
from shared.labeling.records import (
    LabeledLine,
    LabeledPage,
    LabelError,
    LabelSet,
    Text,
    checked_labels,
    in_words,
    label_set,
    moved_baseline,
    reading_place,
)
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


_FORMS = {LINE: _Place, TEXT: _Texts, READABLE: _Choices}


class Exported(NamedTuple):
    """What came back from Label Studio.

    Attributes:
        label_sets: By annotator, in order of their names; each has every page that was sent, as it
            was sent where this annotator has not submitted it.
        notes: What could not be taken over as it was, or is still unfinished there.
    """

    label_sets: dict[str, LabelSet]
    notes: list[Problem]


def read_export(path: Path | str, people: Mapping[int, str] | None = None) -> Exported:
    """Read a JSON export of Label Studio; see `from_tasks`.

    Raises:
        FileNotFoundError: There is no such file.
        LabelError: It is no JSON export of tasks that were sent from here.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no export at {path}; export the project as JSON.")
    try:
        tasks = json.loads(decode(path.read_bytes(), path.name))
    except (RecursionError, json.JSONDecodeError) as error:
        raise LabelError(
            f"{path.name} is no JSON: {error}. Export the project as JSON; CSV and COCO lose what "
            "is needed here."
        ) from None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise LabelError(f"{path.name} holds no list of tasks. Export the project as JSON.")
    return from_tasks(tasks, people)


def from_tasks(
    tasks: Sequence[dict[str, Any]], people: Mapping[int, str] | None = None
) -> Exported:
    """Return what every annotator made of the tasks.

    A submitted page is done and holds what is there now: deleted lines stay deleted. A skipped one
    is skipped. Where an annotator submitted a page twice, the last one counts.

    What cannot be taken over costs itself alone, and a note names it: a task that was added in
    Label Studio, a region without an id, a text or a box that is none.

    Args:
        tasks: A project's export as JSON, unlabeled tasks included.
        people: Addresses of the users by number; an export gives the numbers alone.

    Raises:
        LabelError: None of the tasks was sent from here.
    """
    notes: list[Problem] = []
    sent, answers = _sent(tasks, notes)
    by = [_user(one.get("completed_by"), people or {}) for _, one in answers]
    names = _names(by)
    made: dict[str, dict[str, LabeledPage]] = {}
    for (page, annotation), user in zip(answers, by, strict=True):
        annotator = names[user]
        pages = made.setdefault(annotator, {})
        if page.image in pages:
            message = f"{annotator} labeled this page more than once; only the last one is taken."
            notes.append(Problem("warning", "labeled_twice", page.image, None, message))
        pages[page.image] = _annotated(page, annotation, annotator, notes)
    for task, page in sent:
        if drafts := len(_records(task.get("drafts"))):
            message = f"{drafts} drafts were not submitted, and are not in these labels."
            notes.append(Problem("warning", "draft", page.image, None, message))
    all_pages = {page.image: page for _, page in sent}
    sets = {
        annotator: label_set(pages.get(image, page) for image, page in all_pages.items())
        for annotator, pages in sorted(made.items())
    }
    return Exported(sets, list(dict.fromkeys(notes)))


def _sent_page(task: dict[str, Any]) -> LabeledPage:
    """Return the page that a task was made from."""
    meta = task.get("meta")
    content = meta.get("page") if isinstance(meta, dict) else None
    pages = () if content is None else checked_labels(content).pages
    if len(pages) != 1:
        raise LabelError(
            f"Task {task.get('id')} of the export has no page in its meta, so it was not sent from "
            "here. Import the tasks that `labs label` writes, and export as JSON (not JSON-MIN)."
        )
    return pages[0]


def _sent(
    tasks: Sequence[dict[str, Any]], notes: list[Problem]
) -> tuple[list[tuple[dict[str, Any], LabeledPage]], list[tuple[LabeledPage, dict[str, Any]]]]:
    """Return the tasks that were sent from here, and their annotations, the last ones last."""
    sent = []
    for task in tasks:
        try:
            sent.append((task, _sent_page(task)))
        except LabelError as error:
            message = f"Left out of the labels: {error}"
            notes.append(Problem("error", "foreign_task", f"task {task.get('id')}", None, message))
            refused = error
    if tasks and not sent:
        raise refused
    answers = [(page, one) for task, page in sent for one in _records(task.get("annotations"))]
    answers.sort(key=lambda one: (str(one[1].get("updated_at")), str(one[1].get("id")).zfill(12)))
    return sent, answers


def _user(value: Any, people: Mapping[int, str]) -> str:
    """Return a user's address, which is nobody else's, or the number where none is known."""
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    elif isinstance(value, int):
        value = people.get(value) or value
    return "" if value is None else str(value)


def _names(users: Iterable[str]) -> dict[str, str]:
    """Return a name for every user that may be a file's: short while it stays different."""
    users = sorted(set(users))
    short = [_file_name(user.split("@")[0]) for user in users]
    if len({name.lower() for name in short}) == len(users):
        return dict(zip(users, short, strict=True))
    # Numbered, because two addresses may become one name, too
    return {user: f"{_file_name(user)}-{k}" for k, user in enumerate(users, start=1)}


def _file_name(text: str) -> str:
    """Return a text without what leads out of a folder or ends a file's name."""
    return re.sub(r"[^\w.-]+", "-", text).strip(".-")[:60] or "somebody"


def _records(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, whatever else another program put there."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _annotated(
    page: LabeledPage, annotation: dict[str, Any], annotator: str, notes: list[Problem]
) -> LabeledPage:
    """Return a page as an annotator left it; what could not be taken over is added to the notes."""
    if annotation.get("was_cancelled"):
        return replace(page, status="skipped")

    def note(code: str, message: str, line: str | None = None, severity: str = "warning") -> None:
        notes.append(Problem(severity, code, page.image, line, f"{message} ({annotator})"))

    results = _records(annotation.get("result"))
    if degrees := next((one["image_rotation"] for one in results if one.get("image_rotation")), 0):
        said = (
            f"The image was turned by {degrees} degrees while labeling, so the boxes do not "
            "fit it; the page was left as it was sent. Turn it back and label it again."
        )
        note("turned_image", said, severity="error")
        return page
    regions: dict[str, dict[str, Any]] = {}  # What a region says, by the name of its control
    kept = {}  # Lines of which the box cannot be read
    for result in results:
        key = str(result.get("id"))
        if not _take_result(result, page, regions.setdefault(key, {}), note):
            kept |= {line.id: line for line in page.lines if line.id == key}
    lines = list(kept.values())
    for key, parts in regions.items():
        if LINE in parts:
            lines.append(_line(key, parts, page, annotator, note))
        elif TEXT in parts and key not in kept:
            said = f"{' '.join(parts[TEXT].text)!r} belongs to no box and was left out."
            note("text_without_box", said, key)
    return replace(page, status="done", lines=tuple(_in_order(lines, page)))


def _take_result(
    result: dict[str, Any], page: LabeledPage, parts: dict[str, Any], note: Note
) -> bool:
    """Add what one result says to its region's parts; return False for a box that is none."""
    name, key = result.get("from_name"), result.get("id")
    if name not in _FORMS:
        note("unknown_result", f"A result of kind {name!r} is not from our template; left out.")
        return True
    size = result.get("original_width"), result.get("original_height")
    if size != (page.width, page.height):
        note(
            "wrong_size",
            f"The boxes were drawn on an image of {size} pixels, and ours has "
            f"{(page.width, page.height)}; percent are taken of ours. Look whether they fit.",
        )
    if not isinstance(key, str | int):
        note("broken_region", f"A region without id was left out: {result!r:.200}.")
        return True
    try:
        parts[name] = _FORMS[name].model_validate(result.get("value") or {})
    except ValidationError as error:
        done = "a line that was sent is kept as it was" if name == LINE else "it was left out"
        code = {LINE: "broken_region", TEXT: "no_text"}.get(name, name)
        severity = "error" if name == LINE else "warning"
        said = f"Its {name} cannot be read: {in_words(error)} So {done}."
        note(code, said, str(key), severity)
        return name != LINE
    return True


def _line(
    key: str, parts: dict[str, Any], page: LabeledPage, annotator: str, note: Note
) -> LabeledLine:
    box = _box(parts[LINE], page, key, note)
    sent = next((line for line in page.lines if line.id == key), None)
    sent = sent or LabeledLine(key, box, None, "proposed")
    texts = parts[TEXT].text if TEXT in parts else []
    if len(texts) > 1:
        note("several_texts", f"The line had {len(texts)} texts; they were joined.", key)
    text = " ".join(texts) or None
    unreadable = READABLE in parts and UNREADABLE in parts[READABLE].choices
    if unreadable and text:
        note("unreadable_with_text", f"Called unreadable, its text {text!r} was left out.", key)
        text = None
    status = UNREADABLE if unreadable else "labeled"
    baseline = moved_baseline(sent, box)
    return replace(sent, box=box, text=text, status=status, baseline=baseline, annotator=annotator)


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


def _in_order(lines: list[LabeledLine], page: LabeledPage) -> list[LabeledLine]:
    """Keep the order in which lines were sent; put new ones where they are on the page."""
    place = {line.id: k for k, line in enumerate(page.lines)}
    ordered = sorted((line for line in lines if line.id in place), key=lambda one: place[one.id])
    for line in lines:
        if line.id not in place:
            ordered.insert(reading_place(ordered, line.box), line)
    return ordered
