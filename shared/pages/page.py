"""What a written page is: an image, its lines with exact baselines, and whose every ink is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class PageLine:
    """One line of a page; lengths in pixels, (0, 0) the image's corner, y downward.

    The notion is that of PAGE XML (Pletschacher and Antonacopoulos 2010, "The PAGE (Page
    Analysis and Ground-Truth Elements) format framework", ICPR): a line is where its letters
    stand, and what they reach above and below.

    Attributes:
        text: what it says; a word that was crossed out is not in it.
        baseline: float64 (n, 2) x, y of the line that the letters stand on, from left to right.
        x_height: height of the small letters.
        ascent: from the baseline up to the top of the tallest letter of this line.
        descent: from the baseline down to the end of the lowest tail.
        box: (4,) left, top, right, bottom of its ink.
    """

    text: str
    baseline: np.ndarray
    x_height: float
    ascent: float
    descent: float
    box: np.ndarray

    @property
    def polygon(self) -> np.ndarray:
        """The band from ascent to descent along the baseline, (2 n, 2), clockwise."""
        along = np.gradient(self.baseline, axis=0)
        along = along / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        up = np.column_stack([along[:, 1], -along[:, 0]])
        above, below = self.baseline + self.ascent * up, self.baseline - self.descent * up
        return np.concatenate([above, below[::-1]])


@dataclass(frozen=True, eq=False)
class Page:
    """A handwritten page as it was photographed or scanned.

    Attributes:
        image: uint8 (height, width), dark ink on light paper.
        lines: its lines in reading order; none on an empty page.
        owner: uint8 (height, width), 0 where no line has ink, k + 1 on the ink of `lines[k]`.
            Crossed-out words, ruling and underlines belong to nobody.
        grade: how hard it is, one of `GRADES`.
        writer: the name of the hand.
    """

    image: np.ndarray
    lines: list[PageLine]
    owner: np.ndarray
    grade: str
    writer: str

    @property
    def text(self) -> str:
        """What the page says, a line each."""
        return "\n".join(line.text for line in self.lines)
