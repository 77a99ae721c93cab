"""Notebooks as files, and what their cells showed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.course.outline import CourseError, needed

if TYPE_CHECKING:
    from nbformat import NotebookNode


def load(path: Path) -> NotebookNode:
    """Read a notebook; every text in it is one string.

    Raises:
        CourseError: The file is missing or not a notebook.
    """
    needed("notebooks", "nbformat")
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise CourseError(f"{path} is missing. `labs build` writes it.") from None
    except Exception as error:  # The library raises what its many versions found first
        raise CourseError(f"{path} is not a notebook: {error}") from None


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the code cells, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def tagged(notebook: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    """Return the cells with a tag, in order."""
    return [cell for cell in notebook["cells"] if tag in cell["metadata"].get("tags", [])]


def pictures(output: dict[str, Any]) -> list[str]:
    """Return the pictures of an output as HTML."""
    return re.findall(r"<img [^>]+>", output.get("data", {}).get("text/html", ""))


def texts(cell: dict[str, Any]) -> list[str]:
    """Return what a cell printed or displayed as text; a picture's words are not repeated."""
    found = []
    for output in cell.get("outputs", []):
        if output.get("name") == "stdout":
            found.append(output["text"].strip())
        elif not pictures(output):
            found.append(output.get("data", {}).get("text/plain", "").strip())
    return [text for text in found if text]
