"""The photograph: ink on paper, in some light, becomes a gray image."""

from __future__ import annotations

import cv2
import numpy as np

from shared.pages.camera import Camera
from shared.pages.paper import Paper

_GRID = 48  # Squares a side on which the light is worked out before it is enlarged


def photograph_page(ink: np.ndarray, paper: Paper, camera: Camera, zoom: float) -> np.ndarray:
    """Return the page as an image.

    Args:
        ink: uint8 (height, width), ink 255, as it lies in the image.
        paper: How it looks.
        camera: How the paper is seen, at zoom 1.
        zoom: The scale of `ink`.
    """
    # Places are drawn first, grains last: the former are then the same at every zoom
    places, grains = (np.random.default_rng([paper.seed, k]) for k in (0, 1))
    height, width = ink.shape
    light = _light(paper, places)
    sheet = cv2.resize(light, (width, height)) * paper.tone
    if paper.texture:
        coarse = grains.normal(0, paper.texture, (max(4, int(height / zoom / 9)), 64))
        sheet += cv2.resize(coarse.astype(np.float32), (width, height))
    printed = _printed(paper, camera, zoom, ink.shape, places)
    if printed is not None:
        sheet -= printed
    if paper.ghost:
        sheet -= (paper.ghost * (paper.tone - paper.ink) / 255) * _ghost(ink, zoom, places)
    cover = ink.astype(np.float32) * (min(1.0, 2 * paper.pen * zoom) / 255)
    if paper.flow:
        cells = max(2, int(height / zoom / 5)), max(2, int(width / zoom / 5))
        flow = (1 - paper.flow * grains.random(cells, np.float32)).astype(np.float32)
        cover *= cv2.resize(flow, (width, height))
    sheet *= 1 - cover * (1 - paper.ink / paper.tone)
    if paper.desk >= 0:
        sheet = _on_desk(sheet, light, paper, camera, zoom, places)
    if paper.rim:
        wide = max(1, round(paper.rim * zoom))
        edge = (sheet[:wide], sheet[-wide:], sheet[:, :wide], sheet[:, -wide:])
        edge[int(places.integers(4))][:] *= 0.2
    sigma = max(0.3, paper.blur * zoom)
    side = 3 if sigma < 0.9 else 2 * int(np.ceil(2 * sigma)) + 1
    sheet = cv2.GaussianBlur(sheet, (side, side), sigma)
    reach = int(np.rint(2 * paper.noise * min(1.0, max(zoom, 0.3))))
    if reach:
        sheet += grains.integers(-reach, reach + 1, sheet.shape, dtype=np.int8)
    image = np.clip(sheet + 0.5, 0, 255).astype(np.uint8)
    if paper.jpeg:
        quality = int(100 - (100 - paper.jpeg) * min(1.0, zoom))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    return image


def _light(paper: Paper, rng: np.random.Generator) -> np.ndarray:
    """Return how much light falls where, float32 (48, 48), 1 in the middle."""
    down, right = np.mgrid[-1 : 1 : _GRID * 1j, -1 : 1 : _GRID * 1j]
    to_right, to_bottom, corners = paper.slope
    light = 1 + to_right * right + to_bottom * down - corners * (right**2 + down**2)
    angles, offsets = rng.uniform(0, 2 * np.pi, 2), rng.uniform(-0.2, 0.9, 2)
    softness, bows = rng.random(2), rng.uniform(-0.6, 0.6, 2)
    shadows = zip(paper.shadows, angles, offsets, softness, bows, strict=True)
    for depth, angle, offset, soft, bow in shadows:
        if depth:
            across = np.cos(angle) * right + np.sin(angle) * down
            along = np.cos(angle) * down - np.sin(angle) * right
            edge = across - offset + bow * along**2
            light *= 1 - depth / (1 + np.exp(-edge / (0.04 + 0.3 * soft)))
    # A camera exposes for what it sees: a page in the shade is gray, not black
    light *= max(1.0, 0.72 / light.mean())
    return light.astype(np.float32).clip(0.15, 1.25)


def _printed(
    paper: Paper, camera: Camera, zoom: float, shape: tuple[int, int], rng: np.random.Generator
) -> np.ndarray | None:
    """Return how much printed lines and folds darken the paper, or None if there are neither."""
    height, width = camera.paper
    folds = rng.uniform(0.25, 0.75, 2)
    if not any(paper.rules) and not paper.edge and not paper.folds:
        return None
    mask = np.zeros(shape, np.uint8)
    across = np.column_stack([np.linspace(0, width, 25), np.zeros(25)])
    down = np.column_stack([np.zeros(25), np.linspace(0, height, 25)])
    lines = []
    if paper.rules[0]:
        first = paper.phase % paper.rules[0] if paper.rules[1] else paper.phase - paper.rules[0]
        lines += [across + (0, y) for y in np.arange(first, height, paper.rules[0])]
    if paper.rules[1]:
        lines += [down + (x, 0) for x in np.arange(paper.rules[1] / 2, width, paper.rules[1])]
    if paper.edge:
        lines.append(down + (paper.edge, 0))
    # A line thinner than a pixel is fainter, not narrower
    _draw(mask, lines, camera, zoom, 0.9 * zoom)
    darker = mask.astype(np.float32) * (paper.print * min(1.0, 0.9 * zoom) / 255)
    if paper.folds:
        mask[:] = 0
        lines = [across + (0, folds[0] * height), down + (folds[1] * width, 0)]
        _draw(mask, lines, camera, zoom, 1.2 * zoom)
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.5, zoom))
        darker += soft.astype(np.float32) * (paper.folds / 255)
    return darker


def _draw(
    mask: np.ndarray, lines: list[np.ndarray], camera: Camera, zoom: float, width: float
) -> None:
    if lines:
        seen = camera.map(np.concatenate(lines)) * (16 * zoom)
        pieces = np.split(np.rint(seen).astype(np.int32) - 8, len(lines))
        cv2.polylines(mask, pieces, False, 255, max(1, round(width)), cv2.LINE_AA, shift=4)


def _ghost(ink: np.ndarray, zoom: float, rng: np.random.Generator) -> np.ndarray:
    """Return what shows through from the other side: writing the wrong way round, float32."""
    moved = np.roll(cv2.flip(ink, 1), int(rng.uniform(-0.1, 0.1) * ink.shape[0]), axis=0)
    return cv2.GaussianBlur(moved, (0, 0), max(0.4, 1.2 * zoom)).astype(np.float32)


def _on_desk(
    sheet: np.ndarray,
    light: np.ndarray,
    paper: Paper,
    camera: Camera,
    zoom: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Lay the paper on something darker, with the shadow of its edge."""
    height, width = camera.paper
    around = np.linspace(0, 1, 13)[:-1]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height), (0, 0)])
    sides = zip(corners[:-1], corners[1:], strict=True)
    outline = np.concatenate([first + (next_ - first) * around[:, None] for first, next_ in sides])
    mask = np.zeros(sheet.shape, np.uint8)
    fixed = np.rint(camera.map(outline) * (16 * zoom)).astype(np.int32) - 8
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, shift=4)
    if mask.min() == 255:
        return sheet
    inside = mask.astype(np.float32) / 255
    grain = rng.normal(0, 0.08, (5, 40) if rng.random() < 0.5 else (40, 5)).astype(np.float32)
    size = sheet.shape[1], sheet.shape[0]
    desk = cv2.resize(light, size) * paper.desk * (1 + cv2.resize(grain, size))
    desk *= 1 - 0.5 * cv2.GaussianBlur(inside, (0, 0), max(0.5, 4 * zoom))
    return desk + inside * (sheet - desk)
