"""One update of a network, compiled once, and the learning rate along a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras


def one_cycle(update: int, updates: int, peak: float = 4e-3, warm_up: float = 0.15) -> float:
    """Return the learning rate of an update: a linear rise, then half a cosine to zero."""
    rise = max(1.0, warm_up * updates)
    if update < rise:
        return peak * (update + 1) / rise
    return peak * 0.5 * (1 + math.cos(math.pi * (update - rise) / max(1.0, updates - rise)))


def compile_update(
    network: keras.Model, optimizer: Any, loss: Callable[..., Any], signature: Sequence[Any]
) -> Callable[[Sequence[np.ndarray], float], float]:
    """Return a compiled function (batch, learning rate) -> loss that changes the network.

    Args:
        network: Takes float32 images from 0 to 1.
        optimizer: Keeps the variables' momentum; see `make_optimizer`.
        loss: Called with the logits and the rest of a batch; returns one loss per example.
        signature: A `tf.TensorSpec` for every part of a batch, images first, so that batches of
            any size and width share one compiled function.
    """
    from shared.backend import keras, tf, uses_tensorflow

    if not uses_tensorflow():
        raise RuntimeError(
            f"Training runs on TensorFlow here, but Keras uses {keras.backend.backend()}. "
            "Restart with the environment variable KERAS_BACKEND=tensorflow."
        )

    @tf.function(input_signature=signature)
    def update(images: Any, *targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = network(tf.cast(images, tf.float32) / 255.0, training=True)
            value = tf.reduce_mean(loss(logits, *targets))
        variables = network.trainable_variables
        gradients = tape.gradient(value, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return value

    def take_update(batch: Sequence[np.ndarray], rate: float) -> float:
        optimizer.learning_rate.assign(rate)
        return float(update(*batch))

    return take_update


def make_optimizer(network: keras.Model, learning_rate: float) -> Any:
    """Return Adam that clips each variable's gradient to length 1."""
    from shared.backend import keras

    optimizer = keras.optimizers.Adam(learning_rate, clipnorm=1.0)
    optimizer.build(network.trainable_variables)
    return optimizer
