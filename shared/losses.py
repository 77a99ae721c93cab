"""The losses that train a line network, what they ask for, and guards that run once on the data.

On a CPU the sparse kernel of TensorFlow computes the same loss and gradient as `keras.losses.CTC`
several times faster; `shared.ctc` has the same mathematics in readable numpy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.alphabet import BLANK
from shared.networks import FRAME_WIDTH


def ctc_loss(labels: Any, logits: Any, label_lengths: Any, logit_lengths: Any) -> Any:
    """Return minus the log probability of each label, summed over all its alignments.

    Arrays from numpy are checked first; inside a compiled function nothing is, so call
    `check_batch` where the data is made.

    Args:
        labels: int (batch, max_length), characters from 1, padded with 0.
        logits: float (batch, frames, classes), not normalized; class 0 is the blank.
        label_lengths: int (batch,), true number of characters; 0 is allowed.
        logit_lengths: int (batch,), true number of frames.

    Returns:
        float32 (batch,).

    Raises:
        ValueError: See `check_batch`.
    """
    from shared.backend import tf

    if all(isinstance(value, (np.ndarray, list, tuple)) for value in (labels, label_lengths)):
        frames, classes = logits.shape[1], logits.shape[2]
        check_batch(labels, label_lengths, logit_lengths, classes, frames)
        if isinstance(logits, np.ndarray):
            check_logits(logits)
    labels = tf.cast(labels, tf.int32)
    logits = tf.cast(logits, tf.float32)
    label_lengths = tf.cast(label_lengths, tf.int32)
    logit_lengths = tf.cast(logit_lengths, tf.int32)
    empty = tf.equal(label_lengths, 0)
    # The kernel refuses empty labels: it gets a stand-in whose loss is replaced below
    labels = tf.pad(labels, [[0, 0], [0, 1]])
    stand_in = tf.one_hot(tf.zeros_like(label_lengths), tf.shape(labels)[1], dtype=tf.int32)
    labels = tf.where(empty[:, None], stand_in, labels)
    inside = tf.sequence_mask(tf.maximum(label_lengths, 1), tf.shape(labels)[1])
    sparse = tf.SparseTensor(
        tf.where(inside), tf.boolean_mask(labels, inside), tf.shape(labels, out_type=tf.int64)
    )
    losses = tf.nn.ctc_loss(
        sparse, logits, None, logit_lengths, logits_time_major=False, blank_index=BLANK
    )

    def with_empty_rows() -> Any:
        blanks = tf.nn.log_softmax(logits)[..., BLANK]
        valid = tf.sequence_mask(logit_lengths, tf.shape(logits)[1])
        return tf.where(empty, -tf.reduce_sum(tf.where(valid, blanks, 0.0), axis=1), losses)

    return tf.cond(tf.reduce_any(empty), with_empty_rows, lambda: losses)


def line_loss(logits: Any, labels: Any, label_lengths: Any, logit_lengths: Any) -> Any:
    """Return `ctc_loss` (batch,) by the number of characters, so that long lines weigh no more.

    Takes logits, then a batch's targets, as `loop.compile_update` gives them.
    """
    from shared.backend import tf

    losses = ctc_loss(labels, logits, label_lengths, logit_lengths)
    return losses / tf.maximum(tf.cast(label_lengths, tf.float32), 1.0)


def frame_loss(frame_labels: Any, logits: Any, logit_lengths: Any) -> Any:
    """Return the cross-entropy of each line's frames, averaged over its true frames.

    Args:
        frame_labels: int (batch, frames), one class for every frame.
        logits: float (batch, frames, classes).
        logit_lengths: int (batch,).
    """
    from shared.backend import keras

    ops = keras.ops
    losses = keras.losses.sparse_categorical_crossentropy(frame_labels, logits, from_logits=True)
    lengths = ops.cast(logit_lengths, "int32")
    inside = ops.cast(ops.arange(ops.shape(logits)[1])[None] < lengths[:, None], "float32")
    return ops.sum(losses * inside, axis=1) / ops.cast(lengths, "float32")


def frame_classes(label: np.ndarray, frames: int, boxes: np.ndarray | None = None) -> np.ndarray:
    """Return one class per frame, int32 (frames,).

    Args:
        label: Class of each character, (length,).
        frames: Number of frames.
        boxes: Left, top, right, bottom of each character in pixels, (length, 4); a frame gets
            the character whose box holds its center, or 0, the blank. Without boxes, the frames
            are shared out evenly, as if all characters were equally wide.
    """
    if boxes is None:
        return np.asarray(label, np.int32)[np.arange(frames) * len(label) // frames]
    centers = (np.arange(frames) + 0.5) * FRAME_WIDTH
    owners = np.full(frames, -1)
    for index, (left, _, right, _) in enumerate(boxes):
        owners[(centers >= left) & (centers < right)] = index
        # A letter narrower than a frame keeps the one that it stands in
        owners[min(int((left + right) / 8), frames - 1)] = index
    classes = np.where(owners < 0, 0, np.asarray(label, np.int32)[owners])
    # A blank between equal letters that touch, or collapsing would make them one
    touch = (owners[1:] != owners[:-1]) & (classes[1:] == classes[:-1])
    classes[:-1][touch] = 0
    return classes


def check_batch(
    labels: np.ndarray,
    label_lengths: np.ndarray,
    logit_lengths: np.ndarray,
    num_classes: int,
    frames: int | None = None,
) -> None:
    """Refuse labels and lengths that CTC cannot learn, or would learn wrongly without an error.

    Args:
        labels: int (batch, max_length).
        label_lengths: int (batch,).
        logit_lengths: int (batch,).
        num_classes: Classes, the blank included.
        frames: Frames of the padded logits, where they are known.

    Raises:
        ValueError: Names the rows with padding of -1, a blank or an unknown class inside the
            label, a length outside its array, or fewer frames than the label needs.
    """
    labels, label_lengths, logit_lengths = map(np.asarray, (labels, label_lengths, logit_lengths))
    if labels.ndim != 2 or {label_lengths.shape, logit_lengths.shape} != {labels.shape[:1]}:
        raise ValueError(
            "CTC needs labels (batch, length) with label_lengths (batch,) and logit_lengths "
            f"(batch,); given were {labels.shape}, {label_lengths.shape}, {logit_lengths.shape}."
        )
    if any(a.dtype.kind not in "iu" for a in (labels, label_lengths, logit_lengths)):
        raise ValueError("Labels and lengths are integers; cast them with .astype('int32').")
    inside = np.arange(labels.shape[1]) < label_lengths[:, None]
    _refuse(
        (labels < 0).any(axis=1),
        "labels hold a negative number. Labels are padded with 0 here, not with -1, "
        "and true lengths are passed beside them; use Alphabet.encode_batch",
    )
    _refuse(
        (label_lengths < 0) | (label_lengths > labels.shape[1]),
        f"label_lengths lie outside 0 to {labels.shape[1]}, the width of the labels",
    )
    _refuse(
        ((labels == BLANK) & inside).any(axis=1),
        "class 0, the blank, stands inside the label. Characters count from 1; "
        "check the alphabet and the label_lengths",
    )
    _refuse(
        ((labels >= num_classes) & inside).any(axis=1),
        f"a label is {num_classes} or more, but the network has the classes 0 to "
        f"{num_classes - 1}. Build it with num_classes=alphabet.num_classes",
    )
    most = np.inf if frames is None else frames
    _refuse(
        (logit_lengths < 1) | (logit_lengths > most),
        f"logit_lengths lie outside 1 to {most:.0f}, the frames of the logits. Count frames, "
        "not pixels: use networks.num_frames(width)",
    )
    repeats = ((labels[:, 1:] == labels[:, :-1]) & inside[:, 1:]).sum(axis=1)
    missing = label_lengths + repeats - logit_lengths
    _refuse(
        missing > 0,
        "the label needs more frames than the image gives (one a character and one between equal "
        f"neighbors); frames missing: {missing[missing > 0][:8].tolist()}. "
        "Widen these images, use a smaller stride or leave them out",
    )


def check_logits(logits: np.ndarray) -> None:
    """Refuse logits (batch, frames, classes) that diverged, or that went through a softmax.

    Raises:
        ValueError: Says which of the two it is.
    """
    if not np.isfinite(logits).all():
        raise ValueError(
            "The logits hold NaN or infinity. Lower the learning rate, clip the gradient, "
            "and look for NaN in the images."
        )
    if logits.min() >= 0 and np.allclose(logits.sum(axis=-1), 1, atol=1e-3):
        raise ValueError(
            "The network's output is between 0 and 1 and sums to 1 in every frame: it went "
            "through a softmax already. Pass the raw logits; the loss normalizes them itself."
        )


def _refuse(bad: np.ndarray, sentence: str) -> None:
    rows = np.flatnonzero(bad)
    if len(rows):
        shown = ", ".join(map(str, rows[:8])) + (", ..." if len(rows) > 8 else "")
        raise ValueError(f"In {len(rows)} of {len(bad)} rows (rows {shown}) {sentence}.")
