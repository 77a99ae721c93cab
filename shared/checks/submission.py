"""Take a learner's answers out of a notebook, and the cells to run out of the pristine lab."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Cells of the pristine lab that run before answers
RUN_TAGS = frozenset({"setup", "parameters", "needs"})


class NotebookError(ValueError):
    """A file is no notebook, or the lab lacks a cell; the message says which."""


@dataclass(frozen=True)
class Step:
    """A code cell to run: one that answers need, or the place of the answer to an exercise."""

    label: str
    source: str
    answer_to: str | None = None


def read_notebook(path: Path | str) -> list[dict[str, Any]]:
    """Return the code cells of a notebook file.

    Raises:
        NotebookError: The file is missing or is no notebook.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        for cell in cells:
            cell["source"] = "".join(cell["source"])
            if not isinstance(cell.setdefault("metadata", {}), dict):
                cell["metadata"] = {}
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotebookError(
            f"{path} is not a notebook ({type(error).__name__}: {error}). "
            "Hand in the .ipynb file as JupyterLab saved it."
        ) from None
    return cells


def steps(cells: list[dict[str, Any]], names: Iterable[str]) -> list[Step]:
    """Return what to run of the pristine lab, in order.

    Args:
        cells: Code cells of the lab.
        names: Names of the functions asked for.

    Raises:
        NotebookError: An exercise has no answer cell.
    """
    names = set(names)
    found: list[Step] = []
    for number, cell in enumerate(cells, start=1):
        name = _answer_id(cell)
        if name in names:
            found.append(Step(f"answer {name}", cell["source"], name))
        elif RUN_TAGS & set(cell["metadata"].get("tags", ())):
            found.append(Step(f"lab cell {number}", cell["source"]))
    missing = names - {step.answer_to for step in found}
    if missing:
        raise NotebookError(f"The lab has no answer cell for {', '.join(sorted(missing))}.")
    return found


def find_answer(cells: list[dict[str, Any]], name: str) -> str | None:
    """Return the source of the learner's answer, or None.

    The last cell with the exercise's id wins; if none of those defines the function, the last
    cell that does.
    """
    by_id = [cell["source"] for cell in cells if _answer_id(cell) == name]
    everywhere = [cell["source"] for cell in cells]
    for sources in (by_id, everywhere):
        defining = [source for source in sources if _defines(source, name)]
        if defining:
            return defining[-1]
    return None


def _answer_id(cell: dict[str, Any]) -> str | None:
    note = cell["metadata"].get("nbgrader")
    if isinstance(note, dict) and note.get("solution") and isinstance(note.get("grade_id"), str):
        return note["grade_id"]
    return None


def _defines(source: str, name: str) -> bool:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pattern = rf"^(async\s+)?def\s+{name}\b|^{name}\s*=[^=]"
        return re.search(pattern, source, re.MULTILINE) is not None
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name == name:
                return True
        elif isinstance(node, ast.Import | ast.ImportFrom):
            if any((alias.asname or alias.name) == name for alias in node.names):
                return True
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return True
    return False
