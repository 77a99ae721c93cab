"""Wrong and right answers to every exercise, and how one of them is judged."""

import functools
import importlib
from pathlib import Path
from types import SimpleNamespace

from shared.checks import crossing
from shared.checks.elsewhere import asker
from shared.checks.exercise import labs, load_lab
from shared.checks.verdict import judge
from shared.tests.fixtures import lab90_exercises

EXERCISES = {exercise.id: exercise for exercise in lab90_exercises.EXERCISES}
EXERCISES |= {exercise.id: exercise for lab in labs() for exercise in load_lab(lab)}

#: What there is to choose from; each wrong option is an answer that must be refused
OPTIONS = {
    **dict.fromkeys(("lab01.right_rate", "lab02.find_leak", "lab03.find_leak"), "ABCD"),
    **dict.fromkeys(("lab04.find_unfair_study", "lab05.believe", "lab06.right_matcher"), "ABCD"),
    **dict.fromkeys(("lab07.right_conversion", "lab07.spend_hours", "lab09.right_upload"), "ABCD"),
    "lab03.choose_stride": (2, 4, 8, 16),
    "lab05.choose_lines": (4, 8, 16, 32, 64),
    "lab06.choose_threshold": (0.1, 0.3, 0.5, 0.7, 0.9),
    "lab08.choose_lines": (30, 100, 300, 1000, 3000),
    "lab09.cheapest_threshold": (0.5, 0.7, 0.85, 0.95, 0.99),
    "lab90.faulty_line": (1, 2, 3, 4),
    "lab90.stride": (1, 2, 4, 8),
}

#: Guesses that no prediction may accept
MALFORMED = ("None", "float('nan')", "{'guess': 1}", "object()")


def catalogue(exercise):
    """Return the tables of a lab; empty ones where it has none, so that its tests fail."""
    if not (Path(__file__).parent / f"{exercise.id[:5]}.py").exists():
        return SimpleNamespace(SETUP="", WRONG={}, RIGHT={})
    return importlib.import_module(f"shared.tests.catalogue.{exercise.id[:5]}")


def judged(exercise, source):
    """Judge the text of an answer as `check` does; two tests ask for each."""
    return _judged(exercise.id, source)


@functools.cache
def _judged(exercise_id, source):
    exercise = EXERCISES[exercise_id]
    namespace = {"__name__": "__main__"}
    exec(getattr(catalogue(exercise), "SETUP", ""), namespace)
    exec(compile(source, "<answer>", "exec"), namespace)

    refuse = (exercise.reference, *exercise.refuse)
    ask = asker(exercise, namespace[exercise.name], refuse, namespace)
    return judge(exercise, ask, hidden_too=True)


def stub(exercise):
    """Return what stands in a lab that nobody has touched."""
    return f"def {exercise.name}(*args, **kwargs):\n    raise NotImplementedError"


def choices(exercise):
    """Return an answer for each wrong option of a review or a decision."""
    right = crossing.encode(exercise.reference())
    wrong = [one for one in OPTIONS[exercise.id] if crossing.encode(one) != right]
    return [f"def {exercise.name}():\n    return {option!r}" for option in wrong]


def refused(exercise):
    """Return all wrong answers: name, source and the failing cases where they are stated."""
    answers = list(catalogue(exercise).WRONG.get(exercise.id, []))
    if exercise.id in OPTIONS:
        answers += [(f"option {i}", source, None) for i, source in enumerate(choices(exercise))]
    if exercise.kind == "predict":
        sources = [f"def {exercise.name}():\n    return {value}" for value in MALFORMED]
        answers += [(f"malformed {i}", source, None) for i, source in enumerate(sources)]
    return answers


def accepted(exercise):
    """Return all right answers: name and source."""
    return [entry[:2] for entry in catalogue(exercise).RIGHT.get(exercise.id, [])]
