"""How sure is a reading: the chance that the whole text of a line is right.

One number for the labs, the labeling and the service: a logistic regression on what the network
says of the text and on the ink, fitted on real lines whose writers no reader has learned from
(`data/make/fit_confidence.py`). Weights, promises and limits stand in the reader's card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from shared import ctc
from shared.language import BeamDecoder
from shared.recognizer import LineTextRecognizer

LEAST_ACCEPTED = 100  # Lines; fewer are too few to say how much of them is wrong
NEVER = 2.0  # A threshold that no confidence reaches
SECOND_TEXTS = 4  # Texts that the search for a second one ends with
MARGIN_SCALE = 3.0  # Nats; farther ahead says hardly more
LEAST_DOUBT = 1e-6  # Nats; a network that doubts less is rounding
INK = 64  # Least ink of a column, 0 to 255, that belongs to the writing


class Evidence(NamedTuple):
    """What a confidence is computed from.

    Attributes:
        log_p: log p(text), summed over all alignments, in nats.
        weakest: Mean log p of the least sure character in its frames.
        margin: By how many nats the text is likelier than the likeliest other text of a narrow
            search without a language model; below 0 where that model overruled the network.
        width: Pixels of ink a character, in the prepared line.
        length: Characters, spaces included.
    """

    log_p: float
    weakest: float
    margin: float
    width: float
    length: int

    @property
    def features(self) -> list[float]:
        """The five numbers that are weighed."""
        doubts = -self.log_p / self.length, -self.weakest
        return [
            *(float(np.log(max(doubt, LEAST_DOUBT))) for doubt in doubts),
            float(np.tanh(self.margin / MARGIN_SCALE)),
            float(np.log(max(self.width, 1.0))),
            float(np.log(self.length)),
        ]


def log_probability(logits: np.ndarray, label: Sequence[int]) -> float:
    """Return log p(text) of logits (frames, classes), given the text's classes."""
    return float(ctc.forward(ctc.log_softmax(logits), label)[1])


def evidence(
    reader: LineTextRecognizer, logits: np.ndarray, image: np.ndarray, text: str
) -> Evidence | None:
    """Return what speaks for a text, or None for no text and for one that no path spells.

    Args:
        reader: Whose logits they are.
        logits: (frames, classes).
        image: The prepared line, uint8 (height, width).
        text: What was read.
    """
    label = reader.alphabet.encode(text)
    if not label:
        return None
    log_probs = ctc.log_softmax(logits)
    alpha, log_p = ctc.forward(log_probs, label)
    if not np.isfinite(log_p):
        return None
    # (frames, characters): where each stands, if the text is right
    seen = np.exp(alpha + ctc.backward(log_probs, label) - log_p)[:, 1::2]
    characters = (seen * log_probs[:, label]).sum(axis=0) / seen.sum(axis=0)
    search = BeamDecoder(width=SECOND_TEXTS, alphabet=reader.alphabet)
    rivals = [one.log_p for one in search.candidates(log_probs) if one.text != text]
    columns = np.flatnonzero(image.max(axis=0) > INK)
    width = columns[-1] - columns[0] + 1 if len(columns) else 0
    return Evidence(
        log_p,
        float(characters.min()),
        log_p - max(rivals, default=-np.inf),
        float(width / len(label)),
        len(label),
    )


@dataclass(frozen=True)
class Promise:
    """What holds for accepted lines, and how many lines that lets through.

    Attributes:
        counted: What is counted: wrong "characters", or "lines" with any mistake.
        at_most: The largest share of them that may be wrong.
        threshold: Least confidence of an accepted line; above 1 where nothing can be promised.
        accepted: Measured lines that were accepted, each by numbers from other writers.
        lines: Measured lines.
        wrong: Share that was wrong in the accepted ones.
        bound: Upper end of the 95% interval of `wrong`, writers drawn again.
    """

    counted: Literal["characters", "lines"]
    at_most: float
    threshold: float
    accepted: int
    lines: int
    wrong: float
    bound: float

    @property
    def coverage(self) -> float | None:
        """Share of lines that are accepted; None where too few were to promise anything."""
        return self.accepted / self.lines if self.accepted >= LEAST_ACCEPTED else None

    def __str__(self) -> str:
        said = f"at most {100 * self.at_most:g} of 100 characters wrong"
        if self.counted == "lines":
            said = f"all of it right, in {100 - 100 * self.at_most:g} of 100 lines or more"
        if self.coverage is None:
            few = f"too few to say, {self.accepted} of {self.lines} lines"
            return f"{said}: {few if self.accepted else 'cannot be promised'}"
        return f"{said}: from confidence {self.threshold:.2f}, coverage {self.coverage:.0%}"


@dataclass(frozen=True)
class Confidence:
    """From the evidence for a text to the chance that all of it is right.

    Attributes:
        weights: Of the features of `Evidence`, and last what is added.
        threshold: Least confidence of a text that is accepted; the rest goes to review.
        promises: What accepted lines keep, the one that `threshold` is from first.
        limits: What else a text has to keep; without them nothing is accepted.
        measured: What held on writers whom the numbers were not fitted on.
    """

    weights: tuple[float, ...]
    threshold: float = NEVER
    promises: tuple[Promise, ...] = ()
    limits: dict[str, float] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_card(cls, card: dict[str, Any]) -> Confidence | None:
        """Return what a reader's card says, or None where it says nothing."""
        if not (stored := card.get("confidence")):
            return None
        promises = tuple(Promise(**promise) for promise in stored["promises"])
        return cls(
            tuple(stored["weights"]), promises[0].threshold, promises, stored["limits"],
            stored["measured"],
        )  # fmt: skip

    def of(self, known: Evidence | None) -> float:
        """Return the chance that a text is right to the last character."""
        if known is None:
            return 0.0
        score = float(np.dot([*known.features, 1.0], self.weights))
        return float(1 / (1 + np.exp(-np.clip(score, -500, 500))))

    def decision(self, confidence: float) -> str:
        """Return `"accept"` or `"review"`."""
        return "accept" if confidence >= self.threshold else "review"


def how_sure(reader: LineTextRecognizer, logits: np.ndarray, image: np.ndarray, text: str) -> float:
    """Return the confidence of a text; where the reader's card has none, p(text).

    The arguments are those of `evidence`.
    """
    known, confidence = evidence(reader, logits, image, text), Confidence.of_card(reader.card)
    if confidence is None:
        return float(np.exp(known.log_p)) if known else 0.0
    return confidence.of(known)
