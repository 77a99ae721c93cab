"""The reader adapted to each test hand with 16, 64 and 256 of its lines: `train.py writers`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from cells import train_cells

from shared.paths import DATA, my_directory, write_atomically

COUNTS = (16, 64, 256)
HELD_BACK = 80
OTHERS = 60
SHIPPED = "samples/writers.json"
COMMAND = "python data/make/train.py writers"


def add_writers_arguments(kinds: Any) -> argparse.ArgumentParser:
    """Declare the arguments of `python data/make/train.py writers`."""
    writers = kinds.add_parser("writers", help="adapt to each test hand, about half an hour")
    writers.add_argument("--counts", nargs="+", type=int, default=list(COUNTS), metavar="LINES")
    return writers


def train_writers(
    options: argparse.Namespace, path: Path = DATA / SHIPPED, hands: int = 10
) -> dict[str, Any]:
    """Adapt the small reader to each hand and write the errors before and after.

    A run that was stopped goes on with the next hand.

    Returns:
        The settings and `cells`: for each hand and number of lines the edits of the held-back
        lines and of lines by others, before and after.
    """
    from measure_hands import default_settings, measure_hands

    from shared import pen
    from shared.experiments.adaptation import Adapter
    from shared.lines import compose_lines
    from shared.recognizer import LineTextRecognizer

    reader = LineTextRecognizer.load("line_small")
    adapter = Adapter(reader)
    others = compose_lines(OTHERS, "validation", 1)
    writers = {hand.name: hand for hand in pen.hands("test")[:hands]}
    settings = {"command": COMMAND, "held_back": HELD_BACK, "reader": reader.card["sha256"]}
    settings |= {"adaptation": default_settings(reader.preparation)}

    def train(key: dict[str, Any], checkpoint: Path) -> dict[str, Any]:
        (own,), (forgotten,) = measure_hands(
            adapter, [writers[key["hand"]]], key["lines"], others, HELD_BACK
        )
        print(f"{key['hand']}, {key['lines']} lines: {own.drop:.0%} of the errors gone", flush=True)
        return {
            **key,
            "before": own.before.tolist(),
            "after": own.after.tolist(),
            "lengths": own.lengths.tolist(),
            "others": [round(rate, 4) for rate in forgotten.rates],
        }

    folder = my_directory() / "runs" / "writers"
    if path.exists() and not (folder / "part.json").exists():  # More counts than last time
        write_atomically(folder / "part.json", path.read_text(encoding="utf-8"))
    keys = [{"lines": count, "hand": name} for count in options.counts for name in writers]
    run = train_cells(path, folder, settings, keys, train)
    print(format_writers(run))
    return run


def drops(run: dict[str, Any]) -> dict[int, list[float]]:
    """Return, for each number of lines, the share of the errors that is gone for each hand."""
    found: dict[int, list[float]] = {}
    for cell in run["cells"]:
        gone = 1 - sum(cell["after"]) / max(1, sum(cell["before"]))
        found.setdefault(cell["lines"], []).append(gone)
    return found


def format_writers(run: dict[str, Any]) -> str:
    """Return the table as text."""
    rows = ["lines   hands   median gone   from      to   others before, after"]
    for lines, gone in drops(run).items():
        cells = [cell["others"] for cell in run["cells"] if cell["lines"] == lines]
        before, after = np.mean(cells, axis=0)
        rows.append(
            f"{lines:5d}{len(gone):8d}{np.median(gone):14.0%}{min(gone):7.0%}{max(gone):8.0%}"
            f"   {before:.1%}, {after:.1%}"
        )
    return "\n".join(rows)
