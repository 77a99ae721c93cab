"""Parity: does the exported model say what the notebook's model says?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shared.metrics import edit_distance
from shared.recognizer import LineTextRecognizer, PageReader, prepare_page

#: Largest difference of a float32 export's logits that still counts as the same model
SAME = 1e-3
#: Characters of a page among which one may differ
TIE = 500


@dataclass(frozen=True)
class Parity:
    """How far two models are apart on the same inputs.

    Attributes:
        inputs: How many were compared.
        largest: Largest difference of a logit, or of a number in the detector's maps.
        same_texts: Share of inputs whose text is the same; see `page_parity` for ties on pages.
    """

    inputs: int
    largest: float
    same_texts: float

    @property
    def holds(self) -> bool:
        """Whether they are one model but for the rounding of float32."""
        return self.largest <= SAME and self.same_texts == 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers as a model file holds them."""
        return {**asdict(self), "largest": float(f"{self.largest:.3g}")}


def line_parity(
    one: LineTextRecognizer, other: LineTextRecognizer, images: Sequence[np.ndarray]
) -> Parity:
    """Compare logits and texts of two line readers."""
    pairs = list(zip(one.logits_many(images), other.logits_many(images), strict=True))
    largest = max((float(np.abs(a - b).max()) for a, b in pairs if a.size), default=0.0)
    same = [one.decode(a) == other.decode(b) for a, b in pairs]
    return Parity(len(images), largest, float(np.mean(same)) if same else 1.0)


def page_parity(one: PageReader, other: PageReader, images: Sequence[np.ndarray]) -> Parity:
    """Compare the detectors' maps at the first look, and the texts of whole pages.

    A text counts as the same with at most one edit in `TIE` characters: a line that moves by a
    ten-thousandth of a pixel can turn a tie between two characters.
    """
    largest, same = 0.0, []
    for image in images:
        page = prepare_page(image)
        difference = one.detector.look(page).maps - other.detector.look(page).maps
        largest = max(largest, float(np.abs(difference).max()))
        text, again = one.read(image).text, other.read(image).text
        same.append(edit_distance(text, again) <= len(text) // TIE)
    return Parity(len(images), largest, float(np.mean(same)) if same else 1.0)
