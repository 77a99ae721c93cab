"""Prefix beam search with a language model, fast enough to read with.

`shared.ctc.beam_steps` is the same search step by step, to look at; this one keeps no steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared import ctc
from shared.alphabet import ASCII, Alphabet
from shared.decoding.language_model import END, CharacterModel


@dataclass(frozen=True)
class Reading:
    """One text that a beam ended with.

    Attributes:
        text: What it says.
        log_p: Log-probability by the network, of the alignments that the beam kept.
        score: What readings are ranked by: `log_p` plus what the language model adds.
    """

    text: str
    log_p: float
    score: float


class _Prefix:
    """A text so far, with the probabilities of its paths that end in a blank and in a letter."""

    __slots__ = ("children", "factor", "in_blank", "in_letter", "label", "new_blank",
                 "new_letter", "parent", "text")  # fmt: skip

    def __init__(self, parent: _Prefix | None, label: int, text: str, factor: float) -> None:
        self.parent, self.label, self.text, self.factor = parent, label, text, factor
        self.children: dict[int, _Prefix] = {}
        self.in_blank = self.in_letter = self.new_blank = self.new_letter = 0.0


class BeamDecoder:
    """Finds the text that network and language model together find most probable.

    A text scores log p(text | image) + weight * log p(text) + bonus * characters. The weight
    says how far the language model is trusted; the bonus makes up for its dislike of length.

    Example:
        >>> decoder = BeamDecoder(course_model(), weight=0.4, bonus=0.8)  # doctest: +SKIP
        >>> reader.read(image, decoder=decoder)  # doctest: +SKIP
        'Tea for two, 4:30'
    """

    def __init__(
        self,
        model: CharacterModel | None = None,
        weight: float = 0.0,
        bonus: float = 0.0,
        width: int = 12,
        floor: float = 1e-3,
        alphabet: Alphabet | None = None,
    ) -> None:
        """Keep the settings; see `tuning.tune` for a weight and a bonus.

        Args:
            model: What is likely to be written; without it the network decides alone.
            weight: How much the model's log-probability counts.
            bonus: What every character adds, in nats.
            width: How many prefixes survive a frame.
            floor: Characters less probable than this in a frame are not tried there.
            alphabet: Characters of the network's classes; the model's own if not given.

        Raises:
            ValueError: A width below 1, a weight below 0, a floor outside 0 to 1, or a weight
                without a model.
        """
        if width < 1 or weight < 0 or not 0 <= floor < 1:
            raise ValueError(
                f"width is {width}, weight {weight} and floor {floor}; they need to be at least "
                "1, at least 0, and from 0 to below 1."
            )
        if weight and model is None:
            raise ValueError(f"The weight is {weight}, but there is no language model to weigh.")
        self.model, self.weight, self.bonus = model, weight, bonus
        self.width, self.floor = width, floor
        self.alphabet = alphabet or (model.alphabet if model else ASCII)

    def __call__(self, logits: np.ndarray) -> str:
        """Return the best text for the logits (frames, classes) of one line."""
        return self.readings(ctc.log_softmax(logits))[0].text

    def readings(self, log_probs: np.ndarray) -> list[Reading]:
        """Return the texts that the beam ended with, best first.

        Args:
            log_probs: (frames, classes) log-probabilities, rows normalized, class 0 the blank.
        """
        root = _Prefix(None, 0, "", 1.0)
        root.in_blank = 1.0
        beam, scale = [root], 0.0
        probabilities = np.exp(np.asarray(log_probs, dtype=np.float64))
        for frame in probabilities:
            row = frame.tolist()  # Plain numbers are several times faster one by one
            letters = [(k, row[k]) for k in np.flatnonzero(frame > self.floor).tolist() if k]
            beam = self._step(beam, row, letters)
            top = max(entry.in_blank + entry.in_letter for entry in beam)
            scale += math.log(top)
            for entry in beam:  # Keeps a long line from running out of small numbers
                entry.in_blank /= top
                entry.in_letter /= top
        found = []
        for entry in beam:
            log_p = math.log(entry.in_blank + entry.in_letter) + scale
            score = log_p + math.log(entry.factor)
            if self.model is not None and self.weight:
                score += self.weight * self.model.log_p(entry.text, END)
            found.append(Reading(entry.text, log_p, score))
        return sorted(found, key=lambda reading: (-reading.score, reading.text))

    def _step(
        self, beam: list[_Prefix], row: list[float], letters: list[tuple[int, float]]
    ) -> list[_Prefix]:
        """Return the beam one frame later."""
        blank = row[0]
        touched: dict[int, _Prefix] = {}
        for entry in beam:
            either = entry.in_blank + entry.in_letter
            touched[id(entry)] = entry
            entry.new_blank += either * blank
            if entry.label:
                entry.new_letter += entry.in_letter * row[entry.label]
            for label, p in letters:
                # The same letter again is a new one only after a blank
                started = entry.in_blank if label == entry.label else either
                if started:
                    child = entry.children.get(label) or self._extend(entry, label)
                    child.new_letter += started * p
                    touched[id(child)] = child
        for entry in touched.values():
            entry.in_blank, entry.in_letter = entry.new_blank, entry.new_letter
            entry.new_blank = entry.new_letter = 0.0
        ranked = sorted(touched.values(), key=lambda e: -(e.in_blank + e.in_letter) * e.factor)
        kept = [e for e in ranked[: self.width] if e.in_blank + e.in_letter > 0]
        for entry in ranked[self.width :]:
            entry.in_blank = entry.in_letter = 0.0
        return kept

    def _extend(self, entry: _Prefix, label: int) -> _Prefix:
        character = self.alphabet.characters[label - 1]
        added = self.bonus
        if self.model is not None and self.weight:
            added += self.weight * self.model.log_p(entry.text, character)
        child = _Prefix(entry, label, entry.text + character, entry.factor * math.exp(added))
        entry.children[label] = child
        return child


def read_logits(decoder: Any, many: Sequence[np.ndarray]) -> list[str]:
    """Return the text of each line's logits."""
    return [decoder(logits) for logits in many]
