"""Derive the two notebooks of a lab from its source: solved, and for the learner."""

from __future__ import annotations

import json
import re
from typing import Any

from shared.course import outline, readme, texture
from shared.course.outline import Course, CourseError, Lab
from shared.course.source import BEGIN, END, Cell

STUB = "raise NotImplementedError"

BOOTSTRAP = """\
import os
import subprocess
import sys

if "google.colab" in sys.modules:  # Elsewhere the course is installed and nothing happens
    url = os.environ.get("HANDWRITING_REPOSITORY", "{repository}")
    clone = ["git", "clone", "--quiet", "--depth=1", "--branch={tag}", url, "course"]
    os.path.isdir("course") or subprocess.run(clone, check=True)
    sys.path.insert(0, os.path.abspath("course"))"""


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


def without_markers(source: str) -> str:
    """Return a solved answer without the lines that mark the solution."""
    return "\n".join(line for line in source.split("\n") if line.strip() not in (BEGIN, END))


def bootstrap() -> Cell:
    """Return the cell that fetches the course on Colab; the build writes it into every lab."""
    source = BOOTSTRAP.format(repository=outline.REPOSITORY, tag=outline.TAG)
    return Cell(kind="code", source=source, tags=["setup"], id="fetch-the-course")


def navigation(course: Course, lab: Lab) -> str:
    """Return the line under the title: Colab badge, previous lab, contents, next lab."""
    parts = [readme.badge(lab)]
    parts.append(f"Lab {lab.number} of {len(course.outline)}")
    labels = {lab.number - 1: "previous: {}", lab.number + 1: "next: {}"}
    links = {
        near.number: f"[{labels[near.number].format(near.title)}](../labs/{near.notebook})"
        for near in course.available()
        if near.number in labels
    }
    contents = "[contents](../README.md#the-labs)"
    around = [links.get(lab.number - 1), contents, links.get(lab.number + 1)]
    return " · ".join(parts + [link for link in around if link])


def complete(course: Course, lab: Lab, cells: list[Cell]) -> list[Cell]:
    """Add what the build writes: navigation, the honest time, the cell that fetches the course."""
    result = []
    for position, cell in enumerate(cells):
        source = cell.source
        if position == 0:
            source += "\n\n" + navigation(course, lab)
        if texture.TIME_MARK in source and cell.kind == "markdown":
            source = source.replace(texture.TIME_MARK, texture.measure(cells).time)
        result.append(Cell(**{**vars(cell), "source": source}))
        if "parameters" in cell.tags:
            result.append(bootstrap())
    return result


def solved(cells: list[Cell], lab: Lab) -> dict[str, Any]:
    """Return the solved notebook, not yet executed."""
    return _notebook([(cell, without_markers(cell.source)) for cell in cells], lab)


def learner(cells: list[Cell], lab: Lab) -> dict[str, Any]:
    """Return the notebook that a learner starts from."""
    kept = [cell for cell in cells if "solution" not in cell.tags]
    return _notebook([(cell, clear(cell.source)) for cell in kept], lab)


def _notebook(pairs: list[tuple[Cell, str]], lab: Lab) -> dict[str, Any]:
    cells = []
    for cell, source in pairs:
        raw = {
            "cell_type": cell.kind,
            "id": cell.id,
            "metadata": cell.metadata,
            "source": source.splitlines(keepends=True),
        }
        if cell.kind == "code":
            raw |= {"execution_count": None, "outputs": []}
        cells.append(raw)
    return {
        "cells": cells,
        "metadata": {
            "handwriting": {"lab": lab.number},
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def canonical(notebook: dict[str, Any]) -> str:
    """Return a notebook as text: sorted keys, one space, no widget state, no timings.

    Widget views are dropped from outputs, because without their state no viewer can show them;
    the picture that precedes every widget stays.
    """
    notebook = json.loads(json.dumps(notebook))
    notebook["metadata"].pop("widgets", None)
    notebook["metadata"]["language_info"] = {"name": "python"}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell["metadata"].pop("execution", None)
        cell["outputs"] = [kept for output in cell["outputs"] if (kept := _plain(output))]
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    return text + "\n"


def _plain(output: dict[str, Any]) -> dict[str, Any] | None:
    """Return an output without widgets and memory addresses, None if nothing is left."""
    if "data" not in output:
        return output
    data = output["data"]
    if any(kind.startswith("application/vnd.jupyter.widget") for kind in data):
        data = {kind: value for kind, value in data.items() if kind.startswith("image/")}
        if not data:
            return None
    if "text/plain" in data:
        text = data["text/plain"]
        address = r" at 0x[0-9a-f]{6,}"
        clean = [re.sub(address, "", line) for line in ([text] if isinstance(text, str) else text)]
        data = {**data, "text/plain": clean[0] if isinstance(text, str) else clean}
    return {**output, "data": data}
