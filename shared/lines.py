"""Sets of handwritten lines and characters, written by the pens on the spot or frozen for tests."""

from __future__ import annotations

import hashlib
import io
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from shared import pen, sentences
from shared.paths import data_file, write_atomically

#: The 62 classes of EMNIST ByClass, and the 47 that remain where both cases look alike
CLASSES_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
CLASSES_47 = string.digits + string.ascii_uppercase + "abdefghnqrt"
Writers = Sequence[pen.Hand] | None
#: `content_hash` of each frozen set, printed by the script that froze them
FROZEN: dict[str, str] = {
    "lines_test.npz": "5df10595ad2097f1361e972c963c3c5f1e6f2ea6648c276aa0789f180786d07a",
    "characters_test.npz": "a833a47c4c115a84c565f7dcc849b67ae2e5060365bb149a6704bb8862994934",
}


class DamagedFileError(ValueError):
    """A data file that is not what was frozen, or not a set at all."""


def content_hash(arrays: dict[str, np.ndarray]) -> str:
    """Return the SHA-256 over names, types, shapes and bytes of arrays, in order of name."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def read_arrays(path: Path, frozen: str = "") -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file.

    Args:
        path: The file.
        frozen: What `content_hash` of the arrays has to be, if they are a frozen test set.

    Raises:
        FileNotFoundError: There is no such file.
        DamagedFileError: It cannot be read, or is not what was frozen.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # zipfile, zlib and numpy each raise their own
        raise DamagedFileError(
            f"{path} cannot be read as a set of arrays ({error}). Restore it with "
            "`git checkout -- data`, or write it again with `save`."
        ) from error
    if frozen and content_hash(arrays) != frozen:
        raise DamagedFileError(
            f"{path} is not the frozen test set: the SHA-256 of its arrays is "
            f"{content_hash(arrays)[:12]}..., not {frozen[:12]}.... Numbers measured on it would "
            "mean nothing; restore it with `git checkout -- data`."
        )
    return arrays


class _Stored:
    """What both kinds of set can do: be saved and loaded."""

    def save(self, path: Path | str) -> None:
        """Write the set to an .npz file, whole or not at all."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **self.arrays())
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path | str, frozen: str = "") -> Self:
        """Read a set that `save` wrote.

        Raises:
            FileNotFoundError: There is no such file.
            DamagedFileError: It holds no set of this kind, or not the one of this hash.
        """
        try:
            return cls.from_arrays(read_arrays(Path(path), frozen))
        except KeyError as error:
            raise DamagedFileError(
                f"{path} is no {cls.__name__}: it lacks {error}. Give a file that `save` wrote."
            ) from error


@dataclass(eq=False)
class LineSet(_Stored):
    """Lines of handwriting with what is known about them.

    Attributes:
        images: uint8 (height, width) each, ink 255 on paper 0; 32 rows where they are saved.
        texts: What each line says.
        writers: The name of each line's writer.
        boxes: Per line (characters, 4) left, top, right, bottom in pixels.
        held_out: Per line a bool per character: a letterform kept from the training writers?
    """

    images: list[np.ndarray]
    texts: list[str]
    writers: list[str]
    boxes: list[np.ndarray]
    held_out: list[np.ndarray]

    def __post_init__(self) -> None:
        lengths = {name: len(value) for name, value in vars(self).items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"A LineSet needs equally many of everything, not {lengths}.")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: slice | Sequence[int] | np.ndarray) -> LineSet:
        """Return the chosen lines as a set: a slice, a sequence of numbers, or a mask."""
        if not isinstance(chosen, slice):
            chosen = np.asarray(chosen, None if len(chosen) else np.int64)
        numbers = np.arange(len(self))[chosen]
        return LineSet(*([values[k] for k in numbers] for values in vars(self).values()))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays, as `save` stores them."""
        return {
            "pixels": np.concatenate([np.zeros((32, 0), np.uint8), *self.images], axis=1),
            "widths": np.array([image.shape[1] for image in self.images], np.int32),
            "texts": np.array([text.encode("ascii") for text in self.texts], "S"),
            "writers": np.array([name.encode("ascii") for name in self.writers], "S"),
            "boxes": np.concatenate([np.zeros((0, 4)), *self.boxes]).astype(np.float32),
            "held_out": np.concatenate([np.zeros(0, bool), *self.held_out]),
            "lengths": np.array([len(text) for text in self.texts], np.int32),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> LineSet:
        """Build the set from what `arrays` returned."""
        columns = cut(arrays["pixels"].T, arrays["widths"])
        return cls(
            images=[np.ascontiguousarray(image.T) for image in columns],
            # Fixed-width strings drop nothing here: a line never ends in a zero byte
            texts=[text.decode("ascii") for text in arrays["texts"]],
            writers=[name.decode("ascii") for name in arrays["writers"]],
            boxes=cut(arrays["boxes"], arrays["lengths"]),
            held_out=cut(arrays["held_out"], arrays["lengths"]),
        )


def cut(rows: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Cut an array into pieces of these lengths."""
    return np.split(rows, np.cumsum(lengths))[:-1]


@dataclass(eq=False)
class CharacterSet(_Stored):
    """Single characters.

    Attributes:
        images: uint8 (n, 28, 28), ink 255 on paper 0.
        labels: (n,) index of each image's class in `classes`.
        classes: The characters, one per class.
        writers: The name of each image's writer; empty where the data names none.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: str
    writers: list[str]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: slice | Sequence[int] | np.ndarray) -> CharacterSet:
        """Return the chosen images as a set: a slice, a sequence of numbers, or a mask."""
        numbers = np.arange(len(self))[chosen]
        writers = [self.writers[k] for k in numbers] if self.writers else []
        return CharacterSet(self.images[numbers], self.labels[numbers], self.classes, writers)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays, as `save` stores them."""
        return {
            "images": self.images,
            "labels": self.labels.astype(np.int32),
            "classes": np.frombuffer(self.classes.encode("ascii"), np.uint8),
            "writers": np.array([name.encode("ascii") for name in self.writers], "S"),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> CharacterSet:
        """Build the set from what `arrays` returned."""
        classes = arrays["classes"].tobytes().decode("ascii")
        writers = [name.decode("ascii") for name in arrays["writers"]]
        return cls(arrays["images"], arrays["labels"], classes, writers)


def _writers(split: str, hands: Writers, count: int) -> Sequence[pen.Hand]:
    writers = pen.hands(split) if hands is None else tuple(hands)
    if count < 0 or not writers:
        raise ValueError(f"{count} lines or characters by {len(writers)} hands: nothing to write.")
    return writers


def compose_lines(
    count: int, split: str, seed: int, hands: Writers = None, height: int = pen.LINE_HEIGHT
) -> LineSet:
    """Write lines: a fresh text, the next writer, every letter varied afresh.

    The first lines of a longer set equal a shorter set from the same seed.

    Args:
        count: Number of lines.
        split: "train", "validation" or "test": which texts, and which writers if none are given.
        seed: Everything follows from it.
        hands: The writers, taken in turn; all of the split if not given.
        height: Rows of each line.

    Raises:
        ValueError: The count is negative, there are no writers, or no such split.
    """
    writers = _writers(split, hands, count)
    sentences.pools(split)  # Refuses an unknown split even where writers are given
    number = sentences.SPLITS.index(split)
    written = []
    for k in range(count):
        rng = np.random.default_rng([seed, number, k])
        text = sentences.sample(rng, split)
        written.append(pen.write_line(text, writers[k % len(writers)], rng, height))
    return LineSet(
        [line.image for line in written],
        [line.text for line in written],
        [line.hand.name for line in written],
        [line.boxes for line in written],
        [line.held_out for line in written],
    )


def characters(
    split: str, per_class: int, seed: int, classes: str = CLASSES_62, hands: Writers = None
) -> CharacterSet:
    """Write single characters, `per_class` of each, in mixed order; see `compose_lines`."""
    writers = _writers(split, hands, per_class)
    rng = np.random.default_rng([seed, 10 + sentences.SPLITS.index(split)])
    labels = rng.permutation(np.repeat(np.arange(len(classes)), per_class))
    chosen = rng.integers(0, len(writers), len(labels))
    images = np.zeros((len(labels), pen.SIZE, pen.SIZE), np.uint8)
    for start in range(0, len(labels), 256):  # Enough at a time to be fast, in little memory
        part = slice(start, start + 256)
        text = "".join(classes[label] for label in labels[part])
        images[part] = pen.write_characters(text, [writers[w] for w in chosen[part]], rng)
    return CharacterSet(images, labels, classes, [writers[w].name for w in chosen])


def assert_disjoint(train: LineSet, *others: LineSet) -> None:
    """Assert that no other set shares a writer, a text or a held-out letterform with training.

    Raises:
        AssertionError: Something is shared; the message names it.
    """
    leaked = [text for k, text in enumerate(train.texts) if train.held_out[k].any()]
    assert not leaked, f"The training lines use held-out letterforms, as in {leaked[0]!r}."
    for other in others:
        for name in ("writers", "texts"):
            shared = sorted(set(getattr(train, name)) & set(getattr(other, name)))
            assert not shared, f"Training shares {len(shared)} {name} with a test: {shared[:5]}."


def frozen_lines() -> LineSet:
    """Return the 300 test lines that every number in the course is measured on.

    Raises:
        FileNotFoundError: The file is missing.
        DamagedFileError: It is not exactly what was frozen.
    """
    return LineSet.load(data_file("samples/lines_test.npz"), FROZEN["lines_test.npz"])


def frozen_characters() -> CharacterSet:
    """Return the test characters by the test writers; raises as `frozen_lines` does."""
    name = "characters_test.npz"
    return CharacterSet.load(data_file(f"samples/{name}"), FROZEN[name])
