"""The camera: where a point of the paper lands in the image."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from shared.pages.texts import clipped_normal


@dataclass(frozen=True, eq=False)
class Camera:
    """A bend of the paper and a homography.

    Attributes:
        paper: Height and width of the paper, pixels at zoom 1.
        size: Height and width of the image.
        matrix: (3, 3), from bent paper to image.
        bend: How far the paper's left and right edges are curled down, pixels.
    """

    paper: tuple[float, float]
    size: tuple[float, float]
    matrix: np.ndarray
    bend: float

    def map(self, points: np.ndarray) -> np.ndarray:
        """Return where (n, 2) points of the paper are seen."""
        x, y = points.T
        if self.bend:
            across = 2 * x / self.paper[1] - 1
            y = y + self.bend * across * across
        a = self.matrix
        depth = a[2, 0] * x + a[2, 1] * y + a[2, 2]
        return np.column_stack([
            (a[0, 0] * x + a[0, 1] * y + a[0, 2]) / depth,
            (a[1, 0] * x + a[1, 1] * y + a[1, 2]) / depth,
        ])  # fmt: skip

    def shape_at(self, zoom: float) -> tuple[int, int]:
        """Return height and width of the image at a scale, in pixels."""
        return max(1, round(self.size[0] * zoom)), max(1, round(self.size[1] * zoom))

    def keep_inside(self, seen: np.ndarray, margin: float) -> Camera:
        """Return the camera moved, and if need be further away, so that points are in the image.

        Args:
            seen: (n, 2) what `map` made of the points.
            margin: pixels that stay free around them.
        """
        height, width = self.size
        low, high = seen.min(axis=0), seen.max(axis=0)
        room = np.array([width, height]) - 2 * margin
        zoom = min(1.0, *(room / np.maximum(high - low, 1e-9)).tolist())
        target = np.clip(low, margin, margin + room - zoom * (high - low))
        if zoom == 1.0 and np.array_equal(target, low):
            return self
        moved = np.array([
            [zoom, 0.0, target[0] - zoom * low[0]],
            [0.0, zoom, target[1] - zoom * low[1]],
            [0.0, 0.0, 1.0],
        ])  # fmt: skip
        return replace(self, matrix=moved @ self.matrix)


def aim(grade: str, tight: bool, paper: tuple[float, float], rng: np.random.Generator) -> Camera:
    """Choose a camera: a scanner's slight turn, or for "photo" a view by hand.

    Args:
        grade: One of `GRADES`.
        tight: Whether the page is as skewed as touching pages are.
        paper: Height and width of the paper.
        rng: Source of all choices.
    """
    height, width = paper
    degrees = (2.4 if tight else 0.6) * clipped_normal(rng)
    if grade == "photo":
        degrees += 1.5 * clipped_normal(rng, limit=2)
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    middle = np.array([width, height]) / 2
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)]) - middle
    seen = corners @ np.array([[cosine, sine], [-sine, cosine]])
    bend = 0.0
    if grade == "photo":
        short = min(height, width)
        seen = seen * rng.uniform(0.9, 1.04) + 0.035 * short * clipped_normal(rng, (4, 2), limit=2)
        bend = 0.012 * height * rng.standard_normal() * float(rng.random() < 0.5)
    matrix = cv2.getPerspectiveTransform(
        (corners + middle).astype(np.float32), (seen + middle).astype(np.float32)
    )
    return Camera(paper, paper, matrix, float(np.clip(bend, -0.02 * width, 0.02 * width)))
