"""The sheet that panels are drawn on: one time axis for all of them, names and colors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.explorer.marks import Mark, rects, segments, text, texts
from shared.explorer.palette import NUM_CATEGORIES
from shared.explorer.values import OTHER, Numbers

LEFT = 84  # Room for row names
RIGHT = 104  # Room for what belongs to a whole row
NARROWEST, WIDTH = 780, 892  # Of a page; lines are fitted to the latter
WIDEST = 58  # Pixels per frame at most
HEADER = 46  # Title and one line below it
LONGEST = 48  # Characters of a text in a heading
BLANK_NAME = "ϵ"


def symbol_names(characters: str) -> list[str]:
    """Name each class as the pictures write it: the blank first, a visible space."""
    return [BLANK_NAME, *("␣" if c == " " else c for c in characters)]


@dataclass(frozen=True)
class Page:
    """Everything a panel needs besides its vertical position.

    Attributes:
        numbers: what is shown.
        rows: classes with a row of their own, `OTHER` for the rest.
        names: display name of each class.
        step: pixels per time step.
    """

    numbers: Numbers
    rows: tuple[int, ...]
    names: Sequence[str]
    step: float

    @classmethod
    def fit(cls, numbers: Numbers, rows, names) -> Page:
        """Choose the width of a frame so that the line fits."""
        fitting = min((WIDTH - LEFT - RIGHT) / numbers.num_frames, WIDEST)
        return cls(numbers, tuple(rows), names, fitting)

    @property
    def plot_width(self) -> float:
        """Width of the time axis."""
        return self.step * self.numbers.num_frames

    @property
    def width(self) -> float:
        """Width of the whole picture."""
        return max(LEFT + self.plot_width + RIGHT, NARROWEST)

    def x(self, t: float) -> float:
        """Left edge of frame `t`; its middle is at `t + 0.5`."""
        return LEFT + t * self.step

    def name(self, k: int) -> str:
        """Name of a row."""
        return "other" if k == OTHER else self.names[k]

    def spelled(self, labels: Sequence[int]) -> str:
        """Spell a label in display names."""
        return "".join(self.names[k] for k in labels)

    def spelled_short(self, labels: Sequence[int]) -> str:
        """Spell a label for a heading: cut where it would leave the page."""
        whole = self.spelled(labels) or "(empty)"
        return whole if len(whole) <= LONGEST else whole[: LONGEST - 1] + "…"

    def role(self, k: int) -> str:
        """Color role of a class: blank, other, or one of the categories in row order."""
        if k == self.numbers.blank:
            return "blank"
        if k == OTHER:
            return "muted"
        place = self.rows.index(k) - 1 if k in self.rows else k
        return f"c{place % NUM_CATEGORIES}"

    def header(self, y: float, title: str, subtitle: str) -> list[Mark]:
        """Title of a panel and the sentence that says how to read it."""
        return [
            text(LEFT, y + 11, title, size=15, bold=True),
            text(LEFT, y + 31, subtitle, size=12, role="muted"),
        ]

    def ticks(self, y: float) -> list[Mark]:
        """Frame numbers below a panel."""
        every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 10_000) if n * self.step >= 26)
        frames = range(0, self.numbers.num_frames, every)
        places = [(self.x(t + 0.5), y + 9) for t in frames]
        return [
            texts(places, frames, role="muted", anchor="middle"),
            text(LEFT - 10, y + 9, "frame", role="muted", anchor="end"),
        ]

    def row_names(self, y: float, height: float) -> list[Mark]:
        """Name and color chip of each row; the blank's chip is hatched."""
        middles = [y + (i + 0.5) * height for i in range(len(self.rows))]
        size = min(15, max(12, height - 3))
        places = [(LEFT - 22, middle) for middle in middles]
        names = texts(places, [self.name(k) for k in self.rows], size=size, anchor="end")
        return [names, *self.chips(self.rows, middles)]

    def chips(self, classes: Sequence[int], middles: Sequence[float]) -> list[Mark]:
        """Small squares in the colors of classes, the blank's hatched."""
        by_role: dict[str, list] = {}
        for k, middle in zip(classes, middles, strict=True):
            by_role.setdefault(self.role(k), []).append((LEFT - 16, middle - 5, 9, 10))
        return [
            rects(at, fill=role, hatch=role == "blank", radius=2) for role, at in by_role.items()
        ]

    def hatched_row(self, y: float, height: float) -> Mark:
        """Hatching over the blank's row of a heat map."""
        i = self.rows.index(self.numbers.blank)
        return rects(
            [[LEFT, y + i * height, self.plot_width, height]], fill=None, hatch=True, opacity=0.38
        )

    def grid(self, y: float, rows: int, height: float) -> list[Mark]:
        """Thin lines between the rows of a heat map."""
        lines = [[LEFT, y + i * height, LEFT + self.plot_width, y + i * height]
                 for i in range(1, rows)]  # fmt: skip
        return [segments(lines, stroke="paper", width=1, opacity=0.22)] if lines else []
