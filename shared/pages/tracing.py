"""From the detector's maps to lines: bands are traced, cut apart where they touch, and joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shared.pages.joining import CORE_SHARE, Band, join_bands
from shared.pages.line import Line, reading_order

LIFT = 0.4  # The least mean of a band, as a share of the way from the threshold to 1
SHORTEST = 0.8  # Shorter bands, in x-heights, are specks


def lines_from_maps(maps: np.ndarray, threshold: float = 0.5) -> list[Line]:
    """Return the lines of baseline maps, in pixels of the maps and in reading order.

    Args:
        maps: float (height, width, 3): probability of the core band, and inside it the distance
            from the baseline up to the top and down to the bottom of the line.
        threshold: Least probability of a band.
    """
    core = np.asarray(maps[..., 0], dtype=np.float32)
    bands = trace_bands(core, core >= threshold, (maps[..., 1], maps[..., 2]), threshold)
    found = []
    for band in join_bands(bands):
        x_height = band.thickness / CORE_SHARE
        sure = band.confidence >= threshold + LIFT * (1 - threshold)
        if sure and band.length >= SHORTEST * x_height:
            found.append(_line(band, band.thickness / 2, band.above, band.below, x_height))
    return reading_order(without_specks(found))


def without_specks(lines: Sequence[Line]) -> list[Line]:
    """Leave out bands of a few letters that lie inside a longer line: its dots, loops and quotes.

    Lines of their own are at least 1.6 x-heights apart.
    """
    lengths = [float(np.ptp(line.baseline[:, 0])) for line in lines]

    def inside(k: int) -> bool:
        x, y = lines[k].baseline.mean(axis=0)
        for line, length in zip(lines, lengths, strict=True):
            left, right = line.baseline[[0, -1], 0]
            if left <= x <= right and lengths[k] < min(length / 3, 6 * line.x_height):
                up = (np.interp(x, *line.baseline.T) - y) / line.x_height
                if -0.9 < up < 1.5:
                    return True
        return False

    return [line for k, line in enumerate(lines) if not inside(k)]


def lines_from_classes(classes: np.ndarray) -> list[Line]:
    """Return the lines of a three-class map: connected regions of odd, then of even lines.

    The classes carry no baseline, so it is guessed at a quarter of a region's height.

    Args:
        classes: float (height, width, 3): probabilities of background, odd and even line.
    """
    best, found = classes.argmax(axis=-1), []
    for kind in (1, 2):
        probability = np.asarray(classes[..., kind], dtype=np.float32)
        unknown = np.zeros_like(probability)
        bands = trace_bands(probability, best == kind, (unknown, unknown), 0.5)
        for band in join_bands(bands, band_share=0.4):
            height = band.thickness
            if band.length >= SHORTEST * 0.4 * height:
                found.append(_line(band, height / 4, 0.75 * height, 0.25 * height, 0.4 * height))
    return reading_order(found)


def _line(band: Band, drop: float, ascent: float, descent: float, x_height: float) -> Line:
    """Return a band as a line whose baseline lies `drop` below the centres."""
    span = max(2, round(2 * x_height))
    # A mean over two x-heights, then a point at every x-height, keeps curves and loses jitter
    padded = np.pad(band.centers, span // 2, mode="reflect", reflect_type="odd")
    if len(padded) >= span and len(band.centers) > span:
        smooth = np.convolve(padded, np.ones(span) / span, mode="same")[span // 2 :]
        smooth = smooth[: len(band.centers)]
    else:
        smooth = np.full(len(band.centers), band.centers.mean())
    count = max(2, 1 + round(band.length / max(1.0, x_height)))
    x = np.linspace(band.columns[0], band.columns[-1], count)
    baseline = np.column_stack([x + 0.5, np.interp(x, band.columns, smooth) + 0.5 + drop])
    baseline[0, 0], baseline[-1, 0] = band.columns[0], band.columns[-1] + 1
    return Line(baseline, ascent, descent, x_height, band.confidence)


def trace_bands(
    probability: np.ndarray, mask: np.ndarray, distances: Sequence[np.ndarray], threshold: float
) -> list[Band]:
    """Return one band per connected region; regions that hold two lines are cut at a higher level.

    Args:
        probability: float (height, width).
        mask: Bool (height, width), where there is a band.
        distances: To the top of the line and to its bottom, float (height, width) each.
        threshold: The level that the mask was made at.
    """
    import cv2

    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    bands = []
    for index in range(1, count):
        left, top, width, height, area = stats[index]
        if area < 4:
            continue
        first, height = max(0, top - 1), height + 2  # The band's blurred edges belong to it
        place = slice(first, first + height), slice(left, left + width)
        inside = parts[place] == index
        fringe = cv2.dilate(inside.astype(np.uint8), np.ones((3, 1), np.uint8)) > 0
        weights = np.where(fringe, probability[place], 0)
        rises = (np.diff(inside.astype(np.int8), axis=0, prepend=0) == 1).sum(axis=0)
        if np.mean(rises > 1) > 0.12 and threshold < 0.93:
            higher = (1 + threshold) / 2
            smaller = [values[place] for values in distances]
            pieces = trace_bands(weights, weights >= higher, smaller, higher)
            bands += [_moved(piece, left, first) for piece in pieces]
            continue
        sums = weights.sum(axis=0)
        rows = np.arange(first, first + len(weights))[:, None]
        centers = (weights * rows).sum(axis=0) / sums
        full = np.sort(sums)[len(sums) // 4 :]  # Without the thin ends
        up, down = (float((values[place] * weights).sum() / sums.sum()) for values in distances)
        confidence = float(probability[place][inside].mean())
        columns = np.arange(left, left + width)
        bands.append(Band(columns, centers, float(full.mean()), confidence, up, down))
    return bands


def _moved(band: Band, right: int, down: int) -> Band:
    return replace(band, columns=band.columns + right, centers=band.centers + down)
