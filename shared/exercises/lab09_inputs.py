"""A photograph that lies on its side and twelve lines, for the tests of a service in Lab 9."""

from __future__ import annotations

import io

import numpy as np

from shared.lines import LineSet


def sideways() -> bytes:
    """Return an image file 60 wide and 20 high whose camera was turned by a right angle."""
    from PIL import Image

    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6  # Orientation, as EXIF numbers it
    Image.new("L", (60, 20), 255).save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def twelve_lines() -> LineSet:
    """Return six texts, each written twice."""
    texts = [f"text {k // 2}" for k in range(12)]
    images = [np.full((32, 40), k, np.uint8) for k in range(12)]
    boxes, flags = [np.zeros((6, 4))] * 12, [np.zeros(6, bool)] * 12
    return LineSet(images, texts, ["ann"] * 12, boxes, flags)
