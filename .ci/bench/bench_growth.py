"""How cost grows with the size of what is given, beside a peer of the same run."""

from __future__ import annotations

from bench_rows import Row, Sizes


def measure_growth(sizes: Sizes) -> list[Row]:
    """Double the frames of a line: its loss, an edit in the explorer, a pass of the network."""
    loss, edit, line = (
        f"milliseconds of {what}"
        for what in ("a CTC loss and its gradient", "an edit in the explorer", "a line read")
    )
    rows = []
    for frames in sizes.growth:
        rows.append(_row(loss, frames, "keras.losses.CTC", *_loss(frames, sizes.growth_runs)))
        rows.append(_row(edit, frames, "a matplotlib redraw", *_edit(frames, sizes.growth_runs)))
        rows.append(_row(line, frames, "model.predict", *_line(frames, sizes.growth_runs)))
    return sorted(rows, key=lambda row: row.curve)


def _row(curve: str, frames: int, name: str, ours: float, peer: float) -> Row:
    what = f"{curve.removeprefix('milliseconds of ')}, {frames} frames"
    beside = f"{peer:.1f} ms by {name}"
    return Row(
        "growth", what, ours, "{:.1f} ms", beside, curve=curve, size=frames, peer=peer, name=name
    )


def _loss(frames: int, runs: int) -> tuple[float, float]:
    from bench_losses import compare_losses

    found = compare_losses(8, frames, frames // 4, runs, steps=False)
    return 1e3 * found.ours, 1e3 * found.keras


def _edit(frames: int, runs: int) -> tuple[float, float]:
    from bench_explorer import measure

    found = measure(frames, max(2, frames // 4), runs)
    return found["edit"], found["matplotlib"]


def _line(frames: int, runs: int) -> tuple[float, float]:
    import numpy as np
    from bench_timing import median_seconds

    from shared.networks import line_network
    from shared.recognizer import compile_inference

    network = line_network(96)
    image = np.random.default_rng(0).random((1, 32, 4 * frames, 1), dtype=np.float32)
    infer = compile_inference(network, (32, None, 1))
    ways = {
        "ours": lambda: infer((255 * image).astype(np.uint8)).numpy(),
        "theirs": lambda: network.predict(image, verbose=0),
    }
    found = median_seconds(ways, runs)
    return 1e3 * found["ours"], 1e3 * found["theirs"]
