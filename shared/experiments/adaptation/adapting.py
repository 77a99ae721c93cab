"""Teaching a line reader one person's hand, from a few of their lines, without unlearning others.

Half of every batch is the writer's own lines, varied anew each time; the other half is lines by
many hands, which the network could read before and has to go on reading (rehearsal). Batch
normalization stays as it was, and what comes back is a mean of the weights before and after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from shared import pen
from shared.alphabet import ASCII
from shared.lines import LineSet, compose_lines
from shared.losses import check_batch, line_loss
from shared.networks import num_frames
from shared.preparation import BODIES, WHOLE_LINE, Preparation
from shared.recognizer import LineTextRecognizer

BATCH_SIZE = 16
OWN_SHARE = 0.5
#: Highest rate; the shipped reader is larger, and at 3e-3 it forgot real hands faster
LEARNING_RATE = {WHOLE_LINE: 3e-3, BODIES: 1e-3}
#: Share of the old weights in what comes back. Only pens are rehearsed, and the shipped reader has
#: real hands to forget: a quarter of the old weights keeps most of them, at little cost to the new
KEEP = {WHOLE_LINE: 0.3, BODIES: 0.25}
REHEARSAL_LINES = 300
REHEARSAL_HANDS = 32
REHEARSAL_SEED = 90
WRITTEN = 64  # Rows of lines that are written to be prepared, more than any preparation keeps
#: Updates by number of own lines: about 15, 30 and 60 seconds on two cores for the small reader,
#: up to twice as long for the shipped one
UPDATES = {16: 100, 64: 220, 256: 450}


class AdaptationError(ValueError):
    """Lines that a reader cannot be adapted to."""


def updates_for(count: int) -> int:
    """Return how many updates that many own lines are worth."""
    return next((UPDATES[n] for n in sorted(UPDATES) if count <= n), UPDATES[max(UPDATES)])


@cache
def rehearsal_lines(preparation: Preparation = WHOLE_LINE, count: int = REHEARSAL_LINES) -> LineSet:
    """Compose lines by many training hands, as the reader learned from."""
    hands = pen.hands("train", REHEARSAL_HANDS)
    return written_lines(count, "train", REHEARSAL_SEED, preparation, hands)


def written_lines(
    count: int,
    split: str,
    seed: int,
    preparation: Preparation,
    hands: Sequence[pen.Hand] | None = None,
) -> LineSet:
    """Compose lines as a reader of this preparation takes them; see `lines.compose_lines`."""
    if preparation is WHOLE_LINE:  # What the pens write is prepared already
        return compose_lines(count, split, seed, hands)
    return prepared(compose_lines(count, split, seed, hands, WRITTEN), preparation)


def prepared(lines: LineSet, preparation: Preparation) -> LineSet:
    """Return lines as a reader of this preparation takes them; boxes are not carried over."""
    images = [preparation.prepare(image) for image in lines.images]
    boxes = [np.zeros((len(text), 4), np.float32) for text in lines.texts]
    return LineSet(images, lines.texts, lines.writers, boxes, lines.held_out)


def own_lines(
    images: Sequence[np.ndarray],
    texts: Sequence[str],
    writer: str = "you",
    preparation: Preparation = WHOLE_LINE,
) -> LineSet:
    """Put one person's lines and their texts into a set, prepared.

    Args:
        images: Of any size; see `shared.preparation`.
        texts: What each line says.
        writer: Whose lines they are.
        preparation: The reader's that is to learn them.

    Raises:
        AdaptationError: There is no line, or a text that its image has no room for.
    """
    if not len(images):
        raise AdaptationError("There is no line to adapt to; give at least one with its text.")
    images = [preparation.prepare(image) for image in images]
    labels, lengths = ASCII.encode_batch(list(texts))
    frames = np.array([num_frames(image.shape[1]) for image in images])
    try:
        check_batch(labels, lengths, frames, ASCII.num_classes)
    except ValueError as error:
        raise AdaptationError(
            f"{error} Most often a text belongs to another line; compare images and texts."
        ) from error
    boxes = [np.zeros((len(text), 4), np.float32) for text in texts]
    held_out = [np.zeros(len(text), bool) for text in texts]
    return LineSet(images, list(texts), [writer] * len(images), boxes, held_out)


class Adapter:
    """Adapts one reader to any number of writers, each time from the reader as it was.

    Example:
        >>> adapter = Adapter(LineTextRecognizer.load())  # doctest: +SKIP
        >>> mine = adapter.adapt(own_lines(images, texts))  # doctest: +SKIP
    """

    def __init__(self, reader: LineTextRecognizer) -> None:
        """Compile once.

        Args:
            reader: Where every adaptation begins; it is never changed.
        """
        from shared.backend import keras
        from shared.loop import compile_update, make_optimizer

        self.reader = reader
        self._network = keras.models.clone_model(reader.network)
        for layer in self._network.layers:  # Normalization keeps the averages of all hands
            layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
        self._optimizer = make_optimizer(self._network, LEARNING_RATE[reader.preparation])
        self._fresh = [keras.ops.convert_to_numpy(v) for v in self._optimizer.variables]

        self._update = compile_update(self._network, self._optimizer, line_loss)

    def adapt(
        self,
        lines: LineSet,
        updates: int | None = None,
        *,
        rehearsal: LineSet | None = None,
        own_share: float = OWN_SHARE,
        learning_rate: float | None = None,
        keep: float | None = None,
        seed: int = 0,
        checkpoint: Path | str | None = None,
    ) -> LineTextRecognizer:
        """Return a reader that has learned one writer's lines.

        Args:
            lines: The writer's lines; see `own_lines`.
            updates: Batches to learn from; by default what so many lines are worth.
            rehearsal: Lines by others, so that they are not forgotten; composed if not given.
            own_share: Share of a batch that is the writer's own.
            learning_rate: Highest rate, by default `LEARNING_RATE`; it falls to zero along a
                cosine.
            keep: Share of the old weights in the mean of old and new that is returned, which
                forgets less (Wortsman et al. 2022, arXiv:2109.01903); by default `KEEP`.
            seed: Decides the choice of lines and their variations.
            checkpoint: File that lets a killed adaptation go on.

        Raises:
            AdaptationError: There is no line, or a share outside 0 to 1.
        """
        from shared.backend import keras
        from shared.loop import Training, one_cycle

        if not len(lines):
            raise AdaptationError("There is no line to adapt to; give at least one with its text.")
        preparation = self.reader.preparation
        keep = KEEP[preparation] if keep is None else keep
        peak = LEARNING_RATE[preparation] if learning_rate is None else learning_rate
        if not 0 < own_share <= 1 or not 0 <= keep < 1:
            raise AdaptationError(
                f"own_share is {own_share} and keep {keep}; they need to be above 0 and at most 1, "
                "and from 0 to below 1."
            )
        updates = updates or updates_for(len(lines))
        lines = prepared(lines, preparation)
        others = rehearsal_lines(preparation) if rehearsal is None else rehearsal
        others = prepared(others, preparation)
        self._network.set_weights(self.reader.network.get_weights())
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        settings = {"own_share": own_share, "learning_rate": peak, "seed": seed}
        training = Training(
            self._update,
            lambda update: mixed_batches(lines, others, own_share, seed, update),
            lambda update: one_cycle(update, updates, peak),
            updates,
            [*self._network.variables, *self._optimizer.variables],
            checkpoint=checkpoint,
            settings={**settings, "lines": list(lines.texts)},
        ).wait()
        network = keras.models.clone_model(self.reader.network)
        pairs = zip(self.reader.network.get_weights(), self._network.get_weights(), strict=True)
        network.set_weights([new + keep * (old - new) for old, new in pairs])
        adapted = {"lines": len(lines), "updates": updates, "keep": keep, **settings}
        adapted |= {"from": self.reader.card.get("sha256"), "seconds": round(training.seconds, 1)}
        card = {**self.reader.card, "adapted": adapted}
        return LineTextRecognizer(network, self.reader.alphabet, card)


def mixed_batches(
    lines: LineSet, others: LineSet, own_share: float, seed: int, update: int = 0
) -> Iterator[Any]:
    """Yield batches without end, part of them the writer's own lines, all varied anew.

    The batch of an update does not depend on where the iterator began.
    """
    from shared.training import assemble

    both = LineSet(*([*a, *b] for a, b in zip(vars(lines).values(), vars(others).values(),
                                              strict=True)))  # fmt: skip
    own = max(1, round(own_share * BATCH_SIZE)) if len(others) else BATCH_SIZE
    while True:
        rng = np.random.default_rng([seed, update])
        mine = rng.choice(len(lines), own, replace=own > len(lines))
        rest = len(lines) + rng.integers(max(1, len(others)), size=BATCH_SIZE - own)
        yield assemble(both, [*mine.tolist(), *rest.tolist()], rng=rng)
        update += 1
