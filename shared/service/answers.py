"""From readings to the typed answers of the interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.service import schemas
from shared.service.models import Served
from shared.service.reading import PageLineReading, Reading, confidence_of


def model_answer(served: Served) -> schemas.Model:
    """Return which model answers."""
    model = served.model
    confidence = confidence_of(model)
    return schemas.Model(
        version=model.version,
        detector=model.detector_version,
        precision=model.description.precision,
        promises=[
            schemas.Promise(
                counted=one.counted,
                at_most=one.at_most,
                threshold=one.threshold if one.threshold <= 1 else None,
                coverage=one.coverage,
            )
            for one in (confidence.promises if confidence else ())
        ],
    )


def line_answer(reading: Reading, width: int, **about: Any) -> schemas.LineAnswer:
    """Return the answer about a line image; `about` is what `head` gives."""
    characters = [
        schemas.LineCharacter(
            character=one.character,
            start=_rounded(np.clip(one.start, 0, width)),
            stop=_rounded(np.clip(one.stop, 0, width)),
            probability=_share(one.probability),
        )
        for one in reading.characters
    ]
    return schemas.LineAnswer(**about, **_said(reading), characters=characters)


def page_answer(found: Sequence[PageLineReading], nothing: str, **about: Any) -> schemas.PageAnswer:
    """Return the answer about a page, whose text leaves doubtful lines out; see `line_answer`."""
    text = "\n".join(one.reading.text for one in found if not one.doubtful)
    lines = [_page_line(f"line-{k:03d}", one) for k, one in enumerate(found, start=1)]
    return schemas.PageAnswer(**about, text=text, detail=nothing, lines=lines)


def head(
    served: Served, shape: tuple[int, int], request_id: str, milliseconds: float
) -> dict[str, Any]:
    """Return what stands in every answer about an image of a shape (height, width)."""
    return {
        "request_id": request_id,
        "model": model_answer(served),
        "image": schemas.ImageSize(width=shape[1], height=shape[0]),
        "milliseconds": milliseconds,
    }


def _said(reading: Reading) -> dict[str, Any]:
    return {
        "text": reading.text,
        "probability": _share(np.exp(reading.log_p)),
        "confidence": _share(reading.confidence),
        "decision": reading.decision,
        "reason": reading.reason,
    }


def _page_line(name: str, one: PageLineReading) -> schemas.PageLine:
    pairs = zip(one.reading.characters, _rounded(one.places), strict=True)
    return schemas.PageLine(
        **_said(one.reading),
        id=name,
        doubtful=one.doubtful,
        box=_rounded(one.line.box),
        baseline=_rounded(one.line.baseline),
        polygon=_rounded(one.line.polygon),
        characters=[
            schemas.PageCharacter(
                character=character.character,
                start=start,
                stop=stop,
                probability=_share(character.probability),
            )
            for character, (start, stop) in pairs
        ],
    )


def _rounded(values: np.ndarray) -> Any:
    return np.round(np.asarray(values, np.float64), 2).tolist()


def _share(value: float) -> float:
    return round(float(np.clip(value, 0.0, 1.0)), 6)
