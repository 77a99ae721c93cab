"""Look at the notebooks as they are stored: what may be in one and what may not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.course.outline import Course, CourseError, Lab
from shared.course.source import BEGIN, END

MAX_BYTES = 1_500_000
MARKERS = (BEGIN, END, "BEGIN HIDDEN", "END HIDDEN")
_TAG = re.compile(r"<(img|svg)\b[^>]*>(?:\s*<title>[^<]*\S[^<]*</title>)?", re.IGNORECASE)
_NAMED = re.compile(r"""(?:alt|aria-label)=["'][^"']*\S[^"']*["']|<title>""", re.IGNORECASE)


def load(path: Path) -> dict[str, Any]:
    """Read a notebook.

    Raises:
        CourseError: The file is missing or not a notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return notebook if notebook["nbformat"] == 4 else notebook["version 4 is needed"]
    except FileNotFoundError:
        raise CourseError(f"{path} is missing. `labs build` writes it.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} is not a notebook of version 4: {error}.") from None


def inspect_learner(path: Path) -> list[str]:
    """Return what is wrong with a notebook of `labs/`: it must be empty of results."""
    notebook = load(path)
    problems = list(_common(path.name, notebook))
    for cell in _code(notebook):
        name = f"labs/{path.name}, cell {cell.get('id')}"
        if cell["outputs"] or cell["execution_count"] is not None:
            problems.append(f"{name} carries an output; a learner starts without.")
        if any(marker in source(cell) for marker in MARKERS):
            problems.append(f"{name} shows a solution marker.")
        if "solution" in cell["metadata"].get("tags", []):
            problems.append(f"{name} is tagged solution and must stay in solutions/.")
    return problems


def inspect_solved(path: Path) -> list[str]:
    """Return what is wrong with a notebook of `solutions/`: executed, without errors."""
    notebook = load(path)
    problems = list(_common(path.name, notebook))
    if path.stat().st_size > MAX_BYTES:
        problems.append(
            f"solutions/{path.name} has {path.stat().st_size / 1e6:.1f} MB, at most "
            f"{MAX_BYTES / 1e6:.1f} MB are allowed. Draw fewer or smaller pictures."
        )
    waiting = [
        cell.get("id")
        for cell in _code(notebook)
        if source(cell).strip() and cell["execution_count"] is None
    ]
    if waiting:
        problems.append(
            f"solutions/{path.name}: {len(waiting)} cells were never executed, the first is "
            f"{waiting[0]}, so nbval would compare nothing. Run `labs build`."
        )
    for cell in _code(notebook):
        name = f"solutions/{path.name}, cell {cell.get('id')}"
        if any(marker in source(cell) for marker in MARKERS):
            problems.append(f"{name} shows a solution marker.")
        problems += [f"{name}: {problem}" for problem in outputs(cell)]
    return problems


def outputs(cell: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the outputs of one executed cell."""
    allowed = "raises-exception" in cell["metadata"].get("tags", [])
    for output in cell["outputs"]:
        if output["output_type"] == "error" and not allowed:
            yield f"stores the error {output['ename']}: {output['evalue']}"
        if output.get("name") == "stderr":
            yield f"stores a message on stderr: {''.join(output['text'])[:120]!r}"
        yield from missing_alt_text(output)


def missing_alt_text(output: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for every picture of an output that no text can replace."""
    data, metadata = output.get("data", {}), output.get("metadata", {})
    for kind in data:
        if kind in ("image/png", "image/jpeg"):
            alt = metadata.get(kind, {}).get("alt") or metadata.get("alt") or ""
            if len(alt.split()) < 5:
                yield (
                    f"a picture has the alt text {alt!r}. End the cell with an object of "
                    "shared.figures, or set one of at least five words that replaces the picture."
                )
        if kind in ("image/svg+xml", "text/html"):
            text = "".join(data[kind])
            tags = [match.group(0) for match in _TAG.finditer(text)]
            bare = [tag for tag in tags if not _NAMED.search(tag) and "aria-hidden" not in tag]
            if bare and not (metadata.get(kind, {}).get("alt") or metadata.get("alt")):
                yield f"a picture has no alt text: {bare[0][:80]}"


def widget_errors(notebook: dict[str, Any]) -> list[str]:
    """Return the errors of widget callbacks; an execution that hit one still ends well."""
    states = notebook["metadata"].get("widgets", {})
    found = []
    for bundle in states.values():
        for model in bundle.get("state", {}).values():
            for output in model.get("state", {}).get("outputs", []) or []:
                if output.get("output_type") == "error":
                    found.append(f"a widget raised {output['ename']}: {output['evalue']}")
    return found


def source(cell: dict[str, Any]) -> str:
    """Return the text of a cell, stored as one string or as lines."""
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


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


def _common(name: str, notebook: dict[str, Any]) -> Iterator[str]:
    if "widgets" in notebook["metadata"]:
        yield f"{name} carries widget state, which breaks its display on GitHub."
    ids = [cell.get("id") for cell in notebook["cells"]]
    if None in ids or len(set(ids)) != len(ids):
        yield f"{name} has cells without an id or with the same one."
    if any("execution" in cell["metadata"] for cell in notebook["cells"]):
        yield f"{name} carries execution times, which change with every run."


def _code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
