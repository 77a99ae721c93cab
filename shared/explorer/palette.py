"""Colors of the explorer by role, for light and dark pages, and its two color maps.

Categories are those of Okabe and Ito (2008); nothing is told by color alone.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

LIGHT = {
    "paper": "#ffffff", "panel": "#f6f7f9", "ink": "#1b1f24", "muted": "#555d66",
    "faint": "#d5dae0", "edge": "#c3cad2", "flow": "#0072b2", "blank": "#9aa3ad",
    "hatch": "#ffffff", "warn": "#b3400e", "viterbi": "#d55e00", "select": "#1b1f24",
    "halo": "#ffffff", "black": "#000000", "white": "#ffffff", "loss": "#0072b2",
    "c0": "#0072b2", "c1": "#d55e00", "c2": "#009e73", "c3": "#cc79a7", "c4": "#e69f00",
    "c5": "#56b4e9",
}  # fmt: skip
DARK = LIGHT | {
    "paper": "#14181d", "panel": "#1d232a", "ink": "#f0f3f6", "muted": "#a9b4c0",
    "faint": "#39424d", "edge": "#4a5561", "flow": "#56b4e9", "blank": "#7d8894",
    "hatch": "#14181d", "warn": "#ff9b66", "viterbi": "#ff8a3d", "select": "#ffffff",
    "halo": "#14181d", "loss": "#56b4e9", "c0": "#3d9bd6",
}  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}
NUM_CATEGORIES = 6

# Cividis (Nunez, Anderton, Renslow, PLOS ONE 13(7), 2018) at 33 even steps
_CIVIDIS = (
    (0, 34, 78), (0, 40, 91), (0, 46, 106), (5, 51, 113), (26, 56, 111),
    (39, 62, 110), (50, 67, 109), (59, 73, 108), (67, 78, 108), (75, 84, 108),
    (83, 90, 109), (90, 95, 110), (97, 101, 111), (104, 106, 113), (111, 112, 115),
    (118, 118, 118), (125, 124, 120), (132, 130, 121), (140, 136, 120), (147, 142, 120),
    (155, 148, 118), (163, 154, 116), (171, 160, 114), (180, 167, 111), (188, 174, 108),
    (196, 180, 104), (205, 187, 99), (213, 194, 94), (222, 201, 88), (231, 209, 80),
    (240, 216, 70), (249, 224, 58), (254, 232, 56),
)  # fmt: skip
_DIVERGING = (
    (8, 64, 129), (43, 124, 186), (140, 190, 226), (255, 255, 255), (253, 190, 112),
    (217, 119, 24), (140, 66, 0),
)  # fmt: skip


def _spread(anchors: tuple[tuple[int, int, int], ...], fine: np.ndarray) -> np.ndarray:
    """Interpolate even anchors at positions `fine` in [0, 1] to a (256, 3) uint8 table."""
    at = np.linspace(0, 1, len(anchors))
    channels = [np.interp(fine, at, np.array(anchors)[:, c]) for c in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


CIVIDIS = _spread(_CIVIDIS, np.linspace(0, 1, 256))
DIVERGING = _spread(_DIVERGING, np.clip((np.arange(256) - 1) / 254, 0, 1))  # White at 128
GRAYS = np.repeat(np.arange(255, -1, -1, dtype=np.uint8)[:, None], 3, axis=1)  # Ink is dark
MAPS = {"cividis": CIVIDIS, "diverging": DIVERGING, "ink": GRAYS}


def unit_codes(values: np.ndarray) -> np.ndarray:
    """Map [0, 1] to color codes 0..255."""
    return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)


def signed_codes(values: np.ndarray) -> np.ndarray:
    """Map [-1, 1] to color codes 1..255 with 0 exactly at the white middle, 128."""
    return (128 + np.round(127 * np.clip(values, -1, 1))).astype(np.uint8)


def _readable_in_black(colors: np.ndarray) -> np.ndarray:
    """Say for each color whether black text contrasts better than white (WCAG luminance)."""
    c = colors / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722]) > 0.18


IS_LIGHT = {name: _readable_in_black(colors) for name, colors in MAPS.items()}


def indexed_png(codes: np.ndarray, name: str) -> bytes:
    """Encode (rows, columns) codes as a small PNG with the color map as its palette.

    Stored, not compressed: the bytes are then the same whatever zlib made them.
    """
    image = Image.fromarray(codes)
    image.putpalette(MAPS[name].tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()
