"""Write `data/answers.json`: the answers of the solutions, which the checks take for right.

An answer stands once, in its cell of a solution. Here it becomes a program of its own: its cell,
and before it the imports, the cells tagged `needs` and the earlier answers that it uses.

`labs build --answers` writes the file and no notebook.
"""

from __future__ import annotations

import ast
import builtins
import json
import symtable
from collections.abc import Iterator
from pathlib import Path

from building import derive, source
from building.source import Cell
from shared.course.outline import Course
from shared.paths import write_atomically

_GIVEN = {"setup", "parameters", "needs"}  # Tags of cells that an answer may rely on


def update(course: Course) -> None:
    """Write the answers of all labs."""
    if _path(course).is_file() and not difference(course):
        return
    write_atomically(_path(course), _text(course))


def difference(course: Course) -> str | None:
    """Say that the file is not what the sources say, or return None."""
    path = _path(course)
    if path.is_file() and path.read_text(encoding="utf-8") == _text(course):
        return None
    return "data/answers.json does not match the solutions. Run `labs build`"


def programs(cells: list[Cell]) -> dict[str, str]:
    """Return by the name of each answer a program that defines it, and nothing it does not use."""
    units: list[tuple[str, set[str]]] = []  # Source, and the names it takes from elsewhere
    defined: dict[str, int] = {}  # Which unit defines a name
    found = {}

    def needed(unit: int) -> set[int]:
        known = {defined[name] for name in units[unit][1] if defined.get(name, unit) < unit}
        return {unit}.union(*map(needed, known))

    for cell in cells:
        if cell.kind != "code" or not (cell.answer or _GIVEN.intersection(cell.tags)):
            continue
        for text in _units(cell):
            uses, defines = _names(text)
            defined |= dict.fromkeys(defines, len(units))
            units.append((text, uses))
        if cell.answer:
            wanted = sorted(needed(defined[cell.answer]))
            imports = [units[k][0] for k in wanted if _is_import(units[k][0])]
            others = [units[k][0] for k in wanted if not _is_import(units[k][0])]
            found[cell.answer] = "\n\n\n".join(["\n".join(imports)] * bool(imports) + others)
    return found


def _path(course: Course) -> Path:
    return course.labs.parent / "data" / "answers.json"


def _text(course: Course) -> str:
    answers = {
        f"lab{lab.number:02}.{name}": program.split("\n")
        for lab in course.available()
        if (course.solutions / lab.source).is_file()
        for name, program in programs(source.read(course.solutions / lab.source)).items()
    }
    return json.dumps(answers, indent=1, ensure_ascii=False) + "\n"


def _units(cell: Cell) -> Iterator[str]:
    """Cut a cell into what is taken or left as a whole: one import, one statement of a set-up."""
    text = derive.without_markers(cell.source)
    text = "\n".join("" if line.startswith(("%", "!")) else line for line in text.split("\n"))
    together, body = [], ast.parse(text).body
    if body and isinstance(body[-1], ast.Expr):
        body.pop()  # What the cell shows
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield ast.unparse(type(statement)(**{**vars(statement), "names": [alias]}))
        elif "setup" in cell.tags:
            yield ast.get_source_segment(text, statement)
        else:
            together.append(ast.get_source_segment(text, statement))
    if together:
        yield "\n\n".join(together)


def _is_import(text: str) -> bool:
    return text.startswith(("import ", "from "))


def _names(text: str) -> tuple[set[str], set[str]]:
    """Return the names that a program takes from elsewhere, and those it defines."""
    module = symtable.symtable(text, "<cell>", "exec")
    defines = {one.get_name() for one in module.get_symbols() if one.is_local()}
    uses = set()
    tables = [module]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        uses |= {
            one.get_name()
            for one in table.get_symbols()
            if one.is_referenced() and (one.is_global() or table is module)
        }
    return uses - defines - set(vars(builtins)), defines
