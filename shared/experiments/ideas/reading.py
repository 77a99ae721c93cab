"""Reading lines with the networks of a trial, whatever the width of their frames."""

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
Reader = Callable[[Sequence[np.ndarray]], list[str]]


def ctc_reader(network: Any, frame_width: int) -> Reader:
    """Return a function from prepared lines (32, width) to texts: best path, collapsed."""
    infer = compile_inference(network, (HEIGHT, None, 1))

    def read_batch(images: np.ndarray, widths: list[int]) -> list[str]:
        classes = np.asarray(infer(images)).argmax(axis=-1)
        frames = [-(-width // frame_width) for width in widths]
        paths = [path[:count] for path, count in zip(classes, frames, strict=True)]
        return [ASCII.decode(ctc.collapse(path.tolist(), BLANK)) for path in paths]

    return lambda images: in_buckets(read_batch, images)


def in_buckets(read_batch: Callable, images: Sequence[np.ndarray]) -> list[str]:
    """Read lines in batches of about the same width; see `preparation.padded_batches`."""
    texts = [""] * len(images)
    for part, batch in padded_batches(images, BATCH_SIZE):
        found = read_batch(batch, [images[index].shape[1] for index in part])
        for index, text in zip(part, found, strict=True):
            texts[index] = text
    return texts
