"""The CTC loss equals the mathematics, and every trap is refused with a sentence."""

import numpy as np
import pytest

from shared import ctc, losses


def _batch(seed=0, batch=6, frames=12, classes=5, longest=5):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (batch, frames, classes)).astype("float32")
    lengths = rng.integers(0, longest + 1, batch).astype("int32")
    lengths[0], lengths[1] = longest, 0
    labels = np.zeros((batch, longest), "int32")
    for row, length in zip(labels, lengths, strict=True):
        row[:length] = rng.integers(1, classes, length)
    frames_of = rng.integers(2 * longest, frames + 1, batch).astype("int32")
    return labels, logits, lengths, frames_of


def _exact(labels, logits, lengths, frames):
    return [
        -ctc.forward(ctc.log_softmax(x[:t].astype("float64")), y[:n].tolist())[1]
        for x, y, n, t in zip(logits, labels, lengths, frames, strict=True)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_loss_is_minus_the_log_probability(seed):
    batch = _batch(seed)
    np.testing.assert_allclose(losses.ctc_loss(*batch), _exact(*batch), rtol=1e-5)


def test_empty_labels_alone():
    logits = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    batch = np.zeros((2, 0), "int32"), logits, np.zeros(2, "int32"), np.full(2, 4, "int32")
    np.testing.assert_allclose(losses.ctc_loss(*batch), _exact(*batch), rtol=1e-5)


def test_gradient_matches_the_numpy_one_and_padding_has_none():
    from shared.backend import tf

    labels, logits, lengths, frames = _batch(3)
    x = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(losses.ctc_loss(labels, x, lengths, frames))
    gradient = tape.gradient(value, x).numpy()
    for row, (y, n, t) in enumerate(zip(labels, lengths, frames, strict=True)):
        result = ctc.loss_and_grad(logits[row, :t].astype("float64"), y[:n].tolist())
        np.testing.assert_allclose(gradient[row, :t], result[1], atol=2e-5)
        assert not gradient[row, t:].any()


def test_same_loss_as_keras_on_full_rows():
    from shared.backend import keras

    rng = np.random.default_rng(1)
    logits = rng.normal(size=(4, 20, 6)).astype("float32")
    labels = rng.integers(1, 6, (4, 7)).astype("int32")
    ours = losses.ctc_loss(labels, logits, np.full(4, 7), np.full(4, 20))
    assert float(np.mean(ours)) == pytest.approx(
        float(keras.losses.CTC()(labels, logits)), rel=1e-5
    )


def test_the_loss_of_a_line_is_by_character_and_never_divided_by_zero():
    logits = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")
    lengths, frames = np.int32([3, 0]), np.int32([9, 9])
    labels = np.int32([[1, 2, 3], [0, 0, 0]])
    whole = losses.ctc_loss(labels, logits, lengths, frames).numpy()
    values = losses.line_loss(logits, labels, lengths, frames)
    np.testing.assert_allclose(values, whole / [3, 1], rtol=1e-6)


def test_frame_loss_ignores_padding():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(1, 8, 4)).astype("float32")
    labels = rng.integers(0, 4, (1, 8))
    short = losses.frame_loss(labels[:, :5], logits[:, :5], np.int32([5]))
    np.testing.assert_allclose(losses.frame_loss(labels, logits, np.int32([5])), short, rtol=1e-6)


GOOD = {
    "labels": np.array([[1, 2, 0], [3, 3, 3]]),
    "label_lengths": np.array([2, 3]),
    "logit_lengths": np.array([9, 9]),
    "num_classes": 4,
    "frames": 9,
}


def test_a_good_batch_passes():
    losses.check_batch(**GOOD)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.array([[1, 2, -1], [3, 3, 3]])}, r"rows 0\).*padded with 0 here, not"),
        ({"labels": np.array([[1, 0, 0], [3, 3, 3]])}, r"rows 0\).*blank, stands inside"),
        ({"labels": np.array([[1, 2, 0], [3, 4, 3]])}, r"rows 1\).*4 or more.*classes 0 to 3"),
        ({"label_lengths": np.array([2, 4])}, r"rows 1\).*outside 0 to 3"),
        ({"logit_lengths": np.array([9, 4])}, r"rows 1\).*frames missing: \[1\]"),
        ({"logit_lengths": np.array([9, 10])}, r"rows 1\).*Count frames, not pixels"),
        ({"logit_lengths": np.array([9])}, "label_lengths"),
        ({"labels": np.array([[1.0, 2.0], [3.0, 3.0]])}, "integers"),
    ],
)
def test_each_trap_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        losses.check_batch(**{**GOOD, **change})


def test_the_loss_itself_runs_the_guards_on_arrays():
    labels, logits, lengths, _ = _batch()
    with pytest.raises(ValueError, match="frames missing"):
        losses.ctc_loss(labels, logits, lengths, np.full(len(labels), 3, "int32"))


def test_a_softmax_and_a_nan_are_recognized():
    probabilities = np.full((2, 5, 4), 0.25, "float32")
    with pytest.raises(ValueError, match="softmax already"):
        losses.check_logits(probabilities)
    with pytest.raises(ValueError, match="NaN"):
        losses.check_logits(np.full((2, 5, 4), np.nan))
    losses.check_logits(np.log(probabilities))
