"""Network architectures, in Keras 3 without calls to one backend.

A line network is a stem of strided convolutions, one feature vector per frame of four pixel
columns, some context along the line, and one linear layer of logits. The line detector looks at
a whole page, ever more coarsely and then finely again.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import keras

HEIGHT = 32
READER_HEIGHT = 48
FRAME_WIDTH = 4
MAP_STEP = 2  # Page pixels from one pixel of the detector's maps to the next
PAGE_MULTIPLE = 16  # Both sides of a page for the detector are multiples of this
Context = Literal["none", "lstm", "dilated"]


class ReceptiveField(NamedTuple):
    """How much of the image one frame sees.

    `pixels` is the width of the convolutions' window, `step` the distance between two frames;
    `reach` equals `pixels`, or infinity where a recurrent layer carries context along the line.
    """

    pixels: int
    step: int
    reach: float


def num_frames(width: int) -> int:
    """Return how many frames a line network emits for an image of this width."""
    return -(-int(width) // FRAME_WIDTH)


def line_network(
    num_classes: int = 96,
    context: Context = "lstm",
    channels: tuple[int, int, int, int] = (16, 32, 64, 96),
    features: int = 128,
    blocks: int = 2,
    narrow: bool = False,
    dropout: float = 0.0,
) -> keras.Model:
    """Build a network from line images (batch, 32, width, 1) to logits (batch, frames, classes).

    Args:
        num_classes: Classes, the blank included.
        context: `"lstm"` adds a bidirectional LSTM, `"dilated"` three residual convolutions
            with growing gaps, `"none"` nothing: each frame then sees its own window alone.
        channels: Channels of the stem's four convolutions.
        features: Length of a frame's feature vector; even for `"lstm"`.
        blocks: Residual convolutions over neighboring frames before the LSTM or the dilated ones.
        narrow: Give the last two stem convolutions no width, so that the window is 7 pixels.
        dropout: Share of the features dropped before the last layer while training.

    Raises:
        ValueError: An unknown context, or features that the LSTM cannot halve.
    """
    from shared.backend import keras

    if context not in ("none", "lstm", "dilated"):
        raise ValueError(f"The context {context!r} is unknown; use 'none', 'lstm' or 'dilated'.")
    if context == "lstm" and features % 2:
        raise ValueError(f"An LSTM in two directions needs even features; {features} were given.")
    images = keras.Input((HEIGHT, None, 1), name="images")
    x = images
    for index, count in enumerate(channels):
        kernel = (3, 1) if narrow and index >= 2 else (3, 3)
        strides = (2, 2) if index < 2 else (2, 1)
        x = _convolution(keras, 2, count, kernel, strides)(x)
    x = keras.layers.Permute((2, 1, 3))(x)  # (batch, frames, 2, channels)
    x = keras.layers.Reshape((-1, HEIGHT // 16 * channels[-1]))(x)
    x = _convolution(keras, 1, features, 1)(x)
    for _ in range(0 if context == "none" else blocks):
        x = keras.layers.add([x, _convolution(keras, 1, features, 3)(x)])
    if context == "dilated":
        for dilation in (2, 4, 8):
            x = keras.layers.add([x, _convolution(keras, 1, features, 3, dilation=dilation)(x)])
    elif context == "lstm":
        lstm = keras.layers.LSTM(features // 2, return_sequences=True)
        # Added, not put in between: the convolutions learn before the LSTM does
        x = keras.layers.add([x, keras.layers.Bidirectional(lstm)(x)])
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name=f"line_{context}")


def reader_network(
    num_classes: int = 96,
    channels: tuple[int, int, int, int] = (16, 32, 64, 96),
    features: int = 160,
    units: int = 128,
    dropout: float = 0.2,
) -> keras.Model:
    """Build the shipped reader, from images (batch, 48, width, 1) to logits.

    The same idea as `line_network` for lines half as high again: frames are four columns wide
    as well, and two bidirectional LSTMs lie behind each other.

    Args:
        num_classes: Classes, the blank included.
        channels: Channels of the stem's four strided convolutions; a fifth one is added.
        features: Length of a frame's feature vector.
        units: Length of an LSTM's state, in each direction.
        dropout: Share dropped before each LSTM and before the logits while training.
    """
    from shared.backend import keras

    images = keras.Input((READER_HEIGHT, None, 1), name="images")
    x = images
    for count, strides in zip(channels, ((2, 2), (2, 2), (2, 1), (2, 1)), strict=True):
        x = _convolution(keras, 2, count, 3, strides, momentum=0.99)(x)
    x = keras.layers.add([x, _convolution(keras, 2, channels[-1], 3, momentum=0.99)(x)])
    x = keras.layers.Permute((2, 1, 3))(x)  # (batch, frames, 3, channels)
    x = keras.layers.Reshape((-1, READER_HEIGHT // 16 * channels[-1]))(x)
    x = _convolution(keras, 1, features, 1, momentum=0.99)(x)
    x = keras.layers.Activation("linear", name="features")(x)
    for _ in range(2):
        x = keras.layers.Dropout(dropout)(x)
        x = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))(x)
    x = keras.layers.Dropout(dropout)(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="reader")


def build_line_reader(architecture: str = "line", **options: Any) -> keras.Model:
    """Build the network that a line reader's card describes.

    Raises:
        ValueError: An unknown architecture.
    """
    known = {"line": line_network, "reader": reader_network}
    if architecture not in known:
        raise ValueError(f"The architecture {architecture!r} is unknown; use {' or '.join(known)}.")
    return known[architecture](**options)


def character_mlp(num_classes: int, units: int = 256) -> keras.Model:
    """Build a two-layer perceptron from characters (batch, 28, 28, 1) to logits."""
    from shared.backend import keras

    images = keras.Input((28, 28, 1), name="images")
    x = keras.layers.Flatten()(images)
    for _ in range(2):
        x = keras.layers.Dense(units, use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.ReLU()(x)
    return keras.Model(images, keras.layers.Dense(num_classes, name="logits")(x), name="mlp")


def character_cnn(
    num_classes: int, channels: tuple[int, ...] = (24, 48, 96, 128, 128)
) -> keras.Model:
    """Build a strided convolutional network from characters (batch, 28, 28, 1) to logits."""
    from shared.backend import keras

    images = keras.Input((28, 28, 1), name="images")
    x = images
    for index, count in enumerate(channels):
        strides = 2 if index in (0, 2, 4) else 1  # 28 -> 14 -> 14 -> 7 -> 7 -> 4
        x = _convolution(keras, 2, count, 3, strides)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dropout(0.2)(x)
    return keras.Model(images, keras.layers.Dense(num_classes, name="logits")(x), name="cnn")


def line_detector_network(
    num_maps: int = 3, channels: tuple[int, ...] = (16, 32, 48, 56), deep: int = 2
) -> keras.Model:
    """Build a U-Net from page ink (batch, height, width, 1) to maps (batch, h / 2, w / 2, maps).

    Strided convolutions halve the page again and again; on the way back each map is doubled in
    size and joined by what was seen at that size before (Ronneberger et al., U-Net,
    arXiv:1505.04597, figure 1). The way back ends at a quarter of the page, and the last layer
    doubles it once more. Height and width are multiples of 16.

    Args:
        num_maps: Three classes, or three maps: core band, distance up, distance down.
        channels: Channels at a half, a quarter, ... of the page's size.
        deep: Further convolutions where the page is smallest and the view widest.
    """
    from shared.backend import keras

    pages = keras.Input((None, None, 1), name="pages")
    x, seen = _convolution(keras, 2, channels[0], 3, 2)(pages), []
    for count in channels[1:]:
        x = _convolution(keras, 2, count, 3, 2)(x)
        x = _convolution(keras, 2, count, 3)(x)
        seen.append(x)
    for _ in range(deep):
        x = keras.layers.add([x, _convolution(keras, 2, channels[-1], 3, dilation=2)(x)])
    for count, before in zip(channels[-2:0:-1], seen[-2::-1], strict=True):
        x = keras.layers.UpSampling2D(2)(_convolution(keras, 2, count, 1)(x))
        x = _convolution(keras, 2, count, 3)(keras.layers.add([x, before]))
    last = keras.layers.Conv2DTranspose(
        num_maps, 4, strides=2, padding="same", dtype="float32", name="maps"
    )
    return keras.Model(pages, last(x), name="line_detector")


def _convolution(keras, rank, filters, kernel, strides=1, dilation=1, momentum=0.9):
    """Return a convolution with batch normalization and ReLU, in one or two dimensions."""
    kind = keras.layers.Conv2D if rank == 2 else keras.layers.Conv1D
    options = {"strides": strides} if dilation == 1 else {"dilation_rate": dilation}
    convolution = kind(filters, kernel, padding="same", use_bias=False, **options)
    # Momentum 0.9 where a run lasts about a thousand updates
    normalization = keras.layers.BatchNormalization(momentum=momentum)
    rectifier = keras.layers.ReLU()
    return lambda x: rectifier(normalization(convolution(x)))


def receptive_field(network: keras.Model) -> ReceptiveField:
    """Compute from the layers how many pixel columns reach one frame."""
    from shared.backend import keras

    pixels, step, recurrent = 1, 1, False
    for layer in network.layers:
        if isinstance(layer, (keras.layers.Conv1D, keras.layers.Conv2D)):
            pixels += (layer.kernel_size[-1] - 1) * layer.dilation_rate[-1] * step
            step *= layer.strides[-1]
        elif isinstance(layer, keras.layers.UpSampling2D):
            step //= layer.size[-1]  # Repeats pixels: the window stays, the distance shrinks
        elif isinstance(layer, keras.layers.Conv2DTranspose):
            step //= layer.strides[-1]
            pixels += (layer.kernel_size[-1] - layer.strides[-1]) * step
        recurrent = recurrent or isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional))
    return ReceptiveField(pixels, step, math.inf if recurrent else float(pixels))
