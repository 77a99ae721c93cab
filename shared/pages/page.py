"""A written page: its image, its lines with exact baselines, and the line of each pixel of ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.pages.line import Line


@dataclass(frozen=True, eq=False)
class Page:
    """A handwritten page as it was photographed or scanned.

    Attributes:
        image: uint8 (height, width), dark ink on light paper.
        lines: Its lines in reading order; none on an empty page.
        owner: uint8 (height, width), 0 where no line has ink, k + 1 on the ink of `lines[k]`.
            Crossed-out words, ruling and underlines belong to nobody.
        grade: How hard it is, one of `GRADES`.
        writer: The name of the hand.
    """

    image: np.ndarray
    lines: list[Line]
    owner: np.ndarray
    grade: str
    writer: str

    @property
    def text(self) -> str:
        """What the page says, a line each."""
        return "\n".join(line.text for line in self.lines)
