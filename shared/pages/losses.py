"""The losses of the line detector: cross-entropy for every pixel, Dice for the whole map."""

from __future__ import annotations

from typing import Any

INK_WEIGHT = 2.0  # Of a pixel inside a band, where one outside weighs 1
CLASS_WEIGHTS = (1.0, 2.0, 2.0)


def dice_loss(probability: Any, target: Any) -> Any:
    """Return 1 minus Dice, 2 |A and B| / (|A| + |B|), for each example and map, averaged.

    Cross-entropy asks every pixel alone; Dice asks how well the areas overlap, so that a small
    band on a large page still counts (Sudre et al. 2017, arXiv:1707.03237, section 2; the form
    without squares).

    Args:
        probability: (batch, height, width, maps).
        target: The same shape, from 0 to 1.

    Returns:
        float32 (batch,).
    """
    from shared.backend import keras

    ops = keras.ops
    common = ops.sum(probability * target, axis=(1, 2))
    areas = ops.sum(probability, axis=(1, 2)) + ops.sum(target, axis=(1, 2))
    # The 1 makes an empty map on an empty page right, not undefined
    return ops.mean(1 - (2 * common + 1) / (areas + 1), axis=-1)


def baseline_loss(maps: Any, targets: Any) -> Any:
    """Return the loss of baseline maps: band by cross-entropy and Dice, distances inside it.

    Args:
        maps: float (batch, height, width, 3): logit of the core band, distance up and down.
        targets: float (batch, height, width, 3): core band from 0 to 1, and the distances.

    Returns:
        float32 (batch,).
    """
    from shared.backend import keras

    ops = keras.ops
    core, logit = targets[..., :1], maps[..., :1]
    # max(x, 0) - x t + log(1 + exp(-|x|)): binary cross-entropy that never overflows
    entropy = ops.maximum(logit, 0) - logit * core + ops.log1p(ops.exp(-ops.abs(logit)))
    weights = 1 + (INK_WEIGHT - 1) * core
    entropy = ops.sum(entropy * weights, axis=(1, 2, 3)) / ops.sum(weights, axis=(1, 2, 3))
    away = ops.abs(maps[..., 1:] - targets[..., 1:]) * core
    away = ops.sum(away, axis=(1, 2, 3)) / (2 * ops.sum(core, axis=(1, 2, 3)) + 1)
    return entropy + dice_loss(ops.sigmoid(logit), core) + away


def class_loss(maps: Any, targets: Any) -> Any:
    """Return the loss of three-class maps: weighted cross-entropy and Dice of odd and even.

    Args:
        maps: float (batch, height, width, 3), logits of background, odd and even line.
        targets: float (batch, height, width, 3), one-hot.

    Returns:
        float32 (batch,).
    """
    from shared.backend import keras

    ops = keras.ops
    log_p = ops.log_softmax(maps, axis=-1)
    weights = ops.convert_to_tensor(CLASS_WEIGHTS, dtype="float32") * targets
    entropy = -ops.sum(weights * log_p, axis=(1, 2, 3)) / ops.sum(weights, axis=(1, 2, 3))
    return entropy + dice_loss(ops.exp(log_p)[..., 1:], targets[..., 1:])
