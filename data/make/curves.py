"""Repeat the four runs whose learning curves Lab 2 shows; keep them in data/samples/curves.json.

A perceptron with one hidden layer learns the lower-case letters; each run has its own fault. Run D
jumps so wildly that another processor draws another curve. It takes a few seconds.

Example:
  python data/make/curves.py
"""

from __future__ import annotations

import numpy as np
from records import write_sample

from shared import pen

CLASSES = "abcdefghijklmnopqrstuvwxyz"
EPOCHS = 30

#: Settings of each run: everything not named is as in `perceptron_curves`
RUNS = {
    "A": {"learning_rate": 0.15, "per_class": 30, "num_hands": 3},
    "B": {"learning_rate": 0.002},
    "C": {"learning_rate": 0.1, "shuffle_labels": True},
    "D": {"learning_rate": 1.2},
}


def letters(
    split: str, per_class: int, seed: int, num_hands: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Write lower-case letters with the hands of a split.

    Returns:
        Images in [0, 1], float64 (n, 784), and class numbers (n,).
    """
    rng = np.random.default_rng(seed)
    hands = pen.hands(split)[:num_hands]
    labels = np.repeat(np.arange(len(CLASSES)), per_class)
    images = [
        pen.write_character(CLASSES[label], hands[int(rng.integers(len(hands)))], rng)
        for label in labels
    ]
    return np.stack(images).reshape(len(labels), -1) / 255, labels


def perceptron_curves(
    learning_rate: float,
    per_class: int = 60,
    num_hands: int | None = None,
    shuffle_labels: bool = False,
    hidden: int = 64,
    batch_size: int = 32,
    seed: int = 2,
) -> dict[str, list[float]]:
    """Train a perceptron with one hidden layer by plain gradient descent.

    Returns:
        `loss` and `val_loss` after every epoch, in nats.
    """
    rng = np.random.default_rng(seed)
    images, labels = letters("train", per_class, seed, num_hands)
    val_images, val_labels = letters("validation", 20, seed + 1)
    if shuffle_labels:
        labels = rng.permutation(labels)
    weights = [
        rng.normal(0, (2 / 784) ** 0.5, (784, hidden)),
        rng.normal(0, (2 / hidden) ** 0.5, (hidden, len(CLASSES))),
    ]
    biases = [np.zeros(hidden), np.zeros(len(CLASSES))]
    curves: dict[str, list[float]] = {"loss": [], "val_loss": []}
    for _ in range(EPOCHS):
        for batch in np.array_split(rng.permutation(len(labels)), len(labels) // batch_size):
            _descend(weights, biases, images[batch], labels[batch], learning_rate)
        curves["loss"].append(_loss(weights, biases, images, labels))
        curves["val_loss"].append(_loss(weights, biases, val_images, val_labels))
    return curves


def _forward(weights, biases, images):
    hidden = np.maximum(images @ weights[0] + biases[0], 0)
    logits = hidden @ weights[1] + biases[1]
    logits = logits - logits.max(axis=1, keepdims=True)
    return hidden, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _loss(weights, biases, images, labels) -> float:
    _, log_probs = _forward(weights, biases, images)
    return float(-log_probs[np.arange(len(labels)), labels].mean())


def _descend(weights, biases, images, labels, learning_rate) -> None:
    hidden, log_probs = _forward(weights, biases, images)
    error = np.exp(log_probs)
    error[np.arange(len(labels)), labels] -= 1
    error /= len(labels)
    back = (error @ weights[1].T) * (hidden > 0)
    for layer, (inputs, slope) in enumerate([(images, back), (hidden, error)]):
        weights[layer] -= learning_rate * (inputs.T @ slope)
        biases[layer] -= learning_rate * slope.sum(axis=0)


def main() -> None:
    """Repeat the four runs and write their curves."""
    write_sample(
        "curves",
        {
            run: {
                name: [round(value, 2) for value in values]
                for name, values in perceptron_curves(**settings).items()
            }
            for run, settings in RUNS.items()
        },
    )


if __name__ == "__main__":
    main()
