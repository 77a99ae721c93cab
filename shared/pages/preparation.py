"""Page images of any size, kind and lighting, prepared alike for training and for reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.ink import to_gray

MAX_PIXELS = 12_000_000  # Larger photographs are scaled down first: more pixels find no more lines
MAX_SIDE = 12_000
FIRST_PASS_AREA = 300_000  # Working pixels of the first pass over a page
PAPER_WINDOW = 15  # In pixels of a copy four times smaller: about three lines of writing


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


def prepare_page(image: np.ndarray, scale: float | None = None) -> PreparedPage:
    """Return a page's gray photograph and its ink at the scale the detector works at.

    Args:
        image: One page of any size, at least one pixel; see `preparation.to_gray`.
        scale: Working pixels per pixel of the image; without it that of the first pass: at most
            300,000 pixels, and never larger than the image.

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
        scale = min(1.0, (FIRST_PASS_AREA / max(1, gray.size)) ** 0.5) * gray_scale
    empty = PreparedPage(gray, gray_scale, np.zeros((1, 1), np.uint8), scale)
    return empty.at_scale(scale)


def _reduce(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Scale a huge image down before its pixels become floats."""
    plain = image.dtype in (np.uint8, np.uint16, np.float32, np.float64)
    if image.ndim not in (2, 3) or image.size == 0 or not plain:
        return image, 1.0
    height, width = image.shape[:2]
    scale = min(1.0, (MAX_PIXELS / (height * width)) ** 0.5, MAX_SIDE / max(height, width))
    if scale == 1.0 or (image.ndim == 3 and image.shape[2] > 4):
        return image, 1.0
    return resized(image, scale), scale


def _ink_at(page: PreparedPage, scale: float) -> np.ndarray:
    return page_ink(resized(page.gray, scale / page.gray_scale))


def resized(image: np.ndarray, factor: float) -> np.ndarray:
    """Return an image (height, width, ...) at another size; smaller, its strokes are averaged."""
    import cv2

    height, width = image.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


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
