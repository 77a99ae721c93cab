"""Parity: does the exported model say what the notebook's model says?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shared.pages import PageReader, prepare_page
from shared.recognizer import LineTextRecognizer

#: Largest difference of a float32 export's logits and maps that still counts as the same model
SAME = 1e-3
#: How far a corner of a line's box may move, in x-heights
MOVED = 1e-3


@dataclass(frozen=True)
class Parity:
    """How far two models are apart on the same inputs.

    Attributes:
        inputs: How many were compared.
        largest: Largest difference of a logit, or of a number in the detector's maps.
        same_texts: Share of inputs whose text is the same, but for characters that the network
            itself leaves undecided.
        moved: By how many x-heights a corner of a line's box moved, at most; infinite where one
            of two detectors finds another number of lines.
    """

    inputs: int
    largest: float
    same_texts: float
    moved: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether they are one model but for the rounding of float32."""
        return self.largest <= SAME and self.same_texts == 1.0 and self.moved <= MOVED

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers as a model file holds them."""
        numbers = {name: float(f"{getattr(self, name):.3g}") for name in ("largest", "moved")}
        return {**asdict(self), **numbers}


def line_parity(
    one: LineTextRecognizer, other: LineTextRecognizer, images: Sequence[np.ndarray]
) -> Parity:
    """Compare logits and greedy texts of two line readers on the same prepared ink.

    Texts have to be equal, with one exception. Where the two best classes of a frame are nearer
    to each other than rounding moves a logit, the network has not chosen, and its text is a toss
    of rounding. So a line whose texts differ counts as the same if in each frame where the best
    class differs, the two classes are within `SAME` of each other for both readers.

    The beam is not asked: given logits and language it is the same code in both, and it adds up
    so much that its ties cannot be told from the logits.
    """
    pairs = list(zip(one.logits_many(images), other.logits_many(images), strict=True))
    largest = max((float(np.abs(a - b).max()) for a, b in pairs if a.size), default=0.0)
    same = [one.decode(a) == other.decode(b) or _undecided(a, b) for a, b in pairs]
    return Parity(len(images), largest, float(np.mean(same)) if same else 1.0)


def _undecided(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether logits choose different classes, and only where both hardly prefer one."""
    frames = np.flatnonzero(a.argmax(axis=-1) != b.argmax(axis=-1))
    classes = np.stack([a[frames].argmax(axis=-1), b[frames].argmax(axis=-1)])
    gaps = [np.abs(np.subtract(*logits[frames, classes])) for logits in (a, b)]
    return bool(frames.size) and float(np.max(gaps)) <= SAME


def page_parity(one: PageReader, other: PageReader, images: Sequence[np.ndarray]) -> Parity:
    """Compare how two page readers find lines, and then how they read the same lines.

    Finding is judged by the maps of the first pass and by the boxes of the lines, not by texts:
    a line that is cut out a ten-thousandth of a pixel lower is other ink, and a close call in it
    may turn although nothing is wrong. Reading is judged on the ink that the first reader cuts
    out, which both get; see `line_parity`.
    """
    largest, moved, same = 0.0, 0.0, []
    for image in images:
        page = prepare_page(image)
        difference = one.detector.predict(page).maps - other.detector.predict(page).maps
        lines, again = (reader.detector.maps(page).lines() for reader in (one, other))
        moved = max(moved, _largest_move(lines, again))
        _, ink = one.cut_lines(page, lines)
        reading = line_parity(one.recognizer, other.recognizer, ink)
        largest = max(largest, float(np.abs(difference).max()), reading.largest)
        same.append(reading.same_texts == 1.0)
    return Parity(len(images), largest, float(np.mean(same)) if same else 1.0, moved)


def _largest_move(lines: Sequence[Any], again: Sequence[Any]) -> float:
    if len(lines) != len(again):
        return np.inf
    moves = [np.abs(a.box - b.box).max() / a.x_height for a, b in zip(lines, again, strict=True)]
    return float(max(moves, default=0.0))
