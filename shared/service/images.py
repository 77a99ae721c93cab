"""From the bytes of an upload to gray pixels, or to a problem that says what was wrong."""

from __future__ import annotations

import io

import numpy as np

from shared.pages.image_files import (
    NoImageError,
    TooManyPixelsError,
    UnreadableImageError,
    decode_page_image,
)
from shared.service.problems import Problem

MOST_LINE_PIXELS = 400_000  # Letters 100 pixels high; more cost time and show no more
NAME = "The image"


def decode_upload(content: bytes, most_pixels: int) -> np.ndarray:
    """Return an upload as gray uint8 (height, width), upright.

    Raises:
        Problem: `not-an-image`, `too-many-pixels` or `damaged-image`.
    """
    if not content:
        raise Problem("not-an-image", "The request has no body; send the bytes of an image file.")
    try:
        return decode_page_image(io.BytesIO(content), NAME, most_pixels)
    except NoImageError as error:
        raise Problem("not-an-image", str(error)) from error
    except TooManyPixelsError as error:
        raise Problem("too-many-pixels", str(error), most_pixels=most_pixels) from error
    except UnreadableImageError as error:
        raise Problem("damaged-image", str(error)) from error


def for_line(gray: np.ndarray) -> tuple[np.ndarray, float]:
    """Return a line image no larger than a line needs, and its pixels per given pixel."""
    import cv2

    factor = min(1.0, (MOST_LINE_PIXELS / gray.size) ** 0.5)
    if factor == 1.0:
        return gray, 1.0
    size = max(1, round(gray.shape[1] * factor)), max(1, round(gray.shape[0] * factor))
    return cv2.resize(gray, size, interpolation=cv2.INTER_AREA), factor
