"""Adapting a reader to a hand: it learns that hand, forgets little, and measures honestly."""

import dataclasses
import importlib
from functools import cache

import numpy as np
import pytest

from shared import networks, paths, pen
from shared.course.cli import main
from shared.experiments.adaptation import (
    AdaptationError,
    Adapter,
    Effect,
    effect,
    own_lines,
    updates_for,
    writer_lines,
)
from shared.experiments.adaptation.adapting import mixed_batches
from shared.lines import LineSet
from shared.preparation import BODIES, WHOLE_LINE
from shared.recognizer import LineTextRecognizer

ROWS = {"everyone": {"a": (3, 12), "b": (20, 29)}, "odd": {"a": (3, 12), "b": (10, 15)}}
#: The labs' small reader and the shipped one, each as small as shows something
NETWORKS = {
    WHOLE_LINE: {"context": "none", "channels": (4, 4, 6, 8), "features": 12},
    BODIES: {"architecture": "reader", "channels": (4, 4, 6, 8), "features": 32, "units": 24,
             "dropout": 0.0},
}  # fmt: skip
TRAINING = {WHOLE_LINE: (150, 2e-2), BODIES: (250, 1e-2)}  # Updates and rate
GONE = {WHOLE_LINE: 0.5, BODIES: 0.3}  # Share of the errors, at least


def _lines(count, seed, writer="everyone", preparation=WHOLE_LINE):
    """Return lines of bars: one writer makes the bar of a b smaller and elsewhere."""
    rng = np.random.default_rng(seed)
    images, texts = [], []
    for _ in range(count):
        text = "".join(rng.choice(["a", "b"], rng.integers(2, 6)))
        image = np.zeros((preparation.height, 12 * len(text) + 4), np.uint8)
        for index, letter in enumerate(text):
            low, high = ROWS[writer][letter]
            image[low:high, 12 * index + 4 : 12 * index + 11] = 255
        images.append(image)
        texts.append(text)
    return own_lines(images, texts, writer, preparation)


@cache
def _reader(preparation):
    from shared.backend import keras
    from shared.training import train_line_network

    keras.utils.set_random_seed(1)
    settings, (updates, rate) = NETWORKS[preparation], TRAINING[preparation]
    network = networks.build_line_reader(**settings)
    lines = _lines(80, 0, preparation=preparation)
    train_line_network(network, lines, updates, learning_rate=rate, augment=True).wait()
    card = {"network": settings, "preparation": preparation.version}
    return LineTextRecognizer(network, card=card)


@pytest.fixture(scope="module")
def reader():
    return _reader(WHOLE_LINE)


@pytest.fixture(scope="module")
def adapter(reader):
    return Adapter(reader)


def _adapt(adapter, **settings):
    preparation = adapter.reader.preparation
    rehearsal = _lines(40, 5, preparation=preparation)
    settings = {"rehearsal": rehearsal, "learning_rate": 1e-2, **settings}
    return adapter.adapt(_lines(16, 2, "odd", preparation), 60, **settings)


@pytest.mark.parametrize("preparation", [WHOLE_LINE, BODIES], ids=["small", "shipped"])
def test_an_adapted_reader_knows_the_hand_and_still_the_others(preparation):
    reader = _reader(preparation)
    adapted = _adapt(Adapter(reader))
    own = effect(reader, adapted, _lines(40, 3, "odd", preparation), 16)
    others = effect(reader, adapted, _lines(40, 4, preparation=preparation))
    assert own.rates[0] > 0.2, "the hand has to be hard at first, or nothing is shown"
    assert own.drop > GONE[preparation]
    assert own.interval()[0] > GONE[preparation] / 2
    assert others.rates[1] < others.rates[0] + 0.05
    assert adapted.card["adapted"]["lines"] == 16 and adapted.card["adapted"]["updates"] == 60
    assert adapted.preparation is preparation


def test_the_reader_that_was_given_stays_as_it_was(reader, adapter):
    before = [weight.copy() for weight in reader.network.get_weights()]
    first = _adapt(adapter, seed=1)
    kept = [weight.copy() for weight in first.network.get_weights()]
    again = _adapt(adapter, seed=1)
    for old, new in zip(before, reader.network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    for one, other in zip(kept, first.network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(kept, again.network.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("preparation", [WHOLE_LINE, BODIES], ids=["small", "shipped"])
def test_all_normalization_keeps_its_weights(preparation):
    from shared.backend import keras

    reader = _reader(preparation)
    adapted = _adapt(Adapter(reader))
    changed = set()
    for old, new in zip(reader.network.layers, adapted.network.layers, strict=True):
        for a, b in zip(old.get_weights(), new.get_weights(), strict=True):
            if not np.array_equal(a, b):
                changed.add(type(old))
    assert keras.layers.BatchNormalization not in changed
    learned = {keras.layers.Conv2D, keras.layers.Conv1D, keras.layers.Dense}
    assert learned | ({keras.layers.Bidirectional} if preparation is BODIES else set()) <= changed


def test_half_of_every_batch_is_ones_own_and_a_batch_does_not_depend_on_the_start():
    own, others = _lines(4, 0, "odd"), _lines(30, 1)
    first = mixed_batches(own, others, 0.5, seed=3)
    next(first)
    second, resumed = next(first), next(mixed_batches(own, others, 0.5, seed=3, update=1))
    for one, other in zip(second, resumed, strict=True):
        np.testing.assert_array_equal(one, other)
    from shared.alphabet import ASCII

    texts = [ASCII.decode(label) for label in second.labels]
    assert len(texts) == 16
    assert all(text in own.texts for text in texts[:8])
    alone = next(mixed_batches(own, others, 1.0, seed=3))
    assert all(ASCII.decode(label) in own.texts for label in alone.labels)


def test_drop_and_rates_by_hand():
    # 6 of 30 characters wrong before, 3 afterwards: from 20 % to 10 %, half of them gone
    found = Effect("ann", 16, np.array([4, 2]), np.array([2, 1]), np.array([10, 20]))
    assert found.rates == (pytest.approx(0.2), pytest.approx(0.1))
    assert found.drop == pytest.approx(0.5)
    assert found.interval() == (pytest.approx(0.5), pytest.approx(0.5))
    worse = Effect("ann", 16, np.array([1, 1]), np.array([2, 4]), np.array([10, 20]))
    assert worse.drop == pytest.approx(-2.0)


def test_lines_held_back_have_other_texts():
    hand = pen.hands("test")[0]
    learned, held_back = writer_lines(hand, 3, held_back=4)
    more, same = writer_lines(hand, 5, held_back=4)
    assert not set(learned.texts) & set(held_back.texts)
    assert more.texts[:3] == learned.texts and same.texts == held_back.texts
    assert set(held_back.writers) == {hand.name}
    with pytest.raises(AdaptationError, match="257 lines"):
        writer_lines(hand, 257)


def test_more_lines_are_worth_more_updates():
    counts = [updates_for(n) for n in (1, 16, 17, 64, 200, 256, 9999)]
    assert counts == sorted(counts)
    assert updates_for(1) == updates_for(16) < updates_for(64) < updates_for(256)


def test_what_cannot_be_learned_is_said(adapter):
    with pytest.raises(AdaptationError, match="no line to adapt to"):
        own_lines([], [])
    with pytest.raises(AdaptationError, match="belongs to another line"):
        own_lines([np.zeros((32, 20), np.uint8)], ["far too long for this"])
    empty = LineSet([], [], [], [], [])
    with pytest.raises(AdaptationError, match="no line to adapt to"):
        adapter.adapt(empty)
    with pytest.raises(AdaptationError, match="own_share is 0"):
        adapter.adapt(_lines(2, 0), own_share=0)


@pytest.mark.parametrize("preparation", [WHOLE_LINE, BODIES], ids=["small", "shipped"])
def test_the_command_adapts_to_ones_own_lines(preparation, tmp_path, monkeypatch, capsys):
    from shared import handwriting, lines
    from shared.experiments import adaptation

    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    mine, reader, load = _lines(16, 2, "odd", preparation), _reader(preparation), []
    card = {**reader.card, **({"language": "english"} if preparation is BODIES else {})}
    reader = LineTextRecognizer(reader.network, card=card)
    made = dataclasses.replace(
        handwriting.stand_in(), lines=[np.zeros((32, 40), np.uint8)] * 16,
        line_images=mine.images, texts=mine.texts, lines_source="yours",
        description="These are yours.",
    )  # fmt: skip
    others = _lines(10, 4, preparation=preparation)
    monkeypatch.setattr(handwriting, "my_handwriting", lambda: made)
    monkeypatch.setattr(adaptation.adapting, "rehearsal_lines", lambda *a: others)
    monkeypatch.setattr(lines, "compose_lines", lambda *a: others)
    with monkeypatch.context() as patch:
        patch.setattr(LineTextRecognizer, "load", lambda name: load.append(name) or reader)
        assert main(["adapt", "--updates", "3"]) == 0
    assert load == ["reader"], "the shipped reader is the one to begin from"
    out = " ".join(capsys.readouterr().out.split())
    assert "These are yours." in out and "lines held back" in out
    assert ("With the language model english:" in out) == (preparation is BODIES)
    again = LineTextRecognizer.load(str(tmp_path / "models/line_mine.weights.h5"))
    assert again.preparation is preparation
    assert again.card.get("language") == card.get("language")
    assert 4 <= again.card["adapted"]["lines"] < 16  # The others are held back
    assert main(["adapt", "--hand", "10"]) == 2
    assert "hands are 0 to 9" in capsys.readouterr().err
    made.lines[3:], made.texts[3:] = [], []
    assert main(["adapt"]) == 2
    assert "holds 3 lines of yours" in capsys.readouterr().err


def test_the_command_never_takes_the_stand_in_for_the_learner(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    assert main(["adapt"]) == 2
    said = capsys.readouterr()
    for words in ("holds 0 lines of yours", "at least 4", "labs sheet", "labs adapt --hand 0"):
        assert words in said.err
    assert "mine" not in said.out + said.err
    assert not list(tmp_path.rglob("*.weights.h5"))


def test_the_shipped_run_keeps_the_errors_of_every_line(reader, tmp_path, monkeypatch):
    from argparse import Namespace

    import train_writers

    from shared import lines
    from shared.experiments import adaptation

    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    monkeypatch.setattr(LineTextRecognizer, "load", lambda _: reader)
    monkeypatch.setattr(adaptation.adapting, "rehearsal_lines", lambda *a: _lines(20, 5))
    monkeypatch.setattr(lines, "compose_lines", lambda *a: _lines(10, 4))
    monkeypatch.setattr(adaptation.adapting, "UPDATES", {2: 1})
    monkeypatch.setattr(train_writers, "HELD_BACK", 3)
    reader.card["sha256"] = "0"
    path = tmp_path / "writers.json"
    run = train_writers.train_writers(Namespace(counts=[1, 2]), path, hands=2)
    assert path.exists()
    assert [(cell["lines"], cell["hand"]) for cell in run["cells"]] == [
        (1, "test-00"), (1, "test-01"), (2, "test-00"), (2, "test-01"),
    ]  # fmt: skip
    assert {len(cell[name]) for cell in run["cells"] for name in ("before", "after")} == {3}


def test_shares_of_the_shipped_run_by_hand():
    from train_writers import drops, format_writers

    cells = [
        {"lines": 16, "before": [4, 4], "after": [1, 1], "others": [0.05, 0.06]},
        {"lines": 16, "before": [10], "after": [9], "others": [0.05, 0.08]},
    ]
    assert drops({"cells": cells}) == {16: [0.75, pytest.approx(0.1)]}
    text = format_writers({"cells": cells})
    assert "42%" in text and "10%" in text and "75%" in text and "5.0%, 7.0%" in text


def test_the_shipped_run_keeps_its_promise():
    from train_writers import drops

    run = paths.sample("writers")
    gone = drops(run)
    assert len(gone[16]) == len({cell["hand"] for cell in run["cells"]}) == 10
    assert np.median(gone[16]) >= 0.25
    held_back = writer_lines(pen.hands("test")[0], 1, run["held_back"])[1]
    cell = next(cell for cell in run["cells"] if cell["hand"] == "test-00")
    assert cell["lengths"] == [len(text) for text in held_back.texts]
    assert len(cell["before"]) == len(cell["after"]) == len(cell["lengths"])


@pytest.fixture
def script():
    """Import the measuring script, which needs TensorFlow."""
    return importlib.import_module("measure_adaptation")


def test_real_lines_that_are_read_share_nothing_with_those_learned_from(script):
    from real_lines import RealLines

    count = script.LINES["copiste"] + script.LEFT
    texts = [f"line {k} of her own letter number {k}" for k in range(count)]
    lines = RealLines([None] * (count + 1), [*texts, "a line"], ["ann"] * count + ["bea"])
    assert script.writers(lines, script.LINES["copiste"]) == ["ann"]
    learned, read = script.split(lines, "ann", 16, 0)
    assert (learned, read) == script.split(lines, "ann", 16, 0) != script.split(lines, "ann", 16, 1)
    assert len(learned) == 16 and len(read) == 0, "all share 'of her own letter'"
    lines = lines._replace(texts=[f"line {k} alone" for k in range(count)] + ["a line"])
    learned, read = script.split(lines, "ann", 16, 0)
    assert sorted(learned + read) == list(range(count))
    lines.texts[read[0]] = lines.texts[learned[0]]
    assert script.split(lines, "ann", 16, 0)[1] == read[1:]


def test_a_known_text_is_shared_out_among_the_lines_of_its_page(script):
    assert script.share_out("one two three four", ["ane twu", "thee fonr"]) == [
        "one two", "three four",
    ]  # fmt: skip
    assert script.share_out("tea for two", ["tea for", "", "twa"]) == ["tea for", "", "two"]


def test_rates_of_real_writers_by_hand(script):
    # ann: 3 of 20 characters in two draws; bea: 1 of 10
    cells = [
        {"source": "copiste", "writer": "ann", "characters": 10, "read": [0]},
        {"source": "copiste", "writer": "ann", "characters": 10, "read": [1]},
        {"source": "copiste", "writer": "bea", "characters": 10, "read": [2]},
    ]
    found = script.summary(cells, [2, 1, 1])
    assert found["cer"] == pytest.approx(4 / 30, abs=1e-4)
    assert found["median"] == pytest.approx(0.125)
    assert found["upper_quartile"] == pytest.approx(0.1375)
    assert found["interval"] == [pytest.approx(0.1), pytest.approx(0.15)]
    for cell, before, after in zip(cells, [2, 1, 1], [1, 0, 1], strict=True):
        cell |= {"before": {"greedy": before}, "after": {"greedy": after}, "learned": 16}
        cell |= {"others": {"pens": 3}, "seconds": 40.0, "processor_seconds": 60.0}
    record = {"cells": cells, "others": {"pens": {"characters": 100, "cer": 0.02}}}
    its = script.summaries(record, {"copiste": [5, 0, 1]})["sixteen lines"]
    assert its["scores"]["after, greedy"]["cer"] == pytest.approx(2 / 30, abs=1e-4)
    assert its["scores"]["rapidocr"]["cer"] == pytest.approx(6 / 30)
    assert its["others"]["pens"] == {"before": 0.02, "after": pytest.approx(0.03)}
    assert its["writers"] == 2 and its["read"] == 3
