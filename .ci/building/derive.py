"""Derive the two notebooks of a lab from the cells of its source: solved, and for the learner."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import nbformat

from building import duration
from building.source import BEGIN, END, QUOTE, Cell
from shared.course import outline
from shared.course.notebooks import code_cells, texts
from shared.course.outline import Course, CourseError, Lab
from shared.paths import sample

STUB = "raise NotImplementedError"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
COLAB = "https://colab.research.google.com/github/{owner}/blob/{tag}/labs/{notebook}"
#: IPython shows a UsageError as its sentence alone, without a traceback
BOOTSTRAP = """\
import os
import sys
from IPython.core.error import UsageError
if "google.colab" in sys.modules:  # Elsewhere the course is installed and nothing happens
    url = os.environ.get("HANDWRITING_REPOSITORY", "{repository}")
    if os.system(f"test -d course || git clone -q --depth=1 --branch={tag} '{{url}}' course"):
        raise UsageError(f"No course at {{url}}: run `%env HANDWRITING_REPOSITORY=ADDRESS`, \
then this cell again.")
    sys.path.insert(0, os.path.abspath("course"))"""
FETCH = "fetch-the-course"
_NUMBER = r"(?<![\d.,])([-+]?\d+(?:,\d{3})*(?:\.\d+)?%?)(?!\d)"


def complete(course: Course, lab: Lab, cells: list[Cell]) -> list[Cell]:
    """Add what the build writes: navigation, time, figures, the cell that fetches the course."""
    marks = {"{time}": str(duration.measure(cells))}
    marks |= {f"{{reading: {name}}}": text for name, text in sample("reading_texts").items()}
    first = replace(cells[0], source=f"{cells[0].source}\n\n{navigation(course, lab)}")
    result = []
    for cell in [first, *cells[1:]]:
        source = cell.source
        for mark, text in marks.items() if cell.kind == "markdown" else ():
            source = source.replace(mark, text)
        result.append(replace(cell, source=source))
        if "parameters" in cell.tags:
            fetch = BOOTSTRAP.format(repository=outline.REPOSITORY, tag=outline.TAG)
            result.append(Cell(kind="code", source=fetch, tags=["setup"], id=FETCH))
    return result


def navigation(course: Course, lab: Lab) -> str:
    """Return the line under the title: Colab badge, previous lab, contents, next lab."""
    links = {
        near.number: f"[{{}}: {near.title}](../labs/{near.notebook})" for near in course.available()
    }
    parts = [
        badge(lab),
        f"Lab {lab.number} of {len(course.outline)}",
        links.get(lab.number - 1, "").format("previous"),
        "[contents](../README.md#the-labs)",
        links.get(lab.number + 1, "").format("next"),
    ]
    return " · ".join(part for part in parts if part)


def badge(lab: Lab) -> str:
    """Return the badge that opens a lab on Colab, in Markdown."""
    owner = outline.REPOSITORY.removeprefix("https://github.com/")
    address = COLAB.format(owner=owner, tag=outline.TAG, notebook=lab.notebook)
    return f"[![Open lab {lab.number} in Colab]({BADGE})]({address})"


def solved(cells: list[Cell], lab: Lab) -> dict[str, Any]:
    """Return the solved notebook, not yet executed."""
    return _notebook([(cell, without_markers(cell.source)) for cell in cells], lab)


def learner(cells: list[Cell], lab: Lab) -> dict[str, Any]:
    """Return the notebook that a learner starts from."""
    kept = [cell for cell in cells if "solution" not in cell.tags]
    return _notebook([(cell, clear(cell.source)) for cell in kept], lab)


def without_markers(source: str) -> str:
    """Return a solved answer without the lines that mark the solution."""
    return "\n".join(line for line in source.split("\n") if line.strip() not in (BEGIN, END))


def clear(source: str) -> str:
    """Replace every marked solution by a stub that says it is not implemented.

    The result equals what nbgrader's preprocessor makes; a test compares the two. It is written
    out here because importing nbgrader takes seconds and a learner's installation has none.

    Raises:
        CourseError: The markers do not pair up.
    """
    lines, inside = [], False
    for line in source.split("\n"):
        if BEGIN in line or END in line:
            if inside == (BEGIN in line):
                raise CourseError(f"{line.strip()!r} has no partner. Pair {BEGIN} with {END}.")
            inside = not inside
            if inside:
                lines.append(line[: len(line) - len(line.lstrip())] + STUB)
        elif not inside:
            lines.append(line)
    if inside:
        raise CourseError(f"{BEGIN} is never closed. Add a line {END}.")
    return "\n".join(lines)


def _notebook(pairs: list[tuple[Cell, str]], lab: Lab) -> dict[str, Any]:
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    cells = [new[cell.kind](source, id=cell.id, metadata=cell.metadata) for cell, source in pairs]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"handwriting": {"lab": lab.number}, "kernelspec": kernel}
    metadata["language_info"] = {"name": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def with_outputs(notebook: dict[str, Any], executed: dict[str, Any]) -> dict[str, Any]:
    """Return a derived notebook with the outputs of one that has the same code cells."""
    result = copy.deepcopy(notebook)
    for cell, ran in zip(code_cells(result), code_cells(executed), strict=True):
        cell["outputs"], cell["execution_count"] = ran["outputs"], ran["execution_count"]
    return result


def fill_numbers(lab: Lab, notebook: dict[str, Any], executed: dict[str, Any]) -> None:
    """Put the numbers that cells printed into the prose that quotes them.

    In a quote, `_` stands for any word and a space for any white space, so `{gru _ _ #}` reads a
    table's row.

    Args:
        lab: The lab, for messages.
        notebook: What is filled, in place: solved, or the learner's.
        executed: The solved notebook with its outputs.

    Raises:
        CourseError: No cell above prints what is quoted, or the nearest one prints two values.
    """
    printed = {cell.get("id"): texts(cell) for cell in executed["cells"]}
    above: list[list[str]] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            above.insert(0, printed.get(cell["id"], []))
            continue
        try:
            cell["source"] = QUOTE.sub(lambda quote: _number(quote, above), cell["source"])
        except CourseError as error:
            raise CourseError(f"{lab.source}, cell {cell['id']}: {error}") from error


def _number(quote: re.Match[str], above: Sequence[Sequence[str]]) -> str:
    """Return the number that the nearest cell above prints where the quote has its `#`."""
    pattern = r"(?<!\S)" + _pattern(quote[1]) + _NUMBER + _pattern(quote[2])
    for outputs in above:
        found = sorted({value for text in outputs for value in re.findall(pattern, text)})
        if len(found) > 1:
            raise CourseError(f"{quote[0]} fits {' and '.join(found)}; quote more of the line.")
        if found:
            return found[0]
    raise CourseError(f"no cell above prints {quote[0]}. Quote its output, or `labs build` again.")


def _pattern(words: str) -> str:
    return r"\s+".join(re.sub(r"\b_\b", r"\\S+", re.escape(word)) for word in words.split(" "))


def canonical(notebook: dict[str, Any]) -> str:
    """Return a notebook as text: sorted keys, one space, no widget state, no timings.

    Widget views are dropped from outputs, because without their state no viewer can show them;
    the picture that precedes every widget stays.
    """
    notebook = copy.deepcopy(notebook)
    notebook["metadata"].pop("widgets", None)
    notebook["metadata"]["language_info"] = {"name": "python"}
    for cell in code_cells(notebook):
        cell["metadata"].pop("execution", None)
        cell["outputs"] = [kept for output in cell["outputs"] if (kept := _plain(output))]
    return nbformat.writes(notebook) + "\n"


def _plain(output: dict[str, Any]) -> dict[str, Any] | None:
    """Return an output without widgets and memory addresses, None if nothing is left."""
    data = output.get("data")
    if data is None:
        return output
    if any(kind.startswith("application/vnd.jupyter.widget") for kind in data):
        data = {kind: value for kind, value in data.items() if kind.startswith("image/")}
        if not data:
            return None
    if "text/plain" in data:
        data = {**data, "text/plain": re.sub(r" at 0x[0-9a-f]{6,}", "", data["text/plain"])}
    return nbformat.from_dict({**output, "data": data})
