"""Write what a run of the labs gave as one HTML page that needs no other file."""

from __future__ import annotations

import datetime
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from shared.backend import cpu_count
from shared.course.notebooks import pictures

if TYPE_CHECKING:
    from shared.course.running import Result

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def page(results: Sequence[Result], fast: bool = False) -> str:
    """Return the report of a run.

    Args:
        results: One result per lab, in the order they ran.
        fast: Whether the small parameters were used; the page says so.
    """
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("shared.course", "."), autoescape=True, trim_blocks=True
    )
    environment.filters["plain"] = lambda trace: _COLOR.sub("", trace)
    green = sum(not result.errors for result in results)
    minutes = sum(result.seconds for result in results) / 60
    versions = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy"))
    return environment.get_template("report.html").render(
        results=results,
        pictures=pictures,
        title=f"{green} of {len(results)} labs green in {minutes:.1f} min",
        circumstances=(
            f"{datetime.datetime.now():%Y-%m-%d %H:%M}, {'small' if fast else 'default'} "
            f"parameters, Python {platform.python_version()} on {platform.system()} "
            f"{platform.machine()}, {cpu_count()} processors; {versions}"
        ),
    )
