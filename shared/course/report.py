"""Write what a run of the labs gave as one HTML page that needs no other file."""

from __future__ import annotations

import datetime
import html
import os
import platform
import re
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.course.running import Result

PACKAGES = ("tensorflow", "keras", "numpy", "ipywidgets", "jupyterlab", "papermill")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff }
table { border-collapse: collapse } td, th { padding: .3rem .8rem; text-align: left;
       border-bottom: 1px solid #ccc; vertical-align: top } td.n { text-align: right }
td.numbers { white-space: pre-line }
pre { background: #f4f4f4; padding: .6rem; white-space: pre-wrap; margin: .4rem 0 }
img { max-width: 100%; margin: .5rem 0; border: 1px solid #ddd; background: #fff }
.failed { color: #a32a00; font-weight: 600 } .green { color: #006b4f; font-weight: 600 }
"""


def page(results: Sequence[Result], fast: bool = False) -> str:
    """Return the report of a run.

    Args:
        results: One result per lab, in the order they ran.
        fast: Whether the small parameters were used; the page says so.
    """
    green = sum(not result.errors for result in results)
    total = sum(result.seconds for result in results)
    parts = [
        f"<h1>{green} of {len(results)} labs green in {total / 60:.1f} min</h1>",
        f"<p>{html.escape(_circumstances(fast))}</p>",
        "<table><tr><th>Lab</th><th>State</th><th>Time</th><th>Peak memory</th><th>Numbers</th>"
        "</tr>",
        *(_row(result) for result in results),
        "</table>",
        *(_section(result) for result in results),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>Labs: {green} of {len(results)} green</title><style>{STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def texts(cell: dict[str, Any]) -> list[str]:
    """Return what a cell printed or displayed as text."""
    found = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if output.get("name") == "stdout":
            found.append(_joined(output["text"]).strip())
        elif "text/plain" in data and not any(kind.startswith("image/") for kind in data):
            found.append(_joined(data["text/plain"]).strip())
    return [text for text in found if text]


def _circumstances(fast: bool) -> str:
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{name} missing")
    now = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return (
        f"{now}, {'small parameters' if fast else 'default parameters'}, "
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, "
        f"{_processors()} processors; {', '.join(versions)}"
    )


def _processors() -> int:
    """Count the processors that this process may use, where the system says so."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _row(result: Result) -> str:
    peak = "" if result.peak_bytes is None else f"{result.peak_bytes / 1e9:.2f} GB"
    state = "failed" if result.errors else "green"
    numbers = "\n".join(html.escape(text) for text in result.numbers)
    return (
        f'<tr><td><a href="#{result.lab.name}">{result.lab.number} {result.lab.title}</a> '
        f'({result.folder})</td><td class="{state}">{state}</td>'
        f'<td class="n">{result.seconds:.0f} s</td><td class="n">{peak}</td>'
        f'<td class="numbers">{numbers}</td></tr>'
    )


def _section(result: Result) -> str:
    parts = [f'<h2 id="{result.lab.name}">Lab {result.lab.number}, {result.lab.title}</h2>']
    parts += [f'<p class="failed">{html.escape(error)}</p>' for error in result.errors]
    for name, seconds in _slowest(result.notebook):
        parts.append(f"<p>{seconds:.1f} s in the cell <code>{html.escape(name)}</code></p>")
    for cell in result.notebook["cells"]:
        parts += _shown(cell)
    return "\n".join(parts)


def _slowest(notebook: dict[str, Any], count: int = 3) -> list[tuple[str, float]]:
    """Return the ids and seconds of the cells that took longest, those over a second."""
    times = [
        (cell.get("id", ""), cell["metadata"].get("papermill", {}).get("duration") or 0.0)
        for cell in notebook["cells"]
    ]
    return [pair for pair in sorted(times, key=lambda pair: -pair[1])[:count] if pair[1] > 1]


def _shown(cell: dict[str, Any]) -> list[str]:
    """Return the pictures and the traceback of a cell as HTML."""
    parts = []
    for output in cell.get("outputs", []):
        data, notes = output.get("data", {}), output.get("metadata", {})
        for kind in ("image/png", "image/jpeg"):
            if kind in data:
                alt = html.escape(notes.get(kind, {}).get("alt") or notes.get("alt") or "")
                image = "".join(_joined(data[kind]).split())
                parts.append(f'<img src="data:{kind};base64,{image}" alt="{alt}">')
        if output.get("output_type") == "error":
            trace = _ANSI.sub("", "\n".join(output.get("traceback", [])))
            parts.append(f"<pre>{html.escape(trace)}</pre>")
    return parts


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
