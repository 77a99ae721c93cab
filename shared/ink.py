"""Ink and photographs: what a camera makes of ink, and ink found on any paper, leveled, measured.

`shared.preparation` makes of what is found what a network reads. Everywhere, ink is uint8
(height, width), 255 on paper 0, as the pens draw it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shared.writers import Hand

LONGEST = 128  # Widths in heights; shearing something far longer would fill the memory
STEEPEST = 1.0  # Slant in columns a row; a stronger one is a wrong measurement


def photograph(image: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Return clean ink as a camera and a contrast correction leave it.

    Args:
        image: uint8 (height, width), ink 255 on paper 0.
        hand: Its ink and blur are the middle of what is drawn.
        rng: Source of the variation.
    """
    import cv2

    blur, gain, curve, grain, patches = rng.random(5)
    image = cv2.GaussianBlur(image, (3, 3), hand.style.blur * (0.6 + 0.8 * blur))
    # However faint the pencil, the correction leaves its darkest ink at half strength or more
    strength = max(hand.style.ink * (0.75 + 0.6 * gain), 0.6 * 255 / max(1, int(image.max())))
    table = np.minimum(
        255, np.rint(255 * strength * (np.arange(256) / 255) ** (0.75 + 0.5 * curve))
    )
    image = cv2.LUT(image, table.astype(np.uint8))
    if patches < 0.6:  # Ink that flows unevenly
        h, w = image.shape
        coarse = rng.integers(140, 256, (5, max(2, w // 6)), dtype=np.uint8)
        flow = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR)
        image = cv2.multiply(image, flow, scale=1 / 230)
    if grain < 0.4:  # Paper that is not quite gone; saturating arithmetic never wraps around
        noise = rng.integers(0, 2 + int(40 * grain), image.shape, dtype=np.uint8)
        image = cv2.add(image, noise)
    return image


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
    if image.dtype.kind not in "biuf":
        raise ValueError(f"An image of {image.dtype} cannot be read; use uint8 or float.")
    values = image.astype(np.float32)
    if image.dtype.kind in "iu":
        values /= 255 if image.dtype.itemsize == 1 or image.max() <= 255 else 65535
    elif image.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise ValueError("The image holds NaN or infinity; a brightness is a finite number.")
        if values.max() > 2.0:  # Not 1: smooth resizing overshoots by a little
            values = values / 255.0
        values = np.where((values > 1.0) & (values < 1.1), np.float32(1), values)
        values = np.where((values < 0.0) & (values > -0.1), np.float32(0), values)
    if values.min() < 0 or values.max() > 1.0:
        raise ValueError(
            f"Brightness runs from 0 to 1 or from 0 to 255, but the image holds {image.min()} to "
            f"{image.max()}. Rescale it first."
        )
    if values.ndim == 2:
        return values
    color = values[..., 0] if values.shape[2] == 2 else values[..., :3] @ [0.299, 0.587, 0.114]
    if values.shape[2] in (2, 4):
        alpha = values[..., -1]
        color = color * alpha + (1 - alpha)
    return color.astype(np.float32)


def extract_ink(gray: np.ndarray) -> np.ndarray:
    """Return ink uint8 (height, width), 255 on paper 0, from light, shaded or dark paper.

    The paper's brightness is a wide median around every pixel; ink is what differs from it to
    the side of the stronger tail, scaled so that the darkest strokes become 255.

    Args:
        gray: float32 (height, width) from 0 (black) to 1 (white).

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
    side = window // 2
    copy = cv2.copyMakeBorder(copy, side, side, side, side, cv2.BORDER_REFLECT_101)
    paper = cv2.medianBlur(copy, window)[side:-side, side:-side]
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    difference = paper.astype(np.float32) - levels
    light, dark = np.percentile(difference, np.float32([1, 99])) * np.float32([-1, 1])
    if max(light, dark) < 16:  # A hyphen on its paper: only the extremes tell it from the paper
        light, dark = -difference.min(), difference.max()
    if light > dark:
        difference = -difference
        dark = np.percentile(difference, 99)
    noise, full = 1.5 * float(np.median(np.abs(difference))), float(dark)
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


def crop_to_ink(ink: np.ndarray) -> tuple[np.ndarray, int]:
    """Cut away empty paper and specks at the edges.

    Returns:
        The ink, and the column where it began.

    Raises:
        ValueError: There is no ink.
    """
    import cv2

    mask = (ink > 90).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        raise ValueError("No ink was found: the image is only paper.")
    areas = stats[:, cv2.CC_STAT_AREA]
    kept = areas >= max(2, 0.04 * np.sort(areas[1:])[-5:].mean())
    kept[0] = False  # The paper
    left, top, width, height = stats[kept, :4].T
    rows = slice(max(0, top.min() - 1), (top + height).max() + 1)
    first = max(0, int(left.min()) - 1)
    return ink[rows, first : (left + width).max() + 1], first


def level_ink(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Return a line's ink, cropped and level, and the column of the image where it begins.

    Raises:
        ValueError: No image, or no ink.
    """
    ink, start = crop_to_ink(extract_ink(to_gray(image)))
    ink, more = crop_to_ink(undo_slope(ink))  # The slope is measured on the ink alone
    return ink, start + more


def _small_copy(ink: np.ndarray, height: int) -> np.ndarray:
    import cv2

    small = min(1.0, height / ink.shape[0])
    size = max(2, round(ink.shape[1] * small)), max(2, round(ink.shape[0] * small))
    return cv2.resize(ink, size, interpolation=cv2.INTER_AREA)


def undo_slope(ink: np.ndarray) -> np.ndarray:
    """Undo a slope of the line: the shear whose rows differ most."""
    height, width = ink.shape
    if not 2 * height <= width <= LONGEST * height:
        return ink  # A word or two says little about the slope; no line is longer
    copy = _small_copy(ink, 40)
    slopes = np.linspace(-0.1, 0.1, 21)
    best = slopes[int(np.argmax([_sharpness(_shear(copy, slope), 1) for slope in slopes]))]
    return _shear(ink, best) if abs(best) > 0.005 else ink


def _sharpness(ink: np.ndarray, axis: int) -> float:
    """Return how unequal the sums along an axis are."""
    import cv2

    sums = cv2.reduce(ink, axis, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel()
    return np.square(sums).sum()


def _shear(ink: np.ndarray, slope: float) -> np.ndarray:
    """Move each column up by slope times its place, on paper high enough for it."""
    import cv2

    height, width = ink.shape
    extra = int(abs(slope) * width / 2) + 1
    matrix = np.array([[1, 0, 0], [-slope, 1, extra + slope * width / 2]])
    return cv2.warpAffine(ink, matrix, (width, height + 2 * extra))


def measure_slant(ink: np.ndarray) -> float:
    """Return how far letters lean, in columns a row, to the right above zero.

    The shear that makes columns fullest and emptiest at once sets the strokes upright.
    """
    import cv2

    copy = _small_copy(ink, 32)
    height, width = copy.shape
    room = int(STEEPEST * height) + 1
    slants = np.linspace(-STEEPEST / 2, STEEPEST, 25)
    sharpness = []
    for slant in slants:
        matrix = np.array([[1, slant, room - slant * height / 2], [0, 1, 0]])
        upright = cv2.warpAffine(copy, matrix, (width + 2 * room, height))
        sharpness.append(_sharpness(upright, 0))
    return float(slants[int(np.argmax(sharpness))])


def core_band(ink: np.ndarray) -> tuple[int, int]:
    """Estimate the rows between x-height and baseline: the band that holds most of the ink.

    Returns:
        Top row (included) and bottom row (excluded).
    """
    profile = ink.sum(axis=1, dtype=np.float64)
    span = max(1, len(profile) // 24)
    profile = np.convolve(profile, np.ones(span) / span, mode="same")
    # Half of the level that the busiest rows hold; ascenders and descenders stay below it
    level = 0.5 * np.percentile(profile, 90)
    rows = np.flatnonzero(profile >= level)
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1 + len(profile) // 16) + 1)
    best = max(runs, key=lambda run: profile[run].sum())
    return int(best[0]), int(best[-1]) + 1


def body_rows(ink: np.ndarray) -> tuple[int, int]:
    """Return the rows between x-height and baseline, whatever rules and bars there are.

    Returns:
        Top row (included) and bottom row (excluded).
    """
    ink = without_rules(ink)
    top, bottom = core_band(ink)
    if bottom - top < 0.14 * len(ink):  # Bars of capitals, each a band of its own
        profile = ink.sum(axis=1, dtype=np.float64)
        rows = np.flatnonzero(profile >= 0.4 * np.percentile(profile, 90))
        top, bottom = int(rows[0]), int(rows[-1]) + 1
    return top, bottom


def without_rules(ink: np.ndarray) -> np.ndarray:
    """Leave out long level strokes: the rules of paper, which hide where the letters' bodies are.

    Only for measuring; the reader sees the rules and has learned to look past them.
    """
    import cv2

    length = max(24, 2 * ink.shape[0])
    if ink.shape[1] < 1.5 * length:
        return ink
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))  # A rule may climb a little
    rules = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    return cv2.subtract(ink, rules)
