"""Read the source of a lab: a Python file in percent format with a few cell options.

The options are expanded here, once: `answer=` and `check=` become nbgrader's metadata, every
cell gets a stable id. What a lab source may contain is described in `.github/CONTRIBUTING.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.course.outline import CourseError, needed

OPTIONS = {"tags", "answer", "check", "points", "fast", "waiting", "lines_to_next_cell"}
TAGS = {
    "parameters": "teaching defaults, replaced by papermill",
    "setup": "imports; the grader runs it",
    "needs": "an answer needs it; the grader runs it",
    "solution": "only in the solved notebook",
    "demo": "interactive, with its picture first",
    "exercise": "an exercise's statement",
    "number": "prints the lab's number; shown in the report",
    "grade": "the report cell",
    "nbval-check-output": "its stored output is compared",
    "nbval-ignore-output": "its output may differ",
    "raises-exception": "fails on purpose",
}
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
#: `{spread: # points}` in Markdown: the number that a cell printed at the place of the `#`
QUOTE = re.compile(r"\{([^{}#\n]*)#([^{}#\n]*)\}")
_HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@dataclass
class Cell:
    """One cell of a source, its options expanded."""

    kind: str
    source: str
    tags: list[str] = field(default_factory=list)
    answer: str | None = None
    check: str | None = None
    points: float | None = None
    fast: dict[str, Any] = field(default_factory=dict)
    waiting: float = 0.0
    id: str = ""

    @property
    def metadata(self) -> dict[str, Any]:
        """Return the metadata that the notebooks carry."""
        graded = _nbgrader(self) if self.answer or self.check else None
        found = {"nbgrader": graded, "fast": self.fast, "tags": self.tags}
        return {name: value for name, value in found.items() if value}


def _nbgrader(cell: Cell) -> dict[str, Any]:
    """Return nbgrader's metadata, schema 3, of an answer or of its check."""
    metadata = {
        "cell_type": cell.kind,
        "grade": cell.check is not None,
        "grade_id": cell.answer or f"check-{cell.check}",
        "locked": cell.check is not None,
        "schema_version": 3,
        "solution": cell.answer is not None,
        "task": False,
    }
    if cell.check is not None:
        metadata["points"] = cell.points
    return metadata


def read(path: Path) -> list[Cell]:
    """Read a source and return its cells with ids.

    Raises:
        CourseError: An option or tag is unknown, or the cells do not fit together.
    """
    needed("notebooks", "jupytext")
    import jupytext

    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    cells = [_cell(path, number, cell) for number, cell in enumerate(notebook.cells, start=1)]
    _name(cells)
    _validate(path, cells)
    return cells


def _cell(path: Path, number: int, raw: Any) -> Cell:
    options = dict(raw.metadata)
    where = f"{path.name}, cell {number}"
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise CourseError(
            f"{where}: unknown option {unknown[0]!r}. Options are {', '.join(sorted(OPTIONS))}; "
            'write them as `# %% answer="name"` or `# %% tags=["demo"]`.'
        )
    tags = sorted(options.get("tags", []))
    strange = [tag for tag in tags if tag not in TAGS]
    if strange:
        raise CourseError(f"{where}: unknown tag {strange[0]!r}. Tags are {', '.join(TAGS)}.")
    return Cell(
        kind=raw.cell_type,
        source=raw.source.strip("\n"),
        tags=tags,
        answer=options.get("answer"),
        check=options.get("check"),
        points=options.get("points"),
        fast=options.get("fast", {}),
        waiting=float(options.get("waiting", 0)),
    )


def headings(cell: Cell) -> list[tuple[int, str]]:
    """Return the headings of a Markdown cell as (level, text); code fences hold none."""
    if cell.kind != "markdown":
        return []
    return [(len(marks), text) for marks, text in _HEADING.findall(_FENCE.sub("", cell.source))]


def slug(text: str) -> str:
    """Return a heading as a short id: lower case, words joined by hyphens."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words[:44].rstrip("-") or "section"


def _name(cells: list[Cell]) -> None:
    """Give every cell an id: its heading and its place under it.

    Answers and checks carry their exercise's name and solution cells count apart, so that a cell
    inserted in one section renames nothing in another.
    """
    section, counts, used = "top", {}, set()
    for cell in cells:
        found = headings(cell)
        if found and cell.source.lstrip().startswith("#"):
            section = _unused(slug(found[0][1]), used)
        if cell.answer or cell.check:
            cell.id = f"answer-{cell.answer}" if cell.answer else f"check-{cell.check}"
        else:
            prefix = f"{section}-why" if "solution" in cell.tags else section
            counts[prefix] = counts.get(prefix, 0) + 1
            cell.id = f"{prefix}-{counts[prefix]}"
        cell.id = cell.id.replace("_", "-")[:64]
        rest = found[1:] if found and cell.source.lstrip().startswith("#") else found
        if rest:
            section = _unused(slug(rest[-1][1]), used)


def _unused(name: str, used: set[str]) -> str:
    candidate, number = name, 1
    while candidate in used:
        number += 1
        candidate = f"{name}-{number}"
    used.add(candidate)
    return candidate


def _validate(path: Path, cells: list[Cell]) -> None:
    """Refuse cells that do not fit together, the first mistake by its sentence."""
    answers = [cell.answer for cell in cells if cell.answer]
    checks = [cell.check for cell in cells if cell.check]
    names = [cell.id for cell in cells]
    first = headings(cells[0]) if cells else []
    of_parameters = sum("parameters" in cell.tags for cell in cells)
    rules = [
        (len(first) == 1, "the first cell must be Markdown with the one H1 and one sentence."),
        (of_parameters == 1, f'one cell must be tagged ["parameters"], {of_parameters} are.'),
        (any("setup" in cell.tags for cell in cells),
         'the cell with the imports must be tagged ["setup"].'),
        *((checks.count(name) == answers.count(name) == 1,
           f"the answer {name!r} needs one cell check={name!r}, it has {checks.count(name)}.")
          for name in answers),
        *((name in answers, f'the check {name!r} has no cell answer="{name}".')
          for name in checks),
        *(rule for cell in cells for rule in _rules(cell)),
        *((names.count(name) == 1,
           f"two cells get the id {name!r}; give their headings different words.")
          for name in names),
    ]  # fmt: skip
    for kept, message in rules:
        if not kept:
            raise CourseError(f"{path.name}: {message}")


def _rules(cell: Cell) -> list[tuple[bool, str]]:
    """Return what one cell has to keep, each with the sentence for a cell that does not."""
    marked = cell.kind == "code" and (BEGIN in cell.source or END in cell.source)
    return [
        (not cell.answer or f"def {cell.answer}(" in cell.source,
         f"the answer cell {cell.answer!r} must define a function of that name."),
        (not cell.check or isinstance(cell.points, int | float),
         f'the check {cell.check!r} needs points, as in check="{cell.check}" points=3.'),
        (not marked or bool(cell.answer),
         f"the cell {cell.id!r} has a solution marker but no option answer=."),
        (not cell.answer or BEGIN in cell.source,
         f"the answer {cell.answer!r} has no {BEGIN} line, so nothing would be cleared."),
    ]  # fmt: skip
