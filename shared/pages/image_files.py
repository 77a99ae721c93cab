"""Opening a person's image file, whatever a camera, a scanner or a browser wrote into it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

BITS = (8, 10, 12, 14, 16)  # What cameras and scanners measure, whatever the file could hold
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MAX_OPENED = 100_000_000  # Pixels; a file of a megabyte may claim more
STRIP = 256  # Rows that are converted together
LARGE = 10_000_000  # Pixels; below that colors are weighed exactly
_ORIENTATION = 0x0112
#: How the camera's orientation is undone, by its number in the Exif standard
_TURNS = {
    2: np.fliplr, 3: lambda gray: gray[::-1, ::-1], 4: np.flipud, 5: np.transpose,
    6: lambda gray: np.rot90(gray, -1), 7: lambda gray: gray[::-1, ::-1].T, 8: np.rot90,
}  # fmt: skip


class UnreadableImageError(ValueError):
    """A file is no image that can be read whole."""


class NoImageError(UnreadableImageError):
    """A file is no image of a format that is read here."""


class TooManyPixelsError(UnreadableImageError):
    """An image is too large to be opened safely."""


def open_page_image(path: Path | str) -> np.ndarray:
    """Open an image file as gray uint8 (height, width), the way its camera held it.

    The orientation written by the camera is applied, transparent pixels are white, 16 bits
    become 8, and of an animation the first frame counts.

    Raises:
        FileNotFoundError: There is no such file.
        UnreadableImageError: It is no image, it is cut off, or too large to be opened safely.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no image file at {path}; check its name and folder.")
    return decode_page_image(path, path.name)


def decode_page_image(
    file: Path | BinaryIO, name: str, most_pixels: int = MAX_OPENED
) -> np.ndarray:
    """Decode an image file, or the bytes of one, as `open_page_image` does.

    Args:
        file: A path, or a binary file such as `io.BytesIO`.
        name: What messages call it.
        most_pixels: Larger images are refused before they are decoded.

    Raises:
        NoImageError: It is no image of a format that is read here.
        TooManyPixelsError: It claims more pixels.
        UnreadableImageError: It is damaged or cut off; the other two are such errors, too.
    """
    from PIL import Image

    with image_file(file, name, most_pixels) as opened:
        opened.seek(0)
        gray = _straight_to_gray(opened) if opened.width * opened.height > LARGE else None
        if gray is None:
            opened.load()
            bright = _brightest(opened)
            gray = np.empty((opened.height, opened.width), np.uint8)
            # In strips, so that a large image is in memory once as it was stored and once as gray
            for top in range(0, opened.height, STRIP):
                strip = opened.crop((0, top, opened.width, min(top + STRIP, opened.height)))
                gray[top : top + STRIP] = _gray_of(strip, bright)
        # Not the plugin's own: a PNG's would load all pixels to look for more behind them
        turn = _TURNS.get(Image.Image.getexif(opened).get(_ORIENTATION))
        return gray if turn is None else np.ascontiguousarray(turn(gray))


@contextmanager
def image_file(
    file: Path | BinaryIO, name: str, most_pixels: int = MAX_OPENED
) -> Iterator[Image.Image]:
    """Open a person's image file, whatever is in it; all of this repository's do it here.

    Decoders raise anything on foreign bytes. Within the context, all of it means that the file
    is damaged, so one bad file stops neither a folder nor a service.

    Args:
        file: As in `decode_page_image`, which says what is raised.
        name: What messages call it.
        most_pixels: Larger images are refused before they are decoded.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as opened:
                if opened.width * opened.height > most_pixels:
                    raise Image.DecompressionBombError
                yield opened
    except FileNotFoundError:
        raise
    except UnidentifiedImageError:
        raise NoImageError(
            f"{name} is no image that can be opened. Save the page as JPEG or PNG; a PDF or "
            "a phone's HEIC file has to be exported first."
        ) from None
    except Image.DecompressionBombError:
        raise TooManyPixelsError(
            f"{name} claims more than {most_pixels / 1e6:.0f} megapixels. "
            f"Scale the image down, to {0.4 * most_pixels / 1e6:.0f} megapixels or less, and try "
            "again."
        ) from None
    except MemoryError as error:
        raise TooManyPixelsError(
            f"{name} needs more memory than there is. Scale the image down and try again."
        ) from error
    except Exception as error:
        told = isinstance(error, (OSError, SyntaxError, ValueError, EOFError)) and str(error)
        words = told or f"its decoder stops with {type(error).__name__}"
        raise UnreadableImageError(
            f"{name} cannot be read to its end: {words}. The file is damaged or was cut off; "
            "copy or download it again."
        ) from error


def is_image_name(path: Path) -> bool:
    """Return whether a file's name says that it is an image of a kind that is opened here."""
    from PIL import Image

    return Image.registered_extensions().get(path.suffix.lower()) in FORMATS


def _straight_to_gray(opened: Image.Image) -> np.ndarray | None:
    """Decode a large color picture without its colors, or return None where Pillow has to do it.

    Pillow leaves the colors of a JPEG out where it is told to. Of a PNG it holds four bytes a
    pixel, and of a WebP sixteen; OpenCV needs two and four.
    """
    import cv2

    if opened.draft("L", None) or opened.mode != "RGB" or "transparency" in opened.info:
        return None
    if opened.format not in ("PNG", "WEBP") or getattr(opened, "n_frames", 1) > 1:
        return None
    place = opened.fp.tell()
    opened.fp.seek(0)
    content = opened.fp.read()
    opened.fp.seek(place)
    if opened.format == "PNG" and not (content := _pixels_of_png(content)):
        return None
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    gray = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    # None of a damaged file, about which Pillow says more
    return gray if gray is not None and gray.shape == (opened.height, opened.width) else None


def _pixels_of_png(content: bytes) -> bytes:
    """Return an 8-bit PNG without what OpenCV would weigh colors by, such as their gamma.

    Nothing where more than the end follows the pixels: a second frame, an orientation.
    """
    parts, kinds, place = [content[:8]], [], 8
    while place < len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4], "big")
        kinds.append(content[place + 4 : place + 8])
        if kinds[-1] in (b"IHDR", b"IDAT", b"IEND"):
            parts.append(content[place:end])
        place = end
    pixels = kinds[kinds.index(b"IDAT") :]
    plain = set(pixels) == {b"IDAT", b"IEND"} and kinds.count(b"IHDR") == 1 and content[24] == 8
    return b"".join(parts) if plain else b""


def _brightest(image: Image.Image) -> float | None:
    """Return the brightness that stands for white where a pixel has 16 or 32 bits."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return None
    peak = float(image.getextrema()[1])
    if image.mode == "F" and peak <= 2:
        return 1.0
    return float(next((2**bits - 1 for bits in BITS if peak <= 2**bits - 1), peak))


def _gray_of(image: Image.Image, bright: float | None) -> np.ndarray:
    """Return a Pillow image as gray uint8, on white where it is transparent."""
    from PIL import Image

    if bright is not None:
        levels = np.asarray(image).astype(np.float32)
        if not np.isfinite(levels).all():
            raise ValueError("it holds NaN or infinity where a brightness belongs")
        return np.round(np.clip(levels / bright, 0, 1) * 255).astype(np.uint8)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    if image.mode == "LAB":  # Pillow converts it to nothing; its first channel is lightness
        return np.asarray(image.getchannel("L"))
    return np.asarray(image.convert("RGB" if image.mode == "CMYK" else image.mode).convert("L"))
