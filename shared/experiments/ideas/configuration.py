"""Everything that a trial of Lab 5 depends on, as one flat record that a file can hold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Self

from shared.experiments.settings import ConfigError, Setting, complete

ConfigurationError = ConfigError
#: The defaults are the base of the study
SETTINGS = {
    "context": Setting(
        "lstm", choices=("lstm", "gru", "dilated", "transformer", "none"),
        help="what carries information along the line",
    ),
    "features": Setting(128, 8, 512, help="length of a frame's feature vector"),
    "layers": Setting(1, 1, 4, help="layers of context, one on the other"),
    "both_ways": Setting(True, help="whether a recurrent layer also reads from right to left"),
    "channels": Setting((16, 32, 64, 96), help="channels of the stem's four convolutions"),
    "frame_width": Setting(4, choices=(2, 4), help="pixel columns of one frame"),
    "narrow": Setting(False, help="whether a frame's window is 7 pixels, less than a letter"),
    "normalization": Setting("batch", choices=("batch", "layer", "none"), help="of activations"),
    "dropout": Setting(0.0, 0, 0.9, help="share of the features dropped before the last layer"),
    "updates": Setting(800, 1, 100_000, help="batches to learn from"),
    "batch_size": Setting(16, 1, 256, help="lines in a batch"),
    "learning_rate": Setting(4e-3, 1e-6, 1, help="highest rate of the schedule"),
    "schedule": Setting("one_cycle", choices=("one_cycle", "constant", "steps")),
    "augment": Setting(0.0, 0, 1, help="share of batches with stretched, slanted, bent lines"),
    "hands": Setting(96, 1, 2000, help="training hands that wrote the lines"),
    "lines": Setting(6000, 16, 100_000, help="lines that the batches are drawn from"),
    "seed": Setting(0, 0, 2**31, help="first weights, order, variation; never the data"),
}  # fmt: skip


class Configuration(SimpleNamespace):
    """One trial: network, training and data; its attributes are the keys of `SETTINGS`."""

    @classmethod
    def of(cls, **changes: Any) -> Self:
        """Return the base with some settings changed.

        Raises:
            ConfigurationError: Names the unknown key or the impossible value, and the nearest
                right one.
        """
        one = cls(**complete(SETTINGS, changes))
        one.channels = tuple(one.channels)
        if len(one.channels) != 4:
            raise ConfigurationError(
                f"channels cannot be {one.channels}; the stem has four convolutions and needs "
                "four numbers, such as (16, 32, 64, 96)."
            )
        if one.context in ("lstm", "gru", "transformer") and one.features % 4:
            raise ConfigurationError(
                f"features cannot be {one.features} with {one.context}; it has to be divisible "
                f"by 4. The nearest is {max(8, round(one.features / 4) * 4)}."
            )
        return one

    def as_json(self) -> dict[str, Any]:
        """Return all settings as a file holds them."""
        return {**vars(self), "channels": list(self.channels)}
