"""Paper, ink and light: strokes become the gray image that a camera or a scanner gives."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shared.pages.camera import Camera
from shared.pages.layout import Plan
from shared.pen import Hand


@dataclass(frozen=True)
class Paper:
    """How a page looks.

    Attributes:
        pen: width of the pen in pixels at zoom 1.
        nib: half the length of a broad nib, pixels at zoom 1.
        tone: gray of the paper.
        ink: gray of the ink.
        seed: of everything that only looks like something.
    """

    pen: float
    nib: float
    tone: float
    ink: float
    seed: int


def choose_paper(grade: str, plan: Plan, hand: Hand, rng: np.random.Generator) -> Paper:
    """Choose paper and pen."""
    style = hand.style
    pen = style.pen * rng.uniform(0.85, 1.15) * plan.x_height
    nib = style.nib * plan.x_height
    return Paper(pen, nib, rng.uniform(215, 255), rng.uniform(20, 110), int(rng.integers(2**62)))


def photograph_page(ink: np.ndarray, paper: Paper, camera: Camera, zoom: float) -> np.ndarray:
    """Return the image, uint8 (height, width)."""
    cover = cv2.GaussianBlur(ink, (3, 3), 0.5)
    image = paper.tone + (paper.ink - paper.tone) / 255 * cover.astype(np.float32)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
