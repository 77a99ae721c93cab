"""The study of Lab 5: a plan of trials, and the record of each as one file for the analysis.

`shared.experiments.run_study` runs it: kill it at any moment and start it again.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.experiments.ideas.analysis import Results
from shared.experiments.ideas.configuration import Configuration
from shared.experiments.ideas.menu import IDEAS, find_idea
from shared.experiments.running import run_study as run_on_engine
from shared.experiments.study import Study, StudyError
from shared.experiments.tracking.history import free_name
from shared.experiments.tracking.records import RunRecord
from shared.experiments.tracking.run import Mode
from shared.paths import DATA, data_file, my_directory, write_atomically

FORMAT = 1
TRAIN = "shared.experiments.ideas.trial:train"
SHIPPED = "samples/study.json.gz"
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


@dataclass(frozen=True)
class Planned:
    """One trial that is to be run: an idea, and what is set beside its change."""

    idea: str
    configuration: Configuration

    @property
    def key(self) -> str:
        """The name of the trial's file: idea, updates and seed."""
        return f"{self.idea}-{self.configuration.updates}-{self.configuration.seed}"


def plan(
    ideas: Iterable[str] = MAIN, seeds: Iterable[int] = SEEDS, **settings: Any
) -> list[Planned]:
    """Return trials in the order they run: every idea once, then every idea again.

    Args:
        ideas: Names of the menu.
        seeds: One round each.
        settings: More settings, the same for all, such as `updates`.

    Raises:
        ConfigurationError: An unknown idea or setting, or an impossible value.
    """
    names = list(ideas)
    return [
        Planned(name, find_idea(name).configuration(**settings, seed=seed))
        for seed in seeds
        for name in names
    ]


def shipped_plan() -> list[Planned]:
    """Return the plan of the shipped study: it can be cut anywhere and is best when whole."""
    first, *others = SEEDS
    trials = plan(MAIN, [first])
    for updates in BUDGETS:
        trials += plan(BUDGET_IDEAS, [first], updates=updates)
    trials += plan(CLAIM_IDEAS, CLAIM_SEEDS)
    trials += plan([name for name in MAIN if name not in CLAIM_IDEAS], others)
    trials += plan([name for name in IDEAS if name not in MAIN], [first])
    for updates in BUDGETS:
        trials += plan(BUDGET_IDEAS, others, updates=updates)
    return [*trials, *plan(["base"], [first], updates=LARGEST)]


def study_directory(name: str = "ideas") -> Path:
    """Return the folder in which a study keeps its trials."""
    return my_directory() / "studies" / name


def run_study(
    trials: list[Planned],
    folder: Path,
    function: str | Callable = TRAIN,
    seconds: float | None = None,
    most_bytes: float | None = None,
    say: Callable[[str], None] = print,
    after: Callable[[], None] = lambda: None,
    wandb: Mode = "offline",
) -> list[dict[str, Any]]:
    """Run what is planned and not finished yet, one trial after the other.

    Args:
        trials: See `plan`.
        folder: Where each finished trial lies as one file.
        function: What a trial is; see `trial.train`.
        seconds: Time for all of them; a trial that is at work then keeps its checkpoint.
        most_bytes: Begin no trial once the folder holds that much.
        say: Where the outcome of each trial goes.
        after: Called after each trial.
        wandb: See `shared.experiments.run_study`.

    Returns:
        The records of all finished trials of the plan; a failed one is said and left out.

    Raises:
        StudyError: Another process works on this study, or a file belongs to another plan.
    """
    missing = [one for one in trials if read_trial(folder, one) is None]
    settings = [{"idea": one.idea, **one.configuration.as_json()} for one in missing]

    def room() -> bool:
        if full := most_bytes is not None and size_of(folder) > most_bytes:
            say(f"{folder} holds {size_of(folder) / 1e6:.0f} MB; no more trials are begun.")
        return not full

    def keep(run: RunRecord) -> bool:
        if run.state == "failed":  # One trial's crash costs one trial
            say(f"{key_of(run)} failed: {run.error} (see {run.folder / 'log.txt'})")
        elif record := _keep(folder, run):
            say(f"{record['key']}: {summary(record)}")
        after()
        return room()

    if missing and room():
        study = Study(
            folder.name, function, "cer", "min", configs=settings, seconds=seconds, folder=folder
        )
        for one, planned in zip(missing, study.planned(), strict=True):
            earlier = folder / f"{one.key}.checkpoint.npz"  # Where an earlier version kept it
            if earlier.exists():
                scratch = folder / "scratch" / planned.id
                scratch.mkdir(parents=True, exist_ok=True)
                earlier.replace(scratch / "checkpoint.npz")
        for run in run_on_engine(study, workers=1, wandb=wandb, after=keep):
            if run.state == "finished" and not (folder / f"{key_of(run)}.json").exists():
                _keep(folder, run)  # A kill came between its end and its file
    return [record for planned in trials if (record := read_trial(folder, planned))]


def key_of(run: RunRecord) -> str:
    """Return the key of a trial that the engine ran."""
    return "{idea}-{updates}-{seed}".format(**run.config)


def _keep(folder: Path, run: RunRecord) -> dict[str, Any] | None:
    """Write the record of a finished trial, and return it."""
    path = run.folder / "artifacts" / "result.json"
    if run.state != "finished" or not path.exists():
        return None
    record = {"idea": run.config["idea"], "key": key_of(run)}
    record |= json.loads(path.read_text(encoding="utf-8"))
    write_atomically(folder / f"{record['key']}.json", json.dumps(record) + "\n")
    return record


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder, 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def summary(record: dict[str, Any]) -> str:
    """Return the outcome of a trial in a few words."""
    cer = record.get("cer", {})
    rates = ", ".join(f"{name} CER {value:.1%}" for name, value in cer.items())
    return f"{rates}, {record.get('cpu_seconds', 0):.0f} cpu-seconds"


def read_trial(folder: Path, planned: Planned) -> dict[str, Any] | None:
    """Return the record of a finished trial, or None.

    Raises:
        StudyError: The file is of another configuration, so two studies share one name.
    """
    path = folder / f"{planned.key}.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        settings = record["configuration"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        aside = path.rename(free_name(path.with_name(path.name + ".damaged")))
        print(f"{path} is damaged and set aside as {aside.name}; it is made anew.")
        return None
    wanted = planned.configuration.as_json()
    if settings != wanted:
        other = [name for name in wanted if settings.get(name) != wanted[name]]
        raise StudyError(
            f"{path} was made with other settings ({', '.join(other)}), so it belongs to another "
            f"study of the same name. Give this study another name, or move {folder} away."
        )
    return record


def finished_trials(folder: Path) -> list[dict[str, Any]]:
    """Return the records of all finished trials in a folder, whatever their plan."""
    records = []
    for path in sorted(folder.glob("*-*-*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:  # Half a file from a full disk; its trial will run again
            continue
        if isinstance(record, dict) and record.get("key") == path.stem:
            records.append(record)
    return records


def line_sets() -> dict[str, dict[str, list[str]]]:
    """Return texts and writers of the lines that every trial reads."""
    from shared.experiments.ideas.trial import validation_lines
    from shared.lines import frozen_lines

    sets = {"validation": validation_lines(), "test": frozen_lines()}
    return {name: {"texts": one.texts, "writers": one.writers} for name, one in sets.items()}


def pack_study(records: list[dict[str, Any]], path: Path | None = None) -> Path:
    """Write trials and the lines they were measured on as one compressed file, for shipping."""
    content = {"format": FORMAT, "command": "data/make/train.py study", "lines": line_sets()}
    content["trials"] = records
    payload = gzip.compress(json.dumps(content).encode("utf-8"), mtime=0)
    return write_atomically(path or DATA / SHIPPED, payload)


def load_study(path: Path | str | None = None) -> Results:
    """Return a packed study; the shipped one if no path is given.

    Raises:
        FileNotFoundError: There is no such file.
        StudyError: It is damaged, or of a newer format.
    """
    path = Path(path) if path else data_file(SHIPPED)
    try:
        content = json.loads(gzip.decompress(path.read_bytes()))
        trials, lines, number = content["trials"], content["lines"], content["format"]
        widths = {name: len(part["texts"]) for name, part in lines.items()}
        whole = all(len(t[name]["edits"]) == widths[name] for t in trials for name in widths)
    except FileNotFoundError:
        raise
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise StudyError(
            f"{path} is no study ({type(error).__name__}: {error}). Restore it with "
            "`git checkout -- data`, or make it again with `data/make/train.py study`."
        ) from error
    if number != FORMAT or not whole:
        raise StudyError(
            f"{path} has format {number} and {'all' if whole else 'not all'} lines of its trials; "
            f"this course reads format {FORMAT}. Update the course, or make the study again."
        )
    return Results(lines, trials)


def with_own_trials(results: Results, name: str = "ideas") -> Results:
    """Return a study with the learner's own finished trials added; see `labs overnight`."""
    folder = study_directory(name)
    return results.with_trials(finished_trials(folder)) if folder.exists() else results
