"""The entries that take seconds: imports, pens, explorer, loss and reader."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

from bench_rows import Row, Sizes

import shared

CORE = ("alphabet", "backend", "ctc", "figures", "language", "lines", "loop")
CORE += ("losses", "metrics", "networks", "paths", "pen", "pages", "recognizer", "training")
_TIMED = """\
import sys, time
begun = time.perf_counter()
import numpy
middle = time.perf_counter()
import {modules}
ended = time.perf_counter()
print(middle - begun, ended - middle, "tensorflow" in sys.modules)
"""


def measure_import(sizes: Sizes) -> list[Row]:
    """Import `shared` in fresh processes, after numpy, whose own time stands beside it."""
    printed = 0

    def import_all(modules: str) -> tuple[float, float, bool]:
        """Return the median seconds of numpy and of the rest, and whether TensorFlow came."""
        nonlocal printed
        root = str(Path(shared.__file__).parents[1])
        path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable, "-P", "-c", _TIMED.format(modules=modules)]
        found = []
        for _ in range(sizes.import_runs + 1):
            done = subprocess.run(
                command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
            )
            if done.returncode:
                raise RuntimeError(f"`import {modules}` failed:\n{done.stderr}")
            *others, times = done.stdout.splitlines()
            printed += len(others) + len(done.stderr.splitlines())
            found.append(times.split())
        found = found[1:]  # The first process may have had to write the byte code
        numpy_alone, rest = (
            statistics.median(float(times[column]) for times in found) for column in (0, 1)
        )
        return numpy_alone, rest, found[-1][2] == "True"

    numpy_alone, seconds, _ = import_all("shared")
    _, of_core, loaded = import_all(", ".join(f"shared.{name}" for name in CORE))
    beside = f"numpy alone {numpy_alone:.3f} s"
    door = f"TensorFlow {'IS' if loaded else 'not'} loaded"
    return [
        Row("import", "import shared, beyond numpy", seconds, "{:.3f} s", beside, at_most=0.3),
        Row("import", f"import its {len(CORE)} core modules", of_core, "{:.3f} s", door),
        Row("import", "lines printed while importing", printed, "{:.0f}", at_most=0),
    ]


def measure_pens(sizes: Sizes) -> list[Row]:
    """Write lines, characters and pages, per second of processor time on one core."""
    from bench_pens import measure

    found = measure(sizes.pen_lines, sizes.pen_hands, sizes.pen_runs)
    beside = f"texts alone {found['texts']:,.0f}, characters {found['characters written']:,.0f}"
    rows = [
        Row("pens", f"{name} a second and core", found[name], "{:,.0f}", note, at_least=500)
        for name, note in (("lines written", ""), ("lines with their texts", beside))
    ]
    what, at_half = "pages written a second and core", "at half size, a third of each grade"
    return [*rows, Row("pens", what, found["pages written"], "{:,.0f}", at_half, at_least=60)]


def measure_explorer(sizes: Sizes) -> list[Row]:
    """Edit one logit in the explorer, beside redrawing three heat maps with matplotlib."""
    from bench_explorer import measure

    rows = []
    for num_frames, num_symbols in sizes.explorer:
        found = measure(num_frames, num_symbols, sizes.explorer_runs)
        ours, redraw = found["edit"], found["matplotlib"]
        what = f"edit {num_symbols} characters on {num_frames} frames"
        beside = f"matplotlib redraw {redraw:.0f} ms, {redraw / ours:.1f} times as long"
        rows.append(Row("explorer", what, ours, "{:.1f} ms", beside))
    return rows


def measure_loss(sizes: Sizes) -> list[Row]:
    """Take the CTC loss and its gradient, beside `keras.losses.CTC`."""
    from bench_losses import compare_losses

    batch, frames, length = sizes.loss
    found = compare_losses(batch, frames, length, sizes.loss_runs)

    def beside(ours: float, theirs: float) -> str:
        return f"{1e3 * ours:.0f} ms against {1e3 * theirs:.0f} ms with keras.losses.CTC"

    alone, step = beside(found.ours, found.keras), beside(found.step_ours, found.step_keras)
    what = f"CTC loss and gradient, batch {batch}, cheaper"
    return [
        Row("loss", what, found.ratio, "{:.1f} times", alone, at_least=5),
        Row("loss", "whole training step, cheaper", found.step_ratio, "{:.1f} times", step),
        Row(
            "loss",
            "relative difference of the two losses",
            found.relative_difference,
            "{:.0e}",
            f"rows of {frames} frames and {length} characters, all full",
            at_most=1e-5,
        ),
    ]


def measure_reading(sizes: Sizes) -> list[Row]:
    """Take a line through the network: compiled, and by `model.predict`."""
    from bench_timing import median_seconds

    from shared.lines import frozen_lines
    from shared.networks import line_network
    from shared.recognizer import LineTextRecognizer, compile_inference
    from shared.training import pad_images

    try:
        reader, whose = LineTextRecognizer.load(), "the shipped reader"
    except FileNotFoundError:  # Weights do not change how long a line takes
        reader, whose = LineTextRecognizer(line_network()), "untrained, no weights are shipped"
    width = sizes.reading_width
    height = reader.preparation.height
    images = [reader.preparation.prepare(image) for image in frozen_lines().images[:16]]
    batch = pad_images([image[:, :width] for image in images], width)
    one, scaled = batch[:1], batch[:1].astype("float32") / 255
    infer = compile_inference(reader.network, (height, None, 1))
    seconds = median_seconds(
        {
            "one": lambda: infer(one).numpy(),
            "predict": lambda: reader.network.predict(scaled, verbose=0),
            "sixteen": lambda: infer(batch).numpy(),
            "read": lambda: reader.read(images[0]),
        },
        sizes.reading_runs,
    )
    ms = {name: 1e3 * value for name, value in seconds.items()}
    peer = f"model.predict {ms['predict']:.1f} ms, {ms['predict'] / ms['one']:.1f} times as long"
    whole = f"prepared, read and decoded; {images[0].shape[1]} pixels wide"
    alone = f"one line of {height} x {width}, tf.function"
    return [
        Row("reading", alone, ms["one"], "{:.1f} ms", peer),
        Row("reading", "a line among 16", ms["sixteen"] / len(images), "{:.1f} ms", whose),
        Row("reading", "one line by LineTextRecognizer.read", ms["read"], "{:.1f} ms", whole),
    ]


def measure_errors(sizes: Sizes) -> list[Row]:
    """Read the frozen test with the shipped reader."""
    from train import held_out_rates

    from shared.lines import frozen_lines
    from shared.metrics import bootstrap_interval, edit_distance
    from shared.recognizer import LineTextRecognizer

    reader = LineTextRecognizer.load()
    lines = frozen_lines()[: sizes.test_lines]
    pairs = list(zip(lines.texts, reader.read_many(lines.images), strict=True))
    edits = [edit_distance(text, found) for text, found in pairs]
    lengths = [len(text) for text in lines.texts]
    low, high = bootstrap_interval(edits, lengths, lines.writers, seed=0)
    writers = len(set(lines.writers))
    wrong = held_out_rates(reader, lines)
    return [
        Row(
            "errors",
            "CER of the shipped reader on the frozen test",
            sum(edits) / sum(lengths),
            "{:.1%}",
            f"95% interval {low:.1%} to {high:.1%}; {len(lines)} lines by {writers} unseen hands",
        ),
        Row(
            "errors",
            "characters misread, held-out letterforms",
            wrong["held_out_letterforms"],
            "{:.1%}",
            f"other letterforms {wrong['other_letterforms']:.1%}",
        ),
    ]
