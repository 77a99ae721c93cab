"""Training a line network for a fixed number of updates."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.alphabet import ASCII, Alphabet
from shared.losses import check_batch, ctc_loss, frame_loss, per_character
from shared.networks import HEIGHT, num_frames
from shared.training.background import Training
from shared.training.batching import Batch, Targets, assemble, width_batches
from shared.training.updating import compile_update, make_optimizer, one_cycle

if TYPE_CHECKING:
    import keras

    from shared.lines import LineSet


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
        lines: Lines to learn from, or a function from an update number to the batches after it.
        updates: How many batches to learn from.
        batch_size: Lines in a batch.
        learning_rate: Highest rate of the one-cycle schedule.
        seed: Decides the order of the lines and how they vary.
        targets: `"ctc"`, or cross-entropy per frame from `"boxes"` or from an even `"grid"`.
        alphabet: Characters the network reads.
        augment: Stretch and slant each line anew every time it is used.
        validation: Lines whose character error rate is measured.
        evaluate_at: After how many updates to measure it; by default at the end.
        watch: Images whose logits are kept as snapshots, for the replay.
        watch_at: After how many updates; by default about a dozen times, early ones closer.
        checkpoint: File that lets a killed run go on.

    Raises:
        ValueError: A line's text does not fit its frames; see `losses.check_batch`.
    """
    from shared.backend import tf
    from shared.recognizer import LineTextRecognizer

    data = None
    if callable(lines):
        batches_from = lines
    else:
        data = [len(lines.texts), zlib.crc32("\n".join(lines.texts).encode("utf-8"))]
        labels, lengths = alphabet.encode_batch(lines.texts)
        frames = np.array([num_frames(image.shape[1]) for image in lines.images])
        check_batch(labels, lengths, frames, network.output_shape[-1])

        def batches_from(update: int) -> Iterator[Batch]:
            # A resumed run goes on with the lines it had not seen yet
            widths = [image.shape[1] for image in lines.images]
            order = islice(width_batches(widths, batch_size, seed), update, None)
            rng = np.random.default_rng([seed, update]) if augment else None
            return (assemble(lines, indices, alphabet, targets, rng) for indices in order)

    def loss(logits: Any, labels: Any, label_lengths: Any, logit_lengths: Any) -> Any:
        if targets != "ctc":
            return frame_loss(labels, logits, logit_lengths)
        losses = ctc_loss(labels, logits, label_lengths, logit_lengths)
        return per_character(losses, label_lengths)

    lengths = tf.TensorSpec((None,), tf.int32)
    signature = [tf.TensorSpec((None, HEIGHT, None, 1), tf.uint8)]
    signature += [tf.TensorSpec((None, None), tf.int32), lengths, lengths]
    optimizer = make_optimizer(network, learning_rate)
    reader = LineTextRecognizer(network, alphabet)
    training = Training(
        compile_update(network, optimizer, loss, signature),
        batches_from,
        lambda update: one_cycle(update, updates, learning_rate),
        updates,
        [*network.variables, *optimizer.variables],
        evaluate=(lambda: {"cer": reader.error_rate(validation)}) if validation else None,
        evaluate_at=evaluate_at or (updates,),
        watch=(lambda: tuple(reader.logits_many(watch))) if len(watch) else None,
        watch_at=snapshot_updates(updates) if watch_at is None else watch_at,
        checkpoint=checkpoint,
        settings={
            "network": network.name,
            "parameters": network.count_params(),
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "seed": seed,
            "targets": targets,
            "augment": augment,
            **({"lines": data} if data else {}),
        },
    )
    return training.start()


def snapshot_updates(updates: int, count: int = 12) -> list[int]:
    """Return when to take snapshots: 0, then ever wider apart, and the last update."""
    return sorted({round(updates * (i / (count - 1)) ** 2) for i in range(count)})
