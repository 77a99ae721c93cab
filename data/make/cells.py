"""A table of trainings, one cell after the other; a stopped run goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from shared.paths import write_atomically


def train_cells(
    path: Path,
    folder: Path,
    settings: dict[str, Any],
    keys: Iterable[dict[str, Any]],
    train: Callable[[dict[str, Any], Path], dict[str, Any]],
) -> dict[str, Any]:
    """Train what is still missing of a table, and write its run file when all is there.

    Args:
        path: The run file.
        folder: Where finished cells and the checkpoint of the broken-off one are kept meanwhile.
        settings: What tells this run from another; it stands at the top of the run file.
        keys: What tells the cells apart, for example `{"targets": "ctc", "context": "lstm"}`.
        train: Trains the cell of a key with a checkpoint, and returns the cell, its key included.

    Returns:
        The settings and the list `cells`.
    """
    part = folder / "part.json"
    run = _begin(part, settings)
    for key in keys:
        if any(all(cell[name] == value for name, value in key.items()) for cell in run["cells"]):
            continue
        checkpoint = folder / f"{'-'.join(map(str, key.values()))}.npz"
        run["cells"].append(train(key, checkpoint))
        write_atomically(part, _text(run))
        checkpoint.unlink(missing_ok=True)
    write_atomically(path, _text(run))
    part.unlink()
    return run


def _begin(part: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the unfinished run, or a new one in place of one with other settings."""
    if part.exists():
        earlier = json.loads(part.read_text(encoding="utf-8"))
        if {**earlier, "cells": []} == {**settings, "cells": []}:
            return earlier
        for checkpoint in part.parent.glob("*.npz"):
            checkpoint.unlink()
    run = {**settings, "cells": []}
    write_atomically(part, _text(run))
    return run


def _text(run: dict[str, Any]) -> str:
    return json.dumps(run, indent=1) + "\n"
