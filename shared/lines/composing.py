"""Composing sets of lines and characters with the pens, and loading the frozen test sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from shared import pen
from shared.lines import sentences
from shared.lines.sets import (
    CLASSES_62,
    CharacterSet,
    DamagedFileError,
    LineSet,
    content_hash,
    read_arrays,
)
from shared.paths import data_file

#: SHA-256 over the arrays of each frozen set, from `python -m shared.course.freeze`
FROZEN: dict[str, str] = {
    "lines_test.npz": "5df10595ad2097f1361e972c963c3c5f1e6f2ea6648c276aa0789f180786d07a",
    "characters_test.npz": "a833a47c4c115a84c565f7dcc849b67ae2e5060365bb149a6704bb8862994934",
}


def compose_lines(
    count: int, split: str, seed: int, hands: Sequence[pen.Hand] | None = None
) -> LineSet:
    """Write lines: a fresh text, the next hand, every letter varied afresh.

    The first lines of a longer set equal a shorter set from the same seed.

    Args:
        count: number of lines.
        split: "train", "validation" or "test": which texts, and which hands if none are given.
        seed: everything follows from it.
        hands: the writers, taken in turn; all hands of the split if not given.

    Raises:
        ValueError: on a negative count, no hands or an unknown split.
    """
    writers = pen.hands(split) if hands is None else tuple(hands)
    if count < 0 or not writers:
        raise ValueError(
            f"{count} lines by {len(writers)} hands: give 0 lines or more and at least one hand."
        )
    sentences.pools(split)
    number = sentences.SPLITS.index(split)
    written = []
    for k in range(count):
        rng = np.random.default_rng([seed, number, k])
        line = pen.write_line(sentences.sample(rng, split), writers[k % len(writers)], rng)
        written.append(line)
    return LineSet(
        [line.image for line in written],
        [line.text for line in written],
        [line.hand.name for line in written],
        [line.boxes for line in written],
        [line.held_out for line in written],
    )


def characters(
    split: str,
    per_class: int,
    seed: int,
    classes: str = CLASSES_62,
    hands: Sequence[pen.Hand] | None = None,
) -> CharacterSet:
    """Write single characters, `per_class` of each, in mixed order.

    Raises:
        ValueError: on a negative number, no hands or an unknown split.
    """
    writers = pen.hands(split) if hands is None else tuple(hands)
    if per_class < 0 or not writers:
        raise ValueError(f"{per_class} of each class by {len(writers)} hands: nothing to write.")
    rng = np.random.default_rng([seed, 10 + sentences.SPLITS.index(split)])
    labels = rng.permutation(np.repeat(np.arange(len(classes)), per_class))
    chosen = rng.integers(0, len(writers), len(labels))
    images = np.zeros((len(labels), 28, 28), np.uint8)
    for start in range(0, len(labels), 256):  # enough at a time to be fast, in little memory
        part = slice(start, start + 256)
        text = "".join(classes[label] for label in labels[part])
        images[part] = pen.write_characters(text, [writers[w] for w in chosen[part]], rng)
    return CharacterSet(images, labels, classes, [writers[w].name for w in chosen])


def assert_disjoint(train: LineSet, *others: LineSet) -> None:
    """Assert that no other set shares a writer, a text or a held-out letterform with training.

    Raises:
        AssertionError: naming what is shared.
    """
    leaked = [text for text, flags in zip(train.texts, train.held_out, strict=True) if flags.any()]
    assert not leaked, f"The training lines use held-out letterforms, as in {leaked[0]!r}."
    for other in others:
        for name in ("writers", "texts"):
            shared = sorted(set(getattr(train, name)) & set(getattr(other, name)))
            assert not shared, f"Training shares {len(shared)} {name} with a test: {shared[:5]}."


def _frozen(kind: type, name: str) -> LineSet | CharacterSet:
    path = data_file(f"samples/{name}")
    arrays = read_arrays(path)
    found = content_hash(arrays)
    if found != FROZEN.get(name):
        raise DamagedFileError(
            f"{path} is not the frozen test set: the SHA-256 of its arrays is {found[:12]}..., "
            f"not {FROZEN.get(name, 'yet fixed')[:12]}.... Numbers measured on it would mean "
            "nothing; restore it with `git checkout -- data`."
        )
    return kind.build(arrays, path)


def frozen_lines() -> LineSet:
    """Return the 300 test lines that every number in the course is measured on.

    Raises:
        FileNotFoundError: if the file is missing.
        DamagedFileError: if it is not exactly what was frozen.
    """
    return _frozen(LineSet, "lines_test.npz")


def frozen_characters() -> CharacterSet:
    """Return the test characters by the test hands; raises as `frozen_lines` does."""
    return _frozen(CharacterSet, "characters_test.npz")


def held_out_share(lines: Iterable[np.ndarray]) -> float:
    """Return the share of characters written in held-out letterforms."""
    flags = np.concatenate(list(lines))
    return float(flags.mean()) if len(flags) else 0.0
