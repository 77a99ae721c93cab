"""From readings to the typed answers of the interface."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.service import schemas
from shared.service.models import Served
from shared.service.reading import PageLineReading, Reading, confidence_of


def model_answer(served: Served) -> schemas.Model:
    """Return which model answers."""
    model = served.model
    confidence = confidence_of(model)
    return schemas.Model(
        version=model.version, detector=model.detector_version,
        precision=model.description.precision,
        promises=[
            schemas.Promise(
                counted=one.counted, at_most=one.at_most, coverage=one.coverage,
                threshold=one.threshold if one.threshold <= 1 else None,
            )
            for one in (confidence.promises if confidence else ())
        ],
    )  # fmt: skip


def line_answer(
    served: Served, shape: tuple[int, int], reading: Reading, request_id: str, milliseconds: float
) -> schemas.LineAnswer:
    """Return the answer about a line image of a shape (height, width)."""
    return schemas.LineAnswer(
        request_id=request_id,
        model=model_answer(served),
        image=schemas.ImageSize(width=shape[1], height=shape[0]),
        text=reading.text,
        probability=_share(np.exp(reading.log_p)),
        confidence=_share(reading.confidence),
        decision=reading.decision,
        reason=reading.reason,
        characters=[
            schemas.LineCharacter(
                character=one.character, start=_inside(one.start, shape[1]),
                stop=_inside(one.stop, shape[1]), probability=_share(one.probability),
            )
            for one in reading.characters
        ],
        milliseconds=milliseconds,
    )  # fmt: skip


def page_answer(
    served: Served,
    shape: tuple[int, int],
    found: Sequence[PageLineReading],
    nothing: str,
    request_id: str,
    milliseconds: float,
) -> schemas.PageAnswer:
    """Return the answer about a page; its text leaves doubtful lines out."""
    return schemas.PageAnswer(
        request_id=request_id,
        model=model_answer(served),
        image=schemas.ImageSize(width=shape[1], height=shape[0]),
        text="\n".join(one.reading.text for one in found if not one.doubtful),
        detail=nothing,
        lines=[_page_line(f"line-{k:03d}", one) for k, one in enumerate(found, start=1)],
        milliseconds=milliseconds,
    )


def _page_line(name: str, one: PageLineReading) -> schemas.PageLine:
    reading = one.reading
    return schemas.PageLine(
        id=name,
        text=reading.text,
        probability=_share(np.exp(reading.log_p)),
        confidence=_share(reading.confidence),
        decision=reading.decision,
        reason=reading.reason,
        doubtful=one.doubtful,
        box=tuple(_rounded(one.line.box)),
        baseline=[tuple(_rounded(point)) for point in one.line.baseline],
        polygon=[tuple(_rounded(point)) for point in one.line.polygon],
        characters=[
            schemas.PageCharacter(
                character=character.character, start=tuple(_rounded(start)),
                stop=tuple(_rounded(stop)), probability=_share(character.probability),
            )
            for character, (start, stop) in zip(reading.characters, one.places, strict=True)
        ],
    )  # fmt: skip


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 2) for value in values]


def _share(value: float) -> float:
    return round(float(np.clip(value, 0.0, 1.0)), 6)


def _inside(x: float, width: int) -> float:
    return round(float(np.clip(x, 0, width)), 2)
