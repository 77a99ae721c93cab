"""Checks in a real notebook kernel: what is displayed, and what the next cell finds."""

import nbformat
import pytest
from nbclient import NotebookClient

from shared.paths import checkout

pytestmark = pytest.mark.notebooks

PREPARE = """
import sys
from shared.checks import check, exercise, predict, report
from shared.tests.fixtures import lab90_exercises
sys.modules["shared.exercises.lab90"] = lab90_exercises
exercise.labs = sys.modules["shared.checks.report"].labs = lambda: [90]
"""

CELLS = [
    PREPARE,
    "def collapse(path, blank=0):\n    print('looking')\n    return path[99]",
    'check("lab90.collapse")',
    "collapse([8, 8, 0, 5], 0)",
    "def stride():\n    import os\n    os.write(2, b'a log line')\n    while True:\n        pass",
    "vars(lab90_exercises.EXERCISES[4])['seconds'] = 0.5\ncheck('lab90.stride')",
    'check("lab90.strid")',
    "report(90)",
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDWRITING_MY", str(folder / "my"))
        patch.setenv("PYTHONPATH", str(checkout()))
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, timeout=60, allow_errors=True, resources=resources).execute()
    return [cell.outputs for cell in notebook.cells]


def test_wrong_answer_shows_one_tick_list_with_its_own_line(outputs):
    (output,) = outputs[2]
    assert output.output_type == "execute_result"
    text = output.data["text/plain"]
    assert text.startswith("✗ Collapse a path · not right yet, 0 of 3 points")
    assert "line 3 of your cell, in collapse: return path[99]" in text
    assert "It printed: looking" in text
    assert output.data["text/html"].startswith("<section aria-label=")


def test_next_cell_finds_the_reference(outputs):
    assert outputs[3][0].data["text/plain"] == "[8, 5]"


def test_endless_loop_ends_without_noise(outputs):
    (output,) = outputs[5]
    assert "longer than 0.5 seconds and was stopped." in output.data["text/plain"]


def test_unknown_id_is_one_sentence(outputs):
    (output,) = outputs[6]
    assert output.output_type == "error"
    (sentence,) = output.traceback
    assert sentence.endswith("Did you mean 'lab90.stride'?")


def test_report_is_a_table(outputs):
    (output,) = outputs[7]
    assert "Lab 90: 0 of 11 points." in output.data["text/plain"]
    assert "<caption>Exercises of lab 90</caption>" in output.data["text/html"]
