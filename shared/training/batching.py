"""Batches of lines: padded with paper, bucketed by width, varied where asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from shared.alphabet import ASCII, Alphabet
from shared.networks import FRAME_WIDTH, HEIGHT, num_frames

if TYPE_CHECKING:
    from shared.lines import LineSet

BUCKET = 32  # Batches are padded to a multiple of this width, so that few shapes occur
Targets = Literal["ctc", "boxes", "grid"]


class Batch(NamedTuple):
    """One batch of lines: images uint8 (batch, 32, width, 1), the rest int32.

    `labels` are characters (batch, max_length) for CTC, or classes (batch, frames).
    """

    images: np.ndarray
    labels: np.ndarray
    label_lengths: np.ndarray
    logit_lengths: np.ndarray


def width_batches(widths: Sequence[int], batch_size: int, seed: int) -> Iterator[np.ndarray]:
    """Yield index arrays without end, each of lines of about the same width.

    Lines are shuffled, sorted by width in groups of 32 batches, and the batches shuffled again.
    """
    widths = np.asarray(widths)
    if len(widths) == 0:
        raise ValueError("There is no line to make batches of; the set is empty.")
    rng = np.random.default_rng(seed)
    batch_size = min(batch_size, len(widths))
    while True:
        order = rng.permutation(len(widths))
        order = order[: len(order) // batch_size * batch_size]
        groups = np.split(order, range(32 * batch_size, len(order), 32 * batch_size))
        sorted_lines = np.concatenate([g[np.argsort(widths[g], kind="stable")] for g in groups])
        yield from rng.permutation(sorted_lines.reshape(-1, batch_size))


def batches(
    lines: LineSet,
    batch_size: int = 16,
    seed: int = 0,
    alphabet: Alphabet = ASCII,
    targets: Targets = "ctc",
    augment: bool = False,
) -> Iterator[Batch]:
    """Yield batches of lines without end, the same ones for the same seed."""
    rng = np.random.default_rng([seed, 1])
    for indices in width_batches([image.shape[1] for image in lines.images], batch_size, seed):
        yield assemble(lines, indices, alphabet, targets, rng if augment else None)


def assemble(
    lines: LineSet,
    indices: Sequence[int],
    alphabet: Alphabet = ASCII,
    targets: Targets = "ctc",
    rng: np.random.Generator | None = None,
) -> Batch:
    """Put some lines into one batch, padded with paper to a multiple of 32 pixels.

    Args:
        lines: Where the lines come from.
        indices: Which lines.
        alphabet: Gives the labels.
        targets: Characters for CTC, or one class per frame, from boxes or from an even grid.
        rng: Where given, each line is stretched and slanted a little.
    """
    images = [lines.images[i] for i in indices]
    labels, label_lengths = alphabet.encode_batch([lines.texts[i] for i in indices])
    if rng is not None and targets == "ctc":
        images = [vary_line(image, rng, n) for image, n in zip(images, label_lengths, strict=True)]
    frames = np.array([num_frames(image.shape[1]) for image in images], dtype=np.int32)
    width = -(-max(image.shape[1] for image in images) // BUCKET) * BUCKET
    if targets != "ctc":
        classes = np.zeros((len(images), num_frames(width)), dtype=np.int32)
        for row, index in enumerate(indices):
            label = labels[row, : label_lengths[row]]
            boxes = lines.boxes[index] if targets == "boxes" else None
            classes[row, : frames[row]] = frame_classes(label, int(frames[row]), boxes)
        labels = classes
    return Batch(pad_images(images, width), labels, label_lengths, frames)


def pad_images(images: Sequence[np.ndarray], width: int) -> np.ndarray:
    """Stack lines (32, w) into uint8 (batch, 32, width, 1), with paper on the right."""
    padded = np.zeros((len(images), HEIGHT, width, 1), dtype=np.uint8)
    for row, image in zip(padded, images, strict=True):
        row[:, : image.shape[1], 0] = image
    return padded


def frame_classes(label: np.ndarray, frames: int, boxes: np.ndarray | None = None) -> np.ndarray:
    """Return one class per frame, int32 (frames,).

    Args:
        label: Class of each character, (length,).
        frames: Number of frames.
        boxes: Left, top, right, bottom of each character in pixels, (length, 4); a frame gets
            the character whose box holds its center, or 0, the blank. Without boxes, the frames
            are shared out evenly, as if all characters were equally wide.
    """
    if boxes is None:
        return np.asarray(label, np.int32)[np.arange(frames) * len(label) // frames]
    centers = (np.arange(frames) + 0.5) * FRAME_WIDTH
    owners = np.full(frames, -1)
    for index, (left, _, right, _) in enumerate(boxes):
        owners[(centers >= left) & (centers < right)] = index
        # A letter narrower than a frame keeps the one that it stands in
        owners[min(int((left + right) / 8), frames - 1)] = index
    classes = np.where(owners < 0, 0, np.asarray(label, np.int32)[owners])
    # A blank between equal letters that touch, or collapsing would make them one
    touch = (owners[1:] != owners[:-1]) & (classes[1:] == classes[:-1])
    classes[:-1][touch] = 0
    return classes


def vary_line(image: np.ndarray, rng: np.random.Generator, characters: int = 0) -> np.ndarray:
    """Stretch, slant, shift, bend and thin or thicken a line a little, keeping its height."""
    import cv2

    stretch = rng.uniform(0.75, 1.25)
    # CTC needs its frames
    stretch = max(stretch, (2 * characters + 2) * FRAME_WIDTH / image.shape[1])
    scale, slant, shift = rng.uniform(0.88, 1.1), rng.normal(0, 0.12), rng.normal(0, 1.2)
    middle = HEIGHT / 2
    matrix = np.array([[stretch, -slant, slant * middle], [0, scale, middle * (1 - scale) + shift]])
    width = max(8, round(image.shape[1] * stretch))
    varied = _bend(cv2.warpAffine(image, matrix, (width, HEIGHT), flags=cv2.INTER_LINEAR), rng)
    gamma = np.exp(rng.normal(0, 0.25))
    return (255 * (varied / np.float32(255)) ** gamma).astype(np.uint8)


def _bend(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move every pixel by a smooth random field, so that no letterform is met twice alike."""
    import cv2

    height, width = image.shape
    coarse = rng.normal(0, rng.uniform(0, 1.6), (2, 4, max(2, width // 10))).astype(np.float32)
    field = [cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC) for part in coarse]
    columns, rows = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in (width, height)))
    return cv2.remap(image, columns + field[0], rows + field[1], cv2.INTER_LINEAR)
