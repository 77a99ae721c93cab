"""Twenty lines by uncertainty against twenty at random: `train.py labels`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from cells import train_cells

from shared.paths import DATA, my_directory

if TYPE_CHECKING:
    from shared.recognizer import LineTextRecognizer

CHOSEN = 20
POOL = 200
HELD_BACK = 80
UPDATES = 80
SHIPPED = "samples/choosing.json"
COMMAND = "python data/make/train.py labels"


def add_labels_arguments(kinds: Any) -> argparse.ArgumentParser:
    """Declare the arguments of `python data/make/train.py labels`."""
    labels = kinds.add_parser(
        "labels", help="twenty lines by uncertainty or at random, about ten minutes"
    )
    labels.add_argument("--hands", type=int, default=6, help="test hands to adapt to")
    labels.add_argument("--draws", type=int, default=2, help="random choices for each hand")
    return labels


def frame_sureness(reader: LineTextRecognizer, images: Sequence[np.ndarray]) -> np.ndarray:
    """Return how sure a reader is of each line: its mean best probability over the frames.

    Args:
        reader: Has not seen the lines' texts.
        images: Prepared lines.

    Returns:
        float64 (n,), from 0 to 1.
    """
    from shared import ctc

    logits = reader.logits_many(images)
    return np.array([np.exp(ctc.log_softmax(one).max(axis=-1)).mean() for one in logits])


def chosen_lines(sureness: np.ndarray, count: int, way: str, seed: int = 0) -> list[int]:
    """Return the numbers of the lines to be labeled.

    Args:
        sureness: How sure the reader is of each.
        count: How many to choose.
        way: "uncertain" for those it is least sure of, "random" for a draw.
        seed: Of the draw.
    """
    if way == "uncertain":
        return np.argsort(sureness, kind="stable")[:count].tolist()
    if way == "random":
        return sorted(np.random.default_rng(seed).permutation(len(sureness))[:count].tolist())
    raise ValueError(f"Lines are chosen 'uncertain' or 'random', not {way!r}.")


def train_labels(
    options: argparse.Namespace, path: Path = DATA / SHIPPED, updates: int = UPDATES
) -> dict[str, Any]:
    """Adapt the small reader to each hand with lines chosen in each way, and write the errors.

    Every choice of one hand comes from the same pool, is adapted with the same settings, and is
    measured on the same held-back lines. A run that was stopped goes on with the next choice.

    Returns:
        The settings and `cells`: for each hand and choice the lines chosen, the characters in
        them, and the edits of the held-back lines before and after.
    """
    from shared import pen
    from shared.experiments.adaptation import Adapter, effect, writer_lines
    from shared.recognizer import LineTextRecognizer

    reader = LineTextRecognizer.load("line_small")
    adapter = Adapter(reader)
    writers = {hand.name: hand for hand in pen.hands("test")[: options.hands]}
    settings = {"command": COMMAND, "reader": reader.card["sha256"], "chosen": CHOSEN}
    settings |= {"pool": POOL, "held_back": HELD_BACK, "updates": updates}

    def train(key: dict[str, Any], checkpoint: Path) -> dict[str, Any]:
        pool, kept = writer_lines(writers[key["hand"]], POOL, HELD_BACK)
        sureness = frame_sureness(reader, pool.images)
        rows = chosen_lines(sureness, CHOSEN, key["way"], key["draw"])
        found = effect(reader, adapter.adapt(pool[rows], updates), kept, CHOSEN)
        print(f"{key['hand']}, {key['way']} {key['draw']}: {found.drop:.0%} gone", flush=True)
        return {
            **key,
            "lines": rows,
            "characters": sum(len(pool.texts[row]) for row in rows),
            "before": found.before.tolist(),
            "after": found.after.tolist(),
            "lengths": found.lengths.tolist(),
        }

    folder = my_directory() / "runs" / "labels"
    ways = [("uncertain", 0), *(("random", draw) for draw in range(options.draws))]
    keys = [{"hand": name, "way": way, "draw": draw} for name in writers for way, draw in ways]
    run = train_cells(path, folder, settings, keys, train)
    print(format_choosing(run))
    return run


def choosing_rates(run: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return, for each hand, the error rate before and after each way of choosing.

    Returns:
        By hand, the rates "before", "uncertain" and "random", the last a mean over its draws.
    """
    rates: dict[str, dict[str, list[float]]] = {}
    for cell in run["cells"]:
        total = sum(cell["lengths"])
        ways = rates.setdefault(cell["hand"], {"before": [], "uncertain": [], "random": []})
        ways["before"].append(sum(cell["before"]) / total)
        ways[cell["way"]].append(sum(cell["after"]) / total)
    return {
        hand: {way: float(np.mean(found)) for way, found in ways.items()}
        for hand, ways in rates.items()
    }


def format_choosing(run: dict[str, Any]) -> str:
    """Return the table as text."""
    rows = ["hand      before   uncertain   random"]
    for hand, rates in choosing_rates(run).items():
        values = [rates[way] for way in ("before", "uncertain", "random")]
        rows.append(f"{hand:8}{values[0]:9.1%}{values[1]:12.1%}{values[2]:9.1%}")
    return "\n".join(rows)
