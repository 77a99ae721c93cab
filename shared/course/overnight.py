"""Run ideas unattended for some hours, and leave a report that opens in a browser.

Every finished trial is a file in my/studies/NAME, beside those of `labs train study`; a trial
that is broken off goes on from its checkpoint. After a kill or a reboot the same command goes on,
without --hours until the end that was set before.

Examples:
  labs overnight --hours 8                         the whole menu, seed after seed
  labs overnight --hours 1 --ideas gru transformer two ideas and the base
  labs overnight --report                          only write the report anew
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.course.outline import CourseError
from shared.ideas.analysis import Results
from shared.ideas.configuration import ConfigurationError
from shared.ideas.menu import IDEAS
from shared.ideas.report import failures_in, report_page
from shared.ideas.study import (
    Planned,
    StudyError,
    finished_trials,
    plan,
    run_study,
    study_directory,
)
from shared.paths import write_atomically

ROUNDS = 5  # Seeds at most: after that another one tells little
MOST_MB = 500.0
FREE_MB = 300.0  # What a disk has to have left before a trial begins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs overnight`."""
    parser.add_argument("--hours", type=float, default=None, help="how long, checkpoints included")
    parser.add_argument("--ideas", nargs="+", metavar="IDEA", help=f"among {', '.join(IDEAS)}")
    parser.add_argument("--updates", type=int, default=None, help="batches of a trial")
    parser.add_argument("--name", default="ideas", help="folder in my/studies")
    parser.add_argument("--most-mb", type=float, default=MOST_MB, help="disk the study may take")
    parser.add_argument("--report", action="store_true", help="only write the report anew")


def run(arguments: argparse.Namespace) -> int:
    """Run until the time is over, and return 1 if a trial failed."""
    from shared.course.train_study import run_and_forget

    folder = study_directory(arguments.name)
    settings = {} if arguments.updates is None else {"updates": arguments.updates}
    ideas = list(dict.fromkeys(["base", *(arguments.ideas or IDEAS)]))
    try:
        trials = plan(ideas, range(ROUNDS), **settings)
        if arguments.report:
            path = write_report(folder, None)
        else:
            path = spend(folder, trials, arguments.hours, run_and_forget, arguments.most_mb)
    except (ConfigurationError, StudyError) as error:
        raise CourseError(str(error)) from error
    print(f"Open {path} in a browser.")
    return 1 if failures_in(folder) else 0


def spend(
    folder: Path,
    trials: list[Planned],
    hours: float | None,
    run_trial: Callable[..., dict[str, Any]],
    most_mb: float = MOST_MB,
) -> Path:
    """Run trials until the time is over; the report is written anew after each of them.

    Args:
        folder: Where the study is kept.
        trials: What is planned; those that are finished are not run again.
        hours: Time from now on, or None to go on until the end that an earlier call set.
        run_trial: See `ideas.trial.run_trial`.
        most_mb: Disk that the folder may take.

    Returns:
        The report.
    """
    end = _end(folder, hours)
    free = shutil.disk_usage(folder).free / 1e6
    most = min(most_mb * 1e6, (free - FREE_MB) * 1e6 + sum_of(folder))
    run_study(
        trials,
        folder,
        run_trial,
        max(0.0, end - time.time()),
        most,
        lambda text: print(f"{datetime.now():%H:%M} {text}", flush=True),
        lambda: write_report(folder, end),
    )
    return write_report(folder, end)


def _end(folder: Path, hours: float | None) -> float:
    """Return when the night is over, in seconds since 1970, and keep it for after a reboot."""
    path = folder / "overnight.json"
    if hours is None:
        try:
            end = float(json.loads(path.read_text(encoding="utf-8"))["end"])
        except (OSError, ValueError, KeyError, TypeError):
            raise StudyError(
                "It is not said how long to run, and no earlier call left its end in "
                f"{folder}. Give --hours, such as --hours 8."
            ) from None
        if end < time.time():
            over = datetime.fromtimestamp(end).strftime("%H:%M on %Y-%m-%d")
            raise StudyError(f"The time set before was over at {over}. Give --hours to go on.")
        return end
    if not (math.isfinite(hours) and hours > 0):
        raise StudyError(f"--hours is {hours:g}; it needs a number above 0, such as 8.")
    end = time.time() + 3600 * hours
    write_atomically(path, json.dumps({"end": end}) + "\n")
    return end


def sum_of(folder: Path) -> int:
    """Return the bytes that a study takes, 0 where there is none."""
    from shared.ideas.study import size_of

    return size_of(folder) if folder.exists() else 0


def write_report(folder: Path, end: float | None) -> Path:
    """Write the report of everything that is finished."""
    from shared.ideas.study import line_sets
    from shared.lines import frozen_lines

    trials = finished_trials(folder)
    failures = failures_in(folder)
    seconds = sum(trial["seconds"] for trial in trials)
    facts = [
        f"Written at {datetime.now():%H:%M on %Y-%m-%d}; {len(trials)} trials are finished and "
        f"{len(failures)} failed, {seconds / 3600:.1f} hours of training in all.",
        f"The study lies in {folder.name}, {sum_of(folder) / 1e6:.1f} MB.",
    ]
    if end is not None and end > time.time():
        latest = datetime.fromtimestamp(end).strftime("%H:%M")
        facts.append(f"It is still running, until {latest} at the latest.")
    fits = [t for t in trials if len(t["test"]["edits"]) == len(frozen_lines())]
    study = Results(line_sets(), fits) if fits else Results({}, [])
    images = frozen_lines().images if fits else None
    page = report_page(study, "What the night brought", facts, failures, images)
    return write_atomically(folder / "report.html", page)
