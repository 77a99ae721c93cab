"""Weights and model cards: how a network is stored, found and loaded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.paths import data_file, write_atomically

if TYPE_CHECKING:
    import keras


class DamagedModelError(ValueError):
    """A model's weights or its card cannot be used."""


def compile_inference(network: keras.Model, shape: tuple[int | None, ...]) -> Any:
    """Return a compiled function from uint8 images (batch, *shape) to logits."""
    from shared.backend import keras, tf, uses_tensorflow

    if not uses_tensorflow():
        return lambda images: keras.ops.convert_to_numpy(
            network(images.astype("float32") / 255.0, training=False)
        )

    @tf.function(input_signature=[tf.TensorSpec((None, *shape), tf.uint8)])
    def infer(images: Any) -> Any:
        return network(tf.cast(images, tf.float32) / 255.0, training=False)

    return infer


def save_network(network: keras.Model, weights: Path | str, card: dict[str, Any]) -> Path:
    """Write `NAME.weights.h5` and its card `NAME.json`, each atomically."""
    weights = Path(weights)
    if not weights.name.endswith(".weights.h5"):
        raise ValueError(f"Weights are stored as NAME.weights.h5, but {weights.name} was given.")
    weights.parent.mkdir(parents=True, exist_ok=True)
    part = weights.with_name(f".part.{weights.name}")
    try:
        network.save_weights(part)
        payload = part.read_bytes()
    except OSError as error:  # The h5 library's own words do not say which file, nor what to do
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


def load_network(name: str | Path, build: Any) -> tuple[keras.Model, dict[str, Any]]:
    """Build a network as its card says and load its weights.

    Args:
        name: Name in `data/models`, or a path that ends in `.weights.h5`.
        build: Function of `networks` that the card's entry `network` is passed to.
    """
    weights = Path(name)
    if not str(name).endswith(".weights.h5"):
        weights = data_file(f"models/{name}.weights.h5")
    try:
        card = json.loads(_card_path(weights).read_text(encoding="utf-8"))
        payload = weights.read_bytes()
        if hashlib.sha256(payload).hexdigest() != card["sha256"]:
            raise ValueError("the weights' checksum differs from the card's")
        network = build(**card["network"])
        network.load_weights(weights)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"The model {name} needs the files {weights.name} and {_card_path(weights).name} in "
            f"{weights.parent}, but {Path(str(error.filename)).name} is missing. Restore it, or "
            "train the model: `labs train --help`."
        ) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise DamagedModelError(
            f"The model {name} cannot be loaded: {error}. Restore {weights.name} and "
            f"{_card_path(weights).name} in {weights.parent}, or train the model again."
        ) from error
    return network, card


def _card_path(weights: Path) -> Path:
    return weights.with_name(weights.name.removesuffix(".weights.h5") + ".json")
