"""How much the fast CTC path saves, beside the Keras loss class: `python .ci/bench loss`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from bench_timing import median_seconds


class LossComparison(NamedTuple):
    """Seconds per batch, and how far the two losses differ."""

    ours: float
    keras: float
    step_ours: float
    step_keras: float
    relative_difference: float

    @property
    def ratio(self) -> float:
        """How many times cheaper our loss is, forward and backward."""
        return self.keras / self.ours

    @property
    def step_ratio(self) -> float:
        """How many times cheaper a whole training step is."""
        return self.step_keras / self.step_ours

    def __str__(self) -> str:
        return (
            f"CTC loss, forward and backward: {1e3 * self.ours:.0f} ms against "
            f"{1e3 * self.keras:.0f} ms of keras.losses.CTC, {self.ratio:.1f} times cheaper; "
            f"a whole training step: {1e3 * self.step_ours:.0f} against "
            f"{1e3 * self.step_keras:.0f} ms, {self.step_ratio:.1f} times; the losses differ by "
            f"{self.relative_difference:.1e}."
        )


def compare_losses(
    batch: int = 64,
    frames: int = 128,
    length: int = 40,
    repeats: int = 5,
    seed: int = 0,
    steps: bool = True,
) -> LossComparison:
    """Time both losses and both training steps, compiled, on rows that fill their batch.

    Args:
        batch: Lines in a batch.
        frames: Frames of every line.
        length: Characters of every line.
        repeats: Measurements of each; the median counts.
        seed: Decides the data.
        steps: Whether to time whole training steps, too; their seconds are 0 otherwise.
    """
    from shared import losses, networks
    from shared.backend import keras, tf

    rng = np.random.default_rng(seed)
    classes = 96
    logits = tf.constant(rng.normal(size=(batch, frames, classes)).astype(np.float32))
    labels = tf.constant(rng.integers(1, classes, (batch, length)).astype(np.int32))
    label_lengths, logit_lengths = tf.fill([batch], length), tf.fill([batch], frames)
    images = tf.constant(rng.random((batch, 32, 4 * frames, 1), dtype=np.float32))
    reference = keras.losses.CTC()

    def ours(x: Any) -> Any:
        return tf.reduce_mean(losses.ctc_loss(labels, x, label_lengths, logit_lengths))

    def theirs(x: Any) -> Any:
        return reference(labels, x)

    def loss_alone(loss: Callable) -> Callable:
        @tf.function
        def run() -> Any:
            with tf.GradientTape() as tape:
                tape.watch(logits)
                value = loss(logits)
            return value, tape.gradient(value, logits)

        return run

    def whole_step(loss: Callable) -> Callable:
        network = networks.line_network(classes)
        optimizer = keras.optimizers.Adam(1e-3, clipnorm=1.0)
        optimizer.build(network.trainable_variables)

        @tf.function
        def run() -> Any:
            with tf.GradientTape() as tape:
                value = loss(network(images, training=True))
            variables = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))
            return value

        return run

    alone = [loss_alone(ours), loss_alone(theirs)]
    whole = [whole_step(ours), whole_step(theirs)] if steps else []
    first, second = (float(run()[0]) for run in alone)
    names = LossComparison._fields[:4]
    times = median_seconds(dict(zip(names, [*alone, *whole], strict=False)), repeats)
    difference = abs(first - second) / abs(second)
    return LossComparison(**dict.fromkeys(names, 0.0) | times, relative_difference=difference)


if __name__ == "__main__":
    print(compare_losses())
