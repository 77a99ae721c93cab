"""Reading a whole page: an image file in, lines with their place, text and confidence out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared import ctc
from shared.recognizer.detected_lines import DetectedLine
from shared.recognizer.line_detection import LineDetector
from shared.recognizer.page_images import PreparedPage, open_page_image, prepare_page
from shared.recognizer.reading import LineTextRecognizer
from shared.recognizer.straightening import prepare_strip, straighten_all

if TYPE_CHECKING:
    from shared.pages import PageLine

MANY = 8  # So many lines are hardly chance


@dataclass(frozen=True, eq=False)
class ReadLine:
    """A line of a page and what it says.

    Attributes:
        line: Where it is, in pixels of the image that was given.
        text: What was read.
        confidence: How sure that there is a line, times how sure of a frame of it on average.
    """

    line: DetectedLine
    text: str
    confidence: float

    @property
    def baseline(self) -> np.ndarray:
        """What the letters stand on, float64 (n, 2), x and y from left to right."""
        return self.line.baseline

    @property
    def box(self) -> np.ndarray:
        """Left, top, right and bottom, float64 (4,)."""
        return self.line.box

    @property
    def polygon(self) -> np.ndarray:
        """The outline of the line, float64 (2 n, 2)."""
        return self.line.polygon


@dataclass(frozen=True, eq=False)
class PageReading:
    """The lines of a page in reading order; none where there is no text.

    Attributes:
        lines: What was read.
        doubtful: Lines left out, because a page whose lines are so unsure is hardly handwriting.
    """

    lines: list[ReadLine]
    doubtful: list[ReadLine] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The page's text, a line each."""
        return "\n".join(line.text for line in self.lines)


class PageReader:
    """Reads a page of handwriting: finds its lines, makes them level, reads each.

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
    def load(cls, detector: str = "detector_small", recognizer: str = "line_small") -> PageReader:
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
        reading = self.read_lines(page, self.detector.maps(page).lines(threshold))
        return without_doubtful(reading, **self.detector.card.get("least_sure", {}))

    def read_lines(
        self, image: np.ndarray | PreparedPage, lines: Sequence[DetectedLine | PageLine]
    ) -> PageReading:
        """Read lines whose places are known, in their order; one without ink is left out.

        Args:
            image: The page.
            lines: Detected lines, or the true lines of a written page.
        """
        page = image if isinstance(image, PreparedPage) else prepare_page(image)
        kept, prepared = self.cut_lines(page, lines)
        readings = []
        for line, logits in zip(kept, self.recognizer.logits_many(prepared), strict=True):
            sure = float(np.exp(ctc.log_softmax(logits).max(axis=-1).mean()))
            text = self.recognizer.decode(logits)
            readings.append(ReadLine(line, text, line.confidence * sure))
        return PageReading(readings)

    def cut_lines(
        self, page: PreparedPage, lines: Sequence[DetectedLine | PageLine]
    ) -> tuple[list[DetectedLine], list[np.ndarray]]:
        """Return the lines that have ink, and each as the line reader takes it."""
        kept, prepared = [], []
        lines = [_as_detected(line) for line in lines]
        on_gray = [line.scaled(page.gray_scale) for line in lines]
        for line, strip in zip(lines, straighten_all(page.gray, on_gray), strict=True):
            try:
                prepared.append(prepare_strip(strip))
            except ValueError:
                continue
            kept.append(line)
        return kept, prepared


def without_doubtful(
    reading: PageReading, median: float = 0.0, alone: float = 0.0, few: float = 0.0
) -> PageReading:
    """Set the unsure lines aside where most are unsure: a picture of something else, no page.

    A page of hard handwriting keeps all its lines, because the median decides. How sure a
    network is of a page depends on the network, so the bounds stand in the detector's card.

    Args:
        reading: What was read.
        median: Where the middle line is surer, all lines stay.
        alone: Else those that are at least as sure as this.
        few: What the middle one of fewer than `MANY` lines has to reach: in a picture of
            anything a few places look like words, but hardly a whole page of them.
    """
    sure = [line.confidence for line in reading.lines]
    least = median if len(sure) >= MANY else max(median, few)
    if not sure or np.median(sure) >= least:
        return reading
    kept = [line for line in reading.lines if line.confidence >= alone]
    return PageReading(kept, [line for line in reading.lines if line.confidence < alone])


def _as_detected(line: DetectedLine | PageLine) -> DetectedLine:
    if isinstance(line, DetectedLine):
        return line
    return DetectedLine(line.baseline, line.ascent, line.descent, line.x_height, 1.0)
