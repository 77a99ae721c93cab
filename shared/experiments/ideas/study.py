"""The study of Lab 5: a plan of trials of ideas, and the records that the analysis reads.

`shared.experiments.run_study` runs it: kill it at any moment and start it again.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from shared.experiments.ideas.analysis import Results
from shared.experiments.ideas.menu import Idea, find_idea
from shared.experiments.running import run_study as run_on_engine
from shared.experiments.study import Study, StudyError
from shared.experiments.tracking.history import free_name
from shared.experiments.tracking.records import RunRecord, runs_in
from shared.experiments.tracking.run import Mode
from shared.experiments.trial import OVER
from shared.paths import data_file, my_directory

FORMAT = 1
TRAIN = "shared.experiments.ideas.trial:train"
SHIPPED = "samples/study.json.gz"


def plan(
    ideas: Iterable[str],
    seeds: Iterable[int] = (0,),
    find: Callable[[str], Idea] = find_idea,
    **settings: Any,
) -> list[dict[str, Any]]:
    """Return trials in the order they run: every idea once, then every idea again.

    Args:
        ideas: Names of the menu.
        seeds: One round each.
        find: Where the ideas are, if not on the menu.
        settings: More settings, the same for all, such as `updates`.

    Returns:
        For each trial its `idea` and its whole configuration.

    Raises:
        ConfigurationError: An unknown idea or setting, or an impossible value.
    """
    names = list(ideas)
    return [
        {"idea": name, **find(name).configuration(**settings, seed=seed).as_json()}
        for seed in seeds
        for name in names
    ]


def key_of(trial: Mapping[str, Any]) -> str:
    """Return what names a trial: idea, updates and seed."""
    return "{idea}-{updates}-{seed}".format(**trial)


def study_directory(name: str = "ideas") -> Path:
    """Return the folder in which a study keeps its trials."""
    return my_directory() / "studies" / name


def run_study(
    trials: list[dict[str, Any]],
    folder: Path,
    function: str | Callable = TRAIN,
    seconds: float | None = None,
    most_bytes: float | None = None,
    say: Callable[[str], None] = print,
    after: Callable[[], object] = lambda: None,
    wandb: Mode = "offline",
) -> list[dict[str, Any]]:
    """Run what is planned and not finished yet, one trial after the other.

    Args:
        trials: See `plan`.
        folder: Where the study is kept.
        function: What a trial is; see `trial.train`.
        seconds: Time for all of them; a trial that is at work then keeps its checkpoint.
        most_bytes: Begin no trial once the folder holds that much.
        say: Where the outcome of each trial goes.
        after: Called after each trial.
        wandb: See `shared.experiments.run_study`.

    Returns:
        The records of all finished trials of the plan; a failed one is said and left out.

    Raises:
        StudyError: Another process works on this study, or a record belongs to another plan.
    """
    known = {record["key"]: record["configuration"] for record in finished_trials(folder)}
    for one in trials:
        settings = known.get(key_of(one), one)
        if other := [name for name in one if settings.get(name, one[name]) != one[name]]:
            raise StudyError(
                f"{key_of(one)} in {folder} was made with other settings ({', '.join(other)}), so "
                "it belongs to another study of the same name. Give this study another name, or "
                "move the folder away."
            )
    missing = {key_of(one): one for one in trials if key_of(one) not in known}
    for run in runs_in(folder):
        if run.state in OVER and key_of(run.config) in missing:
            aside = free_name(folder / "damaged" / run.folder.name)
            aside.parent.mkdir(exist_ok=True)
            print(f"{key_of(run.config)} is damaged and set aside in {run.folder.rename(aside)}.")

    def room() -> bool:
        if full := most_bytes is not None and size_of(folder) > most_bytes:
            say(f"{folder} holds {size_of(folder) / 1e6:.0f} MB; no more trials are begun.")
        return not full

    def keep(run: RunRecord) -> bool:
        if run.state == "failed":  # One trial's crash costs one trial
            say(f"{key_of(run.config)} failed: {run.error} (see {run.folder / 'log.txt'})")
        elif (rate := run.summary.get("cer")) is not None:
            say(f"{key_of(run.config)}: CER {rate:.1%} on validation")
        after()
        return room()

    if missing and room():
        options = {"configs": list(missing.values()), "seconds": seconds, "folder": folder}
        study = Study(folder.name, function, "cer", "min", **options)
        run_on_engine(study, workers=1, wandb=wandb, after=keep)
    records = {record["key"]: record for record in finished_trials(folder)}
    return [records[key] for key in map(key_of, trials) if key in records]


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder, 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def finished_trials(folder: Path) -> list[dict[str, Any]]:
    """Return the records of all finished trials in a folder, whatever their plan.

    Beside what the engine keeps, these are files `IDEA-UPDATES-SEED.json`, as earlier versions
    wrote them; a damaged one is left out.
    """
    sources = [(path, {}) for path in sorted(folder.glob("*-*-*.json"))]
    for run in runs_in(folder):
        if run.state == "finished":
            about = {"idea": run.config["idea"], "key": key_of(run.config)}
            sources.append((run.folder / "artifacts" / "result.json", about))
    records: dict[str, dict[str, Any]] = {}
    for path, about in sources:
        try:
            record = {**about, **json.loads(path.read_text(encoding="utf-8"))}
            records.setdefault(record["key"], record)
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return list(records.values())


def line_sets() -> dict[str, dict[str, list[str]]]:
    """Return texts and writers of the lines that every trial reads."""
    from shared.experiments.ideas.trial import validation_lines
    from shared.lines import frozen_lines

    sets = {"validation": validation_lines(), "test": frozen_lines()}
    return {name: {"texts": one.texts, "writers": one.writers} for name, one in sets.items()}


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
