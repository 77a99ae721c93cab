"""Lab 4: configurations, histories, parallel runs, and when to stop them."""

from __future__ import annotations

import json
import math

import numpy as np

from shared.checks.answers import answer
from shared.checks.builders import accepts, ask, choose, diagnose, guess, refuses
from shared.checks.compare import show, whole_number
from shared.checks.exercise import Case

# A configuration that notices typing mistakes
DEFAULTS = {"network": "cnn", "learning_rate": 0.004, "updates": 100, "augment": True}


def changed(meant: str = "", **changes) -> dict:
    """Return the inputs of a case; `meant` is the setting that a mistyped one stands for."""
    return {"defaults": DEFAULTS, "changes": changes, "meant": meant}


def raised(function, inputs: dict) -> list[str]:
    """Return the kind and the words of the exception that a mistake raises."""
    try:
        return ["nothing", show(function(dict(inputs["defaults"]), dict(inputs["changes"])))]
    except NotImplementedError:
        raise
    except Exception as error:
        return [type(error).__name__, str(error)]


def judge_refused(inputs: dict, got: list[str]) -> str | None:
    """A KeyError came, and it names the unknown setting."""
    call = f"complete_config(defaults, {show(inputs['changes'])})"
    (wrong,) = set(inputs["changes"]) - set(inputs["defaults"])
    kind, words = got
    if kind == "nothing":
        return f"{call} gave {words}, expected a KeyError that names {wrong!r}."
    if kind != "KeyError":
        return f"{call} raised {kind}: {words}; expected a KeyError."
    if wrong not in words:
        return f"{call} raised a KeyError that does not name {wrong!r}: {words}"
    return None


def judge_nearest(inputs: dict, got: list[str]) -> str | None:
    """The message names the setting that was meant, and not all of them."""
    call = f"complete_config(defaults, {show(inputs['changes'])})"
    kind, words = got
    if kind == "nothing":
        return f"{call} raised nothing, expected a KeyError with a suggestion."
    named = [name for name in inputs["defaults"] if name in words]
    if named == [inputs["meant"]]:
        return None
    said = ", ".join(named) or "no setting at all"
    return f"{call} suggests {said}; expected {inputs['meant']} alone."


def inputs_afterwards(function, inputs: dict) -> dict:
    """Change the configuration that came back, and return what became of the inputs."""
    defaults, changes = dict(inputs["defaults"]), dict(inputs["changes"])
    config = function(defaults, changes)
    if isinstance(config, dict):
        config["updates"] = -1
    return {"defaults": defaults, "changes": changes}


def judge_inputs(inputs: dict, got: dict) -> str | None:
    """Neither dictionary has changed."""
    for name, now in got.items():
        if now != inputs[name]:
            return (
                f"After a call, and a change to what it returned, `{name}` is {show(now)}, but it "
                f"was {show(inputs[name])}."
            )
    return None


COMPLETE_CONFIG = ask(
    "lab04.complete_config",
    "Complete a configuration",
    Case(
        "fills in the defaults",
        {"defaults": DEFAULTS, "changes": {"updates": 20, "augment": False}},
        hint="Start from a copy of the defaults and let the changes replace its entries.",
    ),
    Case(
        "refuses an unknown setting by name",
        [changed(updates=5, lerning_rate=0.1), changed(xyz=1)],
        probe=raised,
        judge=judge_refused,
        hint="raise KeyError(f'...') for a name in changes that is not in defaults.",
    ),
    Case(
        "suggests the nearest right one",
        [
            changed(netwrk="mlp", meant="network"),
            changed(update=5, meant="updates"),
            changed(augmnt=False, meant="augment"),
        ],
        probe=raised,
        judge=judge_nearest,
        hint="difflib.get_close_matches(name, defaults, n=1) gives a list of the best match.",
    ),
    Case(
        "leaves its inputs as they were",
        changed(network="mlp"),
        probe=inputs_afterwards,
        judge=judge_inputs,
        hint="Build a new dictionary, as in {**defaults, **changes}; update() changes the old.",
    ),
)


def cut_history(seed: int) -> dict:
    """Return a history of sixty records, cut in the middle of one."""
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


READ_RECORDS = ask(
    "lab04.read_records",
    "Read a damaged history",
    Case(
        "reads whole records",
        [
            {"text": '{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 1.5}\n'},
            {"text": '{"step": 1, "augment": true}\n{"step": 2, "loss": null}'},
        ],
        hint="json.loads turns one line into a dictionary; text.splitlines() gives the lines.",
    ),
    Case(
        "drops a record that was cut short",
        [
            {"text": '{"step": 1, "loss": 2.5}\n{"step": 2, "lo'},
            {"text": '{"step": 1}\n{"text": "x}'},
            {"text": '{"step": 1}\n{"step": 12'},
        ],
        hint="json.loads raises a ValueError on half a record; catch it, and mend nothing: a cut "
        "number looks whole.",
    ),
    Case(
        "takes nothing after the damage",
        {"text": '{"step": 1}\n{"step": \n{"step": 3}\n'},
        hint="Stop at the first damaged line: what follows may belong to another attempt.",
    ),
    Case(
        "has nothing to read in an empty file",
        {"text": ""},
        hint="A run that died at once left no record: return an empty list.",
    ),
    Case(
        "a long history, cut anywhere",
        cut_history,
        call=lambda text: f"read_records of {len(text)} characters",
        hint="Keep every whole record before the cut; braces may also stand inside a text.",
    ),
)

GUESS_SPEEDUP = guess(
    "lab04.guess_speedup",
    "Guess the speedup",
    0.1,
    4,
    case="a factor from 0.1 to 4",
    hint="Return one number such as 1.5; below 1 means that two processes are slower.",
)


# A test for runners of studies, and runners that it must accept or refuse
def good_runner(trials, done, train):
    """A runner that keeps every promise, last trial first."""
    results = dict(done)
    for name in reversed(trials):
        if name not in results:
            try:
                results[name] = train(name)
            except Exception:
                continue
    return results


def repeats_everything(trials, done, train):
    """A runner that runs finished trials again."""
    return good_runner(trials, {}, train)


def forgets_yesterday(trials, done, train):
    """A runner that returns the new results alone."""
    results = good_runner(trials, done, train)
    return {name: result for name, result in results.items() if name not in done}


def dies_with_a_trial(trials, done, train):
    """A runner that stops at the first crash."""
    results = dict(done)
    try:
        for name in trials:
            if name not in results:
                results[name] = train(name)
    except Exception:
        pass
    return results


def calls_a_crash_finished(trials, done, train):
    """A runner that lists a crashed trial among the results."""
    results = good_runner(trials, done, train)
    return {name: results.get(name) for name in trials}


def forgets_the_last(trials, done, train):
    """A runner that leaves out the last of the missing trials."""
    missing = [name for name in trials if name not in done]
    return good_runner(missing[:-1], done, train)


CHECK_RESUME = ask(
    "lab04.check_resume",
    "Test any runner",
    accepts(
        "accepts a good runner",
        good_runner,
        hint="Assert what is promised and no more: the order of trials is free.",
    ),
    refuses(
        "refuses one that repeats finished trials",
        repeats_everything,
        hint="Let your training write down the names it is called with, and look for a finished "
        "one among them.",
    ),
    refuses(
        "refuses one that forgets earlier results",
        forgets_yesterday,
        hint="Give a result from yesterday that differs from what training would return.",
    ),
    refuses(
        "refuses one that dies with a trial",
        dies_with_a_trial,
        hint="Let one trial in the middle raise an exception, and expect those after it.",
    ),
    refuses(
        "refuses a crash that counts as finished",
        calls_a_crash_finished,
        hint="The crashed trial's name may not be among the results, or it is never retried.",
    ),
    refuses(
        "refuses one that leaves out a trial",
        forgets_the_last,
        hint="Compare all the names, not their number alone.",
    ),
    save_to="tests/test_lab04_resume.py",
)


def study_curves() -> dict[str, tuple[list[int], list[float]]]:
    """Return steps and accuracies of the runs A to D, drawn from a formula for this exercise."""
    rng = np.random.default_rng(4)
    steps = list(range(10, 130, 10))

    def healthy(count: int, height: float) -> list[float]:
        values = height * (1 - np.exp(-np.array(steps[:count]) / 40)) + rng.normal(0, 0.008, count)
        return [round(float(value), 3) for value in values]

    diverged = healthy(5, 0.66) + [0.021, 0.016, 0.018, 0.016, 0.016, 0.016, 0.016]
    restarted = healthy(6, 0.7) + healthy(6, 0.7)
    stopped = healthy(4, 0.35)
    in_percent = [round(100 * value, 1) for value in healthy(12, 0.68)]
    return {
        "A": (steps, restarted),
        "B": (steps[:4], stopped),
        "C": (steps, diverged),
        "D": (steps, in_percent),
    }


DIAGNOSE_RUNS = diagnose(
    "lab04.diagnose_runs",
    "Diagnose four runs",
    {
        "A": "Run A: accuracy falls back in the middle to where it began, and rises at the same "
        "pace.",
        "B": "Run B: the curve ends at a third of the updates, at a low value, and nothing is "
        "wrong.",
        "C": "Run C: accuracy drops to 1/62, a blind guess, and never leaves it.",
        "D": "Run D: read the numbers on its vertical axis.",
    },
    (
        "healthy",
        "diverged",
        "stopped early",
        "resumed from its checkpoint",
        "restarted without its checkpoint",
        "logged in percent",
    ),
    case="names run {}",
    objection=", but the curve says something else",
    example="such as",
)

FIND_UNFAIR_STUDY = choose(
    "lab04.find_unfair_study",
    "Find the unfair study",
    "ABCD",
    {
        "A": "there both settings are tried with the same three seeds, and means are compared",
        "B": "there the test set is read once, after validation has chosen",
        "D": "there the other settings get as many updates, only the rule ends hopeless ones early",
    },
    case="names the unfair study",
    hint="Ask of each study: did the winner and the loser have the same chances?",
)


def forty_trials(seed: int) -> list[dict]:
    """Return trials that reach a rung one after the other."""
    rng = np.random.default_rng([44, seed])
    values = (rng.permutation(90)[:39] / 100).tolist()
    trials = [
        {"value": value, "others": values[:place], "factor": 2 + place % 3}
        for place, value in enumerate(values)
    ]
    return [*trials, {"value": 0.5, "others": [0.5], "factor": 2}]  # Who is equal is not better


def judge_trial(trial: dict, said: object) -> str | None:
    """Compare one decision, and count who was better where it is wrong."""
    expected = answer("lab04.keep_going")(**trial)
    if said is expected:
        return None
    value, others, factor = trial.values()
    return (
        f"keep_going({value}, {show(others)}, {factor}) gave {said}, expected {expected}: "
        f"{sum(other > value for other in others)} of {len(others)} others are better."
    )


KEEP_GOING = ask(
    "lab04.keep_going",
    "Halve the field",
    Case(
        "lets the first trial pass",
        {"value": 0.3, "others": [], "factor": 2},
        hint="There is always one place, so max(1, ...); nobody is better than the first.",
    ),
    Case(
        "lets the better half of four pass",
        {"value": 0.6, "others": [0.9, 0.2, 0.3], "factor": 2},
        hint="Four trials and factor 2 make two places; one better trial leaves one free.",
    ),
    Case(
        "stops the worse half of four",
        {"value": 0.3, "others": [0.9, 0.2, 0.6], "factor": 2},
        hint="Two others are better, and there are two places: count with < and not with <=.",
    ),
    Case(
        "stops a trial that diverged",
        {"value": float("nan"), "others": [], "factor": 2},
        hint="Every comparison with nan is False; ask math.isnan(value) first.",
    ),
    Case(
        "forty trials",
        forty_trials,
        judge=judge_trial,
        hint="places = max(1, (len(others) + 1) // factor): the trial itself counts, too.",
    ),
)

# The numbers of a decision, as the lab states them
TRIALS, START_SECONDS, TRIAL_SECONDS = 12, 6, 20
FREE_GB, KERNEL_GB, WORKER_GB = 4.0, 0.3, 1.1


def wall_seconds(workers: int) -> int:
    """Return how long the study takes with some workers."""
    return START_SECONDS + math.ceil(TRIALS / workers) * TRIAL_SECONDS


def judge_memory(inputs: dict, got: object) -> str | None:
    """All workers and the kernel fit into the memory that is free."""
    problem = whole_number(got, 1, 1000, "choose_workers()")
    if problem or KERNEL_GB + got * WORKER_GB <= FREE_GB:
        return problem
    return (
        f"choose_workers() gave {got}: with the kernel that takes "
        f"{KERNEL_GB + got * WORKER_GB:.1f} GB, but {FREE_GB:.1f} GB are free, so the system would "
        "end one of them."
    )


def judge_speed(inputs: dict, got: object) -> str | None:
    """No slower than the fastest that fits."""
    problem = whole_number(got, 1, 1000, "choose_workers()")
    best = wall_seconds(answer("lab04.choose_workers")())
    if problem or wall_seconds(int(got)) <= best:
        return problem
    return (
        f"choose_workers() gave {got}: the study then takes {wall_seconds(int(got))} seconds, and "
        f"another choice that fits takes {best}."
    )


CHOOSE_WORKERS = ask(
    "lab04.choose_workers",
    "Choose the workers",
    Case(
        "fits into memory",
        judge=judge_memory,
        hint="0.3 GB for the kernel and 1.1 GB for each worker may not exceed 4 GB.",
    ),
    Case(
        "is as fast as possible",
        judge=judge_speed,
        hint="Start-up once, then rounds: math.ceil(12 / workers) times 20 seconds.",
    ),
    kind="decide",
)
