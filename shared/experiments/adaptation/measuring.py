"""What adaptation is worth: error rates before and after, on lines held back by text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared import pen
from shared.experiments.adaptation.adapting import AdaptationError
from shared.lines import LineSet, compose_lines
from shared.metrics import edit_distance
from shared.recognizer import Decoder, LineTextRecognizer

LINE_SEED = 700  # Of the lines that test hands write to be adapted to and measured on
HELD_BACK = 80


@dataclass(frozen=True)
class Effect:
    """Errors on the same lines before and after.

    Attributes:
        writer: Whose lines they are.
        lines: How many own lines the reader has learned from.
        before: Edits of each held-back line before.
        after: Edits of each afterwards.
        lengths: Characters of each.
    """

    writer: str
    lines: int
    before: np.ndarray
    after: np.ndarray
    lengths: np.ndarray

    @property
    def rates(self) -> tuple[float, float]:
        """Character error rates before and after."""
        total = self.lengths.sum()
        return float(self.before.sum() / total), float(self.after.sum() / total)

    @property
    def drop(self) -> float:
        """The share of the errors that is gone; negative where there are more."""
        return 1 - float(self.after.sum()) / max(1.0, float(self.before.sum()))

    def interval(self, seed: int = 0, repeats: int = 2000) -> tuple[float, float]:
        """Return a 95 % interval of the drop, drawing whole lines again."""
        rng = np.random.default_rng(seed)
        draws = rng.integers(len(self.before), size=(repeats, len(self.before)))
        before = np.maximum(self.before[draws].sum(axis=1), 1)
        drops = 1 - self.after[draws].sum(axis=1) / before
        low, high = np.quantile(drops, [0.025, 0.975])
        return float(low), float(high)


def count_edits(
    reader: LineTextRecognizer, lines: LineSet, decoder: Decoder | None = None
) -> np.ndarray:
    """Return the edits of each line as the reader reads it, int64 (n,)."""
    readings = reader.read_many(lines.images, decoder)
    pairs = zip(lines.texts, readings, strict=True)
    return np.array([edit_distance(text, found) for text, found in pairs], np.int64)


def effect(
    before: LineTextRecognizer,
    after: LineTextRecognizer,
    held_back: LineSet,
    lines: int = 0,
    decoder: Decoder | None = None,
) -> Effect:
    """Measure two readers on the same lines; without a decoder, with their own."""
    if not len(held_back):
        raise AdaptationError(
            "There is no held-back line to measure on; keep some out of learning."
        )
    return Effect(
        held_back.writers[0],
        lines,
        count_edits(before, held_back, decoder),
        count_edits(after, held_back, decoder),
        np.array([len(text) for text in held_back.texts]),
    )


def writer_lines(
    hand: pen.Hand, count: int, held_back: int = HELD_BACK, seed: int = LINE_SEED
) -> tuple[LineSet, LineSet]:
    """Return lines by one hand to learn from, and lines of other texts to measure on.

    The held-back lines are the same whatever the count, up to 256.

    Raises:
        AdaptationError: More than 256 lines were asked for.
    """
    if count > 256:
        raise AdaptationError(
            f"{count} lines were asked for; 256 are the most that are kept apart."
        )
    written = compose_lines(256 + held_back, hand.split, seed, [hand])
    learned = written[:count]
    known = set(learned.texts)
    rest = [k for k in range(256, len(written)) if written.texts[k] not in known]
    return learned, written[rest]
