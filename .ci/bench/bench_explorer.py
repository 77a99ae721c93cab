"""How long a change takes from the kernel's side, beside redrawing with matplotlib.

Run `python .ci/bench/bench_explorer.py`.  Best and median of several runs in one process;
read the ratio, the milliseconds belong to the machine.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable

import numpy as np

from shared.alphabet import ASCII
from shared.explorer.explorer import Explorer
from shared.explorer.svg import render_svg

SIZES = ((12, 5), (32, 10), (128, 40))


def example(num_frames: int, num_symbols: int, seed: int = 0) -> Explorer:
    """Return an explorer of random logits over all of ASCII with a random target."""
    rng = np.random.default_rng(seed)
    label = rng.integers(1, ASCII.num_classes, num_symbols).tolist()
    logits = rng.normal(size=(num_frames, ASCII.num_classes))
    logits[:, 0] += 3
    image = rng.integers(0, 256, (32, 4 * num_frames), dtype=np.uint8)
    return Explorer(logits, ASCII, ASCII.decode(label), image)


def milliseconds(action: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return the best and the median time of an action."""
    action()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times), statistics.median(times)


def matplotlib_redraw(explorer: Explorer) -> bytes:
    """Redraw emissions, posterior and gradient as three heat maps, without nodes or edges."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    numbers = explorer.numbers
    figure = Figure(figsize=(9, 9))
    FigureCanvasAgg(figure)
    pictures = (np.exp(numbers.log_probs), numbers.posterior, numbers.gradient)
    for axes, values in zip(figure.subplots(3), pictures, strict=True):
        axes.imshow(values.T, aspect="auto")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def measure(num_frames: int, num_symbols: int, runs: int = 15) -> dict[str, float]:
    """Time one edit of a logit at one size, step by step."""
    explorer = example(num_frames, num_symbols)
    values = iter(np.random.default_rng(1).normal(size=100_000))

    def edit() -> str:
        explorer.set_logit(num_frames // 2, 1, next(values))
        return json.dumps(explorer.scene(moving=True))

    scene = explorer.scene(moving=True)
    timed = {
        "numbers": milliseconds(lambda: explorer.numbers, runs),
        "recompute and serialize": milliseconds(edit, runs),
        "SVG text": milliseconds(lambda: render_svg(scene), runs),
        "matplotlib redraw": milliseconds(lambda: matplotlib_redraw(explorer), max(1, runs // 4)),
    }
    found = {f"{name}, best": best for name, (best, _) in timed.items()}
    found |= {f"{name}, median": median for name, (_, median) in timed.items()}
    found["kilobytes"] = len(edit()) / 1024
    return found


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python .ci/bench/bench_explorer.py", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="runs of each step")
    runs = parser.parse_args(arguments).runs
    print(f"{'T, U':>8} {'numbers':>12} {'edit':>14} {'SVG':>12} {'matplotlib':>14} "
          f"{'ratio':>6} {'kB':>5}   (best / median, ms)")  # fmt: skip
    for num_frames, num_symbols in SIZES:
        found = measure(num_frames, num_symbols, runs)

        def pair(name: str, found: dict[str, float] = found) -> str:
            return f"{found[f'{name}, best']:.1f} / {found[f'{name}, median']:.1f}"

        ratio = found["matplotlib redraw, best"] / found["recompute and serialize, best"]
        print(f"{f'{num_frames}, {num_symbols}':>8} {pair('numbers'):>12} "
              f"{pair('recompute and serialize'):>14} {pair('SVG text'):>12} "
              f"{pair('matplotlib redraw'):>14} {ratio:>6.1f} "
              f"{found['kilobytes']:>5.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
