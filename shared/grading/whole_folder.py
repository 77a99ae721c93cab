"""Grade a folder of notebooks, and write what people read of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from shared.checks.exercise import PUBLIC_SEED, load_lab
from shared.checks.labs import Lab
from shared.grading import gradebook, sheets
from shared.grading.batch import Graded, grade_all, with_cases
from shared.grading.folder import Roster, Submission, collect
from shared.grading.isolation import best
from shared.grading.submission import NotebookError
from shared.paths import DATA, write_atomically


def grade_folder(
    folder: Path,
    out: Path,
    pristine: Mapping[Lab, Path],
    *,
    roster: Roster,
    columns: str = sheets.COLUMNS,
    cases: Path | None = None,
    seed: int | None = None,
    workers: int = 2,
    nbgrader: bool = False,
) -> Path:
    """Grade all notebooks below a folder, say how it went, and return the overview's page.

    Args:
        folder: What was handed in, at any depth.
        out: Where points, pages and what is remembered go.
        pristine: The notebooks that learners start from.
        roster: The class.
        columns: A line of headings and one of fields, for the table of points.
        cases: Python file with further cases.
        seed: Of the inputs; that of this edition if not given.
        workers: Notebooks graded at a time.
        nbgrader: Whether nbgrader's gradebook and feedback are written, too.

    Raises:
        NotebookError: There is no notebook in the folder.
    """
    nobody = Graded(Submission("", None, folder))
    sheets.table([nobody], roster, columns)  # A file of columns that is none stops before the work
    names = {lab: [one.name for one in load_lab(lab.number)] for lab in pristine}
    if nbgrader:
        gradebook.require()
    submissions = collect(folder, names, roster)
    if not submissions:
        raise NotebookError(f"There is no notebook in {folder}.")
    seed = class_seed() if seed is None else seed
    for lab in {one.lab for one in submissions if one.lab}:
        with_cases(load_lab(lab.number), cases)  # As above
    isolation = best((folder, out))
    print(f"Each notebook runs in isolation: {isolation.name} ({isolation.words}).")
    private = (folder, out)
    work = grade_all(submissions, pristine, out / "kept", seed, workers, cases, private)
    graded = list(tqdm(work, total=len(submissions), desc="notebooks", unit="notebook"))
    write_atomically(out / "points.csv", sheets.table(graded, roster, columns))
    page = sheets.write_pages(graded, roster, out)
    troubled = [one for one in graded if one.trouble]
    for one in troubled:
        print(f"{one.submission.path.relative_to(folder)}: {one.trouble}")
    missing = sorted(set(roster.rows) - {one.submission.learner for one in graded})
    if missing:
        print(f"Nothing from: {', '.join(missing)}")
    print(f"{len(graded) - len(troubled)} of {len(graded)} notebooks graded: {out / 'points.csv'}")
    if nbgrader:
        book = gradebook.write(graded, pristine, out / "nbgrader")
        print(f"For nbgrader: {book}, and beside it feedback and grades.csv")
    return page


def class_seed() -> int:
    """Return the seed that `labs class new` drew for this edition, or the public one."""
    path = DATA / "class.json"
    return json.loads(path.read_text(encoding="utf-8"))["seed"] if path.is_file() else PUBLIC_SEED
