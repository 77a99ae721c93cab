"""The four learning curves of exercise 2.5, and the runs that they come from.

`python -m shared.checks.lab02_curves` repeats the runs (a few seconds) and prints the table.
The stored numbers are what it printed, so that every learner reads the same four curves.
"""

from __future__ import annotations

import numpy as np

CLASSES = "abcdefghijklmnopqrstuvwxyz"
EPOCHS = 30
#: Loss of a network that calls every letter equally likely
BLIND_GUESS = float(np.log(len(CLASSES)))

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
    from shared import pen

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


#: Mean loss after each epoch, in nats, as the runs above gave it
# fmt: off
CURVES: dict[str, dict[str, list[float]]] = {
    "A": {
        "loss": [
            2.19, 1.3, 0.99, 0.75, 0.54, 0.43, 0.34, 0.3, 0.25, 0.22,
            0.19, 0.18, 0.16, 0.13, 0.12, 0.1, 0.09, 0.08, 0.07, 0.07,
            0.06, 0.06, 0.05, 0.05, 0.05, 0.05, 0.04, 0.04, 0.04, 0.03,
        ],
        "val_loss": [
            2.54, 1.98, 1.82, 1.64, 1.56, 1.56, 1.53, 1.52, 1.54, 1.47,
            1.58, 1.58, 1.62, 1.6, 1.57, 1.57, 1.6, 1.63, 1.65, 1.65,
            1.68, 1.68, 1.67, 1.69, 1.7, 1.73, 1.72, 1.75, 1.75, 1.76,
        ],
    },
    "B": {
        "loss": [
            3.34, 3.28, 3.24, 3.2, 3.17, 3.13, 3.1, 3.07, 3.04, 3.01,
            2.98, 2.95, 2.92, 2.89, 2.87, 2.84, 2.81, 2.78, 2.75, 2.72,
            2.7, 2.67, 2.64, 2.61, 2.58, 2.56, 2.53, 2.5, 2.47, 2.45,
        ],
        "val_loss": [
            3.36, 3.3, 3.26, 3.22, 3.19, 3.15, 3.12, 3.09, 3.07, 3.04,
            3.01, 2.98, 2.96, 2.93, 2.9, 2.88, 2.85, 2.83, 2.8, 2.77,
            2.75, 2.72, 2.7, 2.67, 2.65, 2.62, 2.6, 2.57, 2.54, 2.52,
        ],
    },
    "C": {
        "loss": [
            3.22, 3.18, 3.12, 3.06, 3.01, 2.96, 2.9, 2.84, 2.77, 2.74,
            2.65, 2.6, 2.53, 2.48, 2.4, 2.36, 2.28, 2.21, 2.16, 2.07,
            2.04, 1.95, 1.91, 1.89, 1.77, 1.71, 1.72, 1.62, 1.6, 1.51,
        ],
        "val_loss": [
            3.26, 3.27, 3.29, 3.31, 3.33, 3.35, 3.39, 3.4, 3.41, 3.47,
            3.46, 3.52, 3.57, 3.59, 3.6, 3.7, 3.75, 3.73, 3.79, 3.84,
            3.91, 3.89, 3.97, 4.01, 4.06, 4.19, 4.19, 4.18, 4.28, 4.3,
        ],
    },
    "D": {
        "loss": [
            3.12, 2.71, 2.53, 2.8, 2.73, 2.58, 2.59, 2.68, 2.56, 2.29,
            2.25, 2.58, 2.76, 2.67, 2.53, 2.31, 2.35, 2.48, 2.59, 2.39,
            2.37, 2.13, 3.64, 2.15, 2.43, 2.26, 2.13, 2.15, 2.44, 2.23,
        ],
        "val_loss": [
            3.08, 2.85, 2.67, 3.02, 2.83, 2.87, 2.65, 2.78, 2.63, 2.46,
            2.7, 2.86, 2.97, 3, 2.79, 2.83, 2.68, 2.92, 2.98, 2.9,
            2.69, 2.62, 4.61, 2.73, 2.98, 3.02, 2.67, 2.76, 3.19, 2.81,
        ],
    },
}
# fmt: on


def main() -> None:
    """Repeat the four runs and print their curves."""
    for run, settings in RUNS.items():
        print(run, settings)
        for name, values in perceptron_curves(**settings).items():
            print(f"    {name!r}:", [round(value, 2) for value in values])


if __name__ == "__main__":
    main()
