"""Exercises of Lab 4: configurations, histories, parallel runs, and when to stop them."""

from __future__ import annotations

import json
import math

import numpy as np

from shared.checks.compare import equal, number_between, show, whole_number
from shared.checks.exercise import Case, Exercise
from shared.checks.lab04_config import COMPLETE_CONFIG
from shared.checks.lab04_diagnosis import DIAGNOSE_RUNS, FIND_UNFAIR_STUDY
from shared.checks.lab04_resume import CHECK_RESUME


def guess_speedup() -> float:
    """Guess how many times faster four short trials finish in two processes than in one."""
    return 1.2


GUESS_SPEEDUP = Exercise(
    id="lab04.guess_speedup",
    kind="predict",
    title="Guess the speedup",
    reference=guess_speedup,
    doc="Any factor from 0.1 to 4 earns the point.",
    cases=(
        Case(
            "a factor from 0.1 to 4",
            1,
            judge=lambda inputs, answer: number_between(answer, 0.1, 4, "guess_speedup()"),
            hint="Return one number such as 1.5; below 1 means that two processes are slower.",
        ),
    ),
)


def read_records(text: str) -> list[dict]:
    """Return the records of a history up to the first damaged one."""
    records = []
    for line in text.splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


def _long_history(seed: int) -> dict:
    rng = np.random.default_rng([4, seed])
    lines = [
        json.dumps({"step": step, "loss": round(float(rng.uniform(0, 4)), 3), "text": "née {"})
        for step in range(60)
    ]
    text = "\n".join(lines) + "\n"
    cut = int(rng.integers(len(text) // 3, len(text)))
    while text[cut - 1] in "}\n":  # A cut behind a whole record would damage nothing
        cut -= 1
    return {"text": text[:cut]}


READ_RECORDS = Exercise(
    id="lab04.read_records",
    kind="implement",
    title="Read a damaged history",
    reference=read_records,
    doc="What was whole before the crash, and nothing after it.",
    cases=(
        Case(
            "reads whole records",
            1,
            {"text": '{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 1.5}\n'},
            hint="json.loads turns one line into a dictionary; text.splitlines() gives the lines.",
        ),
        Case(
            "drops a record that was cut short",
            1,
            {"text": '{"step": 1, "loss": 2.5}\n{"step": 2, "lo'},
            hint="json.loads raises a ValueError on half a record; catch it.",
        ),
        Case(
            "takes nothing after the damage",
            1,
            {"text": '{"step": 1}\n{"step": \n{"step": 3}\n'},
            hint="Stop at the first damaged line: what follows may belong to another attempt.",
        ),
        Case(
            "has nothing to read in an empty file",
            1,
            {"text": ""},
            hint="A run that died at once left no record: return an empty list.",
        ),
        Case(
            "a long history, cut anywhere",
            1,
            _long_history,
            judge=lambda inputs, answer: equal(
                answer, read_records(**inputs), f"read_records of {len(inputs['text'])} characters"
            ),
            hint="Keep every whole record before the cut; braces may also stand inside a text.",
        ),
    ),
)


def keep_going(value: float, others: list[float], factor: int) -> bool:
    """Say whether a trial is among the best at its rung."""
    places = max(1, (len(others) + 1) // factor)
    better = sum(other > value for other in others)
    return not math.isnan(value) and better < places


def _rungs(seed: int) -> dict:
    rng = np.random.default_rng([44, seed])
    values = (rng.permutation(90)[:40] / 100).tolist()
    return {"rungs": [[values[k], values[:k], 2 + k % 3] for k in range(40)]}


def probe_rungs(function, inputs: dict) -> list:
    """Let forty trials reach a rung, one after the other."""
    return [
        bool(function(value, list(others), factor)) for value, others, factor in inputs["rungs"]
    ]


def judge_rungs(inputs: dict, answer: object) -> str | None:
    """Compare forty decisions."""
    right = [keep_going(*rung) for rung in inputs["rungs"]]
    if not isinstance(answer, list) or len(answer) != len(right):
        return f"keep_going gave {show(answer)}, expected True or False for each trial."
    for (value, others, factor), said, expected in zip(inputs["rungs"], answer, right, strict=True):
        if said is not expected:
            return (
                f"keep_going({value}, {show(others)}, {factor}) gave {said}, expected {expected}: "
                f"{sum(o > value for o in others)} of {len(others)} others are better."
            )
    return None


KEEP_GOING = Exercise(
    id="lab04.keep_going",
    kind="implement",
    title="Halve the field",
    reference=keep_going,
    doc="The rule of successive halving at one rung.",
    cases=(
        Case(
            "lets the first trial pass",
            1,
            {"value": 0.3, "others": [], "factor": 2},
            hint="There is always one place, so max(1, ...); nobody is better than the first.",
        ),
        Case(
            "lets the better half of four pass",
            1,
            {"value": 0.6, "others": [0.9, 0.2, 0.3], "factor": 2},
            hint="Four trials and factor 2 make two places; one better trial leaves one free.",
        ),
        Case(
            "stops the worse half of four",
            1,
            {"value": 0.3, "others": [0.9, 0.2, 0.6], "factor": 2},
            hint="Two others are better, and there are two places: count with < and not with <=.",
        ),
        Case(
            "stops a trial that diverged",
            1,
            {"value": float("nan"), "others": [], "factor": 2},
            hint="Every comparison with nan is False; ask math.isnan(value) first.",
        ),
        Case(
            "forty trials",
            1,
            _rungs,
            probe=probe_rungs,
            judge=judge_rungs,
            hint="places = max(1, (len(others) + 1) // factor): the trial itself counts, too.",
        ),
    ),
)

#: The numbers of the decision, as the lab states them
TRIALS, START_SECONDS, TRIAL_SECONDS = 12, 6, 20
PROCESSORS, FREE_GB, KERNEL_GB, WORKER_GB = 8, 4.0, 0.3, 1.1


def choose_workers() -> int:
    """Choose how many workers to start."""
    return 3


def wall_seconds(workers: int) -> int:
    """Return how long the study of the decision takes with some workers."""
    return START_SECONDS + math.ceil(TRIALS / workers) * TRIAL_SECONDS


def judge_memory(inputs: dict, answer: object) -> str | None:
    """All workers and the kernel fit into the memory that is free."""
    problem = whole_number(answer, 1, 1000, "choose_workers()")
    if problem:
        return problem
    needed = KERNEL_GB + answer * WORKER_GB
    if needed > FREE_GB:
        return (
            f"choose_workers() gave {answer}: with the kernel that takes {needed:.1f} GB, but "
            f"{FREE_GB:.1f} GB are free, so the system would end one of them."
        )
    return None


def judge_speed(inputs: dict, answer: object) -> str | None:
    """No slower than the fastest that fits."""
    problem = whole_number(answer, 1, 1000, "choose_workers()")
    if problem:
        return problem
    if wall_seconds(int(answer)) > wall_seconds(3):
        return (
            f"choose_workers() gave {answer}: the study then takes {wall_seconds(int(answer))} "
            f"seconds, and another choice that fits takes {wall_seconds(3)}."
        )
    return None


CHOOSE_WORKERS = Exercise(
    id="lab04.choose_workers",
    kind="decide",
    title="Choose the workers",
    reference=choose_workers,
    doc="As fast as memory allows.",
    cases=(
        Case(
            "fits into memory",
            1,
            judge=judge_memory,
            hint="0.3 GB for the kernel and 1.1 GB for each worker may not exceed 4 GB.",
        ),
        Case(
            "is as fast as possible",
            1,
            judge=judge_speed,
            hint="Start-up once, then rounds: math.ceil(12 / workers) times 20 seconds.",
        ),
    ),
)

EXERCISES = (
    COMPLETE_CONFIG,
    READ_RECORDS,
    GUESS_SPEEDUP,
    CHECK_RESUME,
    DIAGNOSE_RUNS,
    FIND_UNFAIR_STUDY,
    KEEP_GOING,
    CHOOSE_WORKERS,
)
