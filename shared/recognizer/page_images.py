"""Page images of any size, kind and lighting, prepared alike for training and for reading."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from shared.recognizer.preparation import to_gray

MAX_PIXELS = 12_000_000  # Larger photographs are halved first: more pixels find no more lines
MAX_SIDE = 12_000
FIRST_AREA = 300_000  # Pixels of the first look at a page
BITS = (8, 10, 12, 14, 16)  # What cameras and scanners measure, whatever the file could hold
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MAX_OPENED = 100_000_000  # Pixels; a file of a megabyte may claim more
PAPER_WINDOW = 15  # In pixels of a copy four times smaller: about three lines of writing


class UnreadableImageError(ValueError):
    """A file is no image that can be read whole."""


class NoImageError(UnreadableImageError):
    """A file is no image of a format that is read here."""


class TooManyPixelsError(UnreadableImageError):
    """An image is too large to be opened safely."""


@dataclass(frozen=True, eq=False)
class PreparedPage:
    """A page as the detector knows it.

    Attributes:
        gray: uint8 (height, width), the photograph at full size: 0 black, 255 white.
        gray_scale: Pixels of `gray` per pixel of the image given; 1 but for huge images.
        ink: uint8, full strokes 255 on paper 0, at the scale the detector works at.
        scale: Pixels of `ink` per pixel of the image given.
    """

    gray: np.ndarray
    gray_scale: float
    ink: np.ndarray
    scale: float

    def at_scale(self, scale: float) -> PreparedPage:
        """Return the same page prepared at another scale."""
        return PreparedPage(self.gray, self.gray_scale, _ink_at(self, scale), scale)


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
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as opened:
                if opened.width * opened.height > most_pixels:
                    raise Image.DecompressionBombError
                opened.seek(0)
                return _gray_of(ImageOps.exif_transpose(opened))
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
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UnreadableImageError(
            f"{name} cannot be read to its end: {error}. The file is damaged or was cut off; "
            "copy or download it again."
        ) from error


def _gray_of(image: object) -> np.ndarray:
    """Return a Pillow image as gray uint8, on white where it is transparent."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":  # 16 or 32 bits a pixel
        levels = np.asarray(image).astype(np.float32)
        if not np.isfinite(levels).all():
            raise ValueError("it holds NaN or infinity where a brightness belongs")
        peak = float(levels.max())
        top = next((2**bits - 1 for bits in BITS if peak <= 2**bits - 1), peak)
        top = 1 if image.mode == "F" and peak <= 2 else top
        return np.round(np.clip(levels / top, 0, 1) * 255).astype(np.uint8)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return np.array(image.convert("RGB" if image.mode == "CMYK" else image.mode).convert("L"))


def prepare_page(image: np.ndarray, scale: float | None = None) -> PreparedPage:
    """Return a page's gray photograph and its ink at the scale the detector works at.

    Args:
        image: One page of any size, at least one pixel; see `preparation.to_gray`.
        scale: Working pixels per pixel of the image; without it the first look, at most 300,000
            pixels and never larger than the image.

    Raises:
        ValueError: No image; an empty page is one, and has no ink.
    """
    image = np.asarray(image)
    reduced, gray_scale = _reduce(image)
    if reduced.dtype == np.uint8 and reduced.ndim == 2 and reduced.size:
        gray = reduced
    else:
        gray = np.round(to_gray(reduced) * 255).astype(np.uint8)
    if scale is None:
        scale = min(1.0, (FIRST_AREA / max(1, gray.size)) ** 0.5) * gray_scale
    empty = PreparedPage(gray, gray_scale, np.zeros((1, 1), np.uint8), scale)
    return empty.at_scale(scale)


def _reduce(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Scale a huge image down before its pixels become floats."""
    import cv2

    plain = image.dtype in (np.uint8, np.uint16, np.float32, np.float64)
    if image.ndim not in (2, 3) or image.size == 0 or not plain:
        return image, 1.0
    height, width = image.shape[:2]
    scale = min(1.0, (MAX_PIXELS / (height * width)) ** 0.5, MAX_SIDE / max(height, width))
    if scale == 1.0 or (image.ndim == 3 and image.shape[2] > 4):
        return image, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), scale


def _ink_at(page: PreparedPage, scale: float) -> np.ndarray:
    import cv2

    factor = scale / page.gray_scale
    height, width = page.gray.shape
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return page_ink(page.gray)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return page_ink(cv2.resize(page.gray, size, interpolation=how))


def page_ink(gray: np.ndarray) -> np.ndarray:
    """Return the ink of a page, 255 on paper 0, from light, shaded or dark paper.

    Paper is a wide median of the brighter pixels around; ink is how much of the paper's light a
    pixel swallows, scaled so that the page's strong strokes become 255. Where nothing stands out
    from the paper, the page is empty.

    Args:
        gray: uint8 (height, width).
    """
    import cv2

    if _is_dark_paper(gray):
        gray = 255 - gray
    height, width = gray.shape
    size = max(1, width // 4), max(1, height // 4)
    copy = cv2.dilate(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.ones((3, 3)))
    margin = PAPER_WINDOW // 2
    copy = cv2.copyMakeBorder(copy, *[margin] * 4, cv2.BORDER_REPLICATE)
    paper = cv2.medianBlur(copy, PAPER_WINDOW)[margin:-margin, margin:-margin]
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    swallowed = 255 - cv2.divide(gray, np.maximum(paper, 24), scale=255)
    levels = np.bincount(swallowed.ravel(), minlength=256).astype(np.float64)
    noise = 2.0 * _level_at(levels, 0.5)
    strong = np.where(np.arange(256) > max(12, noise, 0.35 * _level_at(levels, 0.995)), levels, 0)
    if strong.sum() < 4:
        return np.zeros_like(gray)
    full = _level_at(strong, 0.85)
    if full < 20 + noise:
        return np.zeros_like(gray)
    low = min(noise + 0.06 * full, 0.4 * full)
    table = np.clip((np.arange(256) - low) / (full - low) * 255, 0, 255).astype(np.uint8)
    return cv2.LUT(swallowed, table)


def _is_dark_paper(gray: np.ndarray) -> bool:
    """Return whether strokes are lighter than what is around them; the desk does not count."""
    import cv2

    if np.median(gray) >= 128:
        return False
    size = max(1, gray.shape[1] // 2), max(1, gray.shape[0] // 2)
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    away = small.astype(np.int16) - cv2.medianBlur(small, PAPER_WINDOW)
    light, dark = np.clip(away - 12, 0, None).sum(), np.clip(-away - 12, 0, None).sum()
    return bool(light > dark)


def _level_at(levels: np.ndarray, share: float) -> float:
    """Return the level below which a share of a histogram lies."""
    return float(np.searchsorted(np.cumsum(levels), share * levels.sum()))
