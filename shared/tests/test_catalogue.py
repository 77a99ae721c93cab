"""Every check against its catalogue: wrong answers refused, right ones given full marks."""

import functools
import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.checks import crossing, portable
from shared.checks.exercise import labs, load_lab
from shared.checks.probing import attempt, attempt_within
from shared.checks.verdict import NOT_ATTEMPTED, PASSED, judge
from shared.paths import checkout
from shared.tests.fixtures import lab90_exercises

CATALOGUES = Path(__file__).parent / "catalogue"
EXERCISES = {exercise.id: exercise for exercise in lab90_exercises.EXERCISES}
EXERCISES |= {exercise.id: exercise for lab in labs() for exercise in load_lab(lab)}
EVERY = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)

#: Guesses that no prediction may accept
MALFORMED = ("None", "float('nan')", "{'guess': 1}", "object()")


def catalogue(exercise):
    """Return the tables of a lab; empty ones where it has none, so that its tests fail."""
    if not (CATALOGUES / f"{exercise.id[:5]}.py").exists():
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

    def ask(case, inputs):  # With a probe that has travelled
        probe = (
            portable.unpack(json.loads(json.dumps(portable.pack(case.probe))))
            if case.probe
            else None
        )
        refuse = (exercise.reference, *exercise.refuse)
        return attempt_within(
            case.seconds or exercise.seconds,
            lambda: attempt(namespace[exercise.name], probe, inputs, refuse, namespace),
        )

    return judge(exercise, ask, hidden_too=True)


def choices(exercise):
    """Return wrong and right answers made from the options of a review or a decision."""
    right = crossing.encode(exercise.reference()) if exercise.options else None
    wrong = [option for option in exercise.options if crossing.encode(option) != right]
    return [f"def {exercise.name}():\n    return {option!r}" for option in wrong]


def refused(exercise):
    """Return all wrong answers: name, source and the failing cases where they are stated."""
    answers = list(catalogue(exercise).WRONG.get(exercise.id, []))
    answers += [(f"option {i}", source, None) for i, source in enumerate(choices(exercise))]
    if exercise.kind == "predict":
        sources = [f"def {exercise.name}():\n    return {value}" for value in MALFORMED]
        answers += [(f"malformed {i}", source, None) for i, source in enumerate(sources)]
    return answers


def pairs(kind):
    return [
        pytest.param(exercise, entry, id=f"{exercise.id}: {entry[0]}")
        for exercise in EXERCISES.values()
        for entry in (
            refused(exercise) if kind == "wrong" else catalogue(exercise).RIGHT.get(exercise.id, [])
        )
    ]


@EVERY
def test_catalogue_is_large_enough(exercise):
    assert len(refused(exercise)) >= 5, "fewer than five wrong answers"
    assert len(catalogue(exercise).RIGHT.get(exercise.id, [])) >= 3, (
        "fewer than three right answers"
    )
    sources = [entry[1].strip() for entry in catalogue(exercise).RIGHT.get(exercise.id, [])]
    assert len(set(sources)) == len(sources)


@pytest.mark.parametrize(("exercise", "entry"), pairs("wrong"))
def test_wrong_answer_is_refused(exercise, entry):
    _, source, expected = entry
    result = judged(exercise, source)
    failing = {case.name for case in result.cases if not case.passed}
    assert result.state not in (PASSED, NOT_ATTEMPTED), result
    if expected is None:
        assert result.points == 0 or exercise.kind == "decide", "a wrong choice earns points"
    else:
        assert failing == expected
    for case in result.cases:
        assert not case.faulty, f"the judge of {case.name!r} failed: {case.message}"
        if not case.passed:
            assert len(case.message) >= 15, case
            assert len(case.hint) >= 10, case


@pytest.mark.parametrize(("exercise", "entry"), pairs("right"))
def test_right_answer_gets_full_marks(exercise, entry):
    result = judged(exercise, entry[1])
    assert result.state == PASSED, [case for case in result.cases if not case.passed]
    assert result.points == exercise.points


@EVERY
def test_every_case_is_failed_by_some_wrong_answer(exercise):
    failed = set()
    for _, source, _ in refused(exercise):
        failed |= {case.name for case in judged(exercise, source).cases if not case.passed}
    assert failed == {case.name for case in exercise.cases}


@EVERY
def test_reference_gets_full_marks(exercise):
    def ask(case, inputs):
        return attempt(exercise.reference, case.probe, inputs, (), {})

    result = judge(exercise, ask, hidden_too=True)
    assert result.state == PASSED, [case for case in result.cases if not case.passed]
    assert result.points == exercise.points


@EVERY
def test_untouched_stub_and_alias_get_nothing(exercise):
    stub = f"def {exercise.name}(*args, **kwargs):\n    raise NotImplementedError"
    result = judged(exercise, stub)
    assert (result.state, result.points) == (NOT_ATTEMPTED, 0)
    module, name = exercise.reference.__module__, exercise.reference.__qualname__
    if name.isidentifier():
        for form in (
            "{0}",
            "functools.partial({0})",
            "lambda *args, **kwargs: {0}(*args, **kwargs)",
        ):
            source = f"import functools\nfrom {module} import {name} as r\n{exercise.name} = "
            result = judged(exercise, source + form.format("r"))
            assert (result.state, result.points) == (NOT_ATTEMPTED, 0), form


@EVERY
def test_inputs_cross_and_depend_on_nothing_but_the_seed(exercise):
    for case in exercise.cases:
        for seed in (1, 2):
            once, again = (crossing.encode(case.make_inputs(seed)) for _ in range(2))
            assert once == again, case.name


def lab_cells(lab):
    """Return the code cells of a lab as it is given out."""
    found = sorted(((checkout() or Path()) / "labs").glob(f"{lab:02}_*.ipynb"))
    assert len(found) == 1, f"build lab {lab} first: labs build {lab:02}"
    cells = json.loads(found[0].read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("lab", labs())
def test_points_in_a_lab_are_those_of_the_cases(lab):
    cells, exercises = lab_cells(lab), load_lab(lab)
    notes = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    points = {note["grade_id"]: note.get("points") for note in notes if note.get("grade")}
    assert points == {f"check-{exercise.name}": exercise.points for exercise in exercises}
    answers = {note["grade_id"] for note in notes if note.get("solution")}
    assert answers == {exercise.name for exercise in exercises}


@pytest.mark.parametrize("lab", labs())
def test_lab_calls_each_check_once_by_its_verb(lab):
    sources = "\n".join("".join(cell["source"]) for cell in lab_cells(lab))
    called = re.findall(r"^(check|predict)\([\"'](\S+?)[\"']\)", sources, re.MULTILINE)
    verbs = {
        exercise.id: "predict" if exercise.kind == "predict" else "check"
        for exercise in load_lab(lab)
    }
    assert sorted(called) == sorted((verb, name) for name, verb in verbs.items())
