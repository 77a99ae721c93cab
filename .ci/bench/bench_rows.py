"""What a benchmark prints: rows with a figure, what was promised, and a peer of the same run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

COLUMNS = (("entry", 12), ("what", 46), ("figure", 12), ("promised", 18))


@dataclass(frozen=True)
class Row:
    """One measured number.

    Attributes:
        entry: The entry of `python .ci/bench` that it belongs to.
        what: What was measured.
        value: The figure; a share for percentages.
        form: How the figure is written.
        beside: The peer measured in the same run, and whatever else helps to read the figure.
        at_least: What the course promises at least, if anything.
        at_most: What it promises at most.
        curve: Of what curve the figure is a point, in words; empty for none.
        size: Where on the curve.
        peer: The peer's figure there.
        name: What the peer is.
    """

    entry: str
    what: str
    value: float
    form: str = "{:.1f}"
    beside: str = ""
    at_least: float | None = None
    at_most: float | None = None
    curve: str = ""
    size: int = 0
    peer: float = 0.0
    name: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the promise holds; None where there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most

    @property
    def promised(self) -> str:
        """The promise and whether it holds, in words."""
        if self.holds is None:
            return "-"
        kind, bound = ("min", self.at_least) if self.at_least is not None else ("max", self.at_most)
        return f"{kind} {self.form.format(bound)} {'ok' if self.holds else 'MISSED'}"

    def as_text(self) -> str:
        """Return the row as one line of the table."""
        return _join(self.entry, *self.cells)

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """What was measured, the figure, its promise and its peer, as a page shows them."""
        return self.what, self.form.format(self.value), self.promised, self.beside

    def as_json(self) -> dict[str, Any]:
        """Return the row as a file holds it."""
        return {**asdict(self), "holds": self.holds}


@dataclass(frozen=True)
class Sizes:
    """How much is measured; the defaults are those that the course's numbers come from."""

    import_runs: int = 7
    pen_lines: int = 500
    pen_hands: int = 96
    pen_runs: int = 5
    explorer: tuple[tuple[int, int], ...] = ((32, 10), (128, 40))
    explorer_runs: int = 25
    loss: tuple[int, int, int] = (64, 128, 40)  # Lines, frames, characters
    loss_runs: int = 7
    growth: tuple[int, ...] = (32, 64, 128, 256, 512)  # Frames
    growth_runs: int = 7
    reading_runs: int = 25
    reading_width: int = 512
    test_lines: int = 300
    test_pages: int = 100
    page_runs: int = 5
    sheets: int = 10
    sheet_runs: int = 5
    sheet_curve: int = 1  # Writers for each step of what is made worse
    real: Path | None = None  # A folder of real pages
    characters_per_class: int = 300
    character_updates: int = 300
    emnist_updates: int = 1600
    tuning_lines: int = 100
    study_trials: tuple[int, int] = (10, 70)
    adaptation_hands: int = 10
    adaptation_lines: int = 16
    adaptation_held_back: int = 80
    adaptation_updates: int = 0  # As many as so many lines are worth
    service_requests: int = 400
    service_memory_requests: int = 10_000
    service_clients: int = 16
    service_lines: int = 96
    service_runs: int = 3


#: Enough to see that every measurement works; the figures mean nothing
TINY = Sizes(
    import_runs=1,
    pen_lines=4,
    pen_hands=2,
    pen_runs=1,
    explorer=((8, 2),),
    explorer_runs=1,
    loss=(2, 12, 3),
    loss_runs=1,
    growth=(8, 16),
    growth_runs=1,
    reading_runs=1,
    reading_width=64,
    test_lines=4,
    test_pages=1,
    page_runs=1,
    sheets=1,
    sheet_runs=1,
    sheet_curve=0,
    characters_per_class=1,
    character_updates=1,
    emnist_updates=1,
    tuning_lines=2,
    study_trials=(1, 2),
    adaptation_hands=1,
    adaptation_lines=2,
    adaptation_held_back=2,
    adaptation_updates=1,
    service_requests=12,
    service_memory_requests=24,
    service_clients=2,
    service_lines=6,
    service_runs=1,
)


def heading() -> str:
    """Return the first lines of the table."""
    line = _join(*(name for name, _ in COLUMNS), "peer in the same run")
    return f"{line}\n{'-' * len(line)}"


def _join(entry: str, what: str, figure: str, promised: str, beside: str) -> str:
    (_, a), (_, b), (_, c), (_, d) = COLUMNS
    return f"{entry:<{a}}{what:<{b}}{figure:>{c}}   {promised:<{d}}{beside}".rstrip()
