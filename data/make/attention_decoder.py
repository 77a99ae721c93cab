"""One idea of the shipped study of Lab 5, which is too slow for the lab's menu.

A decoder with attention writes one character after the other, without CTC: see `train_study.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shared.alphabet import ASCII, BLANK
from shared.experiments.ideas import trial as trials
from shared.experiments.ideas.configuration import Configuration
from shared.experiments.ideas.menu import Idea
from shared.experiments.ideas.networks import HEADS, add_positions, encode
from shared.experiments.ideas.reading import Reader, in_buckets
from shared.loop import make_optimizer
from shared.networks import HEIGHT
from shared.recognizer import compile_inference
from shared.training import Batch

IDEA = Idea(
    "attention_decoder",
    "a decoder that writes character after character, without CTC",
    {"learning_rate": 2e-3},
)
LONGEST_TEXT = 60  # Where a decoder that never ends is stopped


def train(config: dict[str, Any], trial: Any) -> dict[str, float]:
    """Run one trial of any idea; see `ideas.trial.train`."""
    attention = config["idea"] == IDEA.name
    return trials.train(config, trial, prepare if attention else trials.prepare)


def prepare(configuration: Configuration) -> tuple[Any, Reader, Callable, list[Any]]:
    """Return the network, how it reads, how it learns, and all its variables."""
    network, encoder, decoder = build_network(configuration)
    optimizer = make_optimizer(network, configuration.learning_rate)
    update = compile_update(network, optimizer)
    variables = [*network.variables, *optimizer.variables]
    return network, attention_reader(encoder, decoder), update, variables


def build_network(configuration: Configuration, num_classes: int = 96) -> tuple[Any, Any, Any]:
    """Build a network that writes one character after the other, looking back at the line.

    A GRU over the characters so far asks, attention over the frames answers (Bahdanau, Cho and
    Bengio 2015, section 3, with dot products in place of the sum). Class 0 begins the text as
    input and ends it as output.

    Returns:
        The whole, from images and the characters so far, int32 (batch, length), to logits
        (batch, length, classes); its first half, from images to frames; and its second half,
        from frames and characters to logits.
    """
    from shared.backend import keras

    layers, features = keras.layers, configuration.features
    images = keras.Input((HEIGHT, None, 1), name="images")
    encoder = keras.Model(images, add_positions(encode(images, configuration), features))
    frames = keras.Input((None, features), name="frames")
    characters = keras.Input((None,), dtype="int32", name="characters")
    x = layers.Embedding(num_classes, features)(characters)
    x = layers.GRU(features, return_sequences=True)(x)
    seen = layers.MultiHeadAttention(HEADS, features // HEADS)(add_positions(x, features), frames)
    x = layers.LayerNormalization()(layers.add([x, seen]))
    x = layers.Dense(features, activation="relu")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    decoder = keras.Model([frames, characters], logits)
    whole = keras.Model(
        [images, characters], decoder([encoder(images), characters]), name="line_attention"
    )
    return whole, encoder, decoder


def attention_reader(encoder: Any, decoder: Any) -> Reader:
    """Return a function from prepared lines to texts: the best character, one after the other."""
    from shared.backend import tf

    encode = compile_inference(encoder, (HEIGHT, None, 1))
    signature = [
        tf.TensorSpec((None, None, encoder.output_shape[-1]), tf.float32),
        tf.TensorSpec((None, None), tf.int32),
    ]

    @tf.function(input_signature=signature)
    def next_character(frames: Any, characters: Any) -> Any:
        logits = decoder([frames, characters], training=False)
        return tf.argmax(logits[:, -1], axis=-1, output_type=tf.int32)

    def read_batch(images: np.ndarray, widths: list[int]) -> list[str]:
        frames = encode(images)
        written = np.zeros((len(images), 1), np.int32)
        ended = np.zeros(len(images), bool)
        while written.shape[1] <= LONGEST_TEXT and not ended.all():
            best = np.array(next_character(frames, written))
            best[ended] = BLANK
            ended |= best == BLANK
            written = np.column_stack([written, best]).astype(np.int32)
        return [ASCII.decode(row) for row in written[:, 1:].tolist()]

    return lambda images: in_buckets(read_batch, images)


def compile_update(network: Any, optimizer: Any) -> Callable:
    """Return (batch, learning rate) -> loss: each character guessed from those before it."""
    from shared.backend import keras, tf

    lengths = tf.TensorSpec((None,), tf.int32)
    signature = [tf.TensorSpec((None, HEIGHT, None, 1), tf.uint8)]
    signature += [tf.TensorSpec((None, None), tf.int32), lengths, lengths]

    @tf.function(input_signature=signature)
    def update(images: Any, labels: Any, label_lengths: Any, frames: Any) -> Any:
        before = tf.pad(labels, [[0, 0], [1, 0]])  # A 0 begins the text ...
        after = tf.pad(labels, [[0, 0], [0, 1]])  # ... and a 0 ends it
        inside = tf.sequence_mask(label_lengths + 1, tf.shape(after)[1], tf.float32)
        with tf.GradientTape() as tape:
            pixels = tf.cast(images, tf.float32) / 255.0
            logits = network([pixels, before], training=True)
            losses = keras.losses.sparse_categorical_crossentropy(after, logits, from_logits=True)
            value = tf.reduce_sum(losses * inside) / tf.reduce_sum(inside)
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return value

    def take_update(batch: Batch, rate: float) -> float:
        optimizer.learning_rate.assign(rate)
        return float(update(*batch))

    return take_update
