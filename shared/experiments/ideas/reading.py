"""Reading lines with the networks of a trial, whatever the width of their frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from shared import ctc
from shared.alphabet import ASCII, BLANK
from shared.networks import HEIGHT
from shared.recognizer import compile_inference
from shared.training import pad_images

BUCKET = 32
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
    """Read lines in batches of about the same width; see `LineTextRecognizer.logits_many`."""
    buckets: dict[int, list[int]] = {}
    for index, image in enumerate(images):
        buckets.setdefault(-(-image.shape[1] // BUCKET) * BUCKET, []).append(index)
    texts = [""] * len(images)
    for width, members in sorted(buckets.items()):
        for start in range(0, len(members), BATCH_SIZE):
            part = members[start : start + BATCH_SIZE]
            lines = [images[index] for index in part]
            found = read_batch(pad_images(lines, width), [line.shape[1] for line in lines])
            for index, text in zip(part, found, strict=True):
                texts[index] = text
    return texts
