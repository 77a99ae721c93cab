"""Traffic as a service meets it, made on the spot: normal, or with one thing changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shared import pen, sentences

#: What may be changed: a broad marker, a faint pencil, a far camera, mirror writing
SHIFTS = ("none", "ink", "faint", "scale", "script")
REFERENCE_HANDS = 1000  # Training hands from here on have taught no shipped reader
MARKER, PENCIL, FAR = 2.2, 0.25, 0.4


@dataclass(frozen=True, eq=False)
class SentLine:
    """A line image as somebody sends it.

    Attributes:
        image: gray uint8, dark ink on light paper.
        text: What it says.
        writer: Who wrote it.
    """

    image: np.ndarray
    text: str
    writer: str


def fresh_hands(count: int, first: int = REFERENCE_HANDS) -> tuple[pen.Hand, ...]:
    """Return training hands that no shipped reader has learned from, `first` onward."""
    return pen.hands("train", first + count)[first:]


def send_lines(
    hands: Sequence[pen.Hand], per_hand: int, seed: int, shift: str = "none"
) -> list[SentLine]:
    """Write lines and photograph each: its own size, paper, ink, and a little noise.

    Args:
        hands: The writers, one after the other.
        per_hand: Lines of each.
        seed: Everything follows from it.
        shift: One of `SHIFTS`.

    Raises:
        ValueError: There is no such shift.
    """
    if shift not in SHIFTS:
        raise ValueError(f"There is no shift {shift!r}; choose one of {', '.join(SHIFTS)}.")
    sent = []
    for number, hand in enumerate(hands):
        if shift == "ink":
            hand = replace(hand, style=replace(hand.style, pen=hand.style.pen * MARKER))
        for k in range(per_hand):
            rng = np.random.default_rng([seed, number, k])
            line = pen.write_line(sentences.sample(rng, "validation"), hand, rng)
            sent.append(SentLine(photograph_line(line.image, rng, shift), line.text, hand.name))
    return sent


def photograph_line(ink: np.ndarray, rng: np.random.Generator, shift: str = "none") -> np.ndarray:
    """Return a prepared line as a client sends it, gray uint8, enlarged 1.5 to 3 times."""
    import cv2

    zoom, paper, dark = rng.uniform(1.5, 3.0), rng.uniform(205, 255), rng.uniform(110, 190)
    zoom *= FAR if shift == "scale" else 1.0
    dark *= PENCIL if shift == "faint" else 1.0
    ink = ink[:, ::-1] if shift == "script" else ink
    size = max(8, round(ink.shape[1] * zoom)), max(8, round(ink.shape[0] * zoom))
    large = cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_AREA)
    gray = paper - dark * large.astype(np.float32) / 255 + rng.normal(0, 2.0, large.shape)
    return np.clip(gray, 0, 255).astype(np.uint8)
