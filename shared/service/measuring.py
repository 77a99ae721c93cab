"""What is measured on a model before it is served: confidence and normal traffic.

Writers and texts are those of validation or fresh ones: no shipped reader has learned from them.
The frozen test lines are read at the end, to say what holds on them, and choose nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.lines import frozen_lines
from shared.metrics import edit_distance
from shared.service import drift
from shared.service.acceptance import Seen, choose_limits, no_lines
from shared.service.confidence import PROMISED_CER, Confidence, calibrate
from shared.service.exporting.runtime import LoadedModel
from shared.service.reading import Reading, interpret, read_line, read_page, turned_sureness
from shared.service.traffic import SentLine, fresh_hands, send_lines

Say = Callable[[str], None]


class Sizes(NamedTuple):
    """How much traffic is made: writers and lines of each, and writers of one page each."""

    writers: int = 256
    lines: int = 6
    page_writers: int = 256
    judged: int = 64  # Writers outside the reference, for the rate of false alarms
    pictures: int = 1024  # Pieces of pictures, none of which may be accepted


def measure(
    model: LoadedModel, sizes: Sizes | None = None, seed: int = 1, say: Say = print
) -> dict[str, dict[str, Any]]:
    """Return `confidence` and `reference` as a model file holds them.

    Args:
        model: The model, loaded from a file that holds neither yet.
        sizes: How much traffic.
        seed: Of the traffic.
        say: Told what is going on.
    """
    sizes = sizes or Sizes()
    most = max(sizes.writers, sizes.page_writers)
    hands = fresh_hands(most + sizes.judged)
    known, judged = hands[:most], hands[most:]
    say(f"reading {sizes.writers * sizes.lines} lines by {sizes.writers} fresh hands")
    sent = send_lines(known[: sizes.writers], sizes.lines, seed)
    read = [_read_twice(model, line.image) for line in sent]
    readings = [reading for reading, _ in read]
    others = send_lines(judged, sizes.lines, seed + 1)
    say(f"reading {3 * len(others)} turned lines and {sizes.pictures} pieces of pictures")
    wrong = _read_no_lines(model, [line.image for line in others], sizes.pictures, seed)
    confidence = _confidence(model, sent, read, wrong)
    say(f"reading {len(others)} lines by {len(judged)} others, for the rate of false alarms")
    line_reference = _reference(
        [reading.features for reading in readings],
        [line.writer for line in sent],
        [read_line(model, line.image).features for line in others],
        [line.writer for line in others],
    )
    say(f"reading {sizes.page_writers + sizes.judged} pages")
    rows, writers = _page_rows(model, known[: sizes.page_writers], seed)
    new_rows, new_writers = _page_rows(model, judged, seed + 1)
    page_reference = _reference(rows, writers, new_rows, new_writers)
    return {
        "confidence": confidence,
        "reference": {"line": line_reference, "page": page_reference},
    }


def _read_twice(model: LoadedModel, image: np.ndarray) -> tuple[Reading, Seen]:
    """Read a line as it is and upside down."""
    placed = model.recognizer.preparation.place_line(image)
    logits = model.recognizer.logits(placed.image)
    reading = interpret(model, placed, logits, drift.darkness(image))
    return reading, Seen(reading.text, reading.features, turned_sureness(model, placed))


def _read_no_lines(
    model: LoadedModel, lines: Sequence[np.ndarray], pictures: int, seed: int
) -> list[tuple[Reading, Seen]]:
    found = []
    for image in no_lines(lines, pictures, seed):
        try:
            found.append(_read_twice(model, image))
        except ValueError:  # No ink: refused before anything is read
            continue
    return found


def _confidence(
    model: LoadedModel,
    sent: Sequence[SentLine],
    read: Sequence[tuple[Reading, Seen]],
    wrong: Sequence[tuple[Reading, Seen]],
) -> dict[str, Any]:
    """Return the calibration and limits, and what they give."""
    edits = np.array([edit_distance(a.text, b.text) for a, (b, _) in zip(sent, read, strict=True)])
    right = [seen for (_, seen), some in zip(read, edits, strict=True) if not some]
    limits = choose_limits(right, [seen for _, seen in wrong])
    confidence = calibrate(
        np.array([reading.log_p for reading, _ in read]),
        edits,
        np.array([len(line.text) for line in sent]),
        [line.writer for line in sent],
        PROMISED_CER,
        np.array([limits.allow(seen) for _, seen in read]),
        limits,
    )
    surer = [seen for reading, seen in wrong if _is_sure(confidence, reading)]
    confidence.measured["no_lines"] = {
        "images": len(wrong),
        "sure_enough": len(surer),
        "accepted": sum(limits.allow(seen) for seen in surer),
    }
    confidence.measured["frozen_test"] = _on_test_lines(model, confidence)
    return confidence.as_dict()


def _is_sure(confidence: Confidence, reading: Reading) -> bool:
    return confidence.decision(float(confidence.of(reading.log_p))) == "accept"


def _on_test_lines(model: LoadedModel, confidence: Confidence) -> dict[str, float]:
    """Say what is accepted of the frozen test lines, whose letters are harder."""
    lines = frozen_lines()
    read = [_read_twice(model, image) for image in lines.images]
    accepted = [
        (edit_distance(text, reading.text), len(text))
        for text, (reading, seen) in zip(lines.texts, read, strict=True)
        if confidence.limits.allow(seen) and _is_sure(confidence, reading)
    ]
    wrong, characters = np.sum(accepted, axis=0) if accepted else (0, 1)
    return {
        "coverage": round(len(accepted) / len(lines.texts), 4),
        "cer_accepted": round(float(wrong / characters), 4),
    }


def _reference(rows: Any, writers: Any, new_rows: Any, new_writers: Any) -> dict[str, Any]:
    reference = drift.make_reference(np.array(rows), writers)
    measured = drift.false_alarm_rate(reference, np.array(new_rows), new_writers)
    return {**reference.as_dict(), "measured": measured}


def _page_rows(
    model: LoadedModel, hands: Sequence[Any], seed: int
) -> tuple[list[drift.LineFeatures], list[str]]:
    """Return features of pages, one a hand; a hand with fewer lines than a window needs is out."""
    from shared.pages import compose_pages

    rows, writers = [], []
    grades = ("regular", "photo")
    for number, hand in enumerate(hands):
        grade = grades[number // 2 % len(grades)]  # Both halves of the writers need both
        (page,) = compose_pages(1, grade, "validation", seed + 1000 * number, [hand])
        found = [one.reading.features for one in read_page(model, page.image)[0]]
        if len(found) >= drift.PER_WRITER:
            rows += found
            writers += [hand.name] * len(found)
    return rows, writers
