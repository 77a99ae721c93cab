"""nbgrader's own commands on the labs as they are given out: what a submission is worth."""

from __future__ import annotations

import copy
import json
import os
import sys
from pathlib import Path

import pytest

from shared.checks.exercise import find, labs, load_lab
from shared.course import notebooks
from shared.course.outline import this_course

COURSE = this_course()
LABS = [
    pytest.param(lab, marks=() if lab.number == 1 else pytest.mark.nightly, id=lab.name)
    for lab in COURSE.available()
    if lab.number in labs()
]


def graded_cells(path: Path) -> dict:
    """Return a lab without the cells that no answer and no check needs."""
    notebook = notebooks.load(path)
    kept = {"parameters", "setup", "needs"}
    notebook["cells"] = [
        cell | {"source": notebooks.source(cell)}
        for cell in notebook["cells"]
        if "nbgrader" in cell["metadata"] or kept & set(cell["metadata"].get("tags", []))
    ]
    return notebook


def scores(folder: Path, monkeypatch, released: dict, submissions: dict[str, dict]) -> dict:
    """Let nbgrader give out a lab and grade what came back, as CONTRIBUTING says."""
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    def write(place: str, notebook: dict) -> None:
        (folder / place).mkdir(parents=True)
        (folder / place / "lab.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

    monkeypatch.chdir(folder)
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", programs)  # nbgrader runs alembic by its name
    monkeypatch.setenv("HANDWRITING_MY", "my")  # In the folder of each submission
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.ClearSolutions.enabled = False
    config.Execute.timeout = 1200
    nbgrader = NbGraderAPI(config=config)
    write("source/lab", released)
    assert nbgrader.generate_assignment("lab")["success"]
    found = {}
    for student, notebook in submissions.items():
        write(f"submitted/{student}/lab", notebook)
        done = nbgrader.autograde("lab", student)
        assert done["success"], done
        with Gradebook(nbgrader.coursedir.db_url) as gradebook:
            submission = gradebook.find_submission("lab", student)
            found[student] = (submission.score, submission.max_score)
    return found


@pytest.mark.notebooks
@pytest.mark.parametrize("lab", LABS)
def test_untouched_lab_gets_nothing_and_solved_one_all(lab, tmp_path, monkeypatch):
    untouched = graded_cells(COURSE.labs / lab.notebook)
    solved = graded_cells(COURSE.solutions / lab.notebook)
    possible = sum(exercise.points for exercise in load_lab(lab.number))
    found = scores(tmp_path, monkeypatch, untouched, {"untouched": untouched, "solved": solved})
    assert found == {"untouched": (0, possible), "solved": (possible, possible)}


@pytest.mark.notebooks
def test_answer_that_is_right_in_part_gets_its_part(tmp_path, monkeypatch):
    released = graded_cells(COURSE.labs / COURSE.find(["1"])[0].notebook)
    submission = copy.deepcopy(released)
    (cell,) = [cell for cell in submission["cells"] if cell["id"] == "answer-encode"]
    cell["source"] = (
        "def encode(text, characters):\n    return [characters.find(c) + 1 for c in text]"
    )
    points = {case.name: case.points for case in find("lab01.encode").cases}
    points.pop("names an unknown character")
    found = scores(tmp_path, monkeypatch, released, {"partial": submission})
    assert found["partial"][0] == sum(points.values()) > 0
