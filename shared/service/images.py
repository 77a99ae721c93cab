"""From the bytes of an upload to gray pixels, or to a problem that says what was wrong."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator

import numpy as np
from PIL import Image

from shared.pages.image_files import (
    NoImageError,
    TooManyPixelsError,
    UnreadableImageError,
    decode_page_image,
    image_file,
)
from shared.service.problems import Problem

NAME = "The image"


def decode_upload(content: bytes, most_pixels: int) -> np.ndarray:
    """Return an upload as gray uint8 (height, width), upright.

    Raises:
        Problem: `not-an-image`, `too-many-pixels` or `damaged-image`.
    """
    with _refusing(content, most_pixels):
        return decode_page_image(io.BytesIO(content), NAME, most_pixels)


@contextlib.contextmanager
def _refusing(content: bytes, most_pixels: int) -> Iterator[None]:
    if not content:
        raise Problem("not-an-image", "The request has no body; send the bytes of an image file.")
    try:
        yield
    except NoImageError as error:
        raise Problem("not-an-image", str(error)) from error
    except TooManyPixelsError as error:
        raise Problem("too-many-pixels", str(error), most_pixels=most_pixels) from error
    except UnreadableImageError as error:
        raise Problem("damaged-image", str(error)) from error


class Decoder:
    """Decodes uploads in threads, and bounds the pixels of all that are at work together."""

    def __init__(self, most_pixels: int) -> None:
        self._most = self._free = most_pixels
        self._changed = threading.Condition()
        self._turn = threading.Lock()  # Else small images could pass a large one for ever

    @contextlib.contextmanager
    def decoded(self, content: bytes) -> Iterator[np.ndarray]:
        """Give an upload's pixels, as `decode_upload` does; wait until there is room for them."""
        with _refusing(content, self._most), image_file(io.BytesIO(content), NAME, self._most) as f:
            pixels = f.width * f.height
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._free >= pixels)
            self._free -= pixels
        try:
            yield decode_upload(content, self._most)
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()


def as_png(gray: np.ndarray) -> bytes:
    """Return gray pixels, uint8 (height, width), as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "PNG")
    return buffer.getvalue()
