"""A night of trials: run until a time that outlives a reboot, and report after each of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from shared.experiments.ideas.analysis import Results
from shared.experiments.ideas.report import Page, begun_in, failures_in, report_page
from shared.experiments.ideas.study import (
    TRAIN,
    finished_trials,
    line_sets,
    run_study,
    size_of,
    study_directory,
)
from shared.experiments.running import only_one
from shared.experiments.study import StudyError
from shared.lines import frozen_lines
from shared.loop import ProgressLine, duration
from shared.paths import my_directory, write_atomically

MOST_MB = 500.0
FREE_MB = 300.0  # What a disk has to have left before a trial begins


def spend(
    folder: Path,
    trials: list[dict[str, Any]],
    hours: float | None,
    most_mb: float = MOST_MB,
    function: str | Callable = TRAIN,
) -> Path:
    """Run trials until the time is over; the report is written anew after each of them.

    Args:
        folder: Where the study is kept.
        trials: What is planned; those that are finished are not run again.
        hours: Time from now on, or None to go on until all are finished.
        most_mb: Disk that the folder may take.
        function: See `ideas.trial.train`.

    Returns:
        The report.
    """
    if hours is not None and not hours > 0:
        raise StudyError(f"--hours is {hours:g}; it needs a number above 0, such as 8.")
    end = float("inf") if hours is None else time.time() + 3600 * hours
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 1e6
    most = min(most_mb * 1e6, (free - FREE_MB) * 1e6 + size_of(folder))
    run_study(
        trials,
        folder,
        function,
        None if hours is None else max(0.0, end - time.time()),
        most,
        lambda text: print(f"{datetime.now():%H:%M} {text}", flush=True),
        lambda: write_report(folder, end),
    )
    return write_report(folder, end)


def write_report(folder: Path, end: float | None) -> Path:
    """Write the report of everything that is finished."""
    trials = finished_trials(folder)
    failures = failures_in(folder)
    seconds = sum(trial["seconds"] for trial in trials)
    facts = [
        f"Written at {datetime.now():%H:%M on %Y-%m-%d}; {len(trials)} trials are finished and "
        f"{len(failures)} failed, {duration(seconds)} of training in all.",
        f"The study lies in {folder.name}, {size_of(folder) / 1e6:.1f} MB.",
    ]
    if end is not None and time.time() < end < float("inf"):
        latest = datetime.fromtimestamp(end).strftime("%H:%M")
        facts.append(f"It is still running, until {latest} at the latest.")
    study = Results(line_sets() if trials else {}, []).with_trials(trials)
    images = frozen_lines().images if trials else None
    begun = begun_in(folder)
    page = report_page(study, "What the night brought", facts, failures, images, begun)
    return write_atomically(folder / "report.html", page)


@dataclass(frozen=True)
class Background:
    """A night in a process of its own; it goes on when the notebook or its kernel ends.

    Attributes:
        folder: Where its trials, its log and its report lie.
        process: The process that was started.
    """

    folder: Path
    process: subprocess.Popen

    @property
    def running(self) -> bool:
        """Whether trials are at work, be it by an earlier call that was never stopped."""
        if self.process.poll() is None:
            return True
        try:
            with only_one(self.folder):
                return False
        except StudyError:
            return True

    def wait(self) -> list[dict[str, Any]]:
        """Wait for the end with one line of progress, and return all finished trials.

        Raises:
            StudyError: No trial is finished; the message ends with the last words of the log.
        """
        begun, line, log = time.monotonic(), ProgressLine(), self.folder / "overnight.log"
        while self.running:
            words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            spent = duration(time.monotonic() - begun)
            line.show(f"waited {spent}: {' '.join(words[-1:]).strip()}")
            time.sleep(0.5)
        trials = finished_trials(self.folder)
        line.show(f"{len(trials)} trials are finished", last=True)
        if not trials:
            said = log.read_text(encoding="utf-8", errors="replace").strip()
            raise StudyError(f"No trial is finished. The end of {log}:\n{said[-1500:]}")
        return trials

    def report(self) -> Page:
        """Return the report, which a notebook shows."""
        return Page((self.folder / "report.html").read_text(encoding="utf-8"))


def start(name: str, *words: str) -> Background:
    """Run `labs overnight --name NAME WORDS` in the background, at low priority."""
    folder = study_directory(name)
    folder.mkdir(parents=True, exist_ok=True)
    command = ["overnight", "--name", name, *words]
    text = textwrap.wrap(" ".join(["labs", *command]), 90, break_on_hyphens=False)
    print(" \\\n    ".join(text))  # As one may type it into a terminal
    root = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    with (folder / "overnight.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "shared.course", *command],
            env=os.environ | {"PYTHONPATH": path, "HANDWRITING_MY": str(my_directory().resolve())},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    psutil.Process(process.pid).nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10))
    return Background(folder, process)
