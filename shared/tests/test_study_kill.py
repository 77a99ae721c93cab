"""A study that is killed at random moments loses no finished trial and repeats none."""

import os
import random
import signal
import subprocess
import sys
import time

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend, JournalStorage

from shared.experiments import Study, run_study
from shared.experiments.tracking import load_run

CLIMB = "shared.tests.fixtures.toy_experiments:climb"
RATES = [0.1, 0.2, 0.3, 0.4]
CODE = f"""
from shared.experiments import Study, run_study
run_study(Study("killed", {CLIMB!r}, "height", space={{"rate": {RATES}}},
                fixed={{"steps": 40, "pause": 0.03}}), workers=2, wandb="off")
"""

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signal that a process cannot refuse"
)


def finished(folder):
    """Return the finished trials by name, with the process that finished each."""
    runs = [load_run(path.parent) for path in (folder / "trials").glob("*/run.jsonl")]
    return {run.name: run.summary["pid"] for run in runs if run.state == "finished"}


def steps_of(folder):
    """Return how many steps the trials have reached together."""
    runs = [load_run(path.parent) for path in (folder / "trials").glob("*/run.jsonl")]
    return sum(len(run.curves["height"][0]) for run in runs if "height" in run.curves)


def kill_at_random(tmp_path, monkeypatch, kills, seed):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    rng = random.Random(seed)
    study = Study("killed", CLIMB, "height", space={"rate": RATES},
                  fixed={"steps": 40, "pause": 0.03})  # fmt: skip
    kept, reached = {}, 0
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", CODE], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        # From the first step of this start on, so that every kill meets work
        end = time.monotonic() + 60
        while process.poll() is None and steps_of(study.folder) <= reached:
            assert time.monotonic() < end, "the study does not get on"
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.9))
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert b"Traceback" not in errors, errors.decode()
        time.sleep(1.2)  # Its workers notice within half a second
        reached, now = steps_of(study.folder), finished(study.folder)
        assert kept.items() <= now.items(), "a finished trial was lost or run again"
        kept = now
        if len(kept) == len(RATES):
            break
    runs = run_study(study, workers=2, quiet=True, wandb="off")
    assert [run.error for run in runs if run.state != "finished"] == []
    assert len(runs) == len(RATES)
    assert kept.items() <= finished(study.folder).items()
    for run in runs:
        assert run.curves["height"][0] == list(range(1, 41))  # No step is missing, none is double
        assert run.summary["height"] == pytest.approx(run.config["rate"] * 40)
    assert not list((study.folder / "scratch").iterdir())
    books = optuna.load_study(
        study_name="killed",
        storage=JournalStorage(JournalFileBackend(str(study.folder / "journal.log"))),
    )
    assert sorted(trial.value for trial in books.trials) == [rate * 40 for rate in RATES]
    assert all(sorted(trial.intermediate_values) == list(range(1, 41)) for trial in books.trials)
    return runs


def test_three_kills_at_random_moments(tmp_path, monkeypatch):
    runs = kill_at_random(tmp_path, monkeypatch, kills=3, seed=4)
    assert any(run.summary["first"] > 0 for run in runs)  # A checkpoint was used


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(15))
def test_many_kills_at_random_moments(tmp_path, monkeypatch, seed):
    kill_at_random(tmp_path, monkeypatch, kills=8, seed=seed)


def test_workers_end_with_their_driver(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    code = f"""
import os, threading, time
from shared.experiments import Study, run_study
study = Study("orphans", {CLIMB!r}, "height", fixed={{"steps": 1000, "pause": 0.05}})
def die():
    while not list((study.folder / "trials").glob("*/run.jsonl")):
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(os.getpid(), 9)
threading.Thread(target=die, daemon=True).start()
run_study(study, workers=1, quiet=True, wandb="off")
"""
    subprocess.run([sys.executable, "-c", code], check=False, timeout=120)
    (lock,) = (tmp_path / "my").rglob("trials/*/lock")
    worker = int(lock.read_text().split()[1])
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if _is_zombie(worker):
            return
        time.sleep(0.1)
    pytest.fail(f"worker {worker} outlived its driver")


def _is_zombie(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
