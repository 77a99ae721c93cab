"""Which outputs of a notebook may not be stored, because nobody would see or read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shared.course.notebooks import code_cells

MAX_BYTES = 1_500_000
MAX_LINE = 100  # Characters: what a page of a notebook is wide, so that no line is broken anywhere
_PICTURE = re.compile(r"<(img|svg)\b[^>]*>(?:\s*<title>[^<]*\S[^<]*</title>)?", re.IGNORECASE)
_NAME = re.compile(r"""(?:alt|aria-label)="([^"]*)"|<title>([^<]*)""", re.IGNORECASE)


def problems(notebook: dict[str, Any]) -> list[str]:
    """Return a sentence for every output that may not be stored."""
    found = []
    for cell in code_cells(notebook):
        allowed = "raises-exception" in cell["metadata"].get("tags", [])
        for output in cell["outputs"]:
            said = [*_long_lines(output), *missing_alt_text(output)]
            if output["output_type"] == "error" and not allowed:
                said.append(f"stores the error {output['ename']}: {output['evalue']}")
            if output.get("name") == "stderr":
                said.append(f"stores a message on stderr: {output['text'][:120]!r}")
            found += [f"cell {cell['id']}: {problem}" for problem in said]
    return found


def _long_lines(output: dict[str, Any]) -> Iterator[str]:
    data = output.get("data", {})
    shown = output.get("text", data.get("text/plain", "") if len(data) == 1 else "")
    for line in shown.splitlines():
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
    for match in _PICTURE.finditer(data.get("text/html", "")):
        named = _NAME.search(match[0])
        alt = (named[1] or named[2] or "") if named else ""
        if len(alt.split()) < 5 and "aria-hidden" not in match[0]:
            yield (
                f"a picture has the alt text {alt!r}; give it one of at least five words that "
                f"replaces the picture: {match[0][:80]}"
            )


def too_large(name: str, size: int) -> str:
    """Return what to say of a notebook that is too large for the repository."""
    return (
        f"{name} has {size / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.1f} MB are allowed. "
        "Draw fewer or smaller pictures."
    )
