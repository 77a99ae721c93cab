"""Lines and characters as batches, varied; networks learn from them by the loop in `loop`.

Batches are padded; true lengths go with them, so that no loss counts the padding.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from shared.alphabet import ASCII, Alphabet
from shared.loop import Training, compile_update, make_optimizer, one_cycle
from shared.losses import check_batch, frame_classes, frame_loss, line_loss
from shared.networks import FRAME_WIDTH, num_frames
from shared.preparation import pad_images, padded_width

if TYPE_CHECKING:
    import keras

    from shared.lines import CharacterSet, LineSet

Targets = Literal["ctc", "boxes", "grid"]


class Batch(NamedTuple):
    """One batch of lines: images uint8 (batch, height, width, 1), the rest int32.

    `labels` are characters (batch, max_length) for CTC, or classes (batch, frames).
    """

    images: np.ndarray
    labels: np.ndarray
    label_lengths: np.ndarray
    logit_lengths: np.ndarray


def batches(
    lines: LineSet,
    batch_size: int = 16,
    seed: int = 0,
    alphabet: Alphabet = ASCII,
    targets: Targets = "ctc",
    augment: bool = False,
    start: int = 0,
) -> Iterator[Batch]:
    """Yield batches without end from number `start` on; only their variation depends on `start`."""
    rng = np.random.default_rng([seed, start]) if augment else None
    order = width_batches([image.shape[1] for image in lines.images], batch_size, seed)
    for indices in islice(order, start, None):
        yield assemble(lines, indices, alphabet, targets, rng)


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


def assemble(
    lines: LineSet,
    indices: Sequence[int],
    alphabet: Alphabet = ASCII,
    targets: Targets = "ctc",
    rng: np.random.Generator | None = None,
) -> Batch:
    """Put some lines into one batch, padded with paper to a multiple of 32 pixels.

    Labels are characters for CTC, or one class per frame, from boxes or from an even grid. With
    an `rng`, lines for CTC are varied by `vary_line`; the boxes of others would no longer fit.
    """
    images = [lines.images[i] for i in indices]
    labels, label_lengths = alphabet.encode_batch([lines.texts[i] for i in indices])
    if rng is not None and targets == "ctc":
        images = [vary_line(image, rng, n) for image, n in zip(images, label_lengths, strict=True)]
    frames = np.array([num_frames(image.shape[1]) for image in images], dtype=np.int32)
    width = padded_width(max(image.shape[1] for image in images))
    if targets != "ctc":
        classes = np.zeros((len(images), num_frames(width)), dtype=np.int32)
        for row, index in enumerate(indices):
            label = labels[row, : label_lengths[row]]
            boxes = lines.boxes[index] if targets == "boxes" else None
            classes[row, : frames[row]] = frame_classes(label, int(frames[row]), boxes)
        labels = classes
    return Batch(pad_images(images, width), labels, label_lengths, frames)


def vary_line(image: np.ndarray, rng: np.random.Generator, characters: int = 0) -> np.ndarray:
    """Stretch, slant, shift, bend and thin or thicken a line a little, keeping its height."""
    import cv2

    least = (2 * characters + 2) * FRAME_WIDTH / image.shape[1]  # Enough frames for any label
    stretch = max(rng.uniform(0.75, 1.25), least)
    scale, slant, shift = rng.uniform(0.88, 1.1), rng.normal(0, 0.12), rng.normal(0, 1.2)
    height, middle = len(image), len(image) / 2
    matrix = np.array([[stretch, -slant, slant * middle], [0, scale, middle * (1 - scale) + shift]])
    width = max(8, round(image.shape[1] * stretch))
    varied = _bend(cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR), rng)
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


def train_line_network(
    network: keras.Model,
    lines: LineSet | Callable[[int], Iterator[Batch]],
    updates: int,
    *,
    batch_size: int = 16,
    learning_rate: float = 4e-3,
    seed: int = 0,
    targets: Targets = "ctc",
    alphabet: Alphabet = ASCII,
    augment: bool = False,
    validation: LineSet | None = None,
    evaluate_at: Sequence[int] = (),
    watch: Sequence[np.ndarray] = (),
    watch_at: Sequence[int] | None = None,
    checkpoint: Path | str | None = None,
) -> Training:
    """Train a line network in the background; `.wait()` on the result blocks until it is done.

    Args:
        network: See `networks.line_network`; it is changed in place.
        lines: Lines that `losses.check_batch` accepts, or a function from an update number to the
            batches after it, which then decides how lines are put together and varied.
        updates: How many batches to learn from.
        batch_size: Lines in a batch.
        learning_rate: Highest rate of the one-cycle schedule.
        seed: Decides the order of the lines and how they vary.
        targets: `"ctc"`, or cross-entropy per frame from `"boxes"` or from an even `"grid"`.
        alphabet: Characters the network reads.
        augment: Vary each line anew every time it is used, see `vary_line`; with "ctc" alone.
        validation: Lines whose character error rate is measured.
        evaluate_at: After how many updates to measure it; by default at the end.
        watch: Images whose logits are kept as snapshots, for the replay.
        watch_at: After how many updates; by default about a dozen times, early ones closer.
        checkpoint: File that lets a killed run go on.
    """
    from shared.recognizer import LineTextRecognizer

    settings = {"network": network.name, "parameters": network.count_params(), "seed": seed,
                "batch_size": batch_size, "learning_rate": learning_rate, "targets": targets,
                "augment": augment}  # fmt: skip
    if callable(lines):
        batches_from = lines
    else:
        batches_from = partial(batches, lines, batch_size, seed, alphabet, targets, augment)
        settings["lines"] = [len(lines.texts), zlib.crc32("\n".join(lines.texts).encode("utf-8"))]
        frames = np.array([num_frames(image.shape[1]) for image in lines.images])
        check_batch(*alphabet.encode_batch(lines.texts), frames, network.output_shape[-1])

    def by_frame(logits: Any, labels: Any, label_lengths: Any, logit_lengths: Any) -> Any:
        return frame_loss(labels, logits, logit_lengths)

    optimizer = make_optimizer(network, learning_rate)
    reader = LineTextRecognizer(network, alphabet)
    moments = sorted({round(updates * (i / 11) ** 2) for i in range(12)})  # Ever wider apart
    return Training(
        compile_update(network, optimizer, line_loss if targets == "ctc" else by_frame),
        batches_from,
        lambda update: one_cycle(update, updates, learning_rate),
        updates,
        [*network.variables, *optimizer.variables],
        evaluate=(lambda: {"cer": reader.error_rate(validation)}) if validation else None,
        evaluate_at=evaluate_at or (updates,),
        watch=(lambda: tuple(reader.logits_many(watch))) if len(watch) else None,
        watch_at=moments if watch_at is None else watch_at,
        checkpoint=checkpoint,
        settings=settings,
    ).start()


def character_batches(
    characters: CharacterSet, start: int, batch_size: int, seed: int, balanced: bool, augment: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield images uint8 (batch, 28, 28, 1) and classes int32 (batch,), from a batch number on.

    Seed and number decide a batch; see `train_character_network` for the other arguments.
    """
    labels = np.asarray(characters.labels)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    for number in count(start):
        rng = np.random.default_rng([seed, number])
        if balanced:
            rows = rng.integers(len(members), size=batch_size)
            chosen = np.array([rng.choice(members[row]) for row in rows])
        else:
            chosen = rng.integers(len(labels), size=batch_size)
        images = np.asarray(characters.images)[chosen]
        if augment:
            images = np.stack([vary_character(image, rng) for image in images])
        yield images[..., None], labels[chosen].astype(np.int32)


def vary_character(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shift, turn, slant and scale a character (28, 28) a little."""
    import cv2

    angle, slant = rng.normal(0, 0.12), rng.normal(0, 0.1)
    scale = np.exp(rng.normal(0, 0.08))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.array([[1, slant], [0, 1]])
    offset = 13.5 - linear @ [13.5, 13.5] + rng.normal(0, 1.0, size=2)
    return cv2.warpAffine(image, np.column_stack([linear, offset]), (28, 28))


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
    """Train a character network, such as `networks.character_cnn`, in the background.

    With `balanced` every class is drawn equally often, otherwise every image. With `augment` each
    image is shifted, turned, slanted and scaled a little. `validation` is measured by class and by
    image. The other arguments are those of `train_line_network`.
    """
    from shared.backend import keras
    from shared.metrics import macro_accuracy, micro_accuracy
    from shared.recognizer import character_logits

    labels = np.asarray(characters.labels)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= network.output_shape[-1]:
        raise ValueError(
            f"The {len(labels)} labels do not fit a network of {network.output_shape[-1]} classes; "
            "build it with num_classes=len(characters.classes)."
        )

    def evaluate() -> dict[str, float]:
        predictions = character_logits(network, validation.images).argmax(axis=-1)
        rates = {"macro": macro_accuracy, "micro": micro_accuracy}
        return {name: rate(validation.labels, predictions) for name, rate in rates.items()}

    def loss(logits: Any, labels: Any) -> Any:
        return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    choice = {"batch_size": batch_size, "seed": seed, "balanced": balanced, "augment": augment}
    optimizer = make_optimizer(network, learning_rate)
    return Training(
        compile_update(network, optimizer, loss),
        partial(character_batches, characters, **choice),
        lambda update: one_cycle(update, updates, learning_rate),
        updates,
        [*network.variables, *optimizer.variables],
        evaluate=evaluate if validation is not None else None,
        evaluate_at=evaluate_at or (updates,),
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
        settings={"network": network.name, "parameters": network.count_params(),
                  "learning_rate": learning_rate, **choice},
    ).start()  # fmt: skip
