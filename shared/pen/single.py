"""Single characters, framed as EMNIST frames its own, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from shared.alphabet import ASCII
from shared.pen.hand import Hand
from shared.pen.ink import draw_strokes
from shared.pen.write import smooth_noise

SIZE = 28
_LEVELS = np.arange(256)


def write_characters(text: str, writers: Sequence[Hand], rng: np.random.Generator) -> np.ndarray:
    """Write characters apart from each other, as into the boxes of a form.

    EMNIST blurs, crops to the ink, keeps the shape, centers it in a square with a margin and
    resamples to 28 x 28 (Cohen et al. 2017, "EMNIST: an extension of MNIST to handwritten
    letters", arXiv:1702.05373, section II-A). People who fill boxes write wider than on lines.

    Args:
        text: the characters, no spaces.
        writers: one hand per character.
        rng: source of all variation.

    Returns:
        uint8 (len(text), 28, 28), ink 255 on paper 0.

    Raises:
        shared.alphabet.UnknownCharacterError: on a character outside printable ASCII.
        ValueError: on a space, or if there is not one hand per character.
    """
    ASCII.encode(text)
    if " " in text or len(text) != len(writers):
        raise ValueError(
            f"{len(text)} characters for {len(writers)} hands, {text.count(' ')} of them spaces: "
            "give one hand per character and no spaces, which leave no ink."
        )
    if not text:
        return np.zeros((0, SIZE, SIZE), np.uint8)
    glyphs = []
    for character, hand, chance in zip(text, writers, rng.random(len(text)), strict=True):
        forms = hand.glyphs[character]
        glyphs.append(forms[1] if len(forms) > 1 and chance < 0.35 else forms[0])
    counts = np.array([len(glyph.points) for glyph in glyphs])
    first = np.cumsum(counts) - counts
    body = np.repeat(np.arange(len(glyphs)), counts)
    styles = [hand.style for hand in writers]
    slant, rotation, shake, blur = np.array(
        [(s.slant, s.rotation, s.shake, s.blur) for s in styles]
    ).T

    # One linear map, one bend and one shake per character.
    x, y = np.concatenate([glyph.points for glyph in glyphs]).T
    spread = rng.standard_normal((6, len(glyphs))).clip(-2.5, 2.5)
    stretch = np.exp(0.36 + 0.22 * spread[0])
    lean = 0.6 * slant + 0.12 * spread[1]
    turn = 1.4 * rotation * spread[2]
    x, y = stretch[body] * x + (lean - turn)[body] * y, turn[body] * x + y
    waves, phases = rng.uniform(1.0, 3.0, (2, len(glyphs))), rng.uniform(0, 6.3, (2, len(glyphs)))
    x = x + (0.09 * spread[3])[body] * np.sin(waves[0][body] * y + phases[0][body])
    y = y + (0.09 * spread[4])[body] * np.sin(waves[1][body] * x + phases[1][body])
    x, y = np.stack([x, y]) + smooth_noise(rng, len(x)) * (1.3 * shake)[body]

    # Frame: the longer side fills the square; a dot is not blown up to a disk.
    weight, room, soft, strength = rng.random((4, len(glyphs)))
    pen = 1.1 + 2.7 * weight**2
    low = np.stack([np.minimum.reduceat(v, first) for v in (x, y)])
    high = np.stack([np.maximum.reduceat(v, first) for v in (x, y)])
    middle, extent = (low + high) / 2, (high - low).max(axis=0)
    zoom = (21.6 + 1.6 * room - pen) / np.maximum(extent, 0.35)
    across = (x - middle[0][body]) * zoom[body] + SIZE / 2
    down = (middle[1][body] - y) * zoom[body] + SIZE / 2
    pixels = np.column_stack([across, down])

    images = np.zeros((len(glyphs), SIZE, SIZE), np.uint8)
    for k, glyph in enumerate(glyphs):
        cuts = [*(glyph.starts + first[k]).tolist(), int(first[k] + counts[k])]
        strokes = [pixels[a:b] for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
        image = draw_strokes(strokes, 1.0, (SIZE, SIZE), float(pen[k]))
        image = cv2.GaussianBlur(image, (3, 3), 0.3 + 0.5 * float(soft[k]))
        gain = (1.0 + 0.5 * strength[k]) * 255 / max(1, int(image.max()))
        table = np.minimum(255, np.rint(_LEVELS * gain)).astype(np.uint8)
        images[k] = cv2.LUT(image, table)
    return images


def write_character(character: str, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Write one character as EMNIST frames its own, uint8 (28, 28).

    Raises:
        ValueError: if not exactly one character other than a space is given.
    """
    if len(character) != 1:
        raise ValueError(f"write_character writes one character; {character!r} was given.")
    return write_characters(character, [hand], rng)[0]
