"""What the explorer accepts, and the sentences for what it does not."""

from __future__ import annotations

import numpy as np

from shared import ctc
from shared.alphabet import Alphabet

NUM_PUZZLES = 6  # In front/puzzles.js


def checked_logits(logits: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """Return logits as float64 (T, K), or say what is wrong with them."""
    array = np.array(logits, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"The explorer got logits of shape {array.shape}; it needs (time steps, classes) "
            "of one line. From a batch, take one: logits[0]."
        )
    if array.shape[1] != alphabet.num_classes:
        raise ValueError(
            f"The logits have {array.shape[1]} classes, the alphabet has "
            f"{len(alphabet)} characters and the blank, {alphabet.num_classes} in all; "
            "pass the alphabet the network was trained with."
        )
    ctc.log_softmax(array)  # Refuses NaN and frames without a possible class
    return array


def checked_image(image: np.ndarray) -> np.ndarray:
    """Return a line image as uint8 (height, width), or say what is wrong with it."""
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"The explorer got an image of shape {array.shape}; it needs (height, width), "
            "one gray line."
        )
    if np.issubdtype(array.dtype, np.floating):
        array = np.clip(array, 0, 1) * 255
    return array.astype(np.uint8)


def checked_puzzle(number: int) -> int:
    """Return the number of a puzzle, 0 for none, or say which there are."""
    if number not in range(NUM_PUZZLES + 1):
        raise ValueError(
            f"The explorer has puzzles 1 to {NUM_PUZZLES}, and puzzle={number!r} was given; "
            "choose one of them, or 0 for your own line."
        )
    return int(number)
