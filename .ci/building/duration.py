"""Count how long a lab takes: reading, code cells, exercises and waiting."""

from __future__ import annotations

import re
from dataclasses import dataclass

from building.source import QUOTE, Cell, headings

WORDS_A_MINUTE = 150
MINUTES_A_CODE_CELL = 0.6
_EXERCISE = re.compile(r"^(\d+) min · (core|stretch)\s*$", re.MULTILINE)
_NOT_PROSE = re.compile(r"^```.*?^```|\$\$.*?\$\$|<[^>]+>|\]\([^)]*\)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Duration:
    """How long a learner needs.

    Attributes:
        sittings: Minutes of each sitting, to five; optional exercises are not in them.
        exercises: How many exercises belong to the core.
        stretch: Minutes of each optional exercise.
    """

    sittings: tuple[int, ...]
    exercises: int
    stretch: tuple[int, ...]

    def __str__(self) -> str:
        """Return the time as the header of the lab says it."""
        *spans, last = self.sittings
        text = f"{last} min, {self.exercises} exercise{'s' * (self.exercises != 1)}"
        if spans:
            text = f"{len(self.sittings)} sittings of {', '.join(map(str, spans))} and {text}"
        if self.stretch:
            text += f", and {sum(self.stretch)} min for {len(self.stretch)} more if you like"
        return text


def measure(cells: list[Cell]) -> Duration:
    """Measure the learner's version of a lab; a heading with "Sitting" opens each sitting."""
    spans, exercises, stretch = [0.0], 0, []
    opened = False
    for cell in cells:
        if "solution" in cell.tags:
            continue
        if any(text.startswith("Sitting ") for _, text in headings(cell)):
            spans += [0.0] * opened
            opened = True
        spans[-1] += cell.waiting + words(cell) / WORDS_A_MINUTE
        spans[-1] += MINUTES_A_CODE_CELL * (cell.kind == "code")
        for minutes, kind in exercises_in(cell):
            if kind == "core":
                spans[-1] += minutes
                exercises += 1
            else:
                stretch.append(minutes)
    return Duration(tuple(max(5, 5 * round(span / 5)) for span in spans), exercises, tuple(stretch))


def prose(text: str) -> str:
    """Return Markdown without code blocks, formulas, tags and link targets; a number is a word."""
    return _NOT_PROSE.sub(" ", QUOTE.sub("1", text))


def words(cell: Cell) -> int:
    """Count the words that a reader reads."""
    return len(prose(cell.source).split()) if cell.kind == "markdown" else 0


def exercises_in(cell: Cell) -> list[tuple[int, str]]:
    """Return minutes and kind, core or stretch, of the exercises that a cell begins."""
    if cell.kind != "markdown":
        return []
    return [(int(minutes), kind) for minutes, kind in _EXERCISE.findall(cell.source)]
