"""Characters and the class numbers that networks use for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

BLANK = 0


class UnknownCharacterError(ValueError):
    """A text holds characters that the alphabet lacks."""

    def __init__(self, text: str, positions: Sequence[int]) -> None:
        named = ", ".join(f"{text[i]!r} at position {i}" for i in positions[:8])
        more = f" and {len(positions) - 8} more" if len(positions) > 8 else ""
        super().__init__(
            f"The text {_shorten(text)!r} holds characters outside the alphabet: {named}{more}. "
            "Replace or remove them, or use an Alphabet that has them."
        )
        self.text = text
        self.positions = tuple(positions)


@dataclass(frozen=True)
class Alphabet:
    """A fixed order of characters, each once: class 0 is the CTC blank, they count from 1.

    Example:
        >>> ASCII.encode("ab")
        [66, 67]
        >>> ASCII.decode([66, 67, 0, 0])
        'ab'
    """

    characters: str
    blank: ClassVar[int] = BLANK

    def __post_init__(self) -> None:
        if not self.characters:
            raise ValueError("An alphabet needs at least one character, but none was given.")
        repeated = sorted({c for c in self.characters if self.characters.count(c) > 1})
        if repeated:
            raise ValueError(f"An alphabet names each character once; repeated: {repeated}.")

    @cached_property
    def _labels(self) -> dict[str, int]:
        return {character: label for label, character in enumerate(self.characters, start=1)}

    @property
    def num_classes(self) -> int:
        """Number of classes, the blank included."""
        return len(self.characters) + 1

    def __contains__(self, character: object) -> bool:
        return character in self._labels

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> list[int]:
        """Return one label per character, each at least 1.

        Raises:
            UnknownCharacterError: Names the characters outside the alphabet and where they are.
        """
        unknown = [i for i, character in enumerate(text) if character not in self._labels]
        if unknown:
            raise UnknownCharacterError(text, unknown)
        return [self._labels[character] for character in text]

    def decode(self, labels: Iterable[int]) -> str:
        """Return the text of labels; zeros at the end are padding and are dropped.

        Raises:
            ValueError: A zero stands before a character, or a label is no class.
        """
        numbers = [int(label) for label in labels]
        while numbers and numbers[-1] == BLANK:
            numbers.pop()
        for position, label in enumerate(numbers):
            if label == BLANK:
                raise ValueError(
                    f"Label 0 (the blank) stands at position {position}, before a character. "
                    "Collapse a path with shared.ctc first; a label holds characters alone."
                )
            if not 1 <= label <= len(self.characters):
                raise ValueError(
                    f"Label {label} at position {position} is no class of this alphabet, "
                    f"whose characters have the labels 1 to {len(self.characters)}."
                )
        return "".join(self.characters[label - 1] for label in numbers)

    def encode_batch(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Encode texts of different lengths.

        Returns:
            Labels, int32 (batch, max_length), padded with 0, and lengths, int32 (batch,).
        """
        if isinstance(texts, str):
            raise TypeError("encode_batch takes a list of texts; for one text use encode.")
        encoded = [self.encode(text) for text in texts]
        lengths = np.array([len(labels) for labels in encoded], dtype=np.int32)
        padded = np.zeros((len(encoded), int(lengths.max(initial=0))), dtype=np.int32)
        for row, labels in zip(padded, encoded, strict=True):
            row[: len(labels)] = labels
        return padded, lengths


def _shorten(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


#: The 95 printable ASCII characters, space first
ASCII = Alphabet("".join(chr(code) for code in range(32, 127)))
