"""Every check against its catalogue: wrong answers refused, right ones given full marks."""

import itertools
import json
import re
from pathlib import Path

import pytest

from shared.checks import crossing
from shared.checks.answers import answer
from shared.checks.exercise import labs, load_lab
from shared.checks.probing import attempt
from shared.checks.verdict import NOT_ATTEMPTED, PASSED, judge
from shared.paths import checkout
from shared.tests.catalogue import EXERCISES, accepted, judged, refused, stub

EVERY = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


def pairs(kind):
    return [
        pytest.param(exercise, entry, id=f"{exercise.id}: {entry[0]}")
        for exercise in EXERCISES.values()
        for entry in (refused if kind == "wrong" else accepted)(exercise)
    ]


@EVERY
def test_catalogue_is_large_enough(exercise):
    assert len(refused(exercise)) >= 5, "fewer than five wrong answers"
    sources = [source.strip() for _, source in accepted(exercise)]
    assert len(sources) >= 3, "fewer than three right answers"
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


def references(exercise):
    """Return the reference, and the answer of the solution where the reference is another."""
    if exercise.id.startswith("lab90."):
        return [exercise.reference]
    return list(dict.fromkeys([exercise.reference, answer(exercise.id)]))


@EVERY
def test_reference_and_the_solution_get_full_marks(exercise):
    for function in references(exercise):

        def ask(case, inputs, function=function):
            return attempt(function, case.probe, inputs, (), {})

        result = judge(exercise, ask, hidden_too=True)
        assert result.state == PASSED, [case for case in result.cases if not case.passed]
        assert result.points == exercise.points


@EVERY
def test_untouched_stub_and_alias_get_nothing(exercise):
    result = judged(exercise, stub(exercise))
    assert (result.state, result.points) == (NOT_ATTEMPTED, 0)
    forms = ("{0}", "functools.partial({0})", "lambda *args, **kwargs: {0}(*args, **kwargs)")
    references = ["EXERCISES[NAME].reference"]
    if exercise.lab in labs():  # The fixture's lab has no solution
        references.append("answer(NAME)")
    for form, reference in itertools.product(forms, references):
        alias = form.format(reference)
        source = (
            "import functools\nfrom shared.checks.answers import answer\n"
            "from shared.tests.catalogue import EXERCISES\n"
            f"NAME = {exercise.id!r}\n{exercise.name} = {alias}"
        )
        result = judged(exercise, source)
        assert (result.state, result.points) == (NOT_ATTEMPTED, 0), alias


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
