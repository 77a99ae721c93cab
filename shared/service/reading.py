"""From an image to an answer: text, how sure, and where each character is.

Everything here is NumPy on a model that is loaded already; `application` gives it requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from shared import ctc
from shared.export.runtime import LoadedModel
from shared.networks import FRAME_WIDTH
from shared.recognizer import prepare_page
from shared.recognizer.detected_lines import DetectedLine
from shared.recognizer.page_reading import PageReading, ReadLine, without_doubtful
from shared.recognizer.preparation import PlacedLine, place_line
from shared.recognizer.straightening import (
    READER_X_HEIGHT,
    place_strip,
    points_of_strip,
    straighten_all,
)
from shared.service.confidence import Confidence, log_probability
from shared.service.drift import LineFeatures, darkness, line_features


@dataclass(frozen=True)
class Character:
    """A character and where the network saw it, which need not be where its ink is.

    Attributes:
        character: The character.
        start: Left edge, in pixels along the given line or page line; see `Reading.points`.
        stop: Right edge.
        probability: Mean probability of the character in its frames.
    """

    character: str
    start: float
    stop: float
    probability: float


@dataclass(frozen=True, eq=False)
class Reading:
    """What a line says.

    Attributes:
        text: What was read.
        log_p: log p(text), summed over all alignments.
        confidence: Probability that the text is right, or p(text) where nothing is calibrated.
        decision: `"accept"` or `"review"`.
        characters: Where each character is.
        features: What the drift alarm remembers.
    """

    text: str
    log_p: float
    confidence: float
    decision: str
    characters: tuple[Character, ...]
    features: LineFeatures


@dataclass(frozen=True, eq=False)
class PageLineReading:
    """A line of a page: its place, what it says, and where its characters stand.

    Attributes:
        line: Where it is, in pixels of the image.
        reading: What it says; starts and stops count along the straightened line.
        places: (n, 2, 2): where on the baseline each character begins and ends, in pixels.
        doubtful: Whether the page looks like no handwriting, and this line is unsure.
    """

    line: DetectedLine
    reading: Reading
    places: np.ndarray
    doubtful: bool = False


def interpret(
    model: LoadedModel,
    placed: PlacedLine,
    logits: np.ndarray,
    contrast: float,
    scale: float | None = None,
) -> Reading:
    """Return the reading that logits give.

    Args:
        model: Whose logits they are.
        placed: The prepared line.
        logits: (frames, classes).
        contrast: Of the given image; see `drift.darkness`.
        scale: Prepared pixels per given pixel, where they differ from `placed.scale`.
    """
    log_probs = ctc.log_softmax(logits)
    _, label, _ = ctc.greedy(log_probs)
    text = model.recognizer.alphabet.decode(label)
    log_p = log_probability(logits, label)
    confidence = confidence_of(model)
    sure = float(confidence.of(log_p)) if confidence else float(np.exp(log_p))
    decision = confidence.decision(sure) if confidence and text else "review"
    features = line_features(placed, contrast, text, log_p, scale)
    characters = ()
    if label:
        spans = ctc.forced_align(log_probs, label).spans
        characters = tuple(
            Character(
                text[span.position],
                placed.column(span.start * FRAME_WIDTH),
                placed.column(span.stop * FRAME_WIDTH),
                float(np.exp(span.mean_log_prob)),
            )
            for span in spans
        )
    return Reading(text, log_p, sure, decision, characters, features)


def confidence_of(model: LoadedModel) -> Confidence | None:
    """Return the calibration that the model file holds, or None."""
    stored: dict[str, Any] = model.description.confidence
    return Confidence(**stored) if stored else None


def read_line(model: LoadedModel, gray: np.ndarray) -> Reading:
    """Read one line.

    Raises:
        ValueError: No ink, or a shape that is no line; see `preparation.place_line`.
    """
    placed = place_line(gray)
    return interpret(model, placed, model.recognizer.logits(placed.image), darkness(gray))


def warm_up(model: LoadedModel) -> None:
    """Read a drawn stroke once, so that the first request need not load what reading needs."""
    page = np.full((120, 320), 235, np.uint8)
    page[50:70, 40:280:12] = 40
    page[64:68, 40:280] = 40
    read_line(model, page)
    read_page(model, page)


def read_page(model: LoadedModel, gray: np.ndarray) -> list[PageLineReading]:
    """Find and read the lines of a page, in reading order; none where there is no writing."""
    page = prepare_page(gray)
    lines = model.reader.detector.maps(page).lines()
    on_gray = [line.scaled(page.gray_scale) for line in lines]
    kept, prepared = [], []
    for line, flat, strip in zip(lines, on_gray, straighten_all(page.gray, on_gray), strict=True):
        try:
            placed = place_strip(strip)
        except ValueError:  # A band without ink
            continue
        kept.append((line, flat, strip.image))
        prepared.append(placed)
    all_logits = model.recognizer.logits_many([placed.image for placed in prepared])
    found = []
    for (line, _, strip), placed, logits in zip(kept, prepared, all_logits, strict=True):
        scale = READER_X_HEIGHT / max(line.x_height, 1e-6)
        reading = interpret(model, placed, logits, darkness(strip), scale)
        edges = np.array([[c.start, c.stop] for c in reading.characters]).reshape(-1)
        places = points_of_strip(line, edges, strip.shape[1]).reshape(-1, 2, 2)
        sure = float(np.exp(ctc.log_softmax(logits).max(axis=-1).mean()))
        found.append((PageLineReading(line, reading, places), line.confidence * sure))
    return _mark_doubtful(model, found)


def _mark_doubtful(
    model: LoadedModel, found: list[tuple[PageLineReading, float]]
) -> list[PageLineReading]:
    """Say which lines the notebook's page reader would leave out."""
    lines = [ReadLine(one.line, one.reading.text, sure) for one, sure in found]
    bounds = model.reader.detector.card.get("least_sure", {})
    doubtful = {id(line.line) for line in without_doubtful(PageReading(lines), **bounds).doubtful}
    return [
        PageLineReading(one.line, one.reading, one.places, id(one.line) in doubtful)
        for one, _ in found
    ]
