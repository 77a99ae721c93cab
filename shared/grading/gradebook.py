"""Hand the points over to nbgrader: its gradebook, its table, and its feedback pages.

What stands in the gradebook already is kept, comments and grades by hand included. nbgrader runs
nothing here: points come from the course's own runner.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.checks.labs import Lab
from shared.grading.batch import Graded
from shared.grading.submission import NotebookError, answers_in, read_notebook


def require() -> None:
    """Say how nbgrader is installed, before any work is done.

    Raises:
        NotebookError: It is not.
    """
    if importlib.util.find_spec("nbgrader") is None:
        raise NotebookError('nbgrader is not installed: `pip install -e ".[grading]"`.')


def write(graded: Sequence[Graded], pristine: Mapping[Lab, Path], folder: Path) -> Path:
    """Write a course of nbgrader: `gradebook.db`, `grades.csv` and the folder `feedback`.

    Args:
        graded: What was graded; what could not be is left out.
        pristine: The labs as they were given out.
        folder: The course's folder; a course that is there is added to.

    Returns:
        The gradebook.

    Raises:
        NotebookError: nbgrader refuses; the message holds its own words.
    """
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from nbgrader.plugins import CsvExportPlugin
    from traitlets.config import Config

    folder.mkdir(parents=True, exist_ok=True)
    # It runs a program, alembic, that lies beside this Python
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.ClearSolutions.enabled = False  # A lab holds none
    nbgrader = NbGraderAPI(config=config)
    known = [one for one in graded if one.exercises and one.submission.lab]
    labs = sorted({one.submission.lab for one in known}, key=lambda lab: lab.number)
    for lab in labs:
        source = folder / "source" / lab.name
        source.mkdir(parents=True, exist_ok=True)
        shutil.copy(pristine[lab], source / lab.notebook)
        if not (folder / "release" / lab.name).is_dir():
            _check(nbgrader.generate_assignment(lab.name))
    names = _names({one.submission.learner for one in known})
    with Gradebook(nbgrader.coursedir.db_url) as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of its own way with its data base
        for one in known:
            _enter(gradebook, one, names[one.submission.learner], folder)
    for lab in labs:
        _check(nbgrader.generate_feedback(lab.name, force=True))
    with Gradebook(nbgrader.coursedir.db_url) as gradebook:
        CsvExportPlugin(to=str(folder / "grades.csv")).export(gradebook)
    return folder / "gradebook.db"


def _enter(gradebook: Any, one: Graded, student: str, folder: Path) -> None:
    """Keep the points of a submission, and the notebook that its feedback is made from."""
    lab = one.submission.lab
    gradebook.update_or_create_student(student, last_name=one.submission.learner)
    gradebook.update_or_create_submission(lab.name, student)
    records = {record["id"].partition(".")[2]: record for record in one.exercises}
    for name, record in records.items():
        grade = gradebook.find_grade(f"check-{name}", lab.name, lab.name, student)
        grade.auto_score = record["points"] / record["possible"] * grade.max_score
        grade.needs_manual_grade = grade.manual_score is not None  # As nbgrader does it
    gradebook.db.commit()
    release = folder / "release" / lab.name / lab.notebook
    notebook = json.loads(release.read_text(encoding="utf-8"))
    answers = answers_in(read_notebook(one.submission.path), records)
    for cell in notebook["cells"]:
        note = cell["metadata"].get("nbgrader", {})
        name = note.get("grade_id", "").removeprefix("check-")
        if note.get("solution") and name in answers:
            cell["source"] = answers[name]
        elif note.get("grade") and name in records:
            text = _in_words(records[name])
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    target = folder / "autograded" / student / lab.name / lab.notebook
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(notebook), encoding="utf-8")


def _in_words(record: Mapping[str, Any]) -> str:
    points = f"{record['points']:g} of {record['possible']:g} points"
    lines = [f"{record['title']}: {points}, {record['state']}. {record['note']}".rstrip()]
    for case in record["cases"]:
        lines.append(f"{'✓' if case['passed'] else '✗'} {case['name']} ({case['points']:g})")
        if not case["passed"]:
            lines += [f"    {line}" for line in case["message"].splitlines()]
            lines.append(f"    Hint: {case['hint']}")
    return "\n".join(lines) + "\n"


def _names(learners: set[str]) -> dict[str, str]:
    """Return for each learner a name that may be a folder's, each once."""
    names: dict[str, str] = {}
    for learner in sorted(learners):
        name = plain = re.sub(r"[^\w.@-]+", "_", learner).strip("_.") or "learner"
        while name in names.values():
            name = f"{plain}-{len(names)}"
        names[learner] = name
    return names


def _check(done: Mapping[str, Any]) -> None:
    if not done["success"]:
        raise NotebookError(f"nbgrader refused: {done.get('error') or done.get('log')}")
