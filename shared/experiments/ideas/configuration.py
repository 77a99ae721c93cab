"""Everything that a trial of Lab 5 depends on, as one flat record that a file can hold."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields
from typing import Any

from shared.experiments.settings import ConfigError, Setting, complete

#: The words that a text setting may hold, and lowest and highest value of a number
CHOICES: dict[str, tuple] = {
    "context": ("lstm", "gru", "dilated", "transformer", "none"),
    "frame_width": (2, 4),
    "normalization": ("batch", "layer", "none"),
    "decoder": ("ctc", "attention"),
    "schedule": ("one_cycle", "constant", "steps"),
}
RANGES: dict[str, tuple[float, float]] = {
    "features": (8, 512),
    "layers": (1, 4),
    "dropout": (0, 0.9),
    "updates": (1, 100_000),
    "batch_size": (1, 256),
    "learning_rate": (1e-6, 1),
    "augment": (0, 1),
    "hands": (1, 2000),
    "lines": (16, 100_000),
    "seed": (0, 2**31),
}
ConfigurationError = ConfigError


@dataclass(frozen=True)
class Configuration:
    """One trial: network, training and data. The defaults are the base of the study.

    Attributes:
        context: What carries information along the line.
        features: Length of a frame's feature vector; even for `"lstm"` and `"gru"`.
        layers: How many layers of context, one on the other.
        both_ways: Whether a recurrent layer also reads from right to left.
        channels: Channels of the stem's four convolutions.
        frame_width: Pixel columns of one frame, 2 or 4.
        narrow: Whether the window of a frame is 7 pixels wide, less than a letter.
        normalization: What keeps the activations in range.
        dropout: Share of the features dropped before the last layer while training.
        decoder: `"ctc"`, or a decoder with attention that writes one character after the other.
        updates: Batches to learn from.
        batch_size: Lines in a batch.
        learning_rate: Highest rate of the schedule.
        schedule: How the rate changes along the run.
        augment: Share of the batches whose lines are stretched, slanted and bent.
        hands: Training hands that wrote the lines.
        lines: Lines that the batches are drawn from.
        seed: Decides the first weights, the order and how lines vary; never the data.
    """

    context: str = "lstm"
    features: int = 128
    layers: int = 1
    both_ways: bool = True
    channels: tuple[int, int, int, int] = (16, 32, 64, 96)
    frame_width: int = 4
    narrow: bool = False
    normalization: str = "batch"
    dropout: float = 0.0
    decoder: str = "ctc"
    updates: int = 800
    batch_size: int = 16
    learning_rate: float = 4e-3
    schedule: str = "one_cycle"
    augment: float = 0.0
    hands: int = 96
    lines: int = 6000
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        complete(SETTINGS, vars(self))
        if len(self.channels) != 4:
            raise ConfigurationError(
                f"channels cannot be {self.channels}; the stem has four convolutions and needs "
                "four numbers, such as (16, 32, 64, 96)."
            )
        if self.context in ("lstm", "gru", "transformer") and self.features % 4:
            raise ConfigurationError(
                f"features cannot be {self.features} with {self.context}; it has to be divisible "
                f"by 4. The nearest is {max(8, round(self.features / 4) * 4)}."
            )

    @classmethod
    def of(cls, **changes: Any) -> Configuration:
        """Return the base with some settings changed.

        Raises:
            ConfigurationError: Names the unknown key or the impossible value, and the nearest
                right one.
        """
        complete(SETTINGS, changes)
        return cls(**changes)

    def as_json(self) -> dict[str, Any]:
        """Return all settings as a file holds them."""
        return {**dataclasses.asdict(self), "channels": list(self.channels)}

    def changes(self) -> dict[str, Any]:
        """Return only what differs from the base."""
        base = Configuration().as_json()
        return {name: value for name, value in self.as_json().items() if value != base[name]}


SETTINGS = {
    field.name: Setting(
        field.default, *RANGES.get(field.name, ()), choices=CHOICES.get(field.name, ())
    )
    for field in fields(Configuration)
}
