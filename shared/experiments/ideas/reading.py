"""Reading lines with the networks of a trial, whatever their frames and their decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from shared import ctc
from shared.alphabet import ASCII, BLANK
from shared.networks import HEIGHT
from shared.preparation import padded_batches
from shared.recognizer import compile_inference

BATCH_SIZE = 50
LONGEST_TEXT = 60  # Where a decoder that never ends is stopped
Reader = Callable[[Sequence[np.ndarray]], list[str]]


def ctc_reader(network: Any, frame_width: int) -> Reader:
    """Return a function from prepared lines (32, width) to texts: best path, collapsed."""
    infer = compile_inference(network, (HEIGHT, None, 1))

    def read_batch(images: np.ndarray, widths: list[int]) -> list[str]:
        classes = np.asarray(infer(images)).argmax(axis=-1)
        frames = [-(-width // frame_width) for width in widths]
        paths = [path[:count] for path, count in zip(classes, frames, strict=True)]
        return [ASCII.decode(ctc.collapse(path.tolist(), BLANK)) for path in paths]

    return lambda images: _in_buckets(read_batch, images)


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

    return lambda images: _in_buckets(read_batch, images)


def _in_buckets(read_batch: Callable, images: Sequence[np.ndarray]) -> list[str]:
    """Read lines in batches of about the same width; see `preparation.padded_batches`."""
    texts = [""] * len(images)
    for part, batch in padded_batches(images, BATCH_SIZE):
        found = read_batch(batch, [images[index].shape[1] for index in part])
        for index, text in zip(part, found, strict=True):
            texts[index] = text
    return texts
