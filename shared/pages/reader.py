"""Reading a whole page: an image file in, lines with their place, text and confidence out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from shared import ctc
from shared.pages.confidence import how_sure
from shared.pages.detector import LineDetector
from shared.pages.image_files import open_page_image
from shared.pages.line import Line
from shared.pages.nothing_found import why_no_line
from shared.pages.preparation import PreparedPage, prepare_page
from shared.pages.rectifying import place_crop, rectify_all
from shared.recognizer import LineTextRecognizer

MANY = 8  # Lines; in a picture of anything else hardly so many places look like words


@dataclass(frozen=True, eq=False)
class PageReading:
    """The lines of a page in reading order; none where there is no text.

    Attributes:
        lines: What was read.
        doubtful: Lines left out, because a page whose lines are so unsure is hardly handwriting.
        reason: Where `PageReader.read` has no line: why, and what to do about it.
    """

    lines: list[Line]
    doubtful: list[Line] = field(default_factory=list)
    reason: str = ""

    @property
    def text(self) -> str:
        """The page's text, a line each."""
        return "\n".join(line.text for line in self.lines)


class PageReader:
    """Reads a page of handwriting: finds its lines, rectifies each, reads it.

    Example:
        >>> reader = PageReader.load()  # doctest: +SKIP
        >>> print(reader.read("page.jpg").text)  # doctest: +SKIP
        Dear John,
        thank you for the map.
    """

    def __init__(self, detector: LineDetector, recognizer: LineTextRecognizer) -> None:
        """Put a page reader together from its two parts."""
        self.detector = detector
        self.recognizer = recognizer

    @classmethod
    def load(cls, detector: str = "detector_small", recognizer: str = "reader") -> PageReader:
        """Load both models by their names in `data/models`, or by the paths of their weights.

        Raises:
            FileNotFoundError: There is no such model.
            DamagedModelError: The weights or a card are damaged.
        """
        return cls(LineDetector.load(detector), LineTextRecognizer.load(recognizer))

    def read(self, image: np.ndarray | Path | str, threshold: float = 0.5) -> PageReading:
        """Read a page.

        Args:
            image: An image file, or an array; see `open_page_image` and `prepare_page`.
            threshold: Least probability of a line's band.

        Raises:
            FileNotFoundError: There is no such file.
            UnreadableImageError: The file cannot be read.
            ValueError: The array is no image.
        """
        if isinstance(image, (str, Path)):
            image = open_page_image(image)
        page = prepare_page(image)
        lines, legible = self._read(page, self.detector.maps(page).lines(threshold))
        hidden = doubtful(legible, **self.detector.card.get("least_sure", {}))
        kept, left = (
            [line for line, hide in zip(lines, hidden, strict=True) if hide == out]
            for out in (False, True)
        )
        return PageReading(kept, left, "" if kept else why_no_line(page))

    def read_lines(self, image: np.ndarray | PreparedPage, lines: Sequence[Line]) -> PageReading:
        """Read lines whose places are known, in their order; one without ink is left out.

        Args:
            image: The page.
            lines: Detected lines, or the true lines of a written page, in pixels of the image.
        """
        page = image if isinstance(image, PreparedPage) else prepare_page(image)
        return PageReading(self._read(page, lines)[0])

    def _read(self, page: PreparedPage, lines: Sequence[Line]) -> tuple[list[Line], list[float]]:
        """Return the lines with ink as they read, and how much each looks like writing."""
        kept, prepared = self.cut_lines(page, lines)
        found, legible = [], []
        logits_of = self.recognizer.logits_many(prepared)
        for line, image, logits in zip(kept, prepared, logits_of, strict=True):
            text = self.recognizer.decoder(logits)
            sure = how_sure(self.recognizer, logits, image, text)
            found.append(replace(line, text=text, confidence=sure))
            legible.append(legibility(line, logits))
        return found, legible

    def cut_lines(
        self, page: PreparedPage, lines: Sequence[Line]
    ) -> tuple[list[Line], list[np.ndarray]]:
        """Return the lines that have ink, and each as the line reader takes it."""
        kept, prepared = [], []
        on_gray = [line.scaled(page.gray_scale) for line in lines]
        for line, crop in zip(lines, rectify_all(page.gray, on_gray), strict=True):
            try:
                prepared.append(place_crop(crop, self.recognizer.preparation).image)
            except ValueError:
                continue
            kept.append(line)
        return kept, prepared


def legibility(line: Line, logits: np.ndarray) -> float:
    """Return how much a detected line looks like writing, from 0 to 1.

    That is no confidence: it is high for a scribble whose frames all look like some letter. It
    tells a page of writing from a picture of anything else.
    """
    return line.confidence * float(np.exp(ctc.log_softmax(logits).max(axis=-1).mean()))


def doubtful(
    legible: Sequence[float], median: float = 0.0, alone: float = 0.0, few: float = 0.0
) -> list[bool]:
    """Say which lines to leave out, where most hardly look like writing: a picture, no page.

    A page of hard handwriting keeps all its lines, because the median decides. How legible
    lines are depends on the network, so the bounds stand in the detector's card.

    Args:
        legible: Of each line; see `legibility`.
        median: Where the middle line is more legible, all lines stay.
        alone: Else those that are at least as legible as this.
        few: What the middle one of fewer than `MANY` lines has to reach: in a picture of
            anything a few places look like words, but hardly a whole page of them.
    """
    least = median if len(legible) >= MANY else max(median, few)
    if not len(legible) or np.median(legible) >= least:
        return [False] * len(legible)
    return [one < alone for one in legible]
