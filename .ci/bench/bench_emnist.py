"""The slow entries about characters: real EMNIST, read after learning from pens or itself."""

from __future__ import annotations

import time
from string import digits
from typing import TYPE_CHECKING, NamedTuple

import emnist
import numpy as np
from bench_rows import Row, Sizes

if TYPE_CHECKING:
    from shared.lines import CharacterSet


class Outcome(NamedTuple):
    """A trained network's scores (images, classes), and what the training took."""

    scores: np.ndarray
    seconds: float
    processor: float


def measure_characters(sizes: Sizes) -> list[Row]:
    """Learn from pen characters alone, for a fixed number of updates, and read real ones."""
    from shared.lines import characters
    from shared.metrics import micro_accuracy

    test = emnist.load("test")  # First, because a person may have to fetch it
    begun = time.perf_counter()
    train = emnist.merge_case(characters("train", sizes.characters_per_class, 0))
    writing = time.perf_counter() - begun
    updates = sizes.character_updates
    outcome = learn(train, test, updates)
    predictions = outcome.scores.argmax(axis=1)
    columns = [test.classes.index(digit) for digit in digits]
    rows = np.isin(test.labels, columns)
    among = np.array(columns)[outcome.scores[rows][:, columns].argmax(axis=1)]
    all_classes = micro_accuracy(test.labels[rows], predictions[rows])
    return [
        _macro("characters", "pens only, real EMNIST, macro of 47", test, predictions, 0.5),
        Row(
            "characters",
            "pens only, real digits, best of ten classes",
            micro_accuracy(test.labels[rows], among),
            "{:.1%}",
            f"best of 47 classes {all_classes:.1%}; {rows.sum():,} images",
            at_least=0.9,
        ),
        _seconds(
            "characters", outcome, updates, 30, f"; {len(train):,} written in {writing:.0f} s"
        ),
    ]


def measure_emnist(sizes: Sizes) -> list[Row]:
    """Learn EMNIST itself, every class equally often, and read its test images."""
    train, test = emnist.load("train"), emnist.load("test")
    outcome = learn(train, test, sizes.emnist_updates)
    predictions = outcome.scores.argmax(axis=1)
    worst = worst_classes(test, predictions)
    named = ", ".join(f"{character} {share:.0%}" for character, share in worst.items())
    mean = float(np.mean(list(worst.values())))
    drawn = f"; drawn from {len(train):,} images"
    return [
        _macro("emnist", "EMNIST itself, macro of 47", test, predictions, 0.865),
        Row("emnist", f"mean of the worst {len(worst)} classes", mean, "{:.1%}", named),
        _seconds("emnist", outcome, sizes.emnist_updates, 150, drawn),
    ]


def learn(train: CharacterSet, test: CharacterSet, updates: int, seed: int = 0) -> Outcome:
    """Train the course's character network, class-balanced, and score the test images."""
    from shared.backend import keras
    from shared.networks import character_cnn
    from shared.recognizer import character_logits
    from shared.training import train_character_network

    keras.utils.set_random_seed(seed)
    network = character_cnn(len(train.classes))
    begun = time.process_time()
    training = train_character_network(network, train, updates, seed=seed).wait()
    processor = time.process_time() - begun
    return Outcome(character_logits(network, test.images), training.seconds, processor)


def worst_classes(test: CharacterSet, predictions: np.ndarray, count: int = 5) -> dict[str, float]:
    """Return the classes that are read worst, worst first, with the share read right."""
    right = predictions == test.labels
    shares = {
        test.classes[label]: float(right[test.labels == label].mean())
        for label in np.unique(test.labels)
    }
    return dict(sorted(shares.items(), key=lambda item: item[1])[:count])


def _macro(entry: str, what: str, test: CharacterSet, predictions: np.ndarray, bound: float) -> Row:
    from shared.metrics import macro_accuracy, micro_accuracy

    micro = micro_accuracy(test.labels, predictions)
    beside = f"micro {micro:.1%}; {len(test):,} images"
    macro = macro_accuracy(test.labels, predictions)
    return Row(entry, what, macro, "{:.1%}", beside, at_least=bound)


def _seconds(entry: str, outcome: Outcome, updates: int, bound: float, more: str) -> Row:
    beside = f"{updates:,} updates, {outcome.processor:.0f} s of processor time{more}"
    return Row(entry, "seconds of training", outcome.seconds, "{:.0f} s", beside, at_most=bound)
