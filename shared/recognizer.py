"""Reading: an image goes in, text comes out.

A reader makes of any image of a line what its network was trained on, as the network's card says
(see `preparation`), computes the logits and decodes them. A network is stored as two files, in
`data/models` if nothing else is said: the weights, and a model card that says how the network is
built, how it was trained and how well it reads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared import ctc
from shared.alphabet import ASCII, Alphabet
from shared.metrics import character_error_rate
from shared.networks import build_line_reader, character_cnn, num_frames
from shared.paths import data_file, write_atomically
from shared.preparation import WHOLE_LINE, padded_batches, preparation_of, prepare_character

if TYPE_CHECKING:
    import keras

    from shared.lines import LineSet

Decoder = Callable[[np.ndarray], str]


class DamagedModelError(ValueError):
    """A model's weights or its card cannot be used."""


def compile_inference(network: keras.Model, shape: tuple[int | None, ...]) -> Any:
    """Return a compiled function from uint8 images (batch, *shape) to logits."""
    from shared.backend import tf

    @tf.function(input_signature=[tf.TensorSpec((None, *shape), tf.uint8)])
    def infer(images: Any) -> Any:
        return network(tf.cast(images, tf.float32) / 255.0, training=False)

    return infer


def save_network(network: keras.Model, weights: Path | str, card: dict[str, Any]) -> Path:
    """Write `NAME.weights.h5` and its card `NAME.json`, each atomically.

    Args:
        network: Whose weights.
        weights: Path that ends in `.weights.h5`.
        card: What is known of it; the weights' SHA-256 is added.

    Raises:
        ValueError: The path ends otherwise.
        OSError: They could not be written.
    """
    weights = Path(weights)
    if not weights.name.endswith(".weights.h5"):
        raise ValueError(f"Weights are stored as NAME.weights.h5, but {weights.name} was given.")
    weights.parent.mkdir(parents=True, exist_ok=True)
    part = weights.with_name(f".part.{weights.name}")
    try:
        network.save_weights(part)
        payload = part.read_bytes()
    except OSError as error:  # The words of the h5 library do not say which file, nor what to do
        raise OSError(
            f"{weights} could not be written: {error}. Free some disk space, or give a folder "
            "that can be written to; nothing there was changed."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    card = {**card, "sha256": hashlib.sha256(payload).hexdigest()}
    write_atomically(weights, payload)
    write_atomically(_card_path(weights), json.dumps(card, indent=2) + "\n")
    return weights


def load_network(
    name: str | Path, build: Callable, *entries: str
) -> tuple[keras.Model, dict[str, Any]]:
    """Build a network as its card says and load its weights.

    Args:
        name: Name in `data/models`, or a path that ends in `.weights.h5`.
        build: Function of `networks` that the card's entry `network` is passed to.
        entries: What else the card has to say.

    Returns:
        The network and its card.

    Raises:
        FileNotFoundError: There is no such model.
        DamagedModelError: The weights or the card are damaged.
    """
    weights = Path(name)
    if not str(name).endswith(".weights.h5"):
        weights = data_file(f"models/{name}.weights.h5")
    try:
        card = json.loads(_card_path(weights).read_text(encoding="utf-8"))
        payload = weights.read_bytes()
        missing = [entry for entry in ("sha256", "network", *entries) if entry not in card]
        if missing:
            raise ValueError(f"its card does not say {' and '.join(missing)}")
        if hashlib.sha256(payload).hexdigest() != card["sha256"]:
            raise ValueError("the weights' checksum differs from the card's")
        network = build(**card["network"])
        network.load_weights(weights)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"The model {name} needs the files {weights.name} and {_card_path(weights).name} in "
            f"{weights.parent}, but {Path(str(error.filename)).name} is missing. Restore it, or "
            "train it: see data/README.md."
        ) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise DamagedModelError(
            f"The model {name} cannot be loaded: {error}. Restore {weights.name} and "
            f"{_card_path(weights).name} in {weights.parent}, or train the model again."
        ) from error
    return network, card


def _card_path(weights: Path) -> Path:
    return weights.with_name(weights.name.removesuffix(".weights.h5") + ".json")


class LineTextRecognizer:
    """Reads one line of handwriting.

    Example:
        >>> reader = LineTextRecognizer.load()  # doctest: +SKIP
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
        self.preparation = preparation_of(self.card.get("preparation", WHOLE_LINE.version))
        self._infer = None

    @classmethod
    def load(cls, name: str = "reader") -> LineTextRecognizer:
        """Load a model by its name in `data/models` or by its path; see `load_network`."""
        network, card = load_network(name, build_line_reader, "alphabet")
        try:
            return cls(network, Alphabet(card["alphabet"]), card)
        except ValueError as error:
            raise DamagedModelError(f"The model {name} cannot be used: {error}.") from error

    def save(self, weights: Path | str, card: dict[str, Any] | None = None) -> Path:
        """Write weights and card, each atomically; `load` takes the path returned."""
        details = {"alphabet": self.alphabet.characters, **self.card, **(card or {})}
        details["preparation"] = self.preparation.version
        return save_network(self.network, weights, details)

    def logits(self, image: np.ndarray) -> np.ndarray:
        """Return the logits of one line, float32 (frames, classes)."""
        return self.logits_many([image])[0]

    def logits_many(self, images: Sequence[np.ndarray], batch_size: int = 32) -> list[np.ndarray]:
        """Return the logits of lines, one array (frames, classes) each, in their order."""
        lines = [self.preparation.prepare(image) for image in images]
        results: list[np.ndarray] = [np.empty(0)] * len(lines)
        for part, batch in padded_batches(lines, batch_size):
            for index, logits in zip(part, self._run(batch), strict=True):
                results[index] = logits[: num_frames(lines[index].shape[1])]
        return results

    @cached_property
    def decoder(self) -> Decoder:
        """What turns logits into text: the beam with the language that the card names, or `decode`.

        Whoever writes another language sets it once: `reader.decoder = reader.decode`.
        """
        from shared.language import BeamDecoder

        language = self.card.get("language")
        return BeamDecoder.load(language) if language else self.decode

    def read(self, image: np.ndarray, decoder: Decoder | None = None) -> str:
        """Return the text of one line image of any size; see `read_many`."""
        return self.read_many([image], decoder)[0]

    def read_many(self, images: Sequence[np.ndarray], decoder: Decoder | None = None) -> list[str]:
        """Return the texts of line images.

        Args:
            images: Line images of any size.
            decoder: From logits (frames, classes) to a text, such as `language.BeamDecoder` or
                `reader.decode`; without one, the reader's own.
        """
        decoder = decoder or self.decoder
        return [decoder(logits) for logits in self.logits_many(images)]

    def decode(self, logits: np.ndarray) -> str:
        """Return the text of logits (frames, classes), greedily."""
        _, label, _ = ctc.greedy(ctc.log_softmax(logits), self.alphabet.blank)
        return self.alphabet.decode(label)

    def error_rate(self, lines: LineSet, decoder: Decoder | None = None) -> float:
        """Return the character error rate on a set of lines."""
        return character_error_rate(lines.texts, self.read_many(lines.images, decoder))

    def _run(self, batch: np.ndarray) -> np.ndarray:
        if self._infer is None:
            self._infer = compile_inference(self.network, (self.preparation.height, None, 1))
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
        network, card = load_network(name, character_cnn, "classes")
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
