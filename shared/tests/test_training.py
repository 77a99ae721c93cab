"""Batches, schedules, and trainings in the background that survive a kill."""

import numpy as np
import pytest

from shared import loop, losses, networks, training
from shared.lines import CharacterSet, LineSet


def _lines(count=20, seed=0):
    """Return lines of two letters whose ink is easy to tell apart."""
    rng = np.random.default_rng(seed)
    images, texts, boxes = [], [], []
    for _ in range(count):
        text = "".join(rng.choice(["a", "b"], rng.integers(2, 5)))
        image = np.zeros((32, 12 * len(text) + 4), np.uint8)
        for i, letter in enumerate(text):
            rows = slice(4, 14) if letter == "a" else slice(18, 28)
            image[rows, 12 * i + 4 : 12 * i + 12] = 255
        images.append(image)
        texts.append(text)
        boxes.append(np.array([[12 * i + 4, 4, 12 * i + 12, 28] for i in range(len(text))], float))
    held_out = [np.zeros(len(text), bool) for text in texts]
    return LineSet(images, texts, ["someone"] * count, boxes, held_out)


def _network(seed=0):
    from shared.alphabet import ASCII
    from shared.backend import keras

    keras.utils.set_random_seed(seed)
    return networks.line_network(ASCII.num_classes, "none", channels=(4, 4, 6, 8), features=8)


def test_one_cycle_rises_then_falls_to_zero():
    rates = [loop.one_cycle(update, 100, 1.0) for update in range(100)]
    assert rates[0] < rates[7] < rates[15] == pytest.approx(1.0)
    assert rates[15] > rates[60] > rates[99]
    assert rates[99] < 0.001


def test_batches_hold_every_line_once_an_epoch_and_similar_widths_together():
    widths = np.random.default_rng(0).integers(40, 400, 96)
    order = training.width_batches(widths, 16, seed=1)
    epoch = [next(order) for _ in range(6)]
    assert sorted(np.concatenate(epoch)) == list(range(96))
    assert np.mean([np.ptp(widths[batch]) for batch in epoch]) < 0.35 * np.ptp(widths)
    again = training.width_batches(widths, 16, seed=1)
    np.testing.assert_array_equal(epoch[0], next(again))


def test_a_batch_is_padded_with_paper_and_carries_true_lengths():
    lines = _lines()
    batch = training.assemble(lines, [0, 1, 2])
    assert batch.images.shape[2] % 32 == 0
    for row, index in enumerate([0, 1, 2]):
        width = lines.images[index].shape[1]
        np.testing.assert_array_equal(batch.images[row, :, :width, 0], lines.images[index])
        assert not batch.images[row, :, width:].any()
        assert batch.logit_lengths[row] == networks.num_frames(width)
        assert batch.label_lengths[row] == len(lines.texts[index])


def test_frame_classes_from_boxes_and_from_a_grid():
    boxes = np.array([[0, 0, 8, 9], [12, 0, 20, 9]])
    assert losses.frame_classes([5, 6], 6, boxes).tolist() == [5, 5, 0, 6, 6, 0]
    assert losses.frame_classes([5, 6], 6).tolist() == [5, 5, 5, 6, 6, 6]


def test_varied_lines_keep_height_ink_and_enough_frames():
    rng = np.random.default_rng(0)
    image = _lines(1).images[0]
    for _ in range(20):
        varied = training.vary_line(image, rng, 4)
        assert varied.shape[0] == 32
        assert varied.dtype == np.uint8
        assert networks.num_frames(varied.shape[1]) >= 8
        assert varied.max() > 150


def test_training_learns_and_reports():
    lines = _lines()
    run = training.train_line_network(
        _network(), lines, 60, batch_size=8, learning_rate=2e-2, validation=lines,
        watch=lines.images[:2], seed=3,
    ).wait()  # fmt: skip
    assert run.finished
    assert run.history["update"] == list(range(1, 61))
    assert np.mean(run.history["loss"][-5:]) < 0.4 * run.history["loss"][0]
    assert run.evaluations[-1]["update"] == 60
    assert run.evaluations[-1]["cer"] < 0.9
    assert run.snapshots[0].update == 0
    assert run.snapshots[-1].update == 60
    assert run.snapshots[-1].logits[0].shape == (networks.num_frames(lines.images[0].shape[1]), 96)
    assert run.describe().startswith("Trained 60 updates in")


@pytest.mark.parametrize("targets", ["boxes", "grid"])
def test_other_targets_train_too(targets):
    run = training.train_line_network(_network(), _lines(), 8, batch_size=8, targets=targets).wait()
    assert run.history["loss"][-1] < run.history["loss"][0]


class _Counter:
    """Stands for a network: one variable that each update changes by its batch."""

    def __init__(self, fail_at=None):
        self.value, self.fail_at, self.seen = np.zeros(1), fail_at, []

    def assign(self, value):
        self.value = np.array(value)

    def __array__(self, dtype=None, copy=None):
        return self.value

    def update(self, batch, rate):
        if batch == self.fail_at:
            raise RuntimeError("the machine was switched off")
        self.seen.append(batch)
        self.value = self.value * 0.9 + batch
        return float(self.value[0])

    def training(self, updates=20, **options):
        return loop.Training(
            self.update, lambda first: iter(range(first, 1000)), lambda update: 1.0, updates,
            [self], **options,
        )  # fmt: skip


def test_a_killed_run_goes_on_and_ends_where_an_unbroken_one_does(tmp_path):
    whole = _Counter()
    unbroken = whole.training(watch=lambda: (whole.value.copy(),), watch_at=[0, 4, 20]).wait()
    options = {"checkpoint": tmp_path / "run.npz", "checkpoint_every": 5}
    first = _Counter(fail_at=13)
    broken = first.training(watch=lambda: (first.value.copy(),), watch_at=[0, 4, 20], **options)
    with pytest.raises(RuntimeError, match="switched off"):
        broken.wait()
    second = _Counter()
    run = second.training(watch=lambda: (second.value.copy(),), watch_at=[0, 4, 20], **options)
    run.wait()
    assert second.seen == list(range(10, 20))
    assert second.value == whole.value
    assert run.history["update"] == list(range(1, 21))
    assert [snapshot.update for snapshot in run.snapshots] == [0, 4, 20]
    for kept, expected in zip(run.snapshots, unbroken.snapshots, strict=True):
        np.testing.assert_array_equal(kept.logits[0], expected.logits[0])


def test_a_damaged_or_foreign_checkpoint_is_set_aside(tmp_path):
    path = tmp_path / "run.npz"
    path.write_bytes(b"half of a file")
    counter = _Counter()
    assert counter.training(checkpoint=path).wait().finished
    assert len(counter.seen) == 20
    assert (tmp_path / "run.npz.old").read_bytes() == b"half of a file"
    longer = _Counter()
    longer.training(updates=25, checkpoint=path).wait()
    assert len(longer.seen) == 25
    assert (tmp_path / "run.npz.old").read_bytes() == b"half of a file"
    assert (tmp_path / "run.npz.old-2").exists()


def test_a_checkpoint_of_other_lines_is_not_used(tmp_path):
    options = {"batch_size": 4, "checkpoint": tmp_path / "run.npz"}
    training.train_line_network(_network(), _lines(8), 2, **options).wait()
    again = training.train_line_network(_network(), _lines(8), 2, **options).wait()
    assert again.seconds and not (tmp_path / "run.npz.old").exists()
    training.train_line_network(_network(), _lines(8, seed=1), 2, **options).wait()
    assert (tmp_path / "run.npz.old").exists()


def test_starting_again_stops_the_older_run_and_goes_on_from_it(tmp_path):
    lines, checkpoint = _lines(), tmp_path / "run.npz"
    older = training.train_line_network(_network(), lines, 4000, checkpoint=checkpoint)
    newer = training.train_line_network(_network(), lines, 4000, checkpoint=checkpoint)
    assert not older.running
    newer.stop()
    assert newer.done >= older.done


def test_stop_keeps_what_was_learned_and_start_goes_on():
    counter = _Counter()
    run = counter.training(updates=100_000)
    run.batches_from = lambda first: iter(range(first, 10**6))
    run.start()
    run.stop()
    assert not run.finished
    assert "stopped" in run.describe()
    done = run.done
    run.updates = done + 5
    run.start().wait()
    assert counter.seen == list(range(done + 5))


def test_a_loss_that_is_not_finite_ends_the_run_with_a_sentence():
    run = loop.Training(
        lambda batch, rate: float("nan"), lambda first: iter(range(9)), lambda update: 1.0, 5
    )
    with pytest.raises(FloatingPointError, match="update 1.*lower learning rate"):
        run.wait()


def test_lines_too_short_for_their_text_are_refused_before_training():
    lines = _lines(4)
    lines.texts[2] = "abababababababababababababababababab"
    with pytest.raises(ValueError, match=r"rows 2\).*frames missing"):
        training.train_line_network(_network(), lines, 2)


def test_characters_train_balanced():
    rng = np.random.default_rng(0)
    labels = np.array([0] * 60 + [1] * 4)
    images = np.zeros((64, 28, 28), np.uint8)
    images[labels == 0, :14] = 200
    images[labels == 1, 14:] = 200
    images += rng.integers(0, 40, images.shape, dtype=np.uint8)
    data = CharacterSet(images, labels, "ab", [])
    network = networks.character_cnn(2, channels=(4, 4, 8))
    run = training.train_character_network(network, data, 40, batch_size=16, validation=data).wait()
    assert run.evaluations[-1]["macro"] > 0.9
    with pytest.raises(ValueError, match="num_classes"):
        training.train_character_network(networks.character_mlp(1), data, 1)
