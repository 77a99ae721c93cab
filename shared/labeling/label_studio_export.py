"""Reading what annotators did in Label Studio: one label set for each of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shared.labeling.label_files import decode
from shared.labeling.label_studio import sent_page
from shared.labeling.label_studio_regions import annotated, records
from shared.labeling.records import LabeledPage, LabelError, LabelSet, label_set
from shared.labeling.validation import Problem


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
    except RecursionError:
        raise LabelError(f"{path.name} is nested too deeply for an export.") from None
    except json.JSONDecodeError as error:
        raise LabelError(
            f"{path.name} is no JSON: {error.msg} in line {error.lineno}. Export the project as "
            "JSON; CSV and COCO lose what is needed here."
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
    drafts = [(page, draft) for task, page in sent for draft in records(task.get("drafts"))]
    by = [_user(one.get("completed_by"), people or {}) for _, one in answers]
    drafts_by = [_user(draft.get("user"), people or {}) for _, draft in drafts]
    names = _names([*by, *drafts_by])
    made: dict[str, dict[str, LabeledPage]] = {}
    for (page, annotation), user in zip(answers, by, strict=True):
        annotator = names[user]
        pages = made.setdefault(annotator, {})
        if page.image in pages:
            message = f"{annotator} labeled this page more than once; only the last one is taken."
            notes.append(Problem("warning", "labeled_twice", page.image, None, message))
        pages[page.image] = annotated(page, annotation, annotator, notes)
    for (page, draft), user in zip(drafts, drafts_by, strict=True):
        count = len({str(one.get("id")) for one in records(draft.get("result"))})
        message = (
            f"{names[user]} has a draft with {count} regions "
            "that was not submitted; it is not in these labels. Submit it and export again."
        )
        notes.append(Problem("warning", "draft", page.image, None, message))
    all_pages = {page.image: page for _, page in sent}
    sets = {
        annotator: label_set(pages.get(image, page) for image, page in all_pages.items())
        for annotator, pages in sorted(made.items())
    }
    return Exported(sets, list(dict.fromkeys(notes)))


def _sent(
    tasks: Sequence[dict[str, Any]], notes: list[Problem]
) -> tuple[list[tuple[dict[str, Any], LabeledPage]], list[tuple[LabeledPage, dict[str, Any]]]]:
    """Return the tasks that were sent from here, and their annotations, the last ones last."""
    sent = []
    for task in tasks:
        try:
            sent.append((task, sent_page(task)))
        except LabelError as error:
            message = f"Left out of the labels: {error}"
            notes.append(Problem("error", "foreign_task", f"task {task.get('id')}", None, message))
            refused = error
    if tasks and not sent:
        raise refused
    answers = [(page, one) for task, page in sent for one in records(task.get("annotations"))]
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
    short = {user: _file_name(user.split("@")[0]) for user in sorted(set(users))}
    taken = Counter(name.lower() for name in short.values())
    names: dict[str, str] = {}
    for user, name in short.items():
        if taken[name.lower()] > 1:
            name = _file_name(user.replace("@", "-at-"))
        number, used = 1, {one.lower() for one in names.values()}
        while (found := name if number == 1 else f"{name}-{number}").lower() in used:
            number += 1
        names[user] = found
    return names


def _file_name(text: str) -> str:
    """Return a text without what leads out of a folder or ends a file's name."""
    return re.sub(r"[^\w.-]+", "-", text).strip(".-")[:60] or "somebody"
