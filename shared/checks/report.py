"""The report at the end of a lab: what was reached in it, and in the labs so far.

The last lab's report shows the whole course.
"""

from __future__ import annotations

from typing import Any

from shared.checks import progress
from shared.checks.display import Shown, print_outside_notebooks, table
from shared.checks.exercise import Exercise, labs, load_lab
from shared.checks.labs import LABS
from shared.checks.notebook import _namespace, session
from shared.checks.verdict import NOT_ATTEMPTED, PASSED, points_text

LAST = LABS[-1].number
_NO_PROOF = "This table is for you and proves nothing: a teacher grades the notebook itself."


def report(lab: int) -> Shown:
    """Show the points of every exercise of a lab and the progress in all labs.

    Args:
        lab: Number of the lab.

    Raises:
        UnknownExerciseError: The lab has no exercises.
    """
    exercises = load_lab(lab)
    kept, trouble = progress.read()
    entries = kept["exercises"]
    rows = [_row(exercise, entries.get(exercise.id)) for exercise in exercises]
    earned, possible = _sum(exercises, entries)
    sentences = [f"Lab {lab}: {earned:g} of {points_text(possible)}."]
    for other in labs() if lab != LAST else ():
        if other == lab or not any(key.startswith(f"lab{other:02}.") for key in entries):
            continue
        earned, possible = _sum(load_lab(other), entries)
        sentences.append(f"Lab {other}: {earned:g} of {points_text(possible)}.")
    sentences.append(_NO_PROOF)
    if trouble:
        sentences.append(trouble)
    columns = ["Exercise", "Kind", "Points", "Tries", "State"]
    shown = table(f"Exercises of lab {lab}", columns, rows, sentences)
    if lab == LAST:
        whole = _course(entries)
        shown = Shown(f"{shown.text}\n\n{whole.text}", shown.html + whole.html)
    return shown if _namespace()[1] else print_outside_notebooks(shown)


def _course(entries: dict[str, Any]) -> Shown:
    """Show every lab of the course, and what was reached in all of them."""
    rows, totals = [], []
    for lab in (lab for lab in LABS if lab.number in labs()):
        all_of_it = load_lab(lab.number)
        right = sum(entries.get(e.id, {}).get("state") == PASSED for e in all_of_it)
        earned, most = _sum(all_of_it, entries)
        title, done = f"{lab.number} {lab.title}", f"{right} of {len(all_of_it)}"
        rows.append([title, done, f"{earned:g} of {most:g}"])
        totals.append((right, len(all_of_it), earned, most))
    passed, exercises, points, possible = map(sum, zip(*totals, strict=True))
    words = f"The course: {passed} of {exercises} exercises passed, "
    sentences = [words + f"{points:g} of {points_text(possible)}."]
    if passed == exercises:
        sentences.append("That is all of them.")
    return table("The course", ["Lab", "Exercises passed", "Points"], rows, sentences)


def _row(exercise: Exercise, entry: dict[str, Any] | None) -> list[str]:
    points = entry["points"] if entry else 0
    tries = str(entry.get("tries", "")) if entry else ""  # Earlier editions did not count
    state = _state(exercise, entry)
    return [exercise.title, exercise.kind, f"{points:g} of {exercise.points:g}", tries, state]


def _state(exercise: Exercise, entry: dict[str, Any] | None) -> str:
    now = session.get(exercise.id)
    if entry is None:
        unsaved = now is not None and now.state != NOT_ATTEMPTED
        return f"? {now.state}, but not kept" if unsaved else "– not attempted"
    words = "✓ passed" if entry["state"] == PASSED else "✗ not right yet"
    if now is None or now.state != entry["state"]:
        words += " earlier" if entry["state"] == PASSED else " when last attempted"
    return words


def _sum(exercises: tuple[Exercise, ...], entries: dict[str, Any]) -> tuple[float, float]:
    earned = sum(entries[e.id]["points"] for e in exercises if e.id in entries)
    return earned, sum(exercise.points for exercise in exercises)
