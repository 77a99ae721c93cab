"""Training a character network for a fixed number of updates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.training.background import Training
from shared.training.updating import compile_update, make_optimizer, one_cycle

if TYPE_CHECKING:
    from typing import Any

    import keras

    from shared.lines import CharacterSet


def train_character_network(
    network: keras.Model,
    characters: CharacterSet,
    updates: int,
    *,
    batch_size: int = 64,
    learning_rate: float = 4e-3,
    seed: int = 0,
    balanced: bool = True,
    augment: bool = True,
    validation: CharacterSet | None = None,
    evaluate_at: Sequence[int] = (),
    checkpoint: Path | str | None = None,
    checkpoint_every: int = 100,
) -> Training:
    """Train a character network in the background; `.wait()` blocks until it is done.

    Args:
        network: See `networks.character_cnn`; it is changed in place.
        characters: Images uint8 (n, 28, 28) and labels (n,).
        updates: How many batches to learn from.
        batch_size: Characters in a batch.
        learning_rate: Highest rate of the one-cycle schedule.
        seed: Decides the order and the variations.
        balanced: Draw every class equally often; otherwise every image.
        augment: Shift, turn and scale each image a little.
        validation: Characters whose accuracy is measured.
        evaluate_at: After how many updates to measure it; by default at the end.
        checkpoint: File that lets a killed run go on.
        checkpoint_every: Updates between two savings.
    """
    from shared.backend import keras, tf
    from shared.metrics import macro_accuracy, micro_accuracy
    from shared.recognizer import character_logits

    labels = np.asarray(characters.labels)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= network.output_shape[-1]:
        raise ValueError(
            f"The {len(labels)} labels do not fit a network of {network.output_shape[-1]} classes; "
            "build it with num_classes=len(characters.classes)."
        )
    members = [m for m in (np.flatnonzero(labels == c) for c in np.unique(labels)) if len(m)]

    def batches_from(update: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            rng = np.random.default_rng([seed, update])
            update += 1
            if balanced:
                rows = rng.integers(len(members), size=batch_size)
                chosen = np.array([rng.choice(members[row]) for row in rows])
            else:
                chosen = rng.integers(len(labels), size=batch_size)
            images = np.asarray(characters.images)[chosen]
            if augment:
                images = np.stack([vary_character(image, rng) for image in images])
            yield images[..., None], labels[chosen].astype(np.int32)

    def evaluate() -> dict[str, float]:
        predictions = character_logits(network, validation.images).argmax(axis=-1)
        return {
            "macro": macro_accuracy(validation.labels, predictions),
            "micro": micro_accuracy(validation.labels, predictions),
        }

    def loss(logits: Any, labels: Any) -> Any:
        return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    signature = [tf.TensorSpec((None, 28, 28, 1), tf.uint8), tf.TensorSpec((None,), tf.int32)]
    optimizer = make_optimizer(network, learning_rate)
    return Training(
        compile_update(network, optimizer, loss, signature),
        batches_from,
        lambda update: one_cycle(update, updates, learning_rate),
        updates,
        [*network.variables, *optimizer.variables],
        evaluate=evaluate if validation is not None else None,
        evaluate_at=evaluate_at or (updates,),
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
        settings={
            "network": network.name,
            "parameters": network.count_params(),
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "seed": seed,
            "balanced": balanced,
            "augment": augment,
        },
    ).start()


def vary_character(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shift, turn, slant and scale a character (28, 28) a little."""
    import cv2

    angle, slant = rng.normal(0, 0.12), rng.normal(0, 0.1)
    scale = np.exp(rng.normal(0, 0.08))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.array([[1, slant], [0, 1]])
    offset = 13.5 - linear @ [13.5, 13.5] + rng.normal(0, 1.0, size=2)
    return cv2.warpAffine(image, np.column_stack([linear, offset]), (28, 28))
