"""Answers that the build takes out of solutions, and the builders that rely on them."""

from __future__ import annotations

import pytest
from building import answers
from building.source import Cell

from shared.checks import builders
from shared.checks.answers import answer
from shared.checks.exercise import Case, Exercise, find
from shared.checks.probing import attempt
from shared.checks.verdict import PASSED, judge
from shared.course.outline import this_course

SETUP = "import math\nimport numpy as np\nfrom shared import ctc\n\nSCALE = 2\nprint('begins')"
CELLS = [
    Cell("code", SETUP, tags=["setup"]),
    Cell("code", "shown = np.zeros(3)", tags=["demo"]),
    Cell("code", "table = {'a': SCALE}\ntable['b'] = 3\ntable", tags=["needs"]),
    Cell("code", "def once(x):\n    return math.floor(x)", answer="once"),
    Cell("code", "def both(x):\n    return once(x) + table['b']", answer="both"),
]


def test_a_program_holds_what_its_answer_uses_and_nothing_else():
    found = answers.programs(CELLS)
    assert found["once"].startswith("import math\n\n\ndef once")
    assert "numpy" not in found["both"] and "print" not in found["both"]
    space = {}
    exec(found["both"], space)
    assert space["both"](4.5) == 7
    assert "shown" not in space and "ctc" not in space


def test_the_file_matches_the_solutions():
    assert answers.difference(this_course()) is None


def test_an_unknown_answer_is_refused_with_a_sentence():
    with pytest.raises(LookupError, match="No solution answers 'lab03.nothing'"):
        answer("lab03.nothing")


def result(exercise: Exercise, function):
    def ask(case, inputs):
        return attempt(function, case.probe, inputs, (), {})

    return judge(exercise, ask)


def test_several_calls_name_the_first_that_goes_wrong():
    calls = [{"path": [1, 1], "blank": 0}, {"path": [1, 0, 1], "blank": 0}]
    exercise = builders.ask("lab03.collapse", "Collapse", Case("both", calls, hint="Merge."))
    assert result(exercise, answer("lab03.collapse")).state == PASSED
    message = result(exercise, lambda path, blank: [1]).cases[0].message
    assert message.startswith("collapse(path=[1, 0, 1], blank=0) gave [1], expected [1, 1]")


def test_every_wrong_option_needs_an_objection():
    with pytest.raises(ValueError, match="an objection to each option but 'C'"):
        builders.choose(
            "lab07.right_conversion", "Review", "ABCD", {"A": "no"}, case="names it", hint="Try."
        )


def test_a_wrong_function_is_described_by_its_docstring():
    def upside_down(tasks):
        """A reader that turns pages.

        More of it.
        """

    case = builders.refuses("refuses turned pages", upside_down, hint="Turn one.")
    assert case.judge({}, "passes") == (
        "Given a reader that turns pages, your test accepted it; it should refuse it."
    )
    assert case.judge({}, "fails") is None
    assert "gave 3" in case.judge({}, 3)


def test_a_guess_says_what_it_asks_for():
    exercise = find("lab07.guess_rate")
    assert exercise.kind == "predict" and exercise.points == 1
    assert exercise.cases[0].name == "a number from 0 to 100"
    assert find("lab06.guess_lines").cases[0].name == "a whole number from 0 to 100"
