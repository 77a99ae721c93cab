"""What an adaptation is worth to each of some hands; for `train_writers` and the benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared import pen
from shared.experiments.adaptation import Adapter, Effect, count_edits, effect, writer_lines
from shared.experiments.adaptation.adapting import KEEP, LEARNING_RATE, OWN_SHARE, UPDATES
from shared.experiments.adaptation.measuring import HELD_BACK, LINE_SEED
from shared.lines import LineSet
from shared.preparation import WHOLE_LINE, Preparation


def default_settings(preparation: Preparation = WHOLE_LINE) -> dict[str, Any]:
    """Return what an adaptation depends on besides its lines, as a run file holds it.

    Args:
        preparation: The reader's that is to learn.
    """
    return {
        "updates": {str(count): updates for count, updates in UPDATES.items()},
        "own_share": OWN_SHARE,
        "learning_rate": LEARNING_RATE[preparation],
        "keep": KEEP[preparation],
        "normalization": "frozen",
    }


def measure_hands(
    adapter: Adapter,
    hands: Sequence[pen.Hand],
    count: int,
    others: LineSet | None = None,
    held_back: int = HELD_BACK,
    seed: int = LINE_SEED,
    **settings: object,
) -> tuple[list[Effect], list[Effect]]:
    """Adapt to each hand in turn and measure.

    Args:
        adapter: Holds the reader that every adaptation begins from.
        hands: The writers.
        count: Own lines of each.
        others: Lines by other hands, for what is forgotten.
        held_back: Lines of each to measure on.
        seed: Of the lines.
        settings: Passed to `Adapter.adapt`.

    Returns:
        The effect on each writer's own lines, and on the others' lines after each adaptation.
    """
    own, forgotten = [], []
    known = None if others is None else count_edits(adapter.reader, others)
    for hand in hands:
        learned, kept = writer_lines(hand, count, held_back, seed)
        reader = adapter.adapt(learned, **settings)
        own.append(effect(adapter.reader, reader, kept, count))
        if others is not None:
            lengths = np.array([len(text) for text in others.texts])
            after = count_edits(reader, others)
            forgotten.append(Effect(f"after {hand.name}", count, known, after, lengths))
    return own, forgotten
