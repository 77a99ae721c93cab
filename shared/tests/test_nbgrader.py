"""nbgrader's own commands on the labs as they are given out: what a submission is worth."""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
from pathlib import Path

import pytest

from shared.checks.exercise import find, labs, load_lab
from shared.course import grade, notebooks
from shared.course.outline import this_course

pytest.importorskip("nbgrader", reason="nbgrader is not installed: the extra `grading`")
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
        cell
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
def test_what_labs_grade_enters_is_what_nbgrader_finds_itself(tmp_path, monkeypatch):
    from nbgrader.api import Gradebook

    lab = COURSE.find(["1"])[0]
    given = {"untouched": graded_cells(COURSE.labs / lab.notebook)}
    given["solved"] = graded_cells(COURSE.solutions / lab.notebook)
    given["in part"] = copy.deepcopy(given["solved"])
    (cell,) = [cell for cell in given["in part"]["cells"] if cell["id"] == "answer-encode"]
    cell["source"] = (
        "def encode(text, characters):\n    return [characters.find(c) + 1 for c in text]"
    )
    for learner, notebook in given.items():
        (tmp_path / "in" / learner).mkdir(parents=True)
        (tmp_path / "in" / learner / lab.notebook).write_text(json.dumps(notebook), "utf-8")
    parser = argparse.ArgumentParser()
    grade.add_arguments(parser)
    words = [str(tmp_path / "in"), "--nbgrader"]
    for _ in range(2):  # A second time it is added to
        assert grade.run(parser.parse_args(words)) == 0
    course = tmp_path / "in-grades" / "nbgrader"
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        entered = {one.student.id: one.score for one in gradebook.assignment_submissions(lab.name)}
    page = course / "feedback" / "in_part" / lab.name / f"{lab.name}.html"
    text = page.read_text(encoding="utf-8")
    assert "✗ names an unknown character" in text and f"{entered['in_part']:g}" in text
    assert "solved" in (course / "grades.csv").read_text()
    submissions = {name.replace(" ", "_"): notebook for name, notebook in given.items()}
    (tmp_path / "theirs").mkdir()
    theirs = scores(tmp_path / "theirs", monkeypatch, given["untouched"], submissions)
    assert entered == {name: points for name, (points, _) in theirs.items()}
    assert entered["untouched"] == 0 < entered["in_part"] < entered["solved"]


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
