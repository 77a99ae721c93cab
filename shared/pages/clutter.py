"""Pictures without writing, on which the line detector learns to find nothing."""

from __future__ import annotations

import numpy as np

from shared.pages.preparation import prepare_page


def clutter(rng: np.random.Generator, size: int = 256) -> np.ndarray:
    """Draw ink uint8 (size, size) that is not writing, prepared as a page is."""
    kinds = (_outlines, _texture, _stripes, _specks, _clouds)
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


def _clouds(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return noise whose coarse waves are strong, as it is or as lines of equal height."""
    waves = np.fft.fft2(rng.standard_normal((size, size)))
    rate = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    clouds = np.fft.ifft2(waves / np.maximum(rate, 1 / size) ** rng.uniform(0.2, 2.2)).real
    clouds = (clouds - clouds.min()) / np.ptp(clouds)
    if rng.random() < 0.5:
        return 255 * clouds
    return np.where(clouds * rng.uniform(4, 25) % 1 < rng.uniform(0.1, 0.3), 40, 240)
