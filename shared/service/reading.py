"""From an image to an answer: text, how sure, and where each character is.

Everything here is NumPy on a model that is loaded already; `application` gives it requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from shared import ctc
from shared.explorer.searching import forced_align
from shared.networks import FRAME_WIDTH
from shared.pages import prepare_page
from shared.pages.line import Line
from shared.pages.nothing_found import why_no_line
from shared.pages.reader import PageReading, without_doubtful
from shared.pages.rectifying import page_points, place_crop, rectify_all
from shared.preparation import PlacedLine
from shared.service.acceptance import LEAST_SURENESS, Reason
from shared.service.confidence import Confidence, log_probability
from shared.service.drift import LineFeatures, darkness, line_features
from shared.service.exporting.runtime import LoadedModel

MOST_LINE_PIXELS = 400_000  # Letters 100 pixels high; more cost time and show no more


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
        confidence: Probability that the whole text is right, if it is an upright line of
            writing; p(text) where nothing is calibrated.
        reason: `"sure"` where it is accepted, else why a person should look.
        characters: Where each character is.
        features: What the drift alarm remembers.
    """

    text: str
    log_p: float
    confidence: float
    reason: Reason
    characters: tuple[Character, ...]
    features: LineFeatures

    @property
    def decision(self) -> str:
        """`"accept"` or `"review"`."""
        return "accept" if self.reason == "sure" else "review"


@dataclass(frozen=True, eq=False)
class PageLineReading:
    """A line of a page: its place, what it says, and where its characters stand.

    Attributes:
        line: Where it is, in pixels of the image.
        reading: What it says; starts and stops count along the rectified line.
        places: (n, 2, 2): where on the baseline each character begins and ends, in pixels.
        doubtful: Whether the page looks like no handwriting, and this line is unsure.
    """

    line: Line
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
    text, label, log_p = decode(model, logits)
    confidence = confidence_of(model)
    sure = float(confidence.of(log_p)) if confidence else float(np.exp(log_p))
    features = line_features(placed, contrast, text, log_p, scale)
    reason = _reason(model, confidence, placed, text, sure, features)
    characters = ()
    if label:
        spans = forced_align(log_probs, label).spans
        characters = tuple(
            Character(
                text[span.position],
                placed.column(span.start * FRAME_WIDTH),
                placed.column(span.stop * FRAME_WIDTH),
                float(np.exp(span.mean_log_prob)),
            )
            for span in spans
        )
    return Reading(text, log_p, sure, reason, characters, features)


def decode(model: LoadedModel, logits: np.ndarray) -> tuple[str, list[int], float]:
    """Return the text that the model's decoder chooses, its classes, and log p(text).

    That is the network's own log p: a language model chooses among texts, but that a text is
    good English says nothing of whether it stands there, as upside down even less.
    """
    reader = model.recognizer
    for decoder in (reader.decoder, reader.decode):
        text = decoder(logits)
        label = reader.alphabet.encode(text)
        log_p = log_probability(logits, label)
        if np.isfinite(log_p):  # Else no path spells it, and only the greedy text surely has one
            break
    return text, label, log_p


def _reason(
    model: LoadedModel,
    confidence: Confidence | None,
    placed: PlacedLine,
    text: str,
    sure: float,
    features: LineFeatures,
) -> Reason:
    """Say whether a text is accepted, or why a person should look."""
    if confidence is None or confidence.limits is None:
        return "unsure"
    doubt = confidence.limits.doubt(text, features)
    if doubt is not None:
        return doubt
    if confidence.decision(sure) == "review":
        return "unsure"
    # Last, because it reads once more
    turned = confidence.limits.may_be_turned(features, turned_sureness(model, placed))
    return "turned" if turned else "sure"


def turned_sureness(model: LoadedModel, placed: PlacedLine) -> float:
    """Return log p per character of what a prepared line says upside down, greedily.

    The greedy text is about the one that the network finds likeliest, so a text that stands on
    its head cannot win by being English.
    """
    logits = model.recognizer.logits(model.recognizer.preparation.upside_down(placed.image))
    _, label, _ = ctc.greedy(ctc.log_softmax(logits))
    return log_probability(logits, label) / len(label) if label else LEAST_SURENESS


def confidence_of(model: LoadedModel) -> Confidence | None:
    """Return the calibration that the model file holds, or None."""
    stored = model.description.confidence
    return Confidence.from_dict(stored) if stored else None


def read_line(
    model: LoadedModel, gray: np.ndarray, lap: Callable[[str], None] = lambda stage: None
) -> Reading:
    """Read one line; places of its characters are in pixels of the image.

    Args:
        model: The model.
        gray: uint8 (height, width).
        lap: Told each stage that ends.

    Raises:
        ValueError: No ink, or a shape that is no line; see `shared.preparation`.
    """
    small, factor = limited(gray, MOST_LINE_PIXELS)
    placed = model.recognizer.preparation.place_line(small)
    placed = placed._replace(left=placed.left / factor, scale=placed.scale * factor)
    lap("prepare")
    logits = model.recognizer.logits(placed.image)
    lap("network")
    found = interpret(model, placed, logits, darkness(small))
    lap("decoding")
    return found


def limited(gray: np.ndarray, most: int) -> tuple[np.ndarray, float]:
    """Return an image of at most so many pixels, and its pixels per given pixel."""
    import cv2

    factor = min(1.0, (most / gray.size) ** 0.5)
    if factor == 1.0:
        return gray, 1.0
    size = max(1, int(gray.shape[1] * factor)), max(1, int(gray.shape[0] * factor))
    return cv2.resize(gray, size, interpolation=cv2.INTER_AREA), factor


def warm_up(model: LoadedModel) -> None:
    """Read a drawn stroke once, so that the first request need not load what reading needs."""
    page = np.full((120, 320), 235, np.uint8)
    page[50:70, 40:280:12] = 40
    page[64:68, 40:280] = 40
    read_line(model, page)
    read_page(model, page)


def read_page(model: LoadedModel, gray: np.ndarray) -> tuple[list[PageLineReading], str]:
    """Find and read the lines of a page.

    Returns:
        The lines in reading order; where all are doubtful or there is none, why.
    """
    page = prepare_page(gray)
    lines = model.reader.detector.maps(page).lines()
    on_gray = [line.scaled(page.gray_scale) for line in lines]
    preparation = model.recognizer.preparation
    kept, prepared = [], []
    for line, flat, crop in zip(lines, on_gray, rectify_all(page.gray, on_gray), strict=True):
        try:
            placed = place_crop(crop, preparation)
        except ValueError:  # A band without ink
            continue
        kept.append((line, flat, crop.image))
        prepared.append(placed)
    all_logits = model.recognizer.logits_many([placed.image for placed in prepared])
    found = []
    for (line, _, crop), placed, logits in zip(kept, prepared, all_logits, strict=True):
        scale = preparation.x_height / max(line.x_height, 1e-6)
        reading = interpret(model, placed, logits, darkness(crop), scale)
        edges = np.array([[c.start, c.stop] for c in reading.characters]).reshape(-1)
        places = page_points(line, edges, crop.shape[1]).reshape(-1, 2, 2)
        sure = float(np.exp(ctc.log_softmax(logits).max(axis=-1).mean()))
        found.append((PageLineReading(line, reading, places), line.confidence * sure))
    lines = _mark_doubtful(model, found)
    return lines, "" if any(not one.doubtful for one in lines) else why_no_line(page)


def _mark_doubtful(
    model: LoadedModel, found: list[tuple[PageLineReading, float]]
) -> list[PageLineReading]:
    """Say which lines the notebook's page reader would leave out."""
    lines = [replace(one.line, text=one.reading.text, confidence=sure) for one, sure in found]
    bounds = model.reader.detector.card.get("least_sure", {})
    doubtful = without_doubtful(PageReading(lines), **bounds).doubtful
    return [
        replace(one, doubtful=True, reading=replace(one.reading, reason="no-handwriting"))
        if line in doubtful
        else one
        for (one, _), line in zip(found, lines, strict=True)
    ]
