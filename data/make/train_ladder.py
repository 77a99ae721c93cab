"""The ladder of Lab 3: three ways to label, times three kinds of context, under one protocol."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.paths import DATA, my_directory, write_atomically

if TYPE_CHECKING:
    import keras

    from shared.lines import LineSet
    from shared.loop import Training

TARGETS = {"grid": "fixed grid", "boxes": "known boxes", "ctc": "CTC"}
CONTEXTS = {"none": "no context", "lstm": "BiLSTM", "dilated": "dilated"}
CELLS = tuple((targets, context) for targets in TARGETS for context in CONTEXTS)
UPDATES = 300
LINES = 6000
VALIDATION_LINES = 200
SEED = 3
COMMAND = "python data/make/train.py ladder"


@cache
def ladder_lines(
    count: int = LINES, validation: int = VALIDATION_LINES, seed: int = SEED
) -> tuple[LineSet, LineSet]:
    """Compose the lines that all cells learn from, and those that score them."""
    from shared.lines import compose_lines

    train = compose_lines(count, "train", seed)
    return train, compose_lines(validation, "validation", seed)


def cell_network(context: str, seed: int = SEED) -> keras.Model:
    """Build the network of one column.

    The stem is narrow: a frame sees seven pixels, less than a letter, so that whatever it knows
    of its neighbors comes from the context.

    Args:
        context: `"none"`, `"lstm"` or `"dilated"`.
        seed: Decides the first weights.
    """
    from shared.backend import keras
    from shared.networks import line_network

    keras.utils.set_random_seed(seed)
    return line_network(context=context, narrow=True)


def train_cell(
    network: keras.Model,
    targets: str,
    train: LineSet,
    validation: LineSet,
    updates: int = UPDATES,
    seed: int = SEED,
    checkpoint: Path | None = None,
) -> Training:
    """Start the training of one cell in the background.

    Args:
        network: See `cell_network`; it is changed in place.
        targets: What the loss is told: `"grid"`, `"boxes"` or `"ctc"`.
        train: Lines to learn from.
        validation: Lines whose error rate is measured at the half and at the end.
        updates: Batches of 16 lines.
        seed: Decides the order of the lines.
        checkpoint: File that lets a killed run go on.

    Raises:
        ValueError: The ladder has no such row.
    """
    if targets not in TARGETS:
        raise ValueError(f"The ladder has no row {targets!r}; choose one of {', '.join(TARGETS)}.")
    from shared.training import train_line_network

    return train_line_network(
        network,
        train,
        updates,
        targets=targets,
        seed=seed,
        validation=validation,
        evaluate_at=(max(1, updates // 2), updates),
        checkpoint=checkpoint,
    )


def outcome(targets: str, context: str, training: Training, seed: int = SEED) -> dict[str, Any]:
    """Return one finished cell as the run file holds it."""
    half, end = training.evaluations[0], training.evaluations[-1]
    return {
        "targets": targets,
        "context": context,
        "updates": training.updates,
        "seed": seed,
        "cer_half": round(half["cer"], 4),
        "cer": round(end["cer"], 4),
        "seconds": round(training.seconds),
    }


def format_ladder(cells: Iterable[dict[str, Any]]) -> str:
    """Return the error rates as a table."""
    found = {(cell["targets"], cell["context"]): cell for cell in cells}
    rows = [" " * 12 + "".join(f"{name:>14}" for name in CONTEXTS.values())]
    for targets, name in TARGETS.items():
        row = f"{name:<12}"
        for context in CONTEXTS:
            cell = found.get((targets, context))
            value = "not run" if cell is None else f"{cell['cer']:.1%}"
            row += f"{value:>14}"
        rows.append(row)
    return "\n".join(rows)


def train_ladder(
    path: Path = DATA / "samples" / "ladder.json",
    updates: int = UPDATES,
    lines: int = LINES,
    seed: int = SEED,
    workers: int = 2,
) -> dict[str, Any]:
    """Train all nine cells and write the run file.

    A run that was stopped goes on: every finished cell lies in `my/runs/ladder`, beside the
    checkpoints of those that were broken off.

    Args:
        path: The run file.
        updates: Batches each cell learns from.
        lines: Lines they are taken from.
        seed: Of lines, weights and order.
        workers: Processes of one thread each; the numbers do not depend on how many.
    """
    settings = {"command": COMMAND, "updates": updates, "lines": lines, "seed": seed}
    settings |= {"batch_size": 16, "validation_lines": VALIDATION_LINES}
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    jobs = [(targets, context, settings) for targets, context in CELLS]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        cells = list(pool.map(run_cell, *zip(*jobs, strict=True)))
    run = {**settings, "cells": cells}
    write_atomically(Path(path), json.dumps(run, indent=1) + "\n")
    shutil.rmtree(cells_directory())
    print(format_ladder(cells))
    return run


def run_cell(targets: str, context: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Train one cell, or read what an earlier run with the same settings left of it."""
    file = cells_directory() / f"{targets}-{context}.json"
    if file.exists():
        left = json.loads(file.read_text(encoding="utf-8"))
        if left["settings"] == settings:
            return left["cell"]
    updates, seed = settings["updates"], settings["seed"]
    train, validation = ladder_lines(settings["lines"], settings["validation_lines"], seed)
    network = cell_network(context, seed)
    checkpoint = file.with_suffix(".npz")
    training = train_cell(network, targets, train, validation, updates, seed, checkpoint).wait()
    cell = outcome(targets, context, training, seed)
    write_atomically(file, json.dumps({"settings": settings, "cell": cell}))
    print(f"{TARGETS[targets]}, {CONTEXTS[context]}: CER {cell['cer']:.1%}", flush=True)
    return cell


def cells_directory() -> Path:
    """Return the folder in which a run keeps its finished cells and checkpoints."""
    folder = my_directory() / "runs" / "ladder"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
