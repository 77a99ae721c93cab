"""Flattening a rectified sheet: paper curls, and then boxes lie above or below their places."""

from __future__ import annotations

import numpy as np

from shared.handwriting.corner_marks import mark_corners
from shared.handwriting.sheet import FRAME, light_strokes

PIECE = 9.0  # Millimeters of a rule that are looked for together
REACH = (4.0, 1.5)  # Millimeters a rule may lie from its place, then beside where others say
FAINTEST = 4  # Gray levels by which a rule is darker than its paper
LEAST = 0.2  # Millimeters; flatter paper is left as it is


def flatten(flat: np.ndarray, scale: int) -> tuple[np.ndarray, float]:
    """Move every place of a rectified sheet up or down to where it was printed.

    How far follows from the printed rules, and then from the boxes, too: a smooth surface is laid
    through what was found of them and through the corner marks.

    Args:
        flat: uint8 (height, width), the frame of the sheet.
        scale: Pixels per millimeter.

    Returns:
        The sheet, and the millimeters by which the farthest place was moved.
    """
    import cv2

    thin = cv2.morphologyEx(flat, cv2.MORPH_BLACKHAT, np.ones((round(1.5 * scale), 1), np.uint8))
    level = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_OPEN, np.ones((1, 4 * scale), np.uint8))
    corners = np.concatenate([mark_corners(place) for place in range(4)])
    surface = np.zeros(6)
    for rules_alone, reach in zip((True, False), REACH, strict=True):
        found = [(x, y, 0.0) for x, y in corners]
        for start, end in light_strokes():
            pieces = int((end[0] - start[0]) / PIECE)
            if start[1] != end[1] or (rules_alone and pieces < 2):
                continue
            for k in range(pieces):
                x, y = start[0] + (k + 0.5) * (end[0] - start[0]) / pieces, start[1]
                top = y + (_terms(np.array([[x, y]])) @ surface).item() - reach
                first, left = max(0, round(scale * top)), round(scale * (x - PIECE / 2))
                rows = level[first : first + round(2 * scale * reach),
                             left : left + round(scale * PIECE)].mean(axis=1)  # fmt: skip
                if rows.max(initial=0) > FAINTEST:
                    found.append((x, y, (first + rows.argmax()) / scale - y))
        terms, moves = _terms(np.array(found)[:, :2]), np.array(found)[:, 2]
        near = np.ones(len(found), bool)
        for _ in range(3):  # Again without what lies far from the surface
            surface = np.linalg.lstsq(terms[near], moves[near], rcond=None)[0]
            away = np.abs(terms @ surface - moves)
            near = away <= max(0.4, 2.5 * float(np.median(away)))
    height, width = flat.shape
    y, x = np.mgrid[0 : FRAME[1] : 66j, 0 : FRAME[0] : 48j]
    move = (_terms(np.column_stack([x.ravel(), y.ravel()])) @ surface).reshape(x.shape)
    farthest = float(np.abs(move).max())
    if farthest < LEAST:
        return flat, farthest
    down, right = np.mgrid[:height, :width].astype(np.float32)
    down += scale * cv2.resize(move.astype(np.float32), (width, height))
    how = {"interpolation": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    return cv2.remap(flat, right, down, **how), farthest


def _terms(places: np.ndarray) -> np.ndarray:
    """Return what the surface is a sum of at places in the frame, (n, 6)."""
    x, y = 2 * places.T / np.array(FRAME)[:, None] - 1
    return np.column_stack([np.ones_like(x), x, y, x * x, x * y, x * x * y])
