"""Shapes, windows and context of the networks."""

import math

import numpy as np
import pytest

from shared import networks


@pytest.fixture(scope="module", params=["none", "lstm", "dilated"])
def network(request):
    return networks.line_network(7, request.param, channels=(4, 4, 6, 8), features=8)


@pytest.mark.parametrize("width", [4, 5, 31, 64])
def test_one_frame_for_every_four_columns(network, width):
    logits = network(np.zeros((2, 32, width, 1), "float32"))
    assert logits.shape == (2, networks.num_frames(width), 7)


def test_num_frames_rounds_up():
    assert [networks.num_frames(width) for width in (1, 4, 5, 8)] == [1, 1, 2, 2]


def test_the_receptive_field_is_what_really_reaches_a_frame(network):
    from shared.backend import tf

    field = networks.receptive_field(network)
    assert field.step == 4
    # The middle frame's gradient, at random weights and unusual statistics, finds every pixel
    images = tf.constant(np.random.default_rng(0).random((1, 32, 240, 1), dtype="float32"))
    with tf.GradientTape() as tape:
        tape.watch(images)
        frame = tf.reduce_sum(network(images)[0, 30])
    reached = np.flatnonzero(np.abs(tape.gradient(frame, images)[0, :, :, 0]).sum(axis=0))
    span = reached.max() - reached.min() + 1
    if field.reach == math.inf:
        assert span == 240
    else:
        assert field.reach == field.pixels
        assert field.pixels - 8 <= span <= field.pixels


def test_windows_of_the_designs():
    assert networks.receptive_field(networks.line_network(3, "none", narrow=True)).pixels == 7
    assert networks.receptive_field(networks.line_network(3, "none")).pixels == 23


def test_every_design_normalizes_its_batches(network):
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds.count("BatchNormalization") >= 5
    assert {n.momentum for n in network.layers if hasattr(n, "momentum")} == {0.9}


def test_mistakes_are_explained():
    with pytest.raises(ValueError, match="'gru' is unknown; use"):
        networks.line_network(3, "gru")
    with pytest.raises(ValueError, match="even features; 9"):
        networks.line_network(3, "lstm", features=9)


@pytest.mark.parametrize("build", [networks.character_mlp, networks.character_cnn])
def test_character_networks(build):
    network = build(47)
    assert network(np.zeros((2, 28, 28, 1), "float32")).shape == (2, 47)
    assert network.count_params() < 500_000
