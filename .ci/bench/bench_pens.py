"""Measure the pens: `python .ci/bench pens`, or more of them by `python .ci/bench/bench_pens.py`.

Everything is counted per second of processor time on one core, hands already built. Pages are
drawn at half size, near the scale that the line detector works at, a third of each grade.
"""

from __future__ import annotations

import time

import cv2
import numpy as np
from bench_timing import median_seconds

from shared import lines, pages, pen, sentences


def measure(count: int = 500, num_hands: int = 96, repeats: int = 3) -> dict[str, float]:
    """Return what is measured by name, per second and core.

    Args:
        count: Lines, and characters, of one run; a tenth as many pages.
        num_hands: Training hands that write them in turn.
        repeats: Runs of each; the median counts.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        hands = pen.hands("train", num_hands)
        start = time.process_time()
        for hand in hands:
            for character in hand.forms:
                hand.glyph(character, 1.0)
        building = len(hands) / max(time.process_time() - start, 1e-9)
        texts = sentences.sample_many(count, 0, "train")
        rng = np.random.default_rng(0)
        per_class = -(-count // len(lines.CLASSES_62))
        num_pages = max(1, count // 10)
        grades = dict.fromkeys(pages.GRADES, 1.0)

        def write_all() -> None:
            for k, text in enumerate(texts):
                pen.write_line(text, hands[k % len(hands)], rng)

        seconds = median_seconds(
            {
                "texts": lambda: sentences.sample_many(count, 1, "train"),
                "lines written": write_all,
                "lines with their texts": lambda: lines.compose_lines(count, "train", 1, hands),
                "characters written": lambda: lines.characters("train", per_class, 1, hands=hands),
                "pages written": lambda: pages.compose_pages(
                    num_pages, grades, "train", 1, hands, zoom=0.5
                ),
            },
            repeats,
            time.process_time,
        )
        counts = {name: count for name in seconds}
        counts["characters written"] = per_class * len(lines.CLASSES_62)
        counts["pages written"] = num_pages
        rates = {name: counts[name] / seconds[name] for name in seconds}
        return {"hands built": building, **rates}
    finally:
        cv2.setNumThreads(threads)


def main() -> None:
    """Print the table."""
    print("Pens, per second of one core (500 lines of 24 characters on average, height 32)")
    for name, value in measure().items():
        print(f"  {name:32s}{value:10,.0f}")


if __name__ == "__main__":
    main()
