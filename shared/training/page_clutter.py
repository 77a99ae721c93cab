"""Pictures without writing, from which the line detector learns what is no line."""

from __future__ import annotations

import numpy as np

from shared.recognizer.page_images import prepare_page


def clutter(rng: np.random.Generator, size: int = 256) -> np.ndarray:
    """Draw ink uint8 (size, size) that is no writing, prepared as a page is."""
    kinds = (_outlines, _texture, _stripes, _specks, _rows_of_things, _clouds, _blades)
    image = np.float32(kinds[int(rng.integers(len(kinds)))](rng, size))
    noisy = image + rng.normal(0, rng.uniform(0, 12), image.shape)
    return prepare_page(np.clip(noisy, 0, 255).astype(np.uint8), scale=1.0).ink


def _outlines(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return the edges of things."""
    import cv2

    image = np.full((size, size), 255, np.uint8)
    for _ in range(rng.integers(3, 20)):
        points = rng.integers(-40, size + 40, (rng.integers(3, 7), 2)).astype(np.int32)
        level = int(rng.integers(0, 230))
        if rng.random() < 0.5:
            cv2.fillPoly(image, [points], level)
        else:
            cv2.polylines(image, [points], True, level, int(rng.integers(1, 6)))
    return image


def _texture(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return patches, from fine to coarse."""
    import cv2

    cells = max(3, int(size / np.exp(rng.uniform(0.3, 4))))
    coarse = rng.integers(0, 256, (cells, max(3, int(cells * rng.uniform(0.3, 3)))))
    return cv2.resize(coarse.astype(np.uint8), (size, size), interpolation=cv2.INTER_CUBIC)


def _stripes(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return stripes or checks."""
    y, x = np.mgrid[:size, :size]
    step, turn = np.exp(rng.uniform(0.6, 3.5)), rng.uniform(0, np.pi)
    if rng.random() < 0.3:
        turn = rng.normal(0, 0.05)
    wave = np.sin((x * np.cos(turn) + y * np.sin(turn)) / step)
    wave *= np.sin((y * np.cos(turn) - x * np.sin(turn)) / step) if rng.random() < 0.5 else 1
    return 127 + 120 * (np.sign(wave) if rng.random() < 0.3 else wave)


def _specks(rng: np.random.Generator, size: int) -> np.ndarray:
    import cv2

    image = np.full((size, size), 255, np.uint8)
    for _ in range(rng.integers(5, 200)):
        place = tuple(int(v) for v in rng.integers(0, size, 2))
        cv2.circle(image, place, int(rng.integers(1, 5)), int(rng.integers(0, 200)), -1)
    return image


def _rows_of_things(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return one shape again and again in rows, larger than the letters a detector looks for."""
    import cv2

    image = np.full((size, size), int(rng.integers(120, 256)), np.uint8)
    sides = rng.integers(7, 40, 2)
    corners = rng.uniform(-1, 1, (int(rng.integers(3, 9)), 2))
    corners = corners[np.argsort(np.arctan2(*corners.T))]
    step = sides * rng.uniform(2.1, 3, 2)
    thick = int(rng.integers(1, 4)) if rng.random() < 0.4 else -1
    for row, y in enumerate(np.arange(0, size + step[1], step[1])):
        shift = step[0] / 2 * (row % 2) * float(thick < 0)
        for x in np.arange(-shift, size + step[0], step[0]):
            middle = np.array([x, y]) + rng.normal(0, 0.06, 2) * sides
            level = int(np.clip(rng.normal(90, 30), 0, 255))
            points = np.int32(np.rint(middle + corners * sides))
            if thick < 0:
                cv2.fillPoly(image, [points], level)
            else:
                cv2.polylines(image, [points], True, level, thick)
            if rng.random() < 0.7:  # Something on it
                dot = tuple(int(v) for v in np.rint(middle + rng.uniform(-0.4, 0.4, 2) * sides))
                cv2.circle(image, dot, int(max(1, sides.min() // 8)), 255 - level, -1)
    return image


def _clouds(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return noise whose coarse waves are strong, as it is or as lines of equal height."""
    waves = np.fft.fft2(rng.standard_normal((size, size)))
    rate = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    clouds = np.fft.ifft2(waves / np.maximum(rate, 1 / size) ** rng.uniform(0.2, 2.2)).real
    clouds = (clouds - clouds.min()) / np.ptp(clouds)
    if rng.random() < 0.5:
        return 255 * clouds
    return np.where(clouds * rng.uniform(4, 25) % 1 < rng.uniform(0.1, 0.3), 40, 240)


def _blades(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return short strokes everywhere, most of them in one direction."""
    import cv2

    image = np.full((size, size), int(rng.integers(100, 256)), np.uint8)
    turn, spread, length = rng.uniform(0, np.pi), rng.uniform(0.05, 0.8), rng.uniform(6, 50)
    for place in rng.uniform(0, size, (int(rng.integers(40, 500)), 2)):
        along = turn + rng.normal(0, spread)
        way = length * rng.uniform(0.5, 1.5) / 2 * np.array([np.cos(along), np.sin(along)])
        ends = [tuple(int(v) for v in np.rint(end)) for end in (place - way, place + way)]
        cv2.line(image, *ends, int(rng.integers(0, 256)), int(rng.integers(1, 4)))
    return image
