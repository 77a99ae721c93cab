"""Notebooks as files: read their cells, and say which outputs may not be stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.course.outline import CourseError

MAX_BYTES = 1_500_000
MAX_LINE = 100  # Characters: what a page of a notebook is wide, so that no line is broken anywhere
_PICTURE = re.compile(r"<(img|svg)\b[^>]*>(?:\s*<title>[^<]*\S[^<]*</title>)?", re.IGNORECASE)
_NAME = re.compile(r"""(?:alt|aria-label)="([^"]*)"|<title>([^<]*)""", re.IGNORECASE)


def load(path: Path) -> dict[str, Any]:
    """Read a notebook.

    Raises:
        CourseError: The file is missing or not a notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if notebook["nbformat"] == 4:
            return notebook
    except FileNotFoundError:
        raise CourseError(f"{path} is missing. `labs build` writes it.") from None
    except (ValueError, KeyError, TypeError):
        pass
    raise CourseError(f"{path} is not a notebook of version 4.")


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the code cells, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def joined(text: str | list[str]) -> str:
    """Return a text of the file, which is one string or a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def source(cell: dict[str, Any]) -> str:
    """Return the text of a cell."""
    return joined(cell["source"])


def pictures(output: dict[str, Any]) -> list[str]:
    """Return the pictures of an output as HTML."""
    return re.findall(r"<img [^>]+>", joined(output.get("data", {}).get("text/html", "")))


def texts(cell: dict[str, Any]) -> list[str]:
    """Return what a cell printed or displayed as text; a picture's words are not repeated."""
    found = []
    for output in cell.get("outputs", []):
        if output.get("name") == "stdout":
            found.append(joined(output["text"]).strip())
        elif not pictures(output):
            found.append(joined(output.get("data", {}).get("text/plain", "")).strip())
    return [text for text in found if text]


def output_problems(notebook: dict[str, Any]) -> list[str]:
    """Return a sentence for every output that may not be stored: nobody would see or read it."""
    found = []
    for cell in code_cells(notebook):
        allowed = "raises-exception" in cell["metadata"].get("tags", [])
        for output in cell["outputs"]:
            problems = [*_long_lines(output), *missing_alt_text(output)]
            if output["output_type"] == "error" and not allowed:
                problems.append(f"stores the error {output['ename']}: {output['evalue']}")
            if output.get("name") == "stderr":
                problems.append(f"stores a message on stderr: {joined(output['text'])[:120]!r}")
            found += [f"cell {cell['id']}: {problem}" for problem in problems]
    return found


def _long_lines(output: dict[str, Any]) -> Iterator[str]:
    data = output.get("data", {})
    shown = output.get("text", data.get("text/plain", "") if len(data) == 1 else "")
    for line in joined(shown).splitlines():
        if len(line) > MAX_LINE:
            yield (
                f"shows a line of {len(line)} characters, at most {MAX_LINE} fit: {line[:60]!r}. "
                "Print less in a line, or end the cell with a figures.Table."
            )


def missing_alt_text(output: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for every picture of an output that no text can replace."""
    data = output.get("data", {})
    for kind in data:
        if kind.startswith("image/") and "text/html" not in data:
            yield (
                f"a picture of type {kind} is shown without its alt text, even if it has one. "
                "End the cell with an object of shared.figures."
            )
    for match in _PICTURE.finditer(joined(data.get("text/html", ""))):
        named = _NAME.search(match[0])
        alt = (named[1] or named[2] or "") if named else ""
        if len(alt.split()) < 5 and "aria-hidden" not in match[0]:
            yield (
                f"a picture has the alt text {alt!r}; give it one of at least five words that "
                f"replaces the picture: {match[0][:80]}"
            )


def widget_errors(notebook: dict[str, Any]) -> list[str]:
    """Return the errors of widget callbacks; an execution that hit one still ends well."""
    models = [
        model.get("state", {})
        for bundle in notebook["metadata"].get("widgets", {}).values()
        for model in bundle.get("state", {}).values()
    ]
    outputs = [output for state in models for output in state.get("outputs") or []]
    return [
        f"a widget raised {output['ename']}: {output['evalue']}"
        for output in outputs
        if output.get("output_type") == "error"
    ]


def too_large(name: str, size: int) -> str:
    """Return what to say of a notebook that is too large for the repository."""
    return (
        f"{name} has {size / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.1f} MB are allowed. "
        "Draw fewer or smaller pictures."
    )
