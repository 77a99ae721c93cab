"""The trials that Lab 5 analyzes, one after the other, kept one by one: `train.py study`."""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import attention_decoder

from shared.experiments.ideas.configuration import ConfigurationError
from shared.experiments.ideas.menu import IDEAS, Idea, find_idea
from shared.experiments.ideas.study import (
    FORMAT,
    SHIPPED,
    finished_trials,
    key_of,
    line_sets,
    load_study,
    plan,
    run_study,
    study_directory,
)
from shared.experiments.study import StudyError
from shared.paths import DATA, write_atomically

#: The ideas with three seeds in the shipped study; the rest of the menu has what time allowed
MAIN = (
    "base", "augmentation", "no_context", "all_convolutional", "gru", "one_way",
    "narrow_window", "few_hands", "constant_rate", "transformer", "attention_decoder",
)  # fmt: skip
SEEDS = (0, 1, 2)
#: Ideas that also ran for a third and for twice of the updates
BUDGET_IDEAS = ("base", "augmentation")
BUDGETS = (300, 1600)
LARGEST = 3200  # The budget of the base that the lab predicts from the others
#: Ideas that the lab's claims of a gain, and of none, rest on, and their seeds after the first
CLAIM_IDEAS = ("more_channels", "gru", "base")
CLAIM_SEEDS = (1, 2, 3, 4)


def find(name: str) -> Idea:
    """Return an idea of the menu, or the attention decoder."""
    return attention_decoder.IDEA if name == attention_decoder.IDEA.name else find_idea(name)


def shipped_plan() -> list[dict[str, Any]]:
    """Return the plan of the shipped study: it can be cut anywhere and is best when whole."""
    first, *others = SEEDS
    trials = plan(MAIN, [first], find)
    for updates in BUDGETS:
        trials += plan(BUDGET_IDEAS, [first], find, updates=updates)
    trials += plan(CLAIM_IDEAS, CLAIM_SEEDS, find)
    trials += plan([name for name in MAIN if name not in CLAIM_IDEAS], others, find)
    trials += plan([name for name in IDEAS if name not in MAIN], [first], find)
    for updates in BUDGETS:
        trials += plan(BUDGET_IDEAS, others, find, updates=updates)
    return [*trials, *plan(["base"], [first], find, updates=LARGEST)]


def add_study_arguments(kinds: Any) -> argparse.ArgumentParser:
    """Declare the arguments of `python data/make/train.py study`."""
    study = kinds.add_parser("study", help="the ideas of Lab 5, about two minutes a trial")
    study.add_argument("--ideas", nargs="+", metavar="IDEA", help=f"among {', '.join(IDEAS)}")
    study.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="one round for each")
    study.add_argument("--updates", type=int, default=None, help="batches of a trial")
    study.add_argument("--minutes", type=float, default=None, help="stop after that")
    study.add_argument("--name", default="shipped", help="folder in my/studies")
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
        trials = (
            plan(options.ideas or IDEAS, options.seeds, find, **settings) if own else shipped_plan()
        )
        if not own:  # A study of one's own begins with nothing
            restore_shipped(folder)
        if options.pack:
            known = {record["key"]: record for record in finished_trials(folder)}
            records = [known[key] for key in map(key_of, trials) if key in known]
        else:
            seconds = None if options.minutes is None else 60 * options.minutes
            records = run_study(trials, folder, attention_decoder.train, seconds)
    except (ConfigurationError, StudyError) as error:
        raise SystemExit(str(error)) from error
    print(f"{len(records)} of {len(trials)} trials are finished, in {folder}.")
    if options.pack or (not own and len(records) == len(trials)):
        path = pack_study(records)
        print(f"Wrote {path} ({path.stat().st_size / 1e3:,.0f} kB).")
    return records


def pack_study(records: list[dict[str, Any]], path: Path | None = None) -> Path:
    """Write trials and the lines they were measured on as one compressed file, for shipping."""
    content = {"format": FORMAT, "command": "data/make/train.py study", "lines": line_sets()}
    content["trials"] = records
    payload = gzip.compress(json.dumps(content).encode("utf-8"), mtime=0)
    return write_atomically(path or DATA / SHIPPED, payload)


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
