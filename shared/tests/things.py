"""Pictures of things that are no handwriting, drawn otherwise than what the detector learned."""

import cv2
import numpy as np

SHAPE = 480, 640


def _noise(rng, power=1.0):
    """Return clouds between 0 and 1: noise whose coarse waves are stronger than its fine ones."""
    waves = np.fft.fft2(rng.standard_normal(SHAPE))
    rate = np.hypot(np.fft.fftfreq(SHAPE[0])[:, None], np.fft.fftfreq(SHAPE[1]))
    clouds = np.fft.ifft2(waves / np.maximum(rate, 1 / SHAPE[1]) ** power).real
    return (clouds - clouds.min()) / np.ptp(clouds)


def _finish(image, rng):
    light = 0.75 + 0.25 * _noise(rng, 2)
    seen = cv2.GaussianBlur(np.float32(image), (0, 0), 0.8) * light
    return np.uint8(np.clip(seen + rng.normal(0, 4, SHAPE), 0, 255))


def bricks(rng):
    """Return a wall."""
    image = np.full(SHAPE, 190, np.uint8)
    for row, top in enumerate(range(0, SHAPE[0], 34)):
        for left in range(-40 * (row % 2), SHAPE[1], 80):
            corner = (left + 76, top + 29)
            cv2.rectangle(image, (left + 3, top + 3), corner, int(rng.integers(70, 140)), -1)
    return image


def leaves(rng):
    """Return a heap of leaves, each with its rib."""
    image = np.full(SHAPE, 90, np.uint8)
    for _ in range(220):
        place = rng.integers(0, SHAPE[1]), rng.integers(0, SHAPE[0])
        size, turn = int(rng.integers(14, 36)), float(rng.uniform(0, 180))
        axes, level = (size, size // 3), int(rng.integers(60, 230))
        cv2.ellipse(image, tuple(map(int, place)), axes, turn, 0, 360, level, -1)
        way = size * np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
        ends = np.array([place - way, place + way]).astype(int)
        cv2.line(image, tuple(map(int, ends[0])), tuple(map(int, ends[1])), 40, 1)
    return image


def tree(rng):
    """Return a bare tree before the sky."""
    image = np.full(SHAPE, 225, np.uint8)

    def grow(place, turn, length):
        if length < 6:
            return
        end = place + length * np.array([np.cos(turn), np.sin(turn)])
        ends = tuple(map(int, place)), tuple(map(int, end))
        cv2.line(image, *ends, 50, max(1, int(length / 9)))
        for _ in range(2 if length > 60 else 3):
            grow(end, turn + rng.normal(0, 0.5), length * rng.uniform(0.6, 0.8))

    grow(np.array([320.0, 478.0]), -np.pi / 2, 120.0)
    return image


def grass(rng):
    """Return blades of grass."""
    image = np.uint8(120 + 60 * _noise(rng))
    for _ in range(1500):
        foot = np.array([rng.integers(0, SHAPE[1]), rng.integers(40, SHAPE[0] + 60)])
        tip = foot + [rng.normal(0, 14), -rng.uniform(20, 60)]
        level = int(rng.integers(20, 240))
        cv2.line(image, tuple(map(int, foot)), tuple(map(int, tip)), level, 2, cv2.LINE_AA)
    return image


def plaid(rng):
    """Return woven cloth."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    bands = np.sin(rows / 23) + 0.6 * np.sin(rows / 7) + np.sin(columns / 23 + 1)
    return np.uint8(np.clip(128 + 40 * bands + 15 * ((rows + columns) % 4 < 2), 0, 255))


def net(rng):
    """Return the mesh of a fence."""
    image = np.uint8(150 + 80 * _noise(rng))
    for shift in range(-SHAPE[0], SHAPE[1] + SHAPE[0], 26):
        cv2.line(image, (shift, 0), (shift + SHAPE[0], SHAPE[0]), 60, 2, cv2.LINE_AA)
        cv2.line(image, (shift, 0), (shift - SHAPE[0], SHAPE[0]), 60, 2, cv2.LINE_AA)
    return image


def blinds(rng):
    """Return the slats of a window blind."""
    rows = np.arange(SHAPE[0])[:, None] + 6 * np.sin(np.arange(SHAPE[1]) / 90)
    return np.uint8(np.where(rows % 15 < 4, 70, 215))


def chart(rng):
    """Return bars with an axis, without any words."""
    image = np.full(SHAPE, 250, np.uint8)
    for k, height in enumerate(rng.integers(40, 380, 9)):
        left = 70 + 60 * k
        cv2.rectangle(image, (left, 430 - int(height)), (left + 40, 430), 110, -1)
    cv2.line(image, (50, 30), (50, 430), 0, 2)
    cv2.line(image, (50, 430), (620, 430), 0, 2)
    return image


def heights(rng):
    """Return a map's lines of equal height."""
    levels = (_noise(rng, 2) * 22) % 1
    return np.uint8(np.where(levels < 0.12, 60, 235))


def crowd(rng):
    """Return heads, each with two eyes and a mouth."""
    image = np.full(SHAPE, 170, np.uint8)
    for top in range(30, SHAPE[0], 75):
        for left in range(30, SHAPE[1], 70):
            x, y = left + int(rng.integers(-8, 8)), top + int(rng.integers(-8, 8))
            cv2.circle(image, (x, y), 28, int(rng.integers(120, 245)), -1)
            cv2.circle(image, (x - 9, y - 6), 3, 30, -1)
            cv2.circle(image, (x + 9, y - 6), 3, 30, -1)
            cv2.ellipse(image, (x, y + 8), (10, 5), 0, 0, 180, 60, 2)
    return image


def clouds(rng):
    """Return a sky."""
    return np.uint8(120 + 130 * _noise(rng, 1.6))


def sand(rng):
    """Return fine noise."""
    return np.uint8(255 * _noise(rng, 0.3))


THINGS = (bricks, leaves, tree, grass, plaid, net, blinds, chart, heights, crowd, clouds, sand)


def pictures(seed=0):
    """Return every picture by its name, each with uneven light and a camera's noise."""
    sources = [np.random.default_rng([seed, k]) for k in range(len(THINGS))]
    return {
        draw.__name__: _finish(draw(rng), rng) for draw, rng in zip(THINGS, sources, strict=True)
    }


def _sheet(rng):
    return np.full((int(rng.integers(60, 200)), int(rng.integers(120, 700))), 235, np.uint8)


def _points(rng, image, count):
    return np.column_stack([rng.integers(4, side - 4, count) for side in image.shape[::-1]])


def scribble(rng):
    """Return a pen's wandering."""
    image = _sheet(rng)
    path = _points(rng, image, int(rng.integers(4, 40))).astype(float)
    path = cv2.resize(path, (2, 12 * len(path)), interpolation=cv2.INTER_CUBIC)
    path = path.astype(np.int32)[:, None]
    cv2.polylines(image, [path], False, 30, int(rng.integers(2, 5)), cv2.LINE_AA)
    return image


def waves(rng):
    """Return a row of loops or zigzags, as people write who only pretend."""
    image = _sheet(rng)
    t = np.linspace(0, rng.uniform(4, 30) * np.pi, 600)
    size = image.shape[0] * rng.uniform(0.15, 0.4)
    x = np.linspace(10, image.shape[1] - 10, 600) + size * rng.choice([0, 0.6]) * np.cos(t)
    path = np.column_stack([x, image.shape[0] / 2 + size * np.sin(t)]).astype(np.int32)
    cv2.polylines(image, [path[:, None]], False, 40, int(rng.integers(2, 5)), cv2.LINE_AA)
    return image


def ruling(rng):
    """Return ruled or squared paper."""
    image = _sheet(rng)
    step = int(rng.integers(12, 50))
    image[step // 2 :: step] = 120
    if rng.random() < 0.5:
        image[:, step // 2 :: step] = 120
    return image


def face(rng):
    """Return a drawn face."""
    image = np.full((220, 200), 235, np.uint8)
    pen, x, y = int(rng.integers(2, 6)), 100, int(rng.integers(95, 120))
    cv2.ellipse(image, (x, y), (int(rng.integers(50, 80)), 85), 0, 0, 360, 30, pen, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(image, (x + side * int(rng.integers(20, 32)), y - 20), pen + 3, 30, -1)
    cv2.line(image, (x, y - 5), (x - 8, y + 15), 30, pen)
    cv2.ellipse(image, (x, y + 35), (28, int(rng.integers(4, 20))), 0, 0, 180, 30, pen)
    return image


def shape(rng):
    """Return a bar, a ring, a blot, or a bar code."""
    image = _sheet(rng)
    height, width = image.shape
    kind, place = int(rng.integers(4)), (width // 2, height // 2)
    if kind == 0:
        left = int(rng.integers(10, width - 30))
        image[5 : height - 5, left : left + int(rng.integers(3, 20))] = 20
    elif kind == 1:
        cv2.circle(image, place, int(height * rng.uniform(0.2, 0.45)), 20, int(rng.integers(2, 9)))
    elif kind == 2:
        axes = int(height * rng.uniform(0.1, 0.45)), int(height * rng.uniform(0.1, 0.45))
        cv2.ellipse(image, place, axes, float(rng.uniform(0, 180)), 0, 360, 40, -1)
    else:
        image[8:-8, 10:-10] = np.repeat(rng.choice([20, 235], width), 4)[: width - 20]
    return image


def noise(rng):
    """Return a camera's noise, fine or coarse."""
    image = rng.normal(128, 40, _sheet(rng).shape)
    return np.uint8(np.clip(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 12)), 0, 255))


SCRAPS = (scribble, waves, ruling, face, shape, noise)


def scraps(count=30, seed=0):
    """Return images that somebody could send as a line and that are none, with their names."""
    found = []
    for k, draw in enumerate(SCRAPS):
        rng = np.random.default_rng([seed, k])
        found += [(draw.__name__, draw(rng)) for _ in range(count)]
    rng = np.random.default_rng([seed, len(SCRAPS)])
    for name, picture in pictures(seed).items():
        for _ in range(count // 6):
            height, width = rng.integers(40, 200), rng.integers(60, 600)
            top, left = rng.integers(0, SHAPE[0] - height), rng.integers(0, SHAPE[1] - width)
            found.append((name, picture[top : top + height, left : left + width]))
    return found
