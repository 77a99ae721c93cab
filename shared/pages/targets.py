"""What the line detector learns from: pieces of pages, varied afresh, with their target maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from shared.networks import MAP_STEP
from shared.pages.clutter import clutter
from shared.pages.detector import DISTANCE, X_HEIGHT
from shared.pages.line import Line, band_polygon
from shared.pages.preparation import prepare_page
from shared.pages.tracing import CORE_SHARE

if TYPE_CHECKING:
    from shared.pages import Page

Kind = Literal["baseline", "classes"]
CROP = 256  # Height and width of a training example, in working pixels
SIZE_SPREAD = 0.33  # Standard deviation of the logarithm of a page's scale
WIDTH_SPREAD = 0.25  # The same of its width alone: many people leave wide gaps
TILT_SPREAD = 0.03  # Standard deviation of the angle it is turned by, in radians
LEAN_SPREAD = 0.05  # The same of the slant


class PageBatch(NamedTuple):
    """Examples for the detector: ink uint8 (batch, 256, 256, 1), targets float32.

    Targets are (batch, 128, 128, 3); see `baseline_maps` and `class_maps`.
    """

    images: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True, eq=False)
class PageExample:
    """A prepared page and its lines, all in working pixels."""

    ink: np.ndarray
    lines: list[Line]
    x_height: float


def page_example(page: Page) -> PageExample:
    """Prepare a page for training as it is prepared for reading, at the size it has."""
    ink = prepare_page(page.image, scale=1.0).ink
    heights = [line.x_height for line in page.lines]
    return PageExample(ink, page.lines, float(np.median(heights)) if heights else X_HEIGHT)


def baseline_maps(lines: Sequence[Line], shape: tuple[int, int]) -> np.ndarray:
    """Draw the target of a baseline network, float32 (height / 2, width / 2, 3).

    The first map is the core band: 1 between the baseline and .85 x-heights above it. The others
    hold how far the line reaches up and down from its baseline, in units of 16 working pixels;
    they only count inside the band.

    Args:
        lines: In working pixels.
        shape: Height and width of the example, even.
    """
    import cv2

    half = shape[0] // MAP_STEP, shape[1] // MAP_STEP
    core = np.zeros(shape, np.uint8)
    distances = np.zeros((2, *half), np.float32)
    for line in lines:
        # Half a pixel less on both sides, because the pixels of the outline are filled, too
        outline = band_polygon(line.baseline, CORE_SHARE * line.x_height - 0.5, -0.5)
        _fill(core, outline, 255)
        thick = band_polygon(line.baseline, line.x_height, 0.15 * line.x_height) / MAP_STEP
        for values, distance in zip(distances, (line.ascent, line.descent), strict=True):
            _fill(values, thick, distance / DISTANCE)
    core = cv2.resize(core, half[::-1], interpolation=cv2.INTER_AREA)
    return np.stack([core.astype(np.float32) / 255, *distances], axis=-1)


def class_maps(lines: Sequence[Line], shape: tuple[int, int]) -> np.ndarray:
    """Draw the target of a three-class network, one-hot float32 (height / 2, width / 2, 3).

    Lines count from the first one that the example shows: 1 for odd, 2 for even, 0 elsewhere.
    """
    half = shape[0] // MAP_STEP, shape[1] // MAP_STEP
    classes = np.zeros(half, np.uint8)
    shown = 0
    for line in lines:
        piece = np.zeros(half, np.uint8)
        _fill(piece, line.polygon / MAP_STEP, 1)
        if piece.any():
            classes[piece > 0] = 1 + shown % 2
            shown += 1
    return np.eye(3, dtype=np.float32)[classes]


def _fill(image: np.ndarray, outline: np.ndarray, value: float) -> None:
    import cv2

    points = np.round((outline - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(image, [points], float(value), shift=4)


def vary_page(
    example: PageExample, rng: np.random.Generator, size: int = CROP
) -> tuple[np.ndarray, list[Line]]:
    """Cut a piece out of a page, shown a little larger, tilted, slanted, fainter or stronger.

    Returns:
        Ink uint8 (size, size), and the lines that it shows, in its pixels.
    """
    import cv2

    factor = X_HEIGHT / example.x_height * np.exp(np.clip(rng.normal(0, SIZE_SPREAD), -0.8, 0.8))
    wide = np.exp(np.clip(rng.normal(0.1, WIDTH_SPREAD), -0.3, 0.7))
    height, width = example.ink.shape
    height, width = max(8, round(height * factor)), max(8, round(width * factor * wide))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    ink = cv2.resize(example.ink, (width, height), interpolation=how)
    tilt, lean = rng.normal(0, TILT_SPREAD), rng.normal(0, LEAN_SPREAD)
    linear = np.array([[1, lean - tilt], [tilt, 1]])
    moved = linear * (wide, 1)
    # The window's middle falls on the page, or anywhere around a page that is smaller
    reach = np.maximum(np.array([width, height]) - 0.7 * size, 0) / 2
    middle = np.array([width, height]) / 2 + reach * rng.uniform(-1, 1, 2)
    offset = size / 2 - linear @ middle + 0.15 * size * rng.uniform(-1, 1, 2)
    ink = cv2.warpAffine(ink, np.column_stack([linear, offset]), (size, size))
    lines = [_moved(line.scaled(factor), moved, offset) for line in example.lines]
    lines = [line for line in lines if _shows(line, size)]
    strong = ink[ink > 60]
    full = float(np.percentile(strong, 70)) if strong.size > 20 else 255.0
    gain = rng.uniform(0.75, 1.3) * 255 / max(full, 60.0)
    if rng.random() < 0.3:
        ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.4, 0.9))
    ink = np.clip(ink * gain, 0, 255)
    if rng.random() < 0.3:
        ink = np.clip(ink + rng.normal(0, rng.uniform(2, 14), ink.shape), 0, 255)
    return ink.astype(np.uint8), lines


def _moved(line: Line, linear: np.ndarray, offset: np.ndarray) -> Line:
    return replace(line, baseline=line.baseline @ linear.T + offset, ink_box=None)


def _shows(line: Line, size: int) -> bool:
    low, high = line.baseline.min(axis=0), line.baseline.max(axis=0)
    low, high = low - (0, line.ascent), high + (0, line.descent)
    return bool((high > 0).all() and (low < size).all())


def page_batches(
    examples: Sequence[PageExample],
    batch_size: int = 8,
    seed: int = 0,
    kind: Kind = "baseline",
    first: int = 0,
    clutter_share: float = 0.03,
) -> Iterator[PageBatch]:
    """Yield batches without end, each update's own, however often a run was killed.

    Args:
        examples: Pages to cut pieces from.
        batch_size: Pieces in a batch.
        seed: Decides which pieces, and how they vary.
        kind: `"baseline"` or `"classes"`: which targets are drawn.
        first: The update to begin with.
        clutter_share: Share of the examples that show no writing at all; see `clutter`.
    """
    if not len(examples):
        raise ValueError("There is no page to learn from; compose some with `compose_pages`.")
    draw = baseline_maps if kind == "baseline" else class_maps
    update, dealt, order = first, None, np.zeros(0, int)
    while True:
        rng = np.random.default_rng([seed, update])
        turn = update * batch_size // len(examples)
        if turn != dealt:
            dealt = turn
            order = np.random.default_rng([seed, 7, turn]).permutation(len(examples))
        images, targets = [], []
        for k in range(batch_size):
            if rng.random() < clutter_share:
                ink, lines = clutter(rng), []
            else:
                place = (update * batch_size + k) % len(examples)
                ink, lines = vary_page(examples[order[place]], rng)
            images.append(ink[..., None])
            targets.append(draw(lines, ink.shape))
        yield PageBatch(np.stack(images), np.stack(targets))
        update += 1
