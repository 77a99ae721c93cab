"""A person's handwriting, prepared: what `my_handwriting` gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Source = Literal["yours", "stand-in"]


@dataclass(frozen=True, eq=False)
class Handwriting:
    """Letters, lines and a page, prepared: ink 255 on paper 0.

    Each kind says for itself whose it is, because a person may give a page and no letters.

    Attributes:
        letters: uint8 (n, 28, 28).
        labels: The n characters.
        lines: uint8 (32, width) each.
        line_images: The same lines as they were given, dark ink on light paper, for a reader with
            a preparation of its own.
        texts: What each line says.
        photo: A page as it was photographed, gray uint8, dark ink on light paper; without a
            photograph it is put together from the lines.
        page_text: What the page says, or None: nobody has said what a page without lines says.
        letters_source: Whose the letters are.
        lines_source: Whose the lines are.
        page_source: Whose the page is.
        description: All that in sentences, to be printed.
    """

    letters: np.ndarray
    labels: str
    lines: list[np.ndarray]
    line_images: list[np.ndarray]
    texts: list[str]
    photo: np.ndarray
    page_text: str | None
    letters_source: Source
    lines_source: Source
    page_source: Source
    description: str
