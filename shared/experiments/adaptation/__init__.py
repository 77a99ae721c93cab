"""Adapting a line reader to one writer, and measuring what that is worth."""

from shared.experiments.adaptation.adapting import (
    AdaptationError,
    Adapter,
    own_lines,
    rehearsal_lines,
    updates_for,
)
from shared.experiments.adaptation.measuring import (
    Effect,
    count_edits,
    effect,
    writer_lines,
)

__all__ = [
    "AdaptationError",
    "Adapter",
    "Effect",
    "count_edits",
    "effect",
    "own_lines",
    "rehearsal_lines",
    "updates_for",
    "writer_lines",
]
