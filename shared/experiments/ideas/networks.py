"""The line network of `shared.networks` with every part of it open to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.networks import HEIGHT

if TYPE_CHECKING:
    import keras

    from shared.experiments.ideas.configuration import Configuration

BLOCKS = 2  # Residual convolutions over neighboring frames before any context
DILATIONS = (2, 4, 8)
HEADS = 4
LONGEST_LINE = 2048  # Frames for which a transformer has positions


def build_network(configuration: Configuration, num_classes: int = 96) -> keras.Model:
    """Build a network from images (batch, 32, width, 1) to logits (batch, frames, classes).

    With the settings of the base it is `networks.line_network()`, layer for layer.
    """
    from shared.backend import keras

    images = keras.Input((HEIGHT, None, 1), name="images")
    x = encode(images, configuration)
    if configuration.dropout:
        x = keras.layers.Dropout(configuration.dropout)(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name=f"line_{configuration.context}")


def encode(images: Any, configuration: Configuration) -> Any:
    """Return one feature vector per frame, (batch, frames, features), of images."""
    from shared.backend import keras

    settings = configuration
    x = images
    for index, count in enumerate(settings.channels):
        kernel = (3, 1) if settings.narrow and index >= 2 else (3, 3)
        halves = index == 0 or (index == 1 and settings.frame_width == 4)
        x = _convolution(x, 2, count, kernel, settings.normalization, strides=(2, 1 + halves))
    x = keras.layers.Permute((2, 1, 3))(x)  # (batch, frames, 2, channels)
    x = keras.layers.Reshape((-1, HEIGHT // 16 * settings.channels[-1]))(x)
    x = _convolution(x, 1, settings.features, 1, settings.normalization)
    if settings.context == "none":
        return x
    for _ in range(BLOCKS):
        block = _convolution(x, 1, settings.features, 3, settings.normalization)
        x = keras.layers.add([x, block])
    if settings.context == "transformer":
        x = add_positions(x, settings.features)
    for _ in range(settings.layers):
        x = _add_context(x, settings)
    return x


def _add_context(x: Any, settings: Configuration) -> Any:
    from shared.backend import keras

    layers, features = keras.layers, settings.features
    if settings.context == "dilated":
        for dilation in DILATIONS:
            block = _convolution(x, 1, features, 3, settings.normalization, dilation=dilation)
            x = layers.add([x, block])
        return x
    if settings.context == "transformer":
        y = layers.LayerNormalization()(x)
        x = layers.add([x, layers.MultiHeadAttention(HEADS, features // HEADS)(y, y)])
        y = layers.LayerNormalization()(x)
        y = layers.Dense(features)(layers.Dense(2 * features, activation="gelu")(y))
        return layers.add([x, y])
    kind = layers.LSTM if settings.context == "lstm" else layers.GRU
    if settings.both_ways:
        recurrent = kind(features // 2, return_sequences=True)
        return layers.add([x, layers.Bidirectional(recurrent)(x)])
    return layers.add([x, kind(features, return_sequences=True)(x)])


def add_positions(x: Any, features: int) -> Any:
    """Add to each frame the sines and cosines of its place (Vaswani et al. 2017, section 3.5)."""
    from shared.backend import keras

    places = np.arange(LONGEST_LINE)[:, None]
    rates = np.exp(-np.log(10_000) * np.arange(0, features, 2) / features)
    table = np.concatenate([np.sin(places * rates), np.cos(places * rates)], axis=1)
    table = (0.5 * table).astype("float32")

    class AddPositions(keras.layers.Layer):
        def call(self, frames: Any) -> Any:
            ops = keras.ops
            return frames + ops.convert_to_tensor(table)[: ops.shape(frames)[1]]

    return AddPositions()(x)


def _convolution(
    x: Any,
    rank: int,
    filters: int,
    kernel: int | tuple[int, int],
    normalization: str,
    strides: int | tuple[int, int] = 1,
    dilation: int = 1,
) -> Any:
    """Apply a convolution, what normalizes it, and ReLU."""
    from shared.backend import keras

    kind = keras.layers.Conv2D if rank == 2 else keras.layers.Conv1D
    options = {"strides": strides} if dilation == 1 else {"dilation_rate": dilation}
    biased = normalization == "none"
    x = kind(filters, kernel, padding="same", use_bias=biased, **options)(x)
    if normalization == "batch":
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
    elif normalization == "layer":
        x = keras.layers.LayerNormalization()(x)
    return keras.layers.ReLU()(x)
