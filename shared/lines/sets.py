"""Sets of handwritten lines and characters: what is in them, and how they are stored."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from shared.paths import write_atomically

DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: The 62 classes of EMNIST ByClass, and the 47 that remain where both cases look alike
CLASSES_62 = DIGITS + UPPER + UPPER.lower()
CLASSES_47 = DIGITS + UPPER + "abdefghnqrt"


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


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file; raises as `load` of a set does."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # zipfile, zlib and numpy each raise their own
        raise DamagedFileError(
            f"{path} cannot be read as a set of arrays ({error}). Restore it with "
            "`git checkout -- data`, or write it again with `save`."
        ) from error


def _cut(rows: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Cut an array into pieces of these lengths."""
    ends = np.cumsum(lengths).tolist()
    return [rows[a:b] for a, b in zip([0, *ends], ends, strict=False)]


class _Stored:
    """What both kinds of set can do: be saved and loaded."""

    def save(self, path: Path | str) -> None:
        """Write the set to an .npz file, whole or not at all."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **self.arrays())
        write_atomically(Path(path), buffer.getvalue())

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a set that `save` wrote.

        Raises:
            FileNotFoundError: if there is no such file.
            DamagedFileError: if it holds no set of this kind.
        """
        return cls.build(read_arrays(Path(path)), Path(path))

    @classmethod
    def build(cls, arrays: dict[str, np.ndarray], path: Path) -> Self:
        """Build the set from the arrays of a file, which errors name."""
        try:
            return cls.from_arrays(arrays)
        except KeyError as error:
            raise DamagedFileError(
                f"{path} is no {cls.__name__}: the array {error} is missing. Give the path of a "
                "file that this class saved."
            ) from error


@dataclass(eq=False)
class LineSet(_Stored):
    """Lines of handwriting with what is known about them.

    Attributes:
        images: uint8 (32, width) each, ink 255 on paper 0.
        texts: what each line says.
        writers: the name of each line's hand.
        boxes: per line (characters, 4) left, top, right, bottom in pixels.
        held_out: per line a bool per character: a letterform kept from the training hands?
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
            chosen = np.asarray(chosen)
            chosen = chosen if chosen.size else chosen.astype(np.int64)
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
        columns = _cut(arrays["pixels"].T, arrays["widths"])
        return cls(
            images=[np.ascontiguousarray(image.T) for image in columns],
            # Fixed-width strings drop nothing here: a line never ends in a zero byte.
            texts=[text.decode("ascii") for text in arrays["texts"]],
            writers=[name.decode("ascii") for name in arrays["writers"]],
            boxes=_cut(arrays["boxes"], arrays["lengths"]),
            held_out=_cut(arrays["held_out"], arrays["lengths"]),
        )


@dataclass(eq=False)
class CharacterSet(_Stored):
    """Single characters.

    Attributes:
        images: uint8 (n, 28, 28), ink 255 on paper 0.
        labels: (n,) index of each image's class in `classes`.
        classes: the characters, one per class.
        writers: the name of each image's hand; empty where the data names none.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: str
    writers: list[str]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: slice | Sequence[int] | np.ndarray) -> CharacterSet:
        """Return the chosen images as a set."""
        numbers = np.arange(len(self))[chosen]
        writers = [self.writers[k] for k in numbers] if self.writers else []
        return CharacterSet(self.images[numbers], self.labels[numbers], self.classes, writers)

    def merge_case(self) -> CharacterSet:
        """Fold 62 classes into the 47 of EMNIST ByMerge: C I J K L M O P S U V W X Y Z.

        Raises:
            ValueError: if a class is neither digit nor letter.
        """
        folded = [c if c in CLASSES_47 else c.upper() for c in self.classes]
        if not set(folded) <= set(CLASSES_47):
            raise ValueError(
                "Case can be merged for digits and letters alone; "
                f"the classes are {self.classes!r}."
            )
        numbers = np.array([CLASSES_47.index(c) for c in folded], self.labels.dtype)
        return CharacterSet(self.images, numbers[self.labels], CLASSES_47, self.writers)

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
        return cls(
            arrays["images"],
            arrays["labels"],
            arrays["classes"].tobytes().decode("ascii"),
            [name.decode("ascii") for name in arrays["writers"]],
        )
