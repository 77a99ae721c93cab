"""Preparing an image of ink, from any camera or file, the way the pens draw theirs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: Raised whenever a prepared line changes: a stored model fits the preparation it was trained on
PREPARATION = 1
HEIGHT = 32
# Measured by `core_band` on the pens' own lines: its mean height and its mean bottom row
CORE_HEIGHT = 12.5
CORE_BOTTOM = 23
CAPITAL_HEIGHT = 16.0
MARGIN = 4
MAX_WIDTH = 4096
LONGEST = MAX_WIDTH // HEIGHT  # Heights; shearing something far longer would fill the memory


class PlacedLine(NamedTuple):
    """A prepared line, and where its columns come from.

    Attributes:
        image: uint8 (32, width), ink 255 on paper 0.
        left: Column of the given image that becomes column `margin` of the prepared one.
        scale: Prepared pixels per pixel of the given image.
        margin: Empty columns before the ink.
    """

    image: np.ndarray
    left: float
    scale: float
    margin: int

    def column(self, prepared: float) -> float:
        """Return the column of the given image that a column of the prepared one shows."""
        return self.left + (prepared - self.margin) / self.scale


def to_gray(image: np.ndarray) -> np.ndarray:
    """Return any image as float32 (height, width) from 0 (black) to 1 (white).

    Args:
        image: (height, width), or with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA) channels;
            bool, any integer type, or float from 0 to 1 or from 0 to 255. Transparent pixels
            are white.

    Raises:
        ValueError: No array of that kind, empty, or with values that are no brightness.
    """
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (2, 3, 4)):
        raise ValueError(
            f"An image has the shape (height, width) or (height, width, 1 to 4 channels); "
            f"{image.shape} was given. Pass one image, not a batch."
        )
    if image.size == 0:
        raise ValueError(f"The image is empty: its shape is {image.shape}. Check the crop or file.")
    if image.dtype == bool:
        values = image.astype(np.float32)
    elif image.dtype.kind in "iu":
        top = 255 if image.dtype.itemsize == 1 or image.max() <= 255 else 65535
        values = image.astype(np.float32) / top
    elif image.dtype.kind == "f":
        values = image.astype(np.float32)
        if not np.isfinite(values).all():
            raise ValueError("The image holds NaN or infinity; a brightness is a finite number.")
        if values.max() > 2.0:  # Not 1: smooth resizing overshoots by a little
            values = values / 255.0
        values = np.where((values > 1.0) & (values < 1.1), np.float32(1), values)
        values = np.where((values < 0.0) & (values > -0.1), np.float32(0), values)
    else:
        raise ValueError(f"An image of {image.dtype} cannot be read; use uint8 or float.")
    if values.min() < 0 or values.max() > 1.0:
        raise ValueError(
            f"Brightness runs from 0 to 1 or from 0 to 255, but the image holds {image.min()} to "
            f"{image.max()}. Rescale it first."
        )
    if values.ndim == 2:
        return values
    alpha = values[..., -1] if values.shape[2] in (2, 4) else None
    color = values[..., 0] if values.shape[2] == 2 else values[..., :3] @ [0.299, 0.587, 0.114]
    if alpha is not None:
        color = color * alpha + (1 - alpha)
    return color.astype(np.float32)


def extract_ink(gray: np.ndarray) -> np.ndarray:
    """Return ink uint8 (height, width), 255 on paper 0, from light, shaded or dark paper.

    The paper's brightness is a wide median around every pixel; ink is what differs from it to
    the side of the stronger tail, scaled so that the darkest strokes become 255.

    Raises:
        ValueError: Nothing stands out from the paper.
    """
    import cv2

    levels = np.round(gray * 255).astype(np.uint8)
    height, width = levels.shape
    # The median needs a window much wider than a stroke; on a small copy it costs little
    small = min(1.0, 96 / height)
    size = (max(8, round(width * small)), max(8, round(height * small)))
    copy = cv2.resize(levels, size, interpolation=cv2.INTER_AREA)
    window = max(15, 2 * (size[1] // 2) + 1)
    copy = cv2.copyMakeBorder(copy, *[window // 2] * 4, cv2.BORDER_REFLECT_101)
    paper = cv2.medianBlur(copy, window)[window // 2 : -(window // 2), window // 2 : -(window // 2)]
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    difference = paper.astype(np.float32) - levels
    dark, light = np.percentile(difference, 99), -np.percentile(difference, 1)
    if light > dark:
        difference = -difference
    noise = 1.5 * float(np.median(np.abs(difference)))
    full = float(np.percentile(difference, 99))
    strong = difference[difference > max(0.4 * full, 8)]
    if full < 10 or len(strong) < 4:  # A tiny mark on a big page has a high maximum alone
        full = float(difference.max())
        strong = difference[difference > 0.5 * full]
    if full < 16 + noise:
        raise ValueError(
            "No ink was found: nothing in the image stands out from its paper. "
            "Check that the crop holds writing and that the photograph is not blank."
        )
    full = float(np.percentile(strong, 75))
    low = min(noise + 0.06 * full, 0.4 * full)
    return np.clip((difference - low) / (full - low) * 255, 0, 255).astype(np.uint8)


def crop_to_ink(ink: np.ndarray) -> np.ndarray:
    """Cut away empty paper and specks at the edges.

    Raises:
        ValueError: There is no ink.
    """
    top, bottom, left, right = _ink_box(ink)
    return ink[top:bottom, left:right]


def _ink_box(ink: np.ndarray) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of what `crop_to_ink` keeps."""
    import cv2

    mask = (ink > 90).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 2:
        raise ValueError("No ink was found: the image is only paper.")
    kept = np.flatnonzero(areas >= max(2, 0.04 * np.sort(areas)[-min(5, len(areas)) :].mean())) + 1
    rows, columns = np.nonzero(np.isin(parts, kept))
    top, left = max(0, rows.min() - 1), max(0, columns.min() - 1)
    return top, rows.max() + 2, left, columns.max() + 2


def core_band(ink: np.ndarray) -> tuple[int, int]:
    """Estimate the rows between x-height and baseline: the band that holds most of the ink.

    Returns:
        Top row (included) and bottom row (excluded).
    """
    profile = ink.astype(np.float64).sum(axis=1)
    span = max(1, len(profile) // 24)
    profile = np.convolve(profile, np.ones(span) / span, mode="same")
    # Half of the level that the busiest rows hold; ascenders and descenders stay below it
    level = 0.5 * np.percentile(profile, 90)
    rows = np.flatnonzero(profile >= level)
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1 + len(profile) // 16) + 1)
    best = max(runs, key=lambda run: profile[run].sum())
    return int(best[0]), int(best[-1]) + 1


def _level(ink: np.ndarray) -> np.ndarray:
    """Undo a slope of the line: the shear whose rows differ most."""
    import cv2

    height, width = ink.shape
    if not 2 * height <= width <= LONGEST * height:
        return ink  # A word or two says little about the slope; no line is longer
    small = min(1.0, 40 / height)
    copy = cv2.resize(
        ink, (round(width * small), round(height * small)), interpolation=cv2.INTER_AREA
    )
    slopes = np.linspace(-0.1, 0.1, 21)
    rows = [_shear(copy, slope).sum(axis=1, dtype=np.float64) for slope in slopes]
    best = slopes[int(np.argmax([np.square(row).sum() for row in rows]))]
    return _shear(ink, best) if abs(best) > 0.005 else ink


def _shear(ink: np.ndarray, slope: float) -> np.ndarray:
    """Move each column up by slope times its place, on paper high enough for it."""
    import cv2

    height, width = ink.shape
    extra = int(abs(slope) * width / 2) + 1
    matrix = np.array([[1, 0, 0], [0, 1, extra]], dtype=np.float64)
    matrix[1, 0], matrix[1, 2] = -slope, extra + slope * width / 2
    return cv2.warpAffine(ink, matrix, (width, height + 2 * extra))


def is_prepared(image: np.ndarray, shape: tuple[int | None, int | None]) -> bool:
    """Return whether an image is uint8 of that shape with light ink on dark paper."""
    image = np.asarray(image)
    fits = image.ndim == 2 and all(
        need in (None, size) for need, size in zip(shape, image.shape, strict=True)
    )
    return bool(fits and image.dtype == np.uint8 and image.size and np.median(image) < 64)


def prepare_line(image: np.ndarray) -> np.ndarray:
    """Return a line as the networks know it: uint8 (32, width), ink 255 on paper 0.

    A line that is prepared already comes back unchanged. Anything else is cleaned of its
    paper, made level, cropped, and scaled so that the core of its letters has the height and
    the place that it has in the pens' lines.

    Args:
        image: See `to_gray`; dark on light or light on dark.

    Raises:
        ValueError: No image, no ink, or a shape that is no line.
    """
    return place_line(image).image


def place_line(image: np.ndarray) -> PlacedLine:
    """Return a line as `prepare_line` does, and which columns of the image it shows.

    Making a line level moves its columns up and down, never sideways.

    Raises:
        ValueError: No image, no ink, or a shape that is no line.
    """
    import cv2

    if is_prepared(image, (HEIGHT, None)):
        return PlacedLine(np.asarray(image), 0.0, 1.0, 0)
    ink = extract_ink(to_gray(image))
    start = 0
    for make_level in (False, True):  # The slope is measured on the ink alone
        ink = _level(ink) if make_level else ink
        top, bottom, left, right = _ink_box(ink)
        ink, start = ink[top:bottom, left:right], start + left
    height, width = ink.shape
    top, bottom = core_band(ink)
    core = bottom - top
    # Without ascenders or descenders the band holds capitals or digits
    target = CORE_HEIGHT if height > 1.45 * core else CAPITAL_HEIGHT
    if height < 6 or core < 3:  # A dash or a dot: nothing to measure
        target, core = 2.0, max(core, 2)
    scale = min(target / core, (HEIGHT - 2) / height)
    new_width, new_height = max(2, round(width * scale)), max(1, round(height * scale))
    if new_width > MAX_WIDTH:
        raise ValueError(
            f"The line is {width / height:.0f} times as wide as high, which no line of writing is. "
            "Cut the page into lines first."
        )
    small = cv2.resize(ink, (new_width, new_height), interpolation=cv2.INTER_AREA)
    row = int(np.clip(CORE_BOTTOM - round(bottom * scale), 1, HEIGHT - 1 - new_height))
    line = np.zeros((HEIGHT, new_width + 2 * MARGIN), dtype=np.uint8)
    line[row : row + new_height, MARGIN : MARGIN + new_width] = small
    gain = 255 / max(1.0, np.percentile(small[small > 64], 80)) if (small > 64).any() else 1.0
    image = np.clip(line * gain, 0, 255).astype(np.uint8)
    return PlacedLine(image, float(start), new_width / width, MARGIN)


def prepare_character(image: np.ndarray) -> np.ndarray:
    """Return a character as EMNIST frames it: uint8 (28, 28), ink 255, centered.

    The ink is blurred, cropped, put into a square and scaled with a margin of two pixels
    (Cohen et al., EMNIST, arXiv:1702.05373, section II).

    Raises:
        ValueError: No image, or no ink.
    """
    import cv2

    if is_prepared(image, (28, 28)):
        return np.asarray(image)
    ink = crop_to_ink(extract_ink(to_gray(image)))
    side = max(ink.shape)
    blur = side / 64
    ink = cv2.GaussianBlur(np.pad(ink, round(2 * blur) + 1), (0, 0), max(blur, 0.3))
    height, width = ink.shape
    scale = 24 / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    framed = np.zeros((28, 28), dtype=np.uint8)
    top, left = (28 - size[1]) // 2, (28 - size[0]) // 2
    framed[top : top + size[1], left : left + size[0]] = small
    return framed
