"""The course's own answers, taken from the cells of its solutions by `labs build`."""

from __future__ import annotations

import functools
import json
from types import FunctionType

from shared.paths import data_file

_ANSWERS: dict[str, FunctionType] = {}


def answer(exercise_id: str) -> FunctionType:
    """Return the function that the solution of a lab defines.

    Args:
        exercise_id: Such as "lab03.collapse".

    Raises:
        LookupError: No solution has such an answer.
    """
    if exercise_id not in _programs():
        raise LookupError(f"No solution answers {exercise_id!r}: write its cell, then build.")
    if exercise_id not in _ANSWERS:  # One object each, which the guard of references knows
        space = {"__name__": __name__}
        exec(compile(_programs()[exercise_id], f"<answer to {exercise_id}>", "exec"), space)
        _ANSWERS[exercise_id] = space[exercise_id.partition(".")[2]]
    return _ANSWERS[exercise_id]


@functools.cache
def _programs() -> dict[str, str]:
    content = json.loads(data_file("answers.json").read_text(encoding="utf-8"))
    return {exercise_id: "\n".join(lines) for exercise_id, lines in content.items()}
