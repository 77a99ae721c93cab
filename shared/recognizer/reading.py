"""Readers of lines and characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared import ctc
from shared.alphabet import ASCII, Alphabet
from shared.metrics import character_error_rate
from shared.networks import HEIGHT, character_cnn, line_network, num_frames
from shared.recognizer.models import compile_inference, load_network, save_network
from shared.recognizer.preparation import prepare_character, prepare_line

if TYPE_CHECKING:
    import keras

    from shared.lines import LineSet

Decoder = Callable[[np.ndarray], str]
BUCKET = 32  # A multiple of the frame width, so that padding never shifts a frame


class LineTextRecognizer:
    """Reads one line of handwriting.

    Example:
        >>> reader = LineTextRecognizer.load("line_small")  # doctest: +SKIP
        >>> reader.read(image)  # doctest: +SKIP
        'Tea for two, 4:30'
    """

    def __init__(
        self, network: keras.Model, alphabet: Alphabet = ASCII, card: dict[str, Any] | None = None
    ) -> None:
        if network.output_shape[-1] != alphabet.num_classes:
            raise ValueError(
                f"The network has {network.output_shape[-1]} classes, but the alphabet has "
                f"{alphabet.num_classes}, the blank included; they have to agree."
            )
        self.network = network
        self.alphabet = alphabet
        self.card = card or {}
        self._infer = None

    @classmethod
    def load(cls, name: str = "line_small") -> LineTextRecognizer:
        """Load a model by its name in `data/models`, or by the path of its weights.

        Raises:
            FileNotFoundError: There is no such model.
            DamagedModelError: The weights or the card are damaged.
        """
        network, card = load_network(name, line_network)
        return cls(network, Alphabet(card["alphabet"]), card)

    def save(self, weights: Path | str, card: dict[str, Any] | None = None) -> Path:
        """Write weights and card, each atomically; `load` takes the path returned."""
        details = {"alphabet": self.alphabet.characters, **self.card, **(card or {})}
        return save_network(self.network, weights, details)

    def logits(self, image: np.ndarray) -> np.ndarray:
        """Return the logits of one line, float32 (frames, classes); see `prepare_line`."""
        return self.logits_many([image])[0]

    def logits_many(self, images: Sequence[np.ndarray], batch_size: int = 32) -> list[np.ndarray]:
        """Return the logits of lines, one array (frames, classes) each, in their order.

        Only lines of about the same width share a batch: the backward half of an LSTM would
        otherwise begin in the padding, and a line would be read differently in company.
        """
        lines = [prepare_line(image) for image in images]
        buckets: dict[int, list[int]] = {}
        for index, line in enumerate(lines):
            buckets.setdefault(-(-line.shape[1] // BUCKET) * BUCKET, []).append(index)
        results: list[np.ndarray] = [np.empty(0)] * len(lines)
        for width, members in sorted(buckets.items()):
            for start in range(0, len(members), batch_size):
                part = members[start : start + batch_size]
                batch = np.zeros((len(part), HEIGHT, width, 1), dtype=np.uint8)
                for row, index in zip(batch, part, strict=True):
                    row[:, : lines[index].shape[1], 0] = lines[index]
                for index, logits in zip(part, self._run(batch), strict=True):
                    results[index] = logits[: num_frames(lines[index].shape[1])]
        return results

    def read(self, image: np.ndarray, decoder: Decoder | None = None) -> str:
        """Return the text of one line image of any size; see `read_many`."""
        return self.read_many([image], decoder)[0]

    def read_many(self, images: Sequence[np.ndarray], decoder: Decoder | None = None) -> list[str]:
        """Return the texts of line images.

        Args:
            images: Line images of any size.
            decoder: From logits (frames, classes) to a text, such as `decoding.BeamDecoder`;
                without one, the best class per frame, collapsed.
        """
        return [(decoder or self.decode)(logits) for logits in self.logits_many(images)]

    def decode(self, logits: np.ndarray) -> str:
        """Return the text of logits (frames, classes), greedily."""
        _, label, _ = ctc.greedy(ctc.log_softmax(logits), self.alphabet.blank)
        return self.alphabet.decode(label)

    def probability(self, image: np.ndarray, text: str) -> float:
        """Return the probability of a text, summed over all its alignments."""
        label = self.alphabet.encode(text)
        logits = self.logits(image)
        if len(logits) < ctc.min_frames(label):
            return 0.0
        _, log_p = ctc.forward(ctc.log_softmax(logits), label, self.alphabet.blank)
        return float(np.exp(log_p))

    def error_rate(self, lines: LineSet, decoder: Decoder | None = None) -> float:
        """Return the character error rate on a set of lines."""
        return character_error_rate(lines.texts, self.read_many(lines.images, decoder))

    def _run(self, batch: np.ndarray) -> np.ndarray:
        if self._infer is None:
            self._infer = compile_inference(self.network, (HEIGHT, None, 1))
        return np.asarray(self._infer(batch))


class CharacterRecognizer:
    """Reads one character."""

    def __init__(
        self, network: keras.Model, classes: str, card: dict[str, Any] | None = None
    ) -> None:
        if network.output_shape[-1] != len(classes):
            raise ValueError(
                f"The network has {network.output_shape[-1]} classes, but {len(classes)} "
                "characters were named; they have to agree."
            )
        self.network = network
        self.classes = classes
        self.card = card or {}

    @classmethod
    def load(cls, name: str = "character_small") -> CharacterRecognizer:
        """Load a model by its name in `data/models`, or by the path of its weights."""
        network, card = load_network(name, character_cnn)
        return cls(network, card["classes"], card)

    def save(self, weights: Path | str, card: dict[str, Any] | None = None) -> Path:
        """Write weights and card, each atomically."""
        details = {"classes": self.classes, **self.card, **(card or {})}
        return save_network(self.network, weights, details)

    def logits(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return the logits of character images of any size, (count, classes)."""
        return character_logits(self.network, [prepare_character(image) for image in images])

    def read(self, image: np.ndarray) -> str:
        """Return the most likely character."""
        return self.read_many([image])[0]

    def read_many(self, images: Sequence[np.ndarray]) -> list[str]:
        """Return the most likely character of each image."""
        return [self.classes[label] for label in self.logits(images).argmax(axis=-1)]


def character_logits(
    network: keras.Model, images: Sequence[np.ndarray], batch_size: int = 512
) -> np.ndarray:
    """Return the logits of prepared characters uint8 (n, 28, 28), float32 (n, classes)."""
    # Kept with the network: compiling anew on every call takes a second and makes TensorFlow warn
    infer = vars(network).get("_character_inference") or compile_inference(network, (28, 28, 1))
    vars(network)["_character_inference"] = infer
    images = np.asarray(images, dtype=np.uint8).reshape(-1, 28, 28, 1)
    if not len(images):
        return np.zeros((0, network.output_shape[-1]), dtype=np.float32)
    parts = [infer(images[i : i + batch_size]) for i in range(0, len(images), batch_size)]
    return np.concatenate([np.asarray(part) for part in parts])
