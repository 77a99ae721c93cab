"""Lab 2: honest numbers (exercises 2.6 to 2.8)."""

from __future__ import annotations

from collections import Counter

import numpy as np

from shared.checks.compare import close, equal, whole_number
from shared.checks.exercise import Case, Exercise
from shared.metrics import macro_accuracy


def _imbalanced(seed: int) -> dict:
    rng = np.random.default_rng([6, seed])
    labels = rng.choice(8, 300, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.01, 0.01])
    wrong = rng.random(300) < 0.1 + 0.1 * labels
    predictions = np.where(wrong, rng.integers(0, 9, 300), labels)
    return {"labels": labels, "predictions": predictions}


MACRO_ACCURACY = Exercise(
    id="lab02.macro_accuracy",
    kind="implement",
    title="Macro accuracy",
    reference=macro_accuracy,
    doc="The mean of the classes' own accuracies.",
    cases=(
        Case(
            "agrees with micro where classes are equal",
            1,
            {"labels": [0, 0, 1, 1], "predictions": [0, 1, 1, 1]},
            hint="Every class has two images here: (1/2 + 2/2) / 2.",
        ),
        Case(
            "counts a rare class like a common one",
            1,
            {"labels": [0, 0, 0, 1], "predictions": [0, 0, 0, 0]},
            hint="Class 0 has accuracy 1 and class 1 has 0; their mean is asked for.",
        ),
        Case(
            "ignores classes without an image",
            1,
            {"labels": [2, 2, 5], "predictions": [2, 3, 5]},
            hint="Take the classes from np.unique(labels), not from predictions or range(...).",
        ),
        Case(
            "a few hundred images",
            1,
            _imbalanced,
            judge=lambda inputs, answer: close(
                answer,
                macro_accuracy(inputs["labels"], inputs["predictions"]),
                "macro_accuracy of 300 images in 8 classes",
            ),
            hint="Divide by the number of images of a class in labels, then by the classes seen.",
        ),
    ),
)


def confusion_pairs(labels, predictions, top: int) -> list[tuple[int, int, int]]:
    """List the commonest mistakes.

    Args:
        labels: True class of each image.
        predictions: Predicted class of each image.
        top: How many pairs to return at most.

    Returns:
        Tuples (true, predicted, count), most frequent first, ties by class numbers.
    """
    pairs = Counter(
        (int(label), int(guess))
        for label, guess in zip(labels, predictions, strict=True)
        if label != guess
    )
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [(label, guess, count) for (label, guess), count in ranked[:top]]


def _many_pairs(seed: int) -> dict:
    rng = np.random.default_rng([7, seed])
    labels = rng.integers(0, 12, 400)
    predictions = np.where(rng.random(400) < 0.5, labels, rng.integers(0, 12, 400))
    return {"labels": labels, "predictions": predictions, "top": 15}


CONFUSION_PAIRS = Exercise(
    id="lab02.confusion_pairs",
    kind="implement",
    title="Rank the confusions",
    reference=confusion_pairs,
    doc="Which class is taken for which, most often first.",
    cases=(
        Case(
            "counts each pair",
            1,
            {"labels": [3, 3, 3, 7], "predictions": [5, 5, 3, 1], "top": 2},
            hint="Count the pairs (true, predicted) that differ; a dictionary or Counter will do.",
        ),
        Case(
            "tells both directions apart",
            1,
            {"labels": [1, 1, 2, 4], "predictions": [2, 2, 1, 4], "top": 5},
            hint="1 read as 2 and 2 read as 1 are two pairs.",
        ),
        Case(
            "breaks ties by class numbers",
            1,
            {"labels": [9, 4, 4, 0], "predictions": [1, 8, 2, 3], "top": 3},
            hint="Sort by (-count, true, predicted).",
        ),
        Case(
            "has nothing to say without mistakes",
            1,
            {"labels": [5, 6], "predictions": [5, 6], "top": 4},
            hint="Right predictions are no confusion; the list may be shorter than top.",
        ),
        Case(
            "four hundred images",
            1,
            _many_pairs,
            judge=lambda inputs, answer: equal(
                answer,
                confusion_pairs(**inputs),
                "confusion_pairs of 400 images, top=15",
            ),
            hint="Compare the first differing entry with a count made by hand.",
        ),
    ),
)


def choose_sample() -> int:
    """Choose the number of test images per class."""
    return 246


def judge_enough(inputs: dict, answer: object) -> str | None:
    """Half the width of the 95% interval is at most 5 points at an accuracy of 80%."""
    problem = whole_number(answer, 1, 10**9, "choose_sample()")
    if problem:
        return problem
    half = 196 * (0.8 * 0.2 / float(answer)) ** 0.5
    if half > 5.0:
        return (
            f"choose_sample() gave {answer}: an accuracy of 80% is then known to "
            f"±{half:.1f} points, expected ±5 or better."
        )
    return None


def judge_thrifty(inputs: dict, answer: object) -> str | None:
    """No more images than the least favorable accuracy, 50%, would need."""
    problem = whole_number(answer, 1, 10**9, "choose_sample()")
    if problem:
        return problem
    if answer > 400:
        half = 196 * (0.8 * 0.2 / float(answer)) ** 0.5
        return (
            f"choose_sample() gave {answer}: that is ±{half:.1f} points, paid for with labels "
            "that nobody asked for; expected at most 400."
        )
    return None


CHOOSE_SAMPLE = Exercise(
    id="lab02.choose_sample",
    kind="decide",
    title="Choose a sample size",
    reference=choose_sample,
    doc="How many test images a class needs.",
    cases=(
        Case(
            "enough for 5 points either way",
            1,
            judge=judge_enough,
            hint="Solve 1.96 · sqrt(p (1 - p) / n) = 0.05 for n, with p = 0.8, and round up.",
        ),
        Case(
            "no more than needed",
            1,
            judge=judge_thrifty,
            hint="Even at p = 0.5, where the interval is widest, 385 images would do.",
        ),
    ),
)
