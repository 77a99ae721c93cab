"""The verdict and the messages that every answer of the catalogue gets."""

from __future__ import annotations

import inspect
import multiprocessing
import re
import sys
from collections.abc import Callable
from typing import Any

PROCESSES = 2
#: Answers with one of these are wrong by chance, and so are the words that say why
CHANCE = re.compile(r"np\.random\.rand\(|default_rng\(\)|os\.urandom\(")


def collect(chosen: Callable[[str], bool]) -> dict[str, Any]:
    """Judge the answers to the chosen exercises; return what came out, by exercise and answer."""
    from shared.tests.catalogue import EXERCISES

    exercises = [exercise for name, exercise in EXERCISES.items() if chosen(name)]
    found = {exercise.id: {"exercise": _asked(exercise), "answers": {}} for exercise in exercises}
    tasks = [(one.id, name, source) for one in exercises for name, source in _answers(one)]
    context = multiprocessing.get_context("spawn")  # A fork would inherit TensorFlow's threads
    with context.Pool(PROCESSES) as pool:
        for number, (exercise_id, name, verdict) in enumerate(pool.imap_unordered(_judge, tasks)):
            answers = found[exercise_id]["answers"]
            if name in answers:
                raise ValueError(f"Two answers to {exercise_id} are called {name!r}; rename one.")
            answers[name] = verdict
            if sys.stderr.isatty():
                print(f"\r{number + 1} of {len(tasks)} answers", end="", file=sys.stderr)
    return found


def plain(text: str) -> str:
    """Take out of a text what is no behavior: addresses, paths of a machine, modules that move."""
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    text = re.sub(r"(?<![\w/.])(?:/[\w.+-]+){2,}", "PATH", text)
    return re.sub(r"\bshared(?:\.\w+)*\.(\w+)", r"shared.\1", text)


def _answers(exercise: Any) -> list[tuple[str, str]]:
    from shared.tests.catalogue import accepted, refused, stub

    wrong = [(f"wrong: {name}", source) for name, source, _ in refused(exercise)]
    right = [(f"right: {name}", source) for name, source in accepted(exercise)]
    return [("untouched", stub(exercise)), *wrong, *right]


def _asked(exercise: Any) -> dict[str, Any]:
    cases = {
        case.name: {"points": case.points, "hint": case.hint, "hidden": case.hidden}
        for case in exercise.cases
    }
    return {
        "kind": exercise.kind,
        "title": exercise.title,
        "parameters": list(inspect.signature(exercise.reference).parameters),
        "cases": cases,
        "saved": exercise.save_to,
    }


def _judge(task: tuple[str, str, str]) -> tuple[str, str, dict[str, Any]]:
    from shared.tests.catalogue import EXERCISES, judged

    exercise_id, name, source = task
    result = judged(EXERCISES[exercise_id], source)
    by_chance = CHANCE.search(source)
    failed = {
        case.name: "by chance" if by_chance else plain(f"{case.message}\n{case.printed}".strip())
        for case in result.cases
        if not case.passed
    }
    verdict = {"state": result.state, "points": result.points, "failed": failed}
    return exercise_id, name, verdict | ({"note": plain(result.note)} if result.note else {})
