"""What several tests of the checks share: the fixture lab, and notebooks made on the spot."""

import json
import sys

import pytest

from shared.checks import exercise as exercise_module
from shared.checks import notebook
from shared.checks import report as report_module
from shared.tests.fixtures import lab90_exercises

STUB = "def {0}(*args, **kwargs):\n    raise NotImplementedError"


@pytest.fixture
def lab90(monkeypatch, tmp_path):
    """The fixture lab as if it were installed, a fresh session, and an empty `my/`."""
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    monkeypatch.setitem(sys.modules, "shared.exercises.lab90", lab90_exercises)
    for module in (exercise_module, sys.modules[report_module.__module__]):
        monkeypatch.setattr(module, "labs", lambda: [90])
    monkeypatch.setattr(notebook, "session", {})
    monkeypatch.setattr(sys.modules[report_module.__module__], "session", notebook.session)
    monkeypatch.setattr(notebook, "_bound", {})
    monkeypatch.setattr(notebook, "_set_aside", set())
    return tmp_path / "my"


def code_cell(source, tags=(), answer=None, check=None):
    metadata = {"tags": list(tags)}
    if answer:
        metadata["nbgrader"] = {"grade_id": answer, "solution": True, "grade": False}
    if check:
        metadata["nbgrader"] = {"grade_id": f"check-{check}", "solution": False, "grade": True}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": []}


def write_notebook(path, cells):
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def pristine_cells():
    """A lab with the five exercises, one after the other."""
    cells = [
        code_cell("import math\nimport numpy as np\n%matplotlib inline", ["setup"]),
        code_cell("raise RuntimeError('a demo cell never runs here')", ["demo"]),
    ]
    for exercise in lab90_exercises.EXERCISES:
        cells.append(code_cell(STUB.format(exercise.name), answer=exercise.name))
        cells.append(code_cell(f'check("{exercise.id}")', check=exercise.name))
    return cells
