"""Measure how prose and code alternate in a lab."""

from __future__ import annotations

import re
import statistics

from building import duration
from building.source import Cell

_TASK = re.compile(r"^\d+ min · (?:core|stretch)\s*$", re.MULTILINE)


def texture(cells: list[Cell]) -> str:
    """Return a lab's time, size and rhythm in a line; code is counted in lines."""
    cells = [cell for cell in cells if "solution" not in cell.tags]
    code = [cell for cell in cells if cell.kind == "code"]
    lengths = sorted(sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in code)
    lengths = lengths or [0]
    written = [cell for cell in code if not {"setup", "parameters", "grade"} & set(cell.tags)]
    follows = sum(
        cell in written and not cell.check and cells[position - 1].kind == "code"
        for position, cell in enumerate(cells)
    )
    return (
        f"{duration.measure(cells)}; {sum(map(duration.words, cells))} words; {len(code)} code "
        f"cells, lines median {statistics.median(lengths):g}, "
        f"p90 {lengths[int(0.9 * (len(lengths) - 1))]}, max {lengths[-1]}; "
        f"code after code {follows / max(1, len(written)):.0%}; "
        f"{words_before_exercise(cells)} words before the first exercise"
    )


def words_before_exercise(cells: list[Cell]) -> int:
    """Count the words before the first exercise's task."""
    total = 0
    for cell in cells:
        if duration.exercises_in(cell):
            return total + len(duration.prose(_TASK.split(cell.source)[0]).split())
        total += duration.words(cell)
    return total
