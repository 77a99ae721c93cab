"""The experiment of Lab 4: train a small character network, as a function of its settings."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

from shared.experiments.settings import Setting, with_settings

if TYPE_CHECKING:
    from shared.experiments.trial import Trial
    from shared.lines import CharacterSet

VALIDATION_SEED = 4  # The same characters judge every trial, whatever its own seed


@with_settings(
    network=Setting("cnn", choices=("cnn", "mlp"), help="kind of network"),
    channels=Setting(12, 2, 64, help="channels of the first convolution, or a tenth of the units"),
    learning_rate=Setting(4e-3, 1e-6, 10.0, help="highest rate of the schedule"),
    batch_size=Setting(64, 1, 1024, help="characters in an update"),
    updates=Setting(120, 1, 100_000, help="how many updates to take"),
    augment=Setting(True, help="shift, turn and scale the training images"),
    per_class=Setting(40, 1, 2_000, help="training images of each class"),
    looks=Setting(4, 1, 100, help="how often the validation images are read"),
)
def train(config: dict[str, Any], trial: Trial) -> dict[str, float]:
    """Train a network and return its accuracy on characters by other hands."""
    from shared.backend import keras
    from shared.recognizer import character_logits
    from shared.training import train_character_network

    keras.utils.set_random_seed(trial.seed)
    training_set = _characters("train", config["per_class"])
    validation = _characters("validation", 4)
    network = build(config, len(training_set.classes))
    updates, looks = config["updates"], config["looks"]
    training = train_character_network(
        network, training_set, updates,
        batch_size=config["batch_size"], learning_rate=config["learning_rate"],
        augment=config["augment"], seed=trial.seed, validation=validation,
        evaluate_at=sorted({max(1, updates * k // looks) for k in range(1, looks + 1)}),
        checkpoint=trial.folder / "training.npz",
        checkpoint_every=max(1, updates // looks),
    )  # fmt: skip
    reported = 0
    try:
        while training.running or reported < len(training.evaluations):
            for found in training.evaluations[reported:]:
                reported += 1
                loss = training.history["loss"][: found["update"]][-10:]
                trial.report(found["update"], accuracy=found["macro"], loss=sum(loss) / len(loss))
            time.sleep(0.02)
    finally:
        training.stop()
    read = character_logits(network, validation.images).argmax(axis=-1)
    names = [validation.classes[k] for k in validation.labels]
    rows = [
        {"text": text, "prediction": validation.classes[k], "image": image, "writer": writer}
        for text, k, image, writer in zip(
            names, read, validation.images, validation.writers, strict=True
        )
    ]
    trial.predictions("validation", rows)
    return {
        "accuracy": training.evaluations[-1]["macro"],
        "parameters": network.count_params(),
    }


def build(config: dict[str, Any], num_classes: int) -> Any:
    """Build the network that a configuration describes."""
    from shared.networks import character_cnn, character_mlp

    channels = config["channels"]
    if config["network"] == "mlp":
        return character_mlp(num_classes, units=10 * channels)
    return character_cnn(num_classes, tuple(channels * k for k in (1, 2, 4, 5, 5)))


@functools.cache
def _characters(split: str, per_class: int) -> CharacterSet:
    """Write the characters once a process; workers serve several trials."""
    from shared.lines import characters

    return characters(split, per_class, VALIDATION_SEED)
