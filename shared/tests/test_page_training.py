"""What the line detector learns from and how: targets, losses, variation, and a run that learns."""

from __future__ import annotations

import itertools
from concurrent.futures import Future

import numpy as np
import pytest
import train_detector as script

from shared import networks
from shared.pages import (
    Line,
    LineDetector,
    baseline_maps,
    class_maps,
    compose_pages,
    page_batches,
    page_example,
    train_detector,
)
from shared.pages.clutter import clutter
from shared.pages.losses import baseline_loss, class_loss, dice_loss
from shared.pages.targets import CROP, DISTANCE, PageExample, vary_page


def line(y, left=8.0, right=56.0, x_height=20.0):
    baseline = np.array([[left, y], [right, y]])
    return Line(baseline, 32.0, 8.0, x_height, 1.0)


@pytest.fixture(scope="module")
def pages():
    return compose_pages(8, {"regular": 1, "touching": 1}, "train", 3, zoom=0.8)


@pytest.fixture(scope="module")
def examples(pages):
    return [page_example(page) for page in pages]


def test_the_core_band_reaches_from_the_baseline_to_most_of_the_x_height():
    maps = baseline_maps([line(40)], (64, 64))
    assert maps.shape == (32, 32, 3) and maps.dtype == np.float32
    # Rows 23 to 39 of the page, so 12 to 19 of the map, and half of row 11
    np.testing.assert_allclose(maps[10:21, 15, 0], [0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 0], atol=0.01)
    assert maps[15, 2, 0] == 0 and maps[15, 5, 0] == 1 and maps[15, 29, 0] == 0


def test_distances_fill_the_band_in_units_of_sixteen_pixels():
    maps = baseline_maps([line(40)], (64, 64))
    inside = maps[..., 0] > 0
    np.testing.assert_allclose(maps[inside][:, 1], 32 / DISTANCE)
    np.testing.assert_allclose(maps[inside][:, 2], 8 / DISTANCE)


def test_lines_are_odd_and_even_in_turn_from_the_first_one_shown():
    lines = [line(-60), line(20, x_height=6), line(60, x_height=6), line(100, x_height=6)]
    classes = class_maps(lines, (112, 64))
    assert classes.shape == (56, 32, 3)
    np.testing.assert_array_equal(classes.sum(axis=-1), 1)
    assert [classes[row, 15].argmax() for row in (5, 25, 45)] == [1, 2, 1]
    assert classes[5, 31].argmax() == 0


def test_dice_as_worked_by_hand():
    p, t = np.zeros((2, 4, 4, 1), "float32"), np.zeros((2, 4, 4, 1), "float32")
    p[0, 0], t[0, :2] = 1, 1  # 4 of 8 pixels: (2 * 4 + 1) / (4 + 8 + 1)
    np.testing.assert_allclose(dice_loss(p, t), [1 - 9 / 13, 0], atol=1e-6)


def test_a_right_map_costs_less_than_a_wrong_one():
    target = baseline_maps([line(40)], (64, 64))[None]
    right, wrong = target.copy(), target.copy()
    right[..., 0], wrong[..., 0] = 20 * target[..., 0] - 10, 10 - 20 * target[..., 0]
    assert float(baseline_loss(right, target)[0]) < 0.1
    assert float(baseline_loss(wrong, target)[0]) > 5
    off = right + np.array([0, 0.5, 0], "float32")
    # Every distance up is wrong by .5: half of the two maps, and the 1 that keeps it finite
    band = target[..., 0].sum()
    more = float(baseline_loss(off, target)[0] - baseline_loss(right, target)[0])
    assert more == pytest.approx(0.5 * band / (2 * band + 1), abs=1e-3)


def test_the_loss_of_classes_as_worked_by_hand():
    maps = np.zeros((1, 2, 2, 3), "float32")
    classes = np.zeros((1, 2, 2, 3), "float32")
    classes[..., 0] = 1
    # Every class has a third: log 3, and Dice of odd and even is 1 - 1 / (4 / 3 + 1)
    expected = np.log(3) + 1 - 1 / (4 / 3 + 1)
    assert float(class_loss(maps, classes)[0]) == pytest.approx(expected, abs=1e-5)


def test_the_loss_of_a_batch_is_that_of_its_pages_one_by_one(examples):
    batch = next(page_batches(examples, 3))
    maps = np.random.default_rng(0).normal(size=batch.targets.shape).astype("float32")
    for loss in (baseline_loss, class_loss):
        together = np.asarray(loss(maps, batch.targets))
        alone = [float(loss(maps[i : i + 1], batch.targets[i : i + 1])[0]) for i in range(3)]
        np.testing.assert_allclose(together, alone, rtol=1e-4)


def test_variation_moves_ink_and_lines_together(examples):
    rng = np.random.default_rng(0)
    share = []
    for example, _ in itertools.product(examples, range(4)):
        ink, lines = vary_page(example, rng)
        assert ink.shape == (CROP, CROP) and ink.dtype == np.uint8
        core = baseline_maps(lines, ink.shape)[..., 0] > 0.5
        if core.any():
            strong = ink[::2, ::2] > 128
            share.append(strong[core].mean() / max(strong[~core].mean(), 1e-4))
    assert len(share) > 20
    assert np.median(share) > 4  # Ink is where the bands are


def test_batches_follow_from_the_seed_and_go_on_where_a_run_was_killed(examples):
    order = page_batches(examples, 2, seed=5)
    third = [next(order) for _ in range(3)][2]
    again = next(page_batches(examples, 2, seed=5, first=2))
    np.testing.assert_array_equal(third.images, again.images)
    np.testing.assert_array_equal(third.targets, again.targets)
    other = next(page_batches(examples, 2, seed=6, first=2))
    assert (other.images != third.images).any()


def test_clutter_is_ink_without_lines():
    rng = np.random.default_rng(0)
    drawn = [clutter(rng) for _ in range(12)]
    assert {image.shape for image in drawn} == {(CROP, CROP)}
    assert np.mean([(image > 60).any() for image in drawn]) > 0.5
    blank = PageExample(np.zeros((40, 40), np.uint8), [], 8.0)
    batch = next(page_batches([blank], 4, clutter_share=1.0))
    assert not batch.targets.any()


def test_mistakes_are_explained():
    network = networks.line_detector_network(channels=(4, 4))
    with pytest.raises(ValueError, match="no page to learn from"):
        train_detector(network, [], 1)
    with pytest.raises(ValueError, match="'boxes' is unknown"):
        train_detector(network, [], 1, kind="boxes")


@pytest.mark.parametrize("kind", ["baseline", "classes"])
def test_a_short_training_learns(pages, kind):
    from shared.backend import keras

    keras.utils.set_random_seed(0)
    network = networks.line_detector_network(channels=(6, 8, 10))
    run = train_detector(network, pages, 24, kind=kind, batch_size=2).wait()
    losses = run.history["loss"]
    assert run.finished and np.mean(losses[-5:]) < 0.8 * np.mean(losses[:3])
    maps = LineDetector(network, kind).maps(pages[0].image)
    assert maps.kind == kind and np.isfinite(maps.maps).all()


class _AtOnce:
    """A composing process that answers in this one."""

    def submit(self, work, *given):
        done = Future()
        done.set_result(work(*given))
        return done


def test_shards_go_on_as_if_the_run_had_never_stopped(monkeypatch, examples):
    monkeypatch.setattr(script, "SHARD_PAGES", 4)
    monkeypatch.setattr(script, "USES", 4)  # So a shard is two batches
    asked = []

    def compose(seed):
        asked.append(seed)
        return [examples[(seed + k) % len(examples)] for k in range(4)]

    monkeypatch.setattr(script, "compose_shard", compose)
    shards = script.PageShards(_AtOnce(), seed=3, kind="baseline")
    whole = list(itertools.islice(shards.batches_from(0), 7))
    assert asked[:4] == [3000, 3001, 3002, 3003], "a new shard after every second batch"
    for update in (1, 2, 5):
        rest = itertools.islice(shards.batches_from(update), 7 - update)
        for one, other in zip(whole[update:], rest, strict=True):
            assert (one.images == other.images).all() and (one.targets == other.targets).all()
    first, second = whole[0].images, whole[2].images
    assert not (first == second).all(), "the next shard is another one"
