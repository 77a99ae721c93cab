"""Every lab through the runner: the solution earns everything, the untouched lab nothing.

Only setup, parameters and needs cells run, so this also proves that no check needs a trained
model, a demo or a file of the learner's.
"""

import pytest

from shared.checks.exercise import labs, load_lab
from shared.checks.verdict import NOT_ATTEMPTED, PASSED
from shared.grading.runner import grade
from shared.paths import checkout

pytestmark = [pytest.mark.notebooks, pytest.mark.parametrize("lab", labs())]


def notebook(folder, lab):
    found = sorted((checkout() / folder).glob(f"{lab:02}_*.ipynb"))
    assert len(found) == 1, f"build lab {lab} first: labs build {lab:02}"
    return found[0]


def test_solution_earns_full_marks_out_of_process(lab):
    results = grade(notebook("solutions", lab), notebook("labs", lab), load_lab(lab))
    failed = {
        result.exercise.id: [result.note, *(c.message for c in result.cases if not c.passed)]
        for result in results
        if result.state != PASSED
    }
    assert not failed
    assert [r.points for r in results] == [exercise.points for exercise in load_lab(lab)]


def test_untouched_lab_earns_nothing(lab):
    results = grade(notebook("labs", lab), notebook("labs", lab), load_lab(lab))
    assert {result.state for result in results} == {NOT_ATTEMPTED}
    assert sum(result.points for result in results) == 0
