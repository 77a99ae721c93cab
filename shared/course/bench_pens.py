"""Measure the pens: `python -m shared.course.bench_pens`.

Prints lines and characters per second of processor time on one core, hands already built.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np

from shared import lines, pen, sentences


def rate(count: int, work: Callable[[], object], repeats: int = 3) -> float:
    """Return `count` per second of processor time, the best of some repeats."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return count / min(seconds)


def measure() -> dict[str, float]:
    """Return what is measured by name, per second and core."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        hands = pen.hands("train")
        start = time.process_time()
        for hand in hands:
            for character in hand.forms:
                hand.glyphs[character]
        building = len(hands) / max(time.process_time() - start, 1e-9)
        texts = sentences.sample_many(500, 0, "train")
        rng = np.random.default_rng(0)

        def write_all() -> None:
            for k, text in enumerate(texts):
                pen.write_line(text, hands[k % len(hands)], rng)

        return {
            "hands built": building,
            "texts": rate(500, lambda: sentences.sample_many(500, 1, "train")),
            "lines written": rate(500, write_all),
            "lines with their texts": rate(500, lambda: lines.compose_lines(500, "train", 1)),
            "characters written": rate(62 * 20, lambda: lines.characters("train", 20, 1)),
        }
    finally:
        cv2.setNumThreads(threads)


def main() -> None:
    """Print the table."""
    print("Pens, per second of one core (500 lines of 24 characters on average, height 32)")
    for name, value in measure().items():
        print(f"  {name:32s}{value:10,.0f}")


if __name__ == "__main__":
    main()
