"""The entry about adaptation to a writer, several minutes."""

from __future__ import annotations

import time

import numpy as np
from bench_rows import Row, Sizes

DROP = 0.25  # Share of the errors that 16 lines take away, at least


def measure_adaptation(sizes: Sizes) -> list[Row]:
    """Adapt the shipped reader to each test hand and measure it on lines of other texts.

    The test hands took no part in choosing any setting of the adaptation.
    """
    from measure_hands import measure_hands

    from shared import pen
    from shared.experiments.adaptation import Adapter
    from shared.lines import compose_lines
    from shared.recognizer import LineTextRecognizer

    adapter = Adapter(LineTextRecognizer.load())
    hands = pen.hands("test")[: sizes.adaptation_hands]
    others = compose_lines(sizes.adaptation_held_back, "validation", 1)
    begun = time.perf_counter()
    settings = {"updates": sizes.adaptation_updates} if sizes.adaptation_updates else {}
    own, forgotten = measure_hands(
        adapter, hands, sizes.adaptation_lines, others, sizes.adaptation_held_back, **settings
    )
    seconds = (time.perf_counter() - begun) / len(hands)
    drops = [effect.drop for effect in own]
    before, after = np.mean([effect.rates for effect in own], axis=0)
    others_before, others_after = np.mean([effect.rates for effect in forgotten], axis=0)
    lows = [effect.interval()[0] for effect in own]
    count = sizes.adaptation_lines
    return [
        Row(
            "adaptation",
            f"errors gone after {count} lines, median hand",
            float(np.median(drops)),
            "{:.0%}",
            f"mean CER {before:.1%} -> {after:.1%}; hands {min(drops):.0%} to {max(drops):.0%}",
            at_least=DROP,
        ),
        Row(
            "adaptation",
            "hands whose interval is above zero",
            sum(low > 0 for low in lows),
            "{:.0f}",
            f"of {len(hands)}, drawing lines again",
        ),
        Row(
            "adaptation",
            "CER on other hands afterwards",
            float(others_after),
            "{:.1%}",
            f"before: {others_before:.1%}",
        ),
        Row("adaptation", "seconds a hand, measuring included", seconds, "{:.0f} s"),
    ]
