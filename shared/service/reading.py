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
from shared.pages.confidence import Confidence, Evidence, evidence, log_probability
from shared.pages.line import Line
from shared.pages.nothing_found import why_no_line
from shared.pages.reader import doubtful, legibility
from shared.pages.rectifying import page_points, place_crop, rectify_all
from shared.preparation import PlacedLine
from shared.recognizer import LineTextRecognizer
from shared.service.acceptance import LEAST_SURENESS, Limits, Reason
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
        confidence: Chance that the whole text is right; p(text) where the reader has none.
        reason: `"sure"` where it is accepted, else why a person should look.
        characters: Where each character is.
        features: What the drift alarm remembers.
        evidence: What the confidence is computed from; None where nothing was read.
    """

    text: str
    log_p: float
    confidence: float
    reason: Reason
    characters: tuple[Character, ...]
    features: LineFeatures
    evidence: Evidence | None = None

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
    text, known = decode(model, logits, placed.image)
    log_p = known.log_p if known else log_probability(logits, [])
    confidence = confidence_of(model)
    sure = confidence.of(known) if confidence else float(np.exp(log_p))
    features = line_features(placed, contrast, text, log_p, scale)
    reason = _reason(model, confidence, placed, text, sure, known)
    characters = ()
    if known:
        spans = forced_align(log_probs, model.recognizer.alphabet.encode(text)).spans
        characters = tuple(
            Character(
                text[span.position],
                placed.column(span.start * FRAME_WIDTH),
                placed.column(span.stop * FRAME_WIDTH),
                float(np.exp(span.mean_log_prob)),
            )
            for span in spans
        )
    return Reading(text, log_p, sure, reason, characters, features, known)


def decode(
    model: LoadedModel, logits: np.ndarray, image: np.ndarray
) -> tuple[str, Evidence | None]:
    """Return the text that the model's decoder chooses for a prepared line, and what speaks for it.

    That is what the network says: a language model chooses among texts, but that a text is good
    English says nothing of whether it stands there, as upside down even less.
    """
    reader = model.recognizer
    for decoder in (reader.decoder, reader.decode):
        text = decoder(logits)
        known = evidence(reader, logits, image, text)
        if known:  # Else no path spells it, and only the greedy text surely has one
            break
    return text, known


def _reason(
    model: LoadedModel,
    confidence: Confidence | None,
    placed: PlacedLine,
    text: str,
    sure: float,
    known: Evidence | None,
) -> Reason:
    """Say whether a text is accepted, or why a person should look."""
    if confidence is None or not confidence.limits:
        return "unsure"
    limits = Limits(**confidence.limits)
    doubt = limits.doubt(text, known)
    if doubt is not None:
        return doubt
    if confidence.decision(sure) == "review":
        return "unsure"
    # Last, because it reads once more
    turned = turned_sureness(model.recognizer, placed.image)
    return "turned" if limits.may_be_turned(known, turned) else "sure"


def turned_sureness(reader: LineTextRecognizer, image: np.ndarray) -> float:
    """Return log p a character of what a prepared line says upside down, greedily.

    The greedy text is about the one that the network finds likeliest, so a text that stands on
    its head cannot win by being English.
    """
    logits = reader.logits(reader.preparation.upside_down(image))
    _, label, _ = ctc.greedy(ctc.log_softmax(logits))
    return log_probability(logits, label) / len(label) if label else LEAST_SURENESS


def confidence_of(model: LoadedModel) -> Confidence | None:
    """Return the confidence that the model's card holds, or None."""
    return Confidence.of_card(model.recognizer.card)


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
    found, legible = [], []
    for (line, _, crop), placed, logits in zip(kept, prepared, all_logits, strict=True):
        scale = preparation.x_height / max(line.x_height, 1e-6)
        reading = interpret(model, placed, logits, darkness(crop), scale)
        edges = np.array([[c.start, c.stop] for c in reading.characters]).reshape(-1)
        places = page_points(line, edges, crop.shape[1]).reshape(-1, 2, 2)
        found.append(PageLineReading(line, reading, places))
        legible.append(legibility(line, logits))
    hidden = doubtful(legible, **model.reader.detector.card.get("least_sure", {}))
    lines = [
        replace(one, doubtful=True, reading=replace(one.reading, reason="no-handwriting"))
        if hide
        else one
        for one, hide in zip(found, hidden, strict=True)
    ]
    return lines, "" if any(not one.doubtful for one in lines) else why_no_line(page)
