"""Write what a run of the labs gave as one HTML page that needs no other file."""

from __future__ import annotations

import datetime
import platform
import re
from collections.abc import Sequence
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING

from shared.backend import cpu_count
from shared.course.notebooks import pictures

if TYPE_CHECKING:
    from shared.course.running import Result

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Labs: {title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto }}
td, th {{ padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #ccc }}
pre {{ background: #f4f4f4; padding: .6rem; white-space: pre-wrap }}
td.numbers {{ white-space: pre-line }} img {{ max-width: 100%; border: 1px solid #ddd }}
.failed {{ color: #a32a00; font-weight: 600 }} .green {{ color: #006b4f; font-weight: 600 }}
</style></head><body>
<h1>{title}</h1>
<p>{circumstances}</p>
<table><tr><th>Lab</th><th>State</th><th>Seconds</th><th>Peak memory</th><th>Numbers</th></tr>
{rows}
</table>
{labs}
</body></html>
"""
ROW = (
    '<tr><td><a href="#{lab.name}">{lab.number} {lab.title}</a> ({folder})</td>'
    '<td class="{state}">{state}</td><td>{seconds:.0f}</td><td>{memory}</td>'
    '<td class="numbers">{numbers}</td></tr>'
)


def page(results: Sequence[Result], fast: bool = False) -> str:
    """Return the report of a run.

    Args:
        results: One result per lab, in the order they ran.
        fast: Whether the small parameters were used; the page says so.
    """
    green = sum(not result.errors for result in results)
    minutes = sum(result.seconds for result in results) / 60
    versions = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy"))
    circumstances = (
        f"{datetime.datetime.now():%Y-%m-%d %H:%M}, {'small' if fast else 'default'} parameters, "
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, "
        f"{cpu_count()} processors; {versions}"
    )
    return PAGE.format(
        title=f"{green} of {len(results)} labs green in {minutes:.1f} min",
        circumstances=escape(circumstances),
        rows="\n".join(map(_row, results)),
        labs="\n".join(map(_lab, results)),
    )


def _row(result: Result) -> str:
    return ROW.format(
        lab=result.lab,
        folder=result.folder,
        state="failed" if result.errors else "green",
        seconds=result.seconds,
        memory="" if result.peak_bytes is None else f"{result.peak_bytes / 1e9:.2f} GB",
        numbers=escape("\n".join(result.numbers)),
    )


def _lab(result: Result) -> str:
    """Return a lab's errors, the cells that took longest, its pictures and tracebacks."""
    parts = [f'<h2 id="{result.lab.name}">Lab {result.lab.number}, {result.lab.title}</h2>']
    parts += [f'<p class="failed">{escape(error)}</p>' for error in result.errors]
    times = {
        cell.get("id", ""): cell["metadata"].get("papermill", {}).get("duration") or 0.0
        for cell in result.notebook["cells"]
    }
    for name in sorted(times, key=times.get, reverse=True)[:3]:
        parts.append(f"<p>{times[name]:.1f} s in the cell <code>{escape(name)}</code></p>")
    for cell in result.notebook["cells"]:
        for output in cell.get("outputs", []):
            parts += pictures(output)
            if output.get("output_type") == "error":
                trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
                parts.append(f"<pre>{escape(trace)}</pre>")
    return "\n".join(parts)
