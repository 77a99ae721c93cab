"""The calls in a notebook's check cells, and the three outcomes they lead to.

Passed: the learner's function stays. Wrong, or not attempted: the name is bound to a marked
copy of the reference, so that the cells after it work.
"""

from __future__ import annotations

import inspect
import os
import sys
from types import FunctionType, ModuleType
from typing import Any

from shared.checks import compare, crossing, progress
from shared.checks.answers import is_recorded
from shared.checks.display import Shown, print_outside_notebooks, signs_of_life, tick_list
from shared.checks.elsewhere import asker
from shared.checks.exercise import Case, Exercise, find
from shared.checks.guard import copy_function
from shared.checks.probing import Reply
from shared.checks.verdict import (
    NOT_ATTEMPTED,
    PASSED,
    Result,
    all_wrong,
    judge,
    not_attempted,
)
from shared.paths import my_directory, write_atomically

_MISSING = object()
_bound: dict[str, FunctionType] = {}
_set_aside: set[str] = set()  # Exercises whose answer was wrong and is no longer bound

#: Results of this session by id, for the report
session: dict[str, Result] = {}


def check(exercise_id: str) -> Shown:
    """Check the answer to an exercise and show a tick list.

    If the answer is missing or wrong, its name stands for the reference afterwards.

    Args:
        exercise_id: For example "lab03.collapse".

    Raises:
        UnknownExerciseError: There is no such exercise.
    """
    exercise = find(exercise_id)
    namespace, in_notebook = _namespace()
    result = session[exercise.id] = _evaluate(exercise, namespace)
    sentences = [result.note, *_carry_over(exercise, result, namespace)]
    sentences.append(progress.record(result))
    if not in_notebook:
        where = namespace.get("__name__", "this program")
        sentences.append(f"(No notebook is running: the functions of {where} were checked.)")
    shown = tick_list(result, sentences)
    if os.environ.get("NBGRADER_EXECUTION"):  # nbgrader reads the score from the plain text
        return Shown(f"{result.points:g}", shown.html)
    return shown if in_notebook else print_outside_notebooks(shown)


def predict(exercise_id: str) -> Shown:
    """Record a guess before its reveal and show a tick list; any well-formed guess earns points.

    The first guess stays on record, whatever is guessed later.
    """
    return check(exercise_id)


def recorded_guess(exercise_id: str) -> Any:
    """Return the first guess on record for an exercise, or None."""
    return progress.guess_of(find(exercise_id).id)


def compare_guess(exercise_id: str, truth: Any, unit: str = "") -> str:
    """Return in words what was guessed first, what is true, and how far apart the two are.

    Args:
        exercise_id: For example "lab07.guess_rate".
        truth: What was to be guessed, rounded as it should be read; None where nobody knows.
        unit: What stands behind both, such as " %".
    """
    guess = recorded_guess(exercise_id)
    true = compare.show(truth) + unit
    if guess is None:
        return "You have not guessed." if truth is None else f"You have not guessed: it is {true}."
    if isinstance(guess, str):
        guess = guess.strip().casefold()  # As guesses are judged
    said = f"You guessed {compare.show(guess)}{unit}"
    if truth is None:
        return f"{said}."
    if compare.close(guess, truth, "") is None:
        return f"{said}, and so it is."
    if isinstance(guess, int | float) and isinstance(truth, int | float):
        direction = "high" if guess > truth else "low"
        return f"{said}, and it is {true}: {abs(guess - truth):.3g} too {direction}."
    return f"{said}, and it is {true}."


def _evaluate(exercise: Exercise, namespace: dict[str, Any]) -> Result:
    function = namespace.get(exercise.name, _MISSING)
    if function is _MISSING:
        note = f"There is no function `{exercise.name}` yet: run the cell that defines it."
        return not_attempted(exercise, note)
    if isinstance(function, FunctionType) and hasattr(function, "__reference__"):
        note = f"`{exercise.name}` is the reference at the moment."
        if exercise.id in _set_aside:
            note += " Your last answer was not right: change its cell, run it, then check again."
        return not_attempted(exercise, note)
    refuse = (exercise.reference, *exercise.refuse)
    if any(function is other for other in refuse):
        note = f"`{exercise.name}` is another name for the reference: write the function yourself."
        return not_attempted(exercise, note)
    if not callable(function):
        message = (
            f"`{exercise.name}` is {type(function).__name__} data, not a function: "
            "run the cell that defines it again."
        )
        return all_wrong(exercise, message)
    refuse += (_bound[exercise.id],) if exercise.id in _bound else ()

    put = asker(exercise, function, refuse, namespace)
    with signs_of_life() as say:

        def ask(case: Case, inputs: str) -> Reply:
            say(f"Checking {exercise.title}: {case.name}")
            return put(case, inputs)

        return judge(exercise, ask)


def _carry_over(exercise: Exercise, result: Result, namespace: dict[str, Any]) -> list[str]:
    """Bind what later cells use; return sentences that say so."""
    if result.state == PASSED:
        _set_aside.discard(exercise.id)
        if exercise.kind == "predict":
            return [_keep_guess(exercise, namespace[exercise.name])]
        return [_save_source(exercise, namespace[exercise.name])]
    namespace[exercise.name] = _marked_reference(exercise)
    uses = f"the cells below use the reference `{exercise.name}`"
    if is_recorded(exercise.reference):
        uses = f"the cells below that use `{exercise.name}` have to wait"
    if result.state == NOT_ATTEMPTED:
        return [] if exercise.kind == "predict" else [f"{uses[0].upper()}{uses[1:]}."]
    _set_aside.add(exercise.id)
    again = "Change your cell, run it, then run this one again."
    if exercise.kind == "predict":
        return [f"Nothing is on record yet. {again}"]
    return [f"YOUR ANSWER IS SET ASIDE: {uses} until yours passes. {again}"]


def _marked_reference(exercise: Exercise) -> FunctionType:
    if exercise.id not in _bound:
        original = exercise.reference
        copy = copy_function(original, exercise.name)
        copy.__doc__ = original.__doc__
        copy.__annotations__ = dict(original.__annotations__)
        copy.__reference__ = exercise.id  # type: ignore[attr-defined]
        _bound[exercise.id] = copy
    return _bound[exercise.id]


def _keep_guess(exercise: Exercise, function: Any) -> str:
    try:
        guess = crossing.encode(function())
    except Exception:  # It passed a moment ago, so it gives something else every time
        return "Your guess could not be recorded, because it changes from call to call."
    first, trouble = progress.record_guess(exercise.id, guess)
    value = crossing.decode(first)
    if first == guess:
        return trouble or f"Your guess, {value!r}, is on record. Go on to see what happens."
    return f"Your first guess, {value!r}, stays on record; a later one does not replace it."


def _save_source(exercise: Exercise, function: Any) -> str:
    if not exercise.save_to:
        return ""
    try:
        source = f"{_imports_of(function)}\n\n{inspect.getsource(function)}"
        write_atomically(
            my_directory() / exercise.save_to, f'"""Saved from {exercise.id}."""\n\n{source}'
        )
    except (OSError, TypeError) as error:
        return f"Your function could not be saved as my/{exercise.save_to}: {error}."
    return f"Your function is saved as my/{exercise.save_to}."


def _imports_of(function: Any) -> str:
    """Return the imports of the modules that a function of the notebook names."""
    named = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    modules = {n: value.__name__ for n, value in named.items() if isinstance(value, ModuleType)}
    return "".join(
        f"import {module}\n" if module == name else f"import {module} as {name}\n"
        for name, module in sorted(modules.items())
    )


def _namespace() -> tuple[dict[str, Any], bool]:
    """Return the notebook's names, or those of the program that called, and which it is."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        return shell.user_ns, True
    frame = sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith("shared.checks."):
        frame = frame.f_back
    return frame.f_globals, False
