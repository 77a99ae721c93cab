"""Measure a lab: how long a reader needs, and how prose and code alternate."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass

from shared.course.source import Cell, headings

#: Where the header of a lab says its time
TIME_MARK = "{time}"
WORDS_A_MINUTE = 150
MINUTES_A_CODE_CELL = 0.6
_EXERCISE = re.compile(r"^(\d+) min · (core|stretch)\s*$", re.MULTILINE)
_NOT_PROSE = re.compile(r"^```.*?^```|\$\$.*?\$\$|<[^>]+>|\]\([^)]*\)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Texture:
    """What the build prints about a lab; minutes are for a learner, code is counted in lines."""

    words: int
    code_cells: int
    code_median: float
    code_p90: int
    code_max: int
    code_after_code: float
    exercises: int
    stretch: int
    exercise_minutes: int
    stretch_minutes: int
    waiting_minutes: float
    sittings: tuple[int, ...]
    words_before_exercise: int

    @property
    def minutes(self) -> int:
        """Return the honest time of the core, to five minutes."""
        reading = self.words / WORDS_A_MINUTE + MINUTES_A_CODE_CELL * self.code_cells
        return _round(reading + self.exercise_minutes + self.waiting_minutes)

    @property
    def time(self) -> str:
        """Return the time as the header of the lab says it."""
        if len(self.sittings) > 1:
            spans = ", ".join(str(span) for span in self.sittings[:-1])
            text = f"{len(self.sittings)} sittings of {spans} and {self.sittings[-1]} min"
        else:
            text = f"{self.minutes} min"
        text += f", {self.exercises} exercise{'s' * (self.exercises != 1)}"
        if self.stretch:
            text += f", and {self.stretch_minutes} min for {self.stretch} more if you like"
        return text

    def __str__(self) -> str:
        """Return the line that the build prints."""
        return (
            f"{self.time}; {self.words} words; {self.code_cells} code cells, lines median "
            f"{self.code_median:g}, p90 {self.code_p90}, max {self.code_max}; "
            f"code after code {self.code_after_code:.0%}; "
            f"{self.words_before_exercise} words before the first exercise"
        )


def prose(text: str) -> str:
    """Return Markdown without code blocks, formulas, tags and link targets."""
    return _NOT_PROSE.sub(" ", text)


def measure(cells: list[Cell]) -> Texture:
    """Measure the learner's version of a lab, without the cells that only the solution has."""
    cells = [cell for cell in cells if "solution" not in cell.tags]
    code = [cell for cell in cells if cell.kind == "code"]
    lengths = sorted(_code_lines(cell.source) for cell in code) or [0]
    written = [cell for cell in code if not {"setup", "parameters", "grade"} & set(cell.tags)]
    follows = sum(
        cell in written and not cell.check and cells[position - 1].kind == "code"
        for position, cell in enumerate(cells)
    )
    blocks = [match for cell in cells for match in _exercises(cell)]
    return Texture(
        words=sum(_words(cell) for cell in cells),
        code_cells=len(code),
        code_median=statistics.median(lengths),
        code_p90=lengths[int(0.9 * (len(lengths) - 1))],
        code_max=lengths[-1],
        code_after_code=follows / max(1, len(written)),
        exercises=sum(kind == "core" for _, kind in blocks),
        stretch=sum(kind == "stretch" for _, kind in blocks),
        exercise_minutes=sum(minutes for minutes, kind in blocks if kind == "core"),
        stretch_minutes=sum(minutes for minutes, kind in blocks if kind == "stretch"),
        waiting_minutes=sum(cell.waiting for cell in cells),
        sittings=_sittings(cells),
        words_before_exercise=_words_before_exercise(cells),
    )


def _words_before_exercise(cells: list[Cell]) -> int:
    total = 0
    for cell in cells:
        if _exercises(cell):
            return total + len(prose(_EXERCISE.split(cell.source)[0]).split())
        total += _words(cell)
    return total


def _sittings(cells: list[Cell]) -> tuple[int, ...]:
    """Return the minutes of each sitting; a heading that begins with "Sitting" opens one."""
    spans = [0.0]
    opened = 0
    for cell in cells:
        if any(text.startswith("Sitting ") for _, text in headings(cell)):
            opened += 1
            if opened > 1:
                spans.append(0.0)
        spans[-1] += _words(cell) / WORDS_A_MINUTE + cell.waiting
        spans[-1] += MINUTES_A_CODE_CELL * (cell.kind == "code")
        spans[-1] += sum(minutes for minutes, kind in _exercises(cell) if kind == "core")
    return tuple(_round(span) for span in spans)


def _round(minutes: float) -> int:
    return max(5, 5 * round(minutes / 5))


def _words(cell: Cell) -> int:
    return len(prose(cell.source).split()) if cell.kind == "markdown" else 0


def _code_lines(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def _exercises(cell: Cell) -> list[tuple[int, str]]:
    if cell.kind != "markdown":
        return []
    return [(int(minutes), kind) for minutes, kind in _EXERCISE.findall(cell.source)]
