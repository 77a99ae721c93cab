"""How long a change takes in the explorer's script, beside redrawing with matplotlib.

Run `python .ci/bench/bench_explorer.py`; it needs Node.js.  Median of several runs in one
process; read the ratio, the milliseconds belong to the machine.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import statistics
import subprocess
import time

import numpy as np

from shared.explorer import compute
from shared.explorer.live import SCRIPTS, read_front

SIZES = ((12, 5), (32, 10), (128, 40))
CLASSES = 96
EDIT = """
const { logits, label, runs } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const median = (action) => {
  const times = [];
  for (let i = 0; i <= runs; i += 1) {
    const start = performance.now();
    action();
    if (i) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
};
const picture = (draw) => {
  logits[logits.length >> 1][1] += 0.1;
  const n = compute(logits, label);
  draw(layOut({ n, rows: chooseRows(n.logProbs, label, 7), colors: new Map(), across: 1150,
    room: 450, hatch: "h", scene: {}, at: { t: 1, s: 1, row: 1 }, state: { ...START },
    name: String, beam: (width) => beamSteps(n.logProbs, width, undefined, FLOOR) }));
};
process.stdout.write(JSON.stringify({ numbers: median(() => compute(logits, label)),
  edit: median(() => picture(latticeLevel)), beam: median(() => picture(beamLevel)) }));
"""


def example(num_frames: int, num_symbols: int) -> tuple[np.ndarray, list[int]]:
    """Return random logits over all of ASCII, blanks in front, and a random label."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(num_frames, CLASSES))
    logits[:, 0] += 3
    return logits, rng.integers(1, CLASSES, num_symbols).tolist()


def matplotlib_redraw(logits: np.ndarray, label: list[int]) -> bytes:
    """Compute, and redraw emissions, posterior and gradient as three heat maps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    numbers = compute(logits, label)
    figure = Figure(figsize=(9, 9))
    FigureCanvasAgg(figure)
    pictures = (np.exp(numbers.log_probs), numbers.posterior, numbers.gradient)
    for axes, values in zip(figure.subplots(3), pictures, strict=True):
        axes.imshow(values.T, aspect="auto")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def measure(num_frames: int, num_symbols: int, runs: int = 15) -> dict[str, float]:
    """Return the median milliseconds of an edit at one size, step by step.

    Raises:
        RuntimeError: Node.js is not installed.
    """
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("The explorer's script is timed with Node.js, which is not installed.")
    logits, label = example(num_frames, num_symbols)
    scripts = read_front(*(name for name in SCRIPTS if name != "main.js"))
    given = json.dumps({"logits": logits.tolist(), "label": label, "runs": runs})
    done = subprocess.run(
        [node, "-e", scripts + EDIT], input=given, capture_output=True, text=True, check=True,
        encoding="utf-8",
    )  # fmt: skip
    times = []
    for _ in range(max(1, runs // 4) + 1):
        start = time.perf_counter()
        matplotlib_redraw(logits, label)
        times.append(1e3 * (time.perf_counter() - start))
    return {**json.loads(done.stdout), "matplotlib": statistics.median(times[1:])}


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python .ci/bench/bench_explorer.py", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="runs of each step")
    runs = parser.parse_args(arguments).runs
    names = ("numbers", "edit", "beam", "matplotlib")
    print(f"{'T, U':>8} " + " ".join(f"{name:>10}" for name in names) + "   (median, ms)")
    for size in SIZES:
        found = measure(*size, runs)
        times = " ".join(f"{found[name]:>10.1f}" for name in names)
        print(f"{f'{size[0]}, {size[1]}':>8} {times}")


if __name__ == "__main__":
    main()
