"""The trials that Lab 5 analyzes, one after the other, kept one by one: `train.py study`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from shared.experiments.ideas.configuration import ConfigurationError
from shared.experiments.ideas.menu import IDEAS
from shared.experiments.ideas.study import (
    SEEDS,
    load_study,
    pack_study,
    plan,
    read_trial,
    run_study,
    shipped_plan,
    study_directory,
)
from shared.experiments.study import StudyError
from shared.paths import write_atomically


def add_study_arguments(kinds: Any) -> argparse.ArgumentParser:
    """Declare the arguments of `python data/make/train.py study`."""
    study = kinds.add_parser("study", help="the ideas of Lab 5, about two minutes a trial")
    study.add_argument("--ideas", nargs="+", metavar="IDEA", help=f"among {', '.join(IDEAS)}")
    study.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="one round for each")
    study.add_argument("--updates", type=int, default=None, help="batches of a trial")
    study.add_argument("--minutes", type=float, default=None, help="stop after that")
    study.add_argument("--name", default="ideas", help="folder in my/studies")
    study.add_argument("--pack", action="store_true", help="only write the file that is shipped")
    return study


def train_study(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run the shipped plan, or the ideas that were asked for, and return what is finished.

    The shipped file is written when the shipped plan is finished, or by `--pack` with whatever
    is finished by then.
    """
    settings = {} if options.updates is None else {"updates": options.updates}
    folder = study_directory(options.name)
    try:
        own = options.ideas or settings or tuple(options.seeds) != SEEDS
        trials = plan(options.ideas or IDEAS, options.seeds, **settings) if own else shipped_plan()
        if not own:  # A study of one's own begins with nothing
            restore_shipped(folder)
        if options.pack:
            records = [record for one in trials if (record := read_trial(folder, one))]
        else:
            seconds = None if options.minutes is None else 60 * options.minutes
            records = run_study(trials, folder, seconds=seconds)
    except (ConfigurationError, StudyError) as error:
        raise SystemExit(str(error)) from error
    print(f"{len(records)} of {len(trials)} trials are finished, in {folder}.")
    if options.pack or (not own and len(records) == len(trials)):
        path = pack_study(records)
        print(f"Wrote {path} ({path.stat().st_size / 1e3:,.0f} kB).")
    return records


def restore_shipped(folder: Path, shipped: Path | None = None) -> None:
    """Put trials that are shipped already into the folder, so that they need not run again."""
    try:
        trials = load_study(shipped).trials
    except FileNotFoundError:
        return
    for trial in trials:
        path = folder / f"{trial['key']}.json"
        if not path.exists():
            write_atomically(path, json.dumps(trial) + "\n")
