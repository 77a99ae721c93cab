"""The ideas of Lab 5: each is one sentence and one change to the base."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared.experiments.ideas.configuration import Configuration, ConfigurationError


@dataclass(frozen=True)
class Idea:
    """One change to the base, and why somebody would make it."""

    name: str
    reason: str
    changes: dict[str, Any] = field(default_factory=dict)

    def configuration(self, **more: Any) -> Configuration:
        """Return the base with the idea's change, and more changes such as a seed."""
        return Configuration.of(**{**self.changes, **more})


_MENU = (
    Idea("base", "one bidirectional LSTM, added to the features"),
    Idea("no_context", "each frame alone: is the LSTM worth its time?", {"context": "none"}),
    Idea("all_convolutional", "dilated convolutions see as far, faster", {"context": "dilated"}),
    Idea("gru", "a GRU has a third fewer weights than an LSTM", {"context": "gru"}),
    Idea("one_way", "reading only from left to right", {"both_ways": False}),
    Idea("stacked", "a second LSTM on top of the first", {"layers": 2}),
    Idea("wide_lstm", "twice as many features and LSTM units", {"features": 256}),
    Idea("more_channels", "twice as many channels in the stem", {"channels": (32, 64, 96, 128)}),
    Idea("narrow_window", "windows smaller than a letter", {"narrow": True}),
    Idea("fine_frames", "twice as many frames a line", {"frame_width": 2}),
    Idea("layer_norm", "no dependence on the rest of the batch", {"normalization": "layer"}),
    Idea("no_norm", "what does normalization buy?", {"normalization": "none"}),
    Idea("augmentation", "every line bent anew each time", {"augment": 0.8}),
    Idea("dropout", "features that cannot rely on each other", {"dropout": 0.2}),
    Idea("constant_rate", "one learning rate all along", {"schedule": "constant"}),
    Idea("few_hands", "the same lines by a dozen writers", {"hands": 12}),
    Idea("many_hands", "the same lines by four times the writers", {"hands": 384}),
    Idea(
        "transformer",
        "self-attention instead of recurrence, still with CTC",
        {"context": "transformer", "layers": 2, "learning_rate": 2e-3},
    ),
)
#: By name, the base first
IDEAS: dict[str, Idea] = {idea.name: idea for idea in _MENU}


def find_idea(name: str) -> Idea:
    """Return an idea by its name.

    Raises:
        ConfigurationError: There is no such idea; the message names the nearest one.
    """
    import difflib

    if name not in IDEAS:
        nearest = difflib.get_close_matches(name, IDEAS, 1, 0)[0]
        raise ConfigurationError(
            f"There is no idea {name!r}; did you mean {nearest!r}? The menu: {', '.join(IDEAS)}."
        )
    return IDEAS[name]
