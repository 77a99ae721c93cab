"""How wrong a reading is: edits, error rates, accuracies and their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def edit_distance(reference: Sequence, hypothesis: Sequence) -> int:
    """Return the fewest insertions, deletions and substitutions between two sequences.

    Source: Wagner and Fischer, "The String-to-String Correction Problem", J. ACM 21 (1974),
    pages 168-173; only the last row of its table is kept.

    Args:
        reference: What is written: a string, or a list of words.
        hypothesis: What was read.

    Example:
        >>> edit_distance("kitten", "sitting")
        3
    """
    previous = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, start=1):
        current = [i]
        for j, found in enumerate(hypothesis, start=1):
            change = previous[j - 1] + (expected != found)
            current.append(min(change, previous[j] + 1, current[j - 1] + 1))
        previous = current
    return previous[-1]


def align(reference: Sequence, hypothesis: Sequence) -> list[tuple[str, str, str]]:
    """Return the steps of one cheapest edit from reference to hypothesis.

    Each step is `(operation, expected, found)`; the operation is `"equal"`, `"substitute"`,
    `"delete"` (found is empty) or `"insert"` (expected is empty).

    Example:
        >>> align("cat", "cut")
        [('equal', 'c', 'c'), ('substitute', 'a', 'u'), ('equal', 't', 't')]
    """
    rows, columns = len(reference) + 1, len(hypothesis) + 1
    cost = np.zeros((rows, columns), dtype=np.int64)
    cost[:, 0] = np.arange(rows)
    cost[0] = np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            change = cost[i - 1, j - 1] + (reference[i - 1] != hypothesis[j - 1])
            cost[i, j] = min(change, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    steps = []
    i, j = rows - 1, columns - 1
    while i or j:
        differs = i and j and reference[i - 1] != hypothesis[j - 1]
        if i and j and cost[i, j] == cost[i - 1, j - 1] + bool(differs):
            operation = "substitute" if differs else "equal"
            steps.append((operation, reference[i - 1], hypothesis[j - 1]))
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            steps.append(("delete", reference[i - 1], ""))
            i -= 1
        else:
            steps.append(("insert", "", hypothesis[j - 1]))
            j -= 1
    return steps[::-1]


def mark_differences(text: str, prediction: str) -> tuple[str, str, str]:
    """Return text, prediction and marks as three strings of equal length, letters aligned.

    Example:
        >>> mark_differences("cat", "cut")
        ('cat', 'cut', ' ^ ')
    """
    steps = align(text, prediction)
    signs = {"equal": " ", "substitute": "^", "insert": "+", "delete": "-"}
    expected = "".join(step[1] or "·" for step in steps)
    found = "".join(step[2] or "·" for step in steps)
    return expected, found, "".join(signs[step[0]] for step in steps)


def character_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return total edits divided by total reference characters, over a whole set.

    A mean of the lines' own rates is another number: it lets short lines count too much.

    Raises:
        ValueError: The lists differ in length, or no reference has a character.
    """
    return _error_rate(_texts(references), _texts(hypotheses), "character")


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return total word edits divided by total reference words; words are split at spaces.

    Raises:
        ValueError: The lists differ in length, or no reference has a word.
    """
    return _error_rate(
        [text.split() for text in _texts(references)],
        [text.split() for text in _texts(hypotheses)],
        "word",
    )


def _texts(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("An error rate takes lists of texts; put a single text into a list.")
    return list(texts)


def _error_rate(references: list, hypotheses: list, unit: str) -> float:
    if len(references) != len(hypotheses):
        raise ValueError(
            f"{len(references)} references were given with {len(hypotheses)} hypotheses; "
            "every line needs one of each."
        )
    total = sum(len(reference) for reference in references)
    if total == 0:
        raise ValueError(
            f"The references hold no {unit} at all, so there is nothing to divide the edits by."
        )
    pairs = zip(references, hypotheses, strict=True)
    return sum(edit_distance(reference, hypothesis) for reference, hypothesis in pairs) / total


def micro_accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Return the share of right predictions, every image counting the same.

    Takes class numbers, (images,) each, as does `macro_accuracy`; refuses other shapes.
    """
    labels, predictions = _same_length(labels, predictions)
    return float(np.mean(labels == predictions))


def macro_accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Return the mean of the classes' own accuracies, every class present counting the same."""
    labels, predictions = _same_length(labels, predictions)
    right = labels == predictions
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def _same_length(labels: np.ndarray, predictions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape or labels.ndim != 1 or labels.size == 0:
        raise ValueError(
            f"Labels have the shape {labels.shape} and predictions {predictions.shape}; "
            "both need one class number per image, and at least one image. "
            "Scores per class become class numbers by `scores.argmax(axis=-1)`."
        )
    return labels, predictions


def bootstrap_interval(
    edits: Sequence[int],
    lengths: Sequence[int],
    clusters: Sequence,
    seed: int,
    repeats: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return an interval for total edits / total length, drawing whole clusters again.

    Lines of one writer resemble each other, so writers are drawn, not lines.

    Args:
        edits: Edits of each line.
        lengths: Reference length of each line.
        clusters: Writer of each line (any hashable value).
        seed: Seed of the draws.
        repeats: Number of draws.
        level: Share of the draws inside the interval.
    """
    if not len(edits) == len(lengths) == len(clusters) > 0:
        raise ValueError(
            f"{len(edits)} edits, {len(lengths)} lengths and {len(clusters)} clusters were given; "
            "every line needs one of each, and there must be a line."
        )
    order = {cluster: index for index, cluster in enumerate(dict.fromkeys(clusters))}
    members = np.array([order[cluster] for cluster in clusters])
    edit_sums = np.bincount(members, weights=np.asarray(edits, dtype=np.float64))
    length_sums = np.bincount(members, weights=np.asarray(lengths, dtype=np.float64))
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(order), size=(repeats, len(order)))
    rates = edit_sums[draws].sum(axis=1) / np.maximum(length_sums[draws].sum(axis=1), 1)
    low, high = np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
