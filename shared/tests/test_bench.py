"""`.ci/bench` and `data/make/train.py hands`: that they run and print every row; never how fast."""

import inspect
import json

import bench
import bench_emnist
import bench_pages
import bench_quick
import bench_rows
import bench_timing
import cells
import emnist
import numpy as np
import pytest
import train
import train_hands as hands
from bench_rows import Row

from shared import networks, recognizer
from shared.lines import CLASSES_47, CharacterSet
from shared.pages import PageReader
from shared.tests.odd_files import ODD_TIFFS
from shared.tests.test_emnist import random_images, write_pair

SMALL = {"context": "none", "channels": (2, 2, 2, 2), "features": 8}
WHAT = {
    "import": ("import shared, beyond numpy", "core modules", "lines printed"),
    "pens": ("lines written", "lines with their texts", "pages written"),
    "explorer": ("edit 2 characters on 8 frames",),
    "loss": ("CTC loss and gradient, batch 2", "whole training step", "relative difference"),
    "reading": ("tf.function", "a line among 16", "LineTextRecognizer.read"),
    "errors": ("CER of the shipped reader on the frozen test", "held-out letterforms"),
    "planted": ("forks for one process of its own",),
    "pages": (
        *(f"F1 by covered ink, {name}" for name in ("regular", "unseen", "touching", "photo")),
        "page CER above the CER of true lines",
        "seconds a page adds",
    ),
    "growth": tuple(
        f"{what}, {frames} frames"
        for what in ("a CTC loss and its gradient", "a line read", "an edit in the explorer")
        for frames in (8, 16)
    ),
    "sheet": ("cells right", "seconds from 12 megapixels"),
    "characters": ("macro of 47", "real digits", "seconds of training"),
    "emnist": ("macro of 47", "mean of the worst 5 classes", "seconds of training"),
    "study": ("without tracking", "with W&B offline"),
    "decoding": ("errors gone by a language model", "WER with it", "milliseconds a line"),
    "adaptation": (
        "errors gone after 2 lines",
        "interval is above",
        "other hands",
        "seconds a hand",
    ),
    "service": (
        "seconds from start to ready",
        "p95 of a line, one client",
        "CPU of a line request",
        "lines a second",
        "a mistake of ours",
        "resident memory after 24 requests",
        "times faster in batches, tf.function",
        "times faster in batches, ONNX Runtime",
    ),
}


@pytest.fixture
def small_networks(monkeypatch):
    """Let networks be tiny, and the shipped reader be an untrained one."""
    line_network, character_cnn = networks.line_network, networks.character_cnn
    monkeypatch.setattr(networks, "line_network", lambda *a, **_: line_network(*a, **SMALL))
    monkeypatch.setattr(networks, "character_cnn", lambda n: character_cnn(n, (2, 2)))

    def load(name="reader"):
        return recognizer.LineTextRecognizer(networks.line_network())

    monkeypatch.setattr(recognizer.LineTextRecognizer, "load", load)


@pytest.fixture
def some_emnist(tmp_path, monkeypatch):
    """Make EMNIST files with a few images of every class."""
    for seed, name in enumerate(("balanced-train", "balanced-test")):
        write_pair(tmp_path, name, random_images(94, seed), np.arange(94) % 47)
    monkeypatch.setenv(emnist.SETTING, str(tmp_path))


@pytest.fixture
def cheap_reference(monkeypatch):
    """Let our own loss stand in for the one of Keras, whose graph takes 20 s to compile."""
    from shared import losses
    from shared.backend import keras, tf

    def reference(labels, logits):
        lengths = (tf.fill([labels.shape[0]], n) for n in (labels.shape[1], logits.shape[1]))
        return tf.reduce_mean(losses.ctc_loss(labels, logits, *lengths))

    monkeypatch.setattr(keras.losses, "CTC", lambda: reference)


@pytest.mark.nightly
def test_the_losses_agree_in_the_comparison():
    from bench_losses import compare_losses

    assert compare_losses(batch=2, frames=12, length=3, repeats=1).relative_difference < 1e-5


def test_every_entry_prints_all_its_rows(
    small_networks, cheap_reference, some_emnist, tmp_path, capsys
):
    file = tmp_path / "numbers.json"
    page = tmp_path / "page.md"
    assert bench.main(["all", "--fast", "--json", str(file), "--page", str(page)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for entry, wanted in WHAT.items():
        printed = [line for line in lines if line.startswith(f"{entry} ")]
        assert len(printed) == len(wanted), printed
        for line, words in zip(printed, wanted, strict=True):
            assert words in line
    written = page.read_text(encoding="utf-8")
    assert written.count("\n## ") == len(WHAT) and "keras.losses.CTC from" in written
    assert "](page.png)" in written and (tmp_path / "page.png").stat().st_size > 5000
    stored = json.loads(file.read_text())
    assert [row["entry"] for row in stored["rows"]] == [e for e, rows in WHAT.items() for _ in rows]
    for row in stored["rows"]:  # An untrained reader may well do harm: fewer errors gone than none
        assert np.isfinite(row["value"])
        assert row["value"] >= 0 or "above" in row["what"] or "errors gone" in row["what"]
    assert stored["tiny"] and not stored["not_measured"]
    assert stored["machine"]["processors"] >= 1
    silent = next(row for row in stored["rows"] if "printed" in row["what"])
    assert silent["holds"], "importing shared printed something"


def test_what_cannot_be_measured_is_said_and_the_rest_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(emnist.SETTING, str(tmp_path / "nowhere"))
    monkeypatch.setitem(bench.ENTRIES, "pens", lambda sizes: [Row("pens", "lines", 1.0)])
    file = tmp_path / "numbers.json"
    assert bench.main(["emnist", "pens", "--fast", "--json", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[3:5]] == ["pens", "emnist"]
    assert "not measured: HANDWRITING_EMNIST is set to" in lines[4]
    assert set(json.loads(file.read_text())["not_measured"]) == {"emnist"}


def test_a_damaged_page_is_named_and_no_rate_is_given_without_it(tmp_path):
    (tmp_path / "a.tif").write_bytes(ODD_TIFFS["pixels at a text"])
    (tmp_path / "labels.json").write_text('{"a.tif": {"text": "a"}}')
    with pytest.raises(bench_pages.PagesError, match="a.tif cannot be read to its end"):
        bench_pages.measure_real(PageReader(None, None), tmp_path)


def test_slow_entries_run_only_when_named():
    assert bench.choose([]) == [
        "import", "pens", "explorer", "loss", "reading", "errors", "planted", "pages",
        "growth", "sheet",
    ]  # fmt: skip
    assert bench.choose(["emnist", "import"]) == ["import", "emnist"]
    assert bench.choose(["all"]) == list(bench.ENTRIES)


def test_an_unknown_entry_is_named(capsys):
    with pytest.raises(SystemExit) as stopped:
        bench.main(["pencils"])
    assert stopped.value.code == 2
    assert "There is no entry 'pencils'; choose among import, pens" in capsys.readouterr().err


def test_help_names_every_entry(capsys):
    with pytest.raises(SystemExit):
        bench.main(["--help"])
    text = capsys.readouterr().out
    assert all(f"\n  {entry} " in text for entry in bench.ENTRIES)


@pytest.mark.parametrize(
    ("bounds", "promised"),
    [
        ({"at_least": 5}, "min 5.0 ok"),
        ({"at_least": 5.1}, "min 5.1 MISSED"),
        ({"at_most": 5}, "max 5.0 ok"),
        ({"at_most": 4.9}, "max 4.9 MISSED"),
        ({}, "-"),
    ],
)
def test_a_row_says_what_was_promised_and_whether_it_holds(bounds, promised):
    row = Row("loss", "ratio", 5.0, **bounds)
    assert row.promised == promised
    assert row.as_text().split("5.0", 1)[1].strip() == promised
    assert row.as_json()["holds"] is (None if not bounds else promised.endswith("ok"))


def test_all_core_modules_are_timed():
    from shared.paths import checkout

    folder = checkout() / "shared"
    assert all((folder / f"{n}.py").exists() or (folder / n).is_dir() for n in bench_quick.CORE)


def test_the_median_counts_and_actions_take_turns():
    order, ticks = [], iter([0, 1, 0, 9, 0, 3, 0, 9, 0, 200, 0, 9])
    actions = {name: lambda name=name: order.append(name) for name in "ab"}
    assert bench_timing.median_seconds(actions, 3, lambda: next(ticks)) == {"a": 3, "b": 9}
    assert "".join(order) == "abababab"
    with pytest.raises(ValueError, match="at least one run; 0"):
        bench_timing.median_seconds(actions, 0)


def test_the_worst_classes_come_worst_first():
    labels = np.repeat(np.arange(47), 4)
    test = CharacterSet(np.zeros((188, 28, 28), np.uint8), labels, CLASSES_47, [])
    predictions = labels.copy()
    predictions[labels == 3] = 0
    predictions[np.flatnonzero(labels == 11)[:3]] = 0
    worst = bench_emnist.worst_classes(test, predictions, 3)
    assert list(worst.items())[:2] == [("3", 0.0), ("B", 0.25)]
    assert list(worst.values())[2] == 1.0


def test_full_sizes_are_those_of_the_promises():
    sizes = bench_rows.Sizes()
    assert sizes.loss[0] == 64 and sizes.test_lines == 300 and sizes.pen_runs >= 3


# The error rate against the number of hands


def test_a_table_of_trainings_goes_on_and_forgets_another_run(tmp_path):
    path, folder = tmp_path / "run.json", tmp_path / "unfinished"
    keys, trained = [{"hands": 3}, {"hands": 12}], []

    def train(key, checkpoint):
        trained.append(key["hands"])
        checkpoint.write_text("half")
        if trained.count(12) == 1 and key["hands"] == 12:
            raise KeyboardInterrupt
        return {**key, "cer": 0.5}

    with pytest.raises(KeyboardInterrupt):
        cells.train_cells(path, folder, {"updates": 2}, keys, train)
    assert not path.exists() and (folder / "12.npz").exists()
    run = cells.train_cells(path, folder, {"updates": 2}, keys, train)
    assert trained == [3, 12, 12]
    assert (
        run
        == json.loads(path.read_text())
        == {
            "updates": 2,
            "cells": [{"hands": 3, "cer": 0.5}, {"hands": 12, "cer": 0.5}],
        }
    )
    assert not list(folder.iterdir())

    cells._begin(folder / "part.json", {"updates": 2})
    (folder / "3.npz").write_text("of two updates")
    assert cells._begin(folder / "part.json", {"updates": 9}) == {"updates": 9, "cells": []}
    assert not (folder / "3.npz").exists()


def test_hands_train_on_equally_many_lines_of_the_same_texts(small_networks, tmp_path, monkeypatch):
    from shared import lines, training

    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    monkeypatch.setattr(hands, "OWN_LINES", 2)
    frozen = lines.frozen_lines()[:3]
    monkeypatch.setattr(lines, "frozen_lines", lambda: frozen)
    seen, signature = [], inspect.signature(training.train_line_network)

    class Trained:
        seconds = 1.0

        def wait(self):
            return self

    def spy(*words, **options):  # test_training trains; here it is about what is given to it
        given = signature.bind(*words, **options).arguments
        seen.append((given["lines"], given["updates"]))
        return Trained()

    monkeypatch.setattr(training, "train_line_network", spy)
    path = tmp_path / "hands.json"
    run = hands.train_hands(path, counts=(1, 2), updates=1, lines=4)
    assert run == json.loads(path.read_text())
    assert run["command"] == hands.COMMAND
    assert [cell["hands"] for cell in run["cells"]] == [1, 2]
    assert all(cell["updates"] == 1 and cell["seed"] == run["seed"] for cell in run["cells"])
    assert all(min(cell["cer"], cell["cer_own_hands"]) > 0 for cell in run["cells"])
    (one, a), (two, b) = seen
    assert (a, len(one.writers), len(set(one.writers))) == (1, 4, 1)
    assert (b, len(two.writers), len(set(two.writers))) == (1, 4, 2)
    assert one.texts == two.texts
    assert not set(two.writers) & set(frozen.writers)


def test_the_command_calls_it(monkeypatch):
    called = []
    monkeypatch.setattr(hands, "train_hands", lambda: called.append("hands"))
    assert train.main(["hands"]) == 0
    assert called == ["hands"]


def test_the_figure_names_both_curves_and_their_ends():
    cell = {"updates": 800, "seed": 5, "seconds": 9}
    run = {
        "updates": 800,
        "lines": 6000,
        "cells": [
            {**cell, "hands": 3, "cer": 0.6, "cer_own_hands": 0.125},
            {**cell, "hands": 96, "cer": 0.25, "cer_own_hands": 0.2},
        ],
    }
    picture = hands.plot_hands(run)
    assert "6,000 lines and 800 updates" in picture.alt
    assert "test hands, never seen: from 60 at 3 to 25 at 96" in picture.alt
    assert "training hands, new sentences: from 12.5 at 3 to 20 at 96" in picture.alt
    assert "60.0%" in hands.format_hands(run) and "12.5%" in hands.format_hands(run)
