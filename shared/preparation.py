"""How an image of a line or a character becomes a network's input: ink of one size, in one place.

There are two ways for a line, and a model's card says which one its network was trained on:

1. `WHOLE_LINE`, for the labs' small networks: a whole line fits into 32 rows. A tall loop makes
   its letters small: in real lines the bodies are two thirds as high as in the pens'.
2. `BODIES`, for the shipped reader: the letters' bodies alone decide the size, half of the slant
   is taken away, and what sticks out of 48 rows is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from shared.ink import (
    LONGEST,
    body_rows,
    core_band,
    crop_to_ink,
    extract_ink,
    level_ink,
    measure_slant,
    to_gray,
)  # fmt: skip
from shared.networks import HEIGHT, READER_HEIGHT

MAX_WIDTH = LONGEST * HEIGHT
BUCKET = 32  # Lines are padded to a multiple of this width; it is one of the frame width, too
# WHOLE_LINE: mean height and mean bottom row of `core_band` on the pens' own lines
CORE_HEIGHT, CORE_BOTTOM = 12.5, 23
CAPITAL_HEIGHT = 16.0  # Rows of a line that has neither ascenders nor descenders
X_HEIGHT = 10.5  # Mean rows of a small letter in the pens' lines
MARGIN = 4
# BODIES: mean height and bottom row of the band between x-height and baseline
BODY, BODY_BOTTOM = 14.0, 33
CAPITALS = 18.0  # As CAPITAL_HEIGHT
READER_X_HEIGHT = 12.7  # Less than BODY: a band that wanders is wider
READER_MARGIN = 6
BELOW = 0.08  # How far the band reaches below a detected baseline, in x-heights
UPRIGHT = 0.5  # Share of the slant that is taken away


class PlacedLine(NamedTuple):
    """A prepared line, and where its columns come from.

    Attributes:
        image: uint8 (height, width), ink 255 on paper 0.
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


def is_prepared(image: np.ndarray, shape: tuple[int | None, int | None]) -> bool:
    """Return whether an image is uint8 of that shape with light ink on dark paper."""
    image = np.asarray(image)
    fits = image.ndim == 2 and all(
        need in (None, size) for need, size in zip(shape, image.shape, strict=True)
    )
    return bool(fits and image.dtype == np.uint8 and image.size and np.median(image) < 64)


def _scale(
    ink: np.ndarray, rows: int, body: float, capitals: float, speck: float, highest: float = np.inf
) -> float:
    """Return by what factor to scale a line whose band between x-height and baseline has `rows`."""
    height, width = ink.shape
    if height < 6 or rows < 3:  # A dash or a dot: nothing to measure
        scale = speck / max(rows, 2)
    else:  # Without ascenders or descenders the band holds capitals or digits
        scale = (body if height > 1.45 * rows else capitals) / rows
    scale = min(scale, highest / height)
    if width > LONGEST * height or round(width * scale) > MAX_WIDTH:
        raise ValueError(
            f"The line is {width / height:.0f} times as wide as high, which no line of writing is. "
            "Cut the page into lines first."
        )
    return scale


def place_line(image: np.ndarray) -> PlacedLine:
    """Return a line as `prepare_line` does, and which columns of the image it shows.

    Making a line level moves its columns up and down, never sideways.

    Raises:
        ValueError: No image, no ink, or a shape that is no line.
    """
    import cv2

    if is_prepared(image, (HEIGHT, None)):
        return PlacedLine(np.asarray(image), 0.0, 1.0, 0)
    ink, start = level_ink(image)
    height, width = ink.shape
    top, bottom = core_band(ink)
    scale = _scale(ink, bottom - top, CORE_HEIGHT, CAPITAL_HEIGHT, 2.0, highest=HEIGHT - 2)
    new_width, new_height = max(2, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(ink, (new_width, new_height), interpolation=cv2.INTER_AREA)
    row = int(np.clip(CORE_BOTTOM - round(bottom * scale), 1, HEIGHT - 1 - new_height))
    line = np.zeros((HEIGHT, new_width + 2 * MARGIN), dtype=np.uint8)
    line[row : row + new_height, MARGIN : MARGIN + new_width] = small
    gain = 255 / max(1.0, np.percentile(small[small > 64], 80)) if (small > 64).any() else 1.0
    image = np.clip(line * gain, 0, 255).astype(np.uint8)
    return PlacedLine(image, float(start), new_width / width, MARGIN)


def prepare_line(image: np.ndarray) -> np.ndarray:
    """Return a line as the labs' networks know it: uint8 (32, width), ink 255 on paper 0.

    A line that is prepared already comes back unchanged. Anything else is cleaned of its
    paper, made level, cropped, and scaled so that the core of its letters has the height and
    the place that it has in the pens' lines.

    Args:
        image: See `shared.ink.to_gray`; dark on light or light on dark.

    Raises:
        ValueError: No image, no ink, or a shape that is no line.
    """
    return place_line(image).image


def place_bodies(image: np.ndarray, room: int = 0) -> PlacedLine:
    """Return a line as the shipped reader knows it, and which columns of the image it shows.

    The line is uint8 (48, width), ink 255 on paper 0.

    Args:
        image: See `shared.ink.to_gray`; a line that is prepared already is returned as it is.
        room: Rows kept above and below the 48, for training that moves lines up and down.

    Raises:
        ValueError: No image, no ink, or a shape that is no line.
    """
    if is_prepared(image, (READER_HEIGHT + 2 * room, None)):
        return PlacedLine(np.asarray(image), 0.0, 1.0, 0)
    ink, start = level_ink(image)
    top, bottom = body_rows(ink)
    scale = _scale(ink, bottom - top, BODY, CAPITALS, 3.0)
    return set_in_rows(ink, scale, bottom, float(start), room)


def set_in_rows(
    ink: np.ndarray, scale: float, baseline: float, left: float, room: int = 0
) -> PlacedLine:
    """Scale ink, make it half upright, and set its baseline on its row; tall parts are cut.

    Args:
        ink: uint8 (height, width), 255 on paper 0, cropped to its columns.
        scale: Rows of the result per row of the ink.
        baseline: Row of the ink that letters stand on.
        left: Column of the image that column 0 of the ink is.
        room: See `place_bodies`.
    """
    import cv2

    slant = UPRIGHT * measure_slant(ink)
    width = max(2, round(ink.shape[1] * scale))
    if scale < 1:  # Averaged first: a warp that shrinks would skip pixels
        size = width, max(1, round(ink.shape[0] * scale))
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
        baseline, step = baseline * scale, 1.0
    else:
        step = width / ink.shape[1]
    row = BODY_BOTTOM + room
    # Columns at the baseline stay where they are, so that a frame's place in the image is known
    matrix = np.array([[step, slant * step, READER_MARGIN - slant * step * baseline],
                       [0, step, row - step * baseline]])  # fmt: skip
    size = width + 2 * READER_MARGIN, READER_HEIGHT + 2 * room
    line = cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR)
    return PlacedLine(line, left, scale, READER_MARGIN)


@dataclass(frozen=True)
class Preparation:
    """From any image of a line to the ink that a network knows.

    Attributes:
        version: What a model's card says; a new number whenever prepared lines change.
        height: Rows of a prepared line.
        x_height: Rows of a small letter in it, on average.
        body: Rows of the band between x-height and baseline, as `place_line` measures it.
        body_bottom: First row below that band.
        place_line: From an image to a prepared line and its place.
    """

    version: int
    height: int
    x_height: float
    body: float
    body_bottom: int
    place_line: Callable[[np.ndarray], PlacedLine]

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """Return a prepared line, uint8 (height, width), ink 255 on paper 0.

        Args:
            image: See `shared.ink.to_gray`; what is prepared already comes back as it is.

        Raises:
            ValueError: No image, no ink, or a shape that is no line.
        """
        return self.place_line(image).image

    def upside_down(self, line: np.ndarray) -> np.ndarray:
        """Return a prepared line turned by half, its letters' bodies on the rows of bodies."""
        lower = round(2 * self.body_bottom - self.body) - self.height
        turned = np.zeros_like(line)
        turned[lower:] = line[::-1, ::-1][: self.height - lower]
        return turned


WHOLE_LINE = Preparation(1, HEIGHT, X_HEIGHT, CORE_HEIGHT, CORE_BOTTOM, place_line)
BODIES = Preparation(2, READER_HEIGHT, READER_X_HEIGHT, BODY, BODY_BOTTOM, place_bodies)


def padded_width(width: int) -> int:
    """Return a width rounded up, so that lines share few widths, and padding shifts no frame."""
    return -(-width // BUCKET) * BUCKET


def pad_images(images: Sequence[np.ndarray], width: int) -> np.ndarray:
    """Stack lines (height, w) into uint8 (batch, height, width, 1), with paper on the right."""
    padded = np.zeros((len(images), len(images[0]), width, 1), dtype=np.uint8)
    for row, image in zip(padded, images, strict=True):
        row[:, : image.shape[1], 0] = image
    return padded


def padded_batches(
    lines: Sequence[np.ndarray], batch_size: int
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Yield batches of lines that are padded to the same width, see `pad_images`, narrowest first.

    An LSTM reads the padding, too: in wider company a line would be read differently. With each
    batch come the numbers of its lines.
    """
    buckets: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        buckets.setdefault(padded_width(line.shape[1]), []).append(index)
    for width, members in sorted(buckets.items()):
        for start in range(0, len(members), batch_size):
            part = members[start : start + batch_size]
            yield part, pad_images([lines[index] for index in part], width)


def preparation_of(version: int) -> Preparation:
    """Return the preparation with this number.

    Raises:
        ValueError: This code does not have it.
    """
    for known in (WHOLE_LINE, BODIES):
        if known.version == version:
            return known
    raise ValueError(
        f"it needs lines of preparation {version}, and this code makes preparation "
        f"{WHOLE_LINE.version} and {BODIES.version}: it would misread. Train or adapt it anew"
    )


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
    ink, _ = crop_to_ink(extract_ink(to_gray(image)))
    blur = max(ink.shape) / 64
    ink = cv2.GaussianBlur(np.pad(ink, round(2 * blur) + 1), (0, 0), max(blur, 0.3))
    height, width = ink.shape
    scale = 24 / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    framed = np.zeros((28, 28), dtype=np.uint8)
    top, left = (28 - size[1]) // 2, (28 - size[0]) // 2
    framed[top : top + size[1], left : left + size[0]] = small
    return framed
