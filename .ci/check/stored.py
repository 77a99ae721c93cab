"""Look at the notebooks as they are stored: what may be in one and what may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from building import outputs
from building.source import BEGIN, END

from shared.course.notebooks import code_cells, load
from shared.course.outline import Course, CourseError, Lab

MARKERS = (BEGIN, END, "BEGIN HIDDEN", "END HIDDEN")


def inspect_all(course: Course, labs: tuple[Lab, ...]) -> list[str]:
    """Return every problem of the stored notebooks of these labs, both folders."""
    problems = []
    for lab in labs:
        for folder, look in ((course.labs, inspect_learner), (course.solutions, inspect_solved)):
            try:
                problems += look(folder / lab.notebook)
            except CourseError as error:
                problems.append(str(error))
    known = {lab.notebook for lab in course.outline}
    for folder in (course.labs, course.solutions):
        for path in sorted(folder.glob("*.ipynb")):
            if path.name not in known:
                problems.append(f"{folder.name}/{path.name} belongs to no lab of the outline.")
    return problems


def inspect_learner(path: Path) -> list[str]:
    """Return what is wrong with a notebook of `labs/`: it must be empty of results."""
    notebook = load(path)
    problems = list(_common(path.name, notebook))
    for cell in code_cells(notebook):
        name = f"labs/{path.name}, cell {cell.get('id')}"
        if cell["outputs"] or cell["execution_count"] is not None:
            problems.append(f"{name} carries an output; a learner starts without.")
        if any(marker in cell["source"] for marker in MARKERS):
            problems.append(f"{name} shows a solution marker.")
        if "solution" in cell["metadata"].get("tags", []):
            problems.append(f"{name} is tagged solution and must stay in solutions/.")
    return problems


def inspect_solved(path: Path) -> list[str]:
    """Return what is wrong with a notebook of `solutions/`: executed, without errors."""
    notebook = load(path)
    problems = list(_common(path.name, notebook))
    if path.stat().st_size > outputs.MAX_BYTES:
        problems.append(outputs.too_large(f"solutions/{path.name}", path.stat().st_size))
    waiting = [
        cell.get("id")
        for cell in code_cells(notebook)
        if cell["source"].strip() and cell["execution_count"] is None
    ]
    if waiting:
        problems.append(
            f"solutions/{path.name}: {len(waiting)} cells were never executed, the first is "
            f"{waiting[0]}, so nbval would compare nothing. Run `labs build`."
        )
    for cell in code_cells(notebook):
        if any(marker in cell["source"] for marker in MARKERS):
            problems.append(f"solutions/{path.name}, cell {cell['id']} shows a solution marker.")
    return problems + [f"solutions/{path.name}, {line}" for line in outputs.problems(notebook)]


def _common(name: str, notebook: dict[str, Any]) -> Iterator[str]:
    if "widgets" in notebook["metadata"]:
        yield f"{name} carries widget state, which breaks its display on GitHub."
    if any("execution" in cell["metadata"] for cell in notebook["cells"]):
        yield f"{name} carries execution times, which change with every run."
