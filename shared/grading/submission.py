"""Take a learner's answers out of a notebook, and the cells to run out of the pristine lab."""

from __future__ import annotations

import ast
import builtins
import functools
import json
import re
import symtable
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
        elif RUN_TAGS & set(_tags(cell)):
            found.append(Step(f"lab cell {number}", plain(cell["source"])))
    missing = names - {step.answer_to for step in found}
    if missing:
        raise NotebookError(f"The lab has no answer cell for {', '.join(sorted(missing))}.")
    return found


def find_answer(
    cells: list[dict[str, Any]], name: str, lab: Iterable[dict[str, Any]] = ()
) -> str | None:
    """Return the source of the learner's answer, or None.

    The last cell with the exercise's id wins; if none of those defines the function, the last
    cell that does. Before it stands what it uses from other cells of the learner, where the lab
    has no such name: imports, functions, constants.

    Args:
        cells: Code cells of what was handed in.
        name: Of the function.
        lab: Code cells of the lab as it was given out.
    """
    for by_id in (True, False):
        defining = [
            cell
            for cell in cells
            if (_answer_id(cell) == name or not by_id) and _defines(plain(cell["source"]), name)
        ]
        if defining:
            source = plain(defining[-1]["source"])
            others = [
                plain(cell["source"])
                for cell in cells
                if cell is not defining[-1] and _answer_id(cell) is None
            ]
            return with_helpers(source, others, _names_of(lab))
    return None


def answers_in(cells: list[dict[str, Any]], names: Iterable[str]) -> dict[str, str]:
    """Return the source of each answer that a notebook has, by the name of its function."""
    names = list(names)
    ids = {_answer_id(cell) for cell in cells}
    wanted = [name for name in names if name in ids] or names  # The ids may have been lost
    found = {name: find_answer(cells, name) for name in wanted}
    return {name: source for name, source in found.items() if source is not None}


def plain(source: str) -> str:
    """Return Python that can be parsed: lines of IPython, such as `%timeit`, do nothing."""
    if _tree(source) is not None:
        return source
    without = re.sub(r"(?m)^([ \t]*)[%!].*$", r"\1pass", source)
    return without if _tree(without) is not None else source


def with_helpers(source: str, others: list[str], known: set[str]) -> str:
    """Return a program after the statements of other texts that bind what it lacks.

    Args:
        source: The program.
        others: Texts, of which statements are taken in their order.
        known: Names that it has in any case.
    """
    statements = [
        (node, other, _bound(node))
        for other in others
        for node in (_tree(other) or ast.Module([], [])).body
    ]

    def text(k: int) -> str:
        return ast.get_source_segment(statements[k][1], statements[k][0]) or ""

    tree = _tree(source) or ast.Module([], [])
    known = known.union(*map(_bound, tree.body))  # What the cell has itself is not taken elsewhere
    wanted, kept = _used(source) - known, set()
    while more := {k for k, (_, _, names) in enumerate(statements) if names & wanted} - kept:
        kept |= more
        wanted |= {name for k in more for name in _used(text(k))} - known
    return "\n\n".join([*map(text, sorted(kept)), source])


def _names_of(lab: Iterable[dict[str, Any]]) -> set[str]:
    """Return what an answer may use in any case: what the lab's own cells bind, and builtins."""
    lab = list(lab)
    runs = [cell for cell in lab if _answer_id(cell) or RUN_TAGS & set(_tags(cell))]
    trees = [_tree(plain(cell["source"])) for cell in runs]
    bound = (_bound(node) for tree in trees if tree for node in tree.body)
    return set(dir(builtins)).union(filter(None, map(_answer_id, lab)), *bound)


def _tags(cell: dict[str, Any]) -> Iterable[str]:
    return cell["metadata"].get("tags", ())


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {one.id for target in targets for one in ast.walk(target)
                if isinstance(one, ast.Name)}  # fmt: skip
    return set()


def _used(source: str) -> set[str]:
    """Return the names that code takes from around it; its own parameters and variables are not."""
    try:
        tables = [symtable.symtable(source, "<answer>", "exec")]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set()
    while tables:
        table = tables.pop()
        outside = table.get_type() == "module"
        found |= {
            one.get_name()
            for one in table.get_symbols()
            if one.is_referenced() and (outside or one.is_global())
        }
        tables += table.get_children()
    return found


@functools.lru_cache(maxsize=2000)  # Each answer looks at every cell
def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _answer_id(cell: dict[str, Any]) -> str | None:
    note = cell["metadata"].get("nbgrader")
    if isinstance(note, dict) and note.get("solution") and isinstance(note.get("grade_id"), str):
        return note["grade_id"]
    return None


def _defines(source: str, name: str) -> bool:
    tree = _tree(source)
    if tree is None:
        pattern = rf"^(async\s+)?def\s+{name}\b|^{name}\s*=[^=]"
        return re.search(pattern, source, re.MULTILINE) is not None
    blocks = (ast.If, ast.Try, ast.With)  # A definition may stand under a condition
    inner = [n for node in tree.body if isinstance(node, blocks) for n in ast.walk(node)]
    return any(name in _bound(node) for node in [*tree.body, *inner] if isinstance(node, ast.stmt))
