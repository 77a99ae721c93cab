# %% [markdown]
# # Tools for experimentation: runs that can be compared
#
# You turn a training cell into a function, keep what it did, and run many of them at once.

# %% [markdown]
# **You will be able to**
#
# - write a training as a function of its configuration, so that a typing mistake stops it at once;
# - keep the history of a run in a file that survives a crash, and mirror it to Weights & Biases;
# - run a study in parallel processes, and say beforehand whether that pays;
# - compare runs by table, curves, parallel coordinates, and by the characters that changed;
# - stop hopeless runs early, and lose one trial at most when a process dies.
#
# **Time** {time} · **Needs** Lab 2, two CPU cores · **Data** written here by pens

# %% [markdown]
# The numbers below decide how long this lab computes.
# `WANDB` stays `"offline"` until you have an account and want to use it; nothing here touches the network before that.

# %% tags=["parameters"] fast={"UPDATES": 8, "PER_CLASS": 4} waiting=1.5
UPDATES = 100
PER_CLASS = 40
WORKERS = 2
ENGINE = "local"
WANDB = "offline"

# %% tags=["setup"]
import difflib
import json
import math
import os
import signal
import sys
import threading
import time

import numpy as np

from shared import figures
from shared.checks import begin, check, predict, recorded_guess, report
from shared.checks.lab04_runs import study_curves
from shared.experiments import Halving, Study, complete, run_study
from shared.experiments.characters import train
from shared.explorer.run_browser import compare_runs
from shared.lines import characters
from shared.metrics import macro_accuracy
from shared.tracking import (
    Run,
    best_and_worst,
    load_run,
    parallel_coordinates,
    plot_runs,
    publish,
    ranked,
    runs_table,
)

begin(4)

# %% [markdown]
# ## What did you change last week?
#
# Labs 2 and 3 trained in cells.
# You changed a number, ran the cell again, and the old curve was gone.
# Here is such a cell, with its settings scattered in it.
#
# ```python
# network = character_cnn(62, (12, 24, 48, 60, 60))
# training = train_character_network(network, train_set, 100, learning_rate=4e-3)
# training.wait()
# print(training.evaluations[-1])
# ```
#
# Which learning rate gave the number you remember, and with how many updates?
# The cell cannot say.
# A function can, if every setting comes in by name.
# This is how the same training looks from outside:

# %%
rows = [
    (name, setting.default, setting.choices or f"{setting.low} to {setting.high}", setting.help)
    for name, setting in train.settings.items()
    if name in ("network", "channels", "learning_rate", "updates")
]
figures.Table(rows, ("setting", "default", "allowed", "what it does"), form="{:g}")

# %% [markdown]
# A dictionary with a value for each setting is a **configuration**, and the training is a function of it: `train(config, trial)`.
# `trial` is where it reports its progress; you will meet it below.
#
# ### Exercise 4.1 · Complete a configuration
# 8 min · core
#
# Nobody wants to write all settings each time, and a misspelled one must not pass in silence.
# Write `complete_config(defaults, changes)`: a new dictionary with the defaults, replaced where `changes` says so.
# For a name in `changes` that is no default, raise a `KeyError` whose message has that name and the nearest right one.
# `complete_config({"rate": 0.1, "updates": 5}, {"rate": 0.2})` gives `{"rate": 0.2, "updates": 5}`.

# %% answer="complete_config"
def complete_config(defaults: dict, changes: dict) -> dict:
    """Return a whole configuration, or refuse an unknown setting.

    Args:
        defaults: A value for every setting.
        changes: Values for some of them.

    Raises:
        KeyError: A name in `changes` is unknown; the message suggests the nearest one.
    """
    ### BEGIN SOLUTION
    for name in changes:
        if name not in defaults:
            near = difflib.get_close_matches(name, defaults, n=1, cutoff=0)
            raise KeyError(f"there is no setting {name!r}; did you mean {near[0]!r}?")
    return {**defaults, **changes}
    ### END SOLUTION


# %% check="complete_config" points=4
check("lab04.complete_config")

# %% [markdown]
# <details><summary>Hint 1: how do two dictionaries become one?</summary>
# In <code>{**first, **second}</code> the second one wins.
# </details>
# <details><summary>Hint 2: which name was meant?</summary>
# <code>difflib.get_close_matches(name, defaults, n=1)</code> gives a list with the most similar name.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** A new dictionary leaves the defaults alone, which the next call needs.
# The mistake is found before any training, and the message holds its own repair.

# %% [markdown]
# Without that check a study would run for a night with the default learning rate, and call it another.
# The shared version checks values, too.

# %% tags=["nbval-check-output"]
defaults = {name: setting.default for name, setting in train.settings.items()}
config = complete_config(defaults, {"updates": UPDATES, "per_class": PER_CLASS})
for mistake in ({"lerning_rate": 0.01}, {"network": "cn"}, {"updates": -5}):
    try:
        complete(train.settings, mistake)
    except ValueError as error:
        print(error)

# %% [markdown]
# ## What should a run leave behind?
#
# A run is what it was set to, the curve it took, and what came out.
# No network is needed for one: the nearest picture of Lab 2 is a run, too, with the number of templates as its steps.
# `Run` writes every record to a file at once.
# It also mirrors it to **Weights & Biases** (W&B), a service that draws and shares such records.

# %%
validation = characters("validation", 4, seed=4)
names = [validation.classes[k] for k in validation.labels]
flat = validation.images.reshape(len(validation), -1).astype(np.float32)


def nearest(count: int) -> np.ndarray:
    """Read the validation characters by their nearest picture, `count` of each class."""
    known = characters("train", count, seed=1)
    pictures = known.images.reshape(len(known), -1).astype(np.float32)
    return known.labels[((pictures**2).sum(axis=1) - 2 * flat @ pictures.T).argmin(axis=1)]


name = f"nearest picture {time.strftime('%H.%M.%S')}"
with Run("lab04-baseline", name, {"reader": "nearest picture"}, wandb=WANDB) as run:
    for count in (1, 2, 4, 8):
        read = nearest(count)
        run.log(count, accuracy=macro_accuracy(validation.labels, read))
    readings = [validation.classes[k] for k in read]
    rows = [
        {"text": a, "prediction": b, "image": image}
        for a, b, image in zip(names, readings, validation.images, strict=True)
    ]
    run.predictions("validation", rows)

# %% [markdown]
# The history is a text file with one record a line.
# Here are its first records, cut to fit, and what a reader gets back from it.

# %%
text = (run.folder / "run.jsonl").read_text(encoding="utf-8")
for line in text.splitlines()[:4]:
    print(line[:96])
baseline = load_run(run.folder)
print(f"\nstate: {baseline.state}; accuracy by templates: {baseline.curves['accuracy']}")

# %% [markdown]
# What if the power fails while a line is being written?
# Records are only ever appended, so all but the last one are whole.
#
# ### Exercise 4.2 · Read a damaged history
# 8 min · core
#
# Write `read_records(text)`: the text of a history in, a list of dictionaries out.
# Stop before the first line that is no whole record, and return what came before it.
# `read_records('{"step": 1}\n{"st')` gives `[{"step": 1}]`.

# %% answer="read_records"
def read_records(text: str) -> list[dict]:
    """Return the records of a history up to the first damaged one.

    Args:
        text: One JSON object a line; the end may be missing.
    """
    ### BEGIN SOLUTION
    records = []
    for line in text.splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records
    ### END SOLUTION


# %% check="read_records" points=5
check("lab04.read_records")

# %% [markdown]
# <details><summary>Hint 1: how do you notice half a record?</summary>
# <code>json.loads</code> raises a <code>ValueError</code> on it.
# </details>
# <details><summary>Hint 2: why not skip the damaged line?</summary>
# What follows was written later, perhaps by another start of the run. Only what lies before the damage is certain.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** One `try` a line, and `break` rather than `continue`.
# The shared reader does the same, and also wants a newline behind the last record.

# %%
for share in (1.0, 0.6, 0.3):
    kept = read_records(text[: int(share * len(text))])
    print(f"{share:.0%} of the file: {len(kept)} of {len(text.splitlines())} records are whole")

# %% [markdown]
# A cut costs the record that was being written and none before it.
# The long last records are the table of predictions with its pictures, so a cut inside it loses that table alone.
#
# ## Where is the cloud?
#
# Offline, W&B wrote a folder that one command sends later, from a terminal and with an account of your own.
# Log in once with `wandb login`, then set `WANDB = "online"` above, and the same cells show their curves in the browser while they run.

# %%
written = sorted((run.folder.parents[2] / "wandb").rglob("*.wandb"))
if written:
    place = written[-1].parent
    print(f"{place.name}: {sum(f.stat().st_size for f in place.rglob('*') if f.is_file()):,} bytes")
    print(f"to send it later: wandb sync my/wandb/wandb/{place.name}")

# %% [markdown]
# What the cloud adds: pictures in a browser, a page to share, runs from many machines in one table.
# What it does not add is the record, which is yours in any case.
# Online, a missing network costs a few seconds and a sentence, and the run is written offline instead.
#
# A run can do three things more.
# It keeps files, called **artifacts**, such as weights, with a checksum that tells later whether they are still the same.
# It belongs to a **group**, such as all seeds of one setting.
# And one that was cut off goes on.
# Here a run is paused after one step and taken up again, as after a power cut.

# %%
again = f"resumed {time.strftime('%H.%M.%S')}"
same = {"project": "lab04-baseline", "name": again, "config": {"templates": 1}, "wandb": WANDB}
with Run(**same, group="nearest picture") as run:
    run.log(1, accuracy=macro_accuracy(validation.labels, nearest(1)))
    run.artifact("readings.txt", "".join(readings).encode())
    run.end("paused")
with Run(**same, group="nearest picture", resume=True) as run:
    run.log(2, accuracy=macro_accuracy(validation.labels, nearest(2)))
record = load_run(run.folder)
(kept,) = record.artifacts
print(f"group {record.group!r}, {record.state}; steps {record.curves['accuracy'][0]}")
print(f"{kept['file']}: {kept['bytes']} bytes, SHA-256 {kept['sha256'][:12]}...")

# %% [markdown]
# Both steps are in one history.
# W&B has searches of its own, called sweeps; they need its server, so the search below is ours.
#
# ## How is a trial run elsewhere?
#
# A **study** names the function, what to vary, and the number to compare.
# Each of its runs is a **trial**.
# The function is given by its import path, because a worker process has to find it.

# %%
TRAIN = "shared.experiments.characters:train"
fixed = {"updates": UPDATES, "per_class": PER_CLASS}
first = Study("lab04-first", TRAIN, metric="accuracy", fixed=fixed)
trial = run_study(first, ENGINE, workers=1, fresh=True)[0]
trial.summary

# %% [markdown]
# Has this notebook loaded TensorFlow?
# No: it was loaded and used in the worker, and went away with it.
# The notebook keeps little memory, and a crash of a worker cannot take it along.

# %%
print("TensorFlow in this process:", "tensorflow" in sys.modules)
print("reported at updates", trial.curves["accuracy"][0])
best_and_worst(trial, count=5, title="One trial: right and wrong")

# %% [markdown]
# ## Does parallel mean faster?
#
# Four short trials, twice: one after another in one process, and in two processes at once.
# A worker first loads TensorFlow, which takes seconds; after that it serves one trial after the other.
#
# ### Exercise 4.3 · Guess the speedup
# 2 min · core
#
# Write `guess_speedup()`: by what factor are two processes faster for four trials of a few updates?
# 2 would be perfect, 1 a tie, and less than 1 slower.

# %% answer="guess_speedup"
def guess_speedup() -> float:
    """Return a factor from 0.1 to 4, for example 1.5."""
    ### BEGIN SOLUTION
    return 1.2
    ### END SOLUTION


# %% check="guess_speedup" points=1
predict("lab04.guess_speedup")

# %% [markdown]
# <details><summary>Hint 1: what does each process do first?</summary>
# It loads TensorFlow and compiles its update. Two processes do that twice, at the same time.
# </details>
# <details><summary>Hint 2: how many processors does one process use?</summary>
# Alone it may use both. With two workers each gets one, so that they do not fight.
# </details>

# %%
brief = {**fixed, "updates": max(2, UPDATES // 4), "looks": 1}
seconds, short_runs = {}, {}
for workers in (1, 2):
    short = Study(f"lab04-short-{workers}", TRAIN, "accuracy", fixed=brief, seeds=[1, 2, 3, 4])
    begun = time.perf_counter()
    short_runs[workers] = run_study(short, ENGINE, workers=workers, fresh=True)
    seconds[f"{workers} process{'es' * (workers > 1)}"] = time.perf_counter() - begun
one, two = seconds.values()
figures.plot_bars(seconds, "seconds for four short trials", form="{:.1f}")

# %% [markdown]
# How near was your guess?

# %%
guess = recorded_guess("lab04.guess_speedup")
print(f"measured: {one / two:.2f} times as fast; your guess: {guess or 'none'}")
costs = sorted(run.cpu_seconds for run in short_runs[1])
each = np.median(costs[:-1])
start = costs[-1] - each  # The first trial of a worker loads TensorFlow
print(f"a start takes {start:.1f} s of a processor, a short trial {each:.1f} s")

# %% [markdown]
# A start cannot be shared out: every worker has its own.
# Let a start take $s$ seconds, a trial $t$, and let there be $n$ trials on $w$ workers.
# Then the study takes about $s + \lceil n / w \rceil\, t$, so more workers help only where $n\,t$ is much larger than $s$.
# The next cell puts your numbers into the formula, for trials of this length and longer ones.

# %%
lengths = np.array([1, 2, 5, 10, 20, 50])
gain = {
    f"{w} workers": (lengths, (start + 12 * each * lengths) / (start + 12 / w * each * lengths))
    for w in (2, 4)
}
title = "Twelve trials, with a free processor for each worker"
figures.plot_curves(gain, "length of a trial, in short trials", "times as fast", title)

# %% [markdown]
# The longer the trials, the less the start weighs, and the nearer the gain comes to the number of workers.
# The formula promises each worker a free processor.
# If you measured less, the processors had other work, or one process was using two of them already.
# On two processors, four workers gain nothing over two.
#
# ## What if a worker dies?
#
# Now the study that matters: learning rates times networks.
# While it runs, the notebook kills one of its workers, as a full memory or an impatient colleague would.

# %%
space = {"learning_rate": [4e-3, 1.6e-2, 1e-3], "channels": [6, 12]}
study = Study("lab04-rates", TRAIN, metric="accuracy", fixed=fixed, space=space)


def kill_one() -> None:
    """Wait until a trial has reported, then end its process without a word."""
    for _ in range(1200):
        for lock in (study.folder / "trials").glob("*/lock"):
            if load_run(lock.parent).state == "unfinished" and load_run(lock.parent).curves:
                os.kill(int(lock.read_text().split()[1]), getattr(signal, "SIGKILL", 15))
                return
        time.sleep(0.1)


def killed_while_running() -> list:
    """Run the study afresh with a killer beside it."""
    threading.Thread(target=kill_one, daemon=True).start()
    return run_study(study, "local", workers=WORKERS, fresh=True)

# %% [markdown]
# How many trials will be missing: one, two, or all?

# %%
runs = killed_while_running()
lost = [run for run in runs if run.state == "failed"]
assert len(lost) <= 1
for run in lost:
    print(f"lost: {run.name}: {run.error}")

# %% [markdown]
# One.
# The other worker went on, a new one took the place of the dead, and the record says what happened.
# Running the same study again does what is missing, from the last checkpoint, and nothing else.

# %%
begun = time.perf_counter()
runs = run_study(study, ENGINE, workers=WORKERS)
print(f"{len(runs)} trials, {time.perf_counter() - begun:.0f} s for what was missing")
assert {run.state for run in runs} == {"finished"}

# %% [markdown]
# ### Exercise 4.4 · Test any runner
# 8 min · core
#
# Such promises break without a sound, so write the test that hears it.
# A **runner** takes trial names, the results from earlier as a dictionary, and `train(name)`, which returns a result or raises.
# It returns all results by name: earlier ones unchanged, new ones for what was missing, and none for a trial that raised.
# Write `check_resume(runner)`, which calls a runner with a `train` of your own and asserts what it promises.
# Once it passes, it is saved in `my/tests`, where Lab 8 collects it.

# %% answer="check_resume"
def check_resume(runner) -> None:
    """Assert what a resumable runner promises.

    Args:
        runner: `runner(trials, done, train)` with a list, a dictionary and a function.

    Raises:
        AssertionError: The runner breaks a promise.
    """
    ### BEGIN SOLUTION
    called = []

    def train(name):
        called.append(name)
        if name == "bad":
            raise RuntimeError("this trial crashes")
        return f"result of {name}"

    results = runner(["a", "bad", "b", "c"], {"a": "from yesterday"}, train)
    assert "a" not in called, "a finished trial was run again"
    assert sorted(called) == ["b", "bad", "c"], f"these were run: {called}"
    expected = {"a": "from yesterday", "b": "result of b", "c": "result of c"}
    assert results == expected, f"the results are {results}"
    ### END SOLUTION


# %% check="check_resume" points=6
check("lab04.check_resume")

# %% [markdown]
# <details><summary>Hint 1: how do you see what was run?</summary>
# Let your <code>train</code> append each name to a list before it does anything else.
# </details>
# <details><summary>Hint 2: which trials do you need?</summary>
# One that is finished, one that raises, and two after it, so that a runner that stops or skips leaves a gap.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** One call with four trials meets all five faults, because finished, crashing and plain trials stand beside each other.
# The result from yesterday differs from what training would give, so a silent repetition shows.

# %% [markdown]
# ## Which run is best, and why?
#
# The table puts the best run first.
# Look at the order before you look at the values: which setting matters more?

# %%
runs_table(runs, ["accuracy", "loss", "parameters"])

# %% [markdown]
# The curves say how the runs got there.

# %%
plot_runs(runs, "accuracy", title="Six trials of one study")

# %% [markdown]
# **Parallel coordinates** draw each run as a line from its settings to its result.
# Follow the heavy one, then ask which axis sorts the lines.

# %%
parallel_coordinates(runs, "accuracy")

# %% [markdown]
# Where lines from one point of an axis end together, that setting decides.
# Where they fan out, another one does.
#
# Now choose two runs, and see what was set differently, and which characters were read anew.
# Point at a curve for its name.

# %% tags=["demo"]
compare_runs(runs, "accuracy")

# %% [markdown]
# A difference in the mean is made of single characters, and some always go the other way.
#
# ### Exercise 4.5 · Diagnose four runs
# 6 min · core
#
# A study of somebody else left these four curves.
# Write `diagnose_runs()`: a dictionary that names what happened in each run.
# Choose from `"healthy"`, `"diverged"`, `"stopped early"`, `"resumed from its checkpoint"`, `"restarted without its checkpoint"` and `"logged in percent"`.

# %%
def draw_runs(figure) -> str:
    """Draw four curves, each on an axis of its own."""
    said = []
    for axes, (run, curve) in zip(figure.subplots(2, 2).flat, study_curves().items(), strict=True):
        axes.plot(*curve, marker="o", color=figures.OKABE_ITO[1])
        axes.set(title=f"Run {run}", xlabel="updates", ylabel="accuracy", xlim=(0, 125))
        axes.set_ylim(0, 1.1 * max(curve[1]))
        said.append(f"{run}: " + ", ".join(f"{y:g} at {x}" for x, y in zip(*curve, strict=True)))
    return "Accuracy of four runs against updates. " + ". ".join(said) + "."


figures.draw(draw_runs, 5)

# %% answer="diagnose_runs"
def diagnose_runs() -> dict[str, str]:
    """Return one of the six names for each of the runs "A", "B", "C" and "D"."""
    ### BEGIN SOLUTION
    return {
        "A": "restarted without its checkpoint",
        "B": "stopped early",
        "C": "diverged",
        "D": "logged in percent",
    }
    ### END SOLUTION


# %% check="diagnose_runs" points=4
check("lab04.diagnose_runs")

# %% [markdown]
# <details><summary>Hint 1: where do curves break?</summary>
# A fall to a value near 1/62 is a blind guess. Ask whether the curve climbs again afterwards, and how fast.
# </details>
# <details><summary>Hint 2: what do the axes say?</summary>
# Compare the numbers on the vertical axes, and how far each curve goes to the right.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** A climbs twice from the bottom at the same pace: its process died, and it began anew without its checkpoint.
# B ends at a third of the updates with a low value, as a rule for early stopping would have it.
# C falls to a blind guess and stays there, which too large a step does.
# D is healthy, but its accuracy reaches 65, so it was logged in percent and would win every table.

# %% [markdown]
# ## Was the winner lucky?
#
# A trial depends on its seed: which weights it begins with, and in which order it sees the images.
# The four short trials above differed in their seeds alone.

# %%
scores = [run.summary["accuracy"] for run in short_runs[2]]
print("accuracy by seed: " + ", ".join(f"{score:.1%}" for score in sorted(scores)))
print(f"spread: {100 * (max(scores) - min(scores)):.1f} points between equal configurations")

# %% [markdown]
# So early in training the spread is wide, and a lead smaller than the spread is no lead.
# Lab 5 makes this exact, with several seeds and intervals.
#
# ### Exercise 4.6 · Find the unfair study
# 5 min · core
#
# Four people choose a winner; one of the choices cannot be trusted.
# Write `find_unfair_study()`, which returns its letter.
#
# ```python
# # A: two rates, three seeds
# scores = {rate: [train(rate, seed).validation for seed in (1, 2, 3)] for rate in (1e-3, 4e-3)}
# winner = max(scores, key=lambda rate: np.mean(scores[rate]))
#
# # B: one look at the test
# winner = max(runs, key=lambda run: run.validation)
# print(test_accuracy(winner))
#
# # C: the new network against the old one
# old = train("mlp", seed=1).validation
# new = max(train("cnn", seed=seed).validation for seed in range(5))
# print(f"the CNN leads by {new - old:.1%}")
#
# # D: hopeless trials end early
# study = Study("rates", TRAIN, "accuracy", space=space, stop=Halving(first=25))
# winner = study.best()
# ```

# %% answer="find_unfair_study"
def find_unfair_study() -> str:
    """Return "A", "B", "C" or "D"."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% check="find_unfair_study" points=2
check("lab04.find_unfair_study")

# %% [markdown]
# <details><summary>Hint 1: who got more chances?</summary>
# Count how many trainings stand behind each side of a comparison.
# </details>
# <details><summary>Hint 2: what does a maximum do to luck?</summary>
# The best of five equal candidates beats a single one most of the time.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** C compares the best of five seeds with one seed, so luck alone gives it a lead.
# D may stop a slow starter wrongly, but every candidate met the same rule.

# %% [markdown]
# ## When is a run hopeless?
#
# Look at the curves again: after a quarter of the updates the worst could have stopped.
# **Successive halving** does that.
# At a rung, say after 25 updates, the best `1 / factor` of the trials go on and the others end; the next rung comes at 50.
# Nobody waits: a trial is compared with those that reached the rung before it.
#
# ### Exercise 4.7 · Halve the field
# 8 min · core
#
# Write `keep_going(value, others, factor)`: may a trial with this value go on from its rung?
# `others` are the values that other trials had there.
# Of all trials at the rung, this one included, `1 / factor` go on, rounded down but at least one.
# So it goes on if fewer others are better than there are places; a value that is not a number never does.
# `keep_going(0.6, [0.9, 0.2, 0.3], 2)` gives `True`.

# %% answer="keep_going"
def keep_going(value: float, others: list[float], factor: int) -> bool:
    """Say whether a trial is among the best at its rung.

    Args:
        value: Its accuracy there.
        others: The accuracies of the trials that came before it.
        factor: One in `factor` goes on.
    """
    ### BEGIN SOLUTION
    places = max(1, (len(others) + 1) // factor)
    better = sum(other > value for other in others)
    return not math.isnan(value) and better < places
    ### END SOLUTION


# %% check="keep_going" points=5
check("lab04.keep_going")

# %% [markdown]
# <details><summary>Hint 1: how many places are there?</summary>
# <code>max(1, (len(others) + 1) // factor)</code>.
# </details>
# <details><summary>Hint 2: who takes a place?</summary>
# Each other trial with a larger value. What is left over is free.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** Counting those that are better needs no sorting.
# `nan > x` and `x > nan` are both false, so a diverged trial would look unbeaten; the first condition catches it.

# %% [markdown]
# Replay the study with your rule: the same curves, cut where the rule would have cut them.
# Is the winner still there, and how many updates would it have saved?

# %%
rungs = {max(1, UPDATES // 4): [], max(2, UPDATES // 2): []}
spent, survivors = 0, []
for run in runs:
    steps, values = run.curves["accuracy"]
    last = steps[-1]
    for step, value in zip(steps, values, strict=True):
        others = rungs.get(step, [])
        if step in rungs and not keep_going(value, others, 2):
            last = step
        others.append(value)
        if last == step:
            break
    spent += last
    survivors += [run] if last == steps[-1] else []
print(f"{spent} of {len(runs) * UPDATES} updates, {len(survivors)} of {len(runs)} to the end")
print("the winner survives:", ranked(runs, "accuracy")[0] in survivors)

# %% [markdown]
# The order in which trials come decides some of the cuts, because the first ones meet an empty rung.
# In a study one argument does it, and the trials decide at the moment they report.

# %%
halved = Study(
    "lab04-halved", TRAIN, metric="accuracy", fixed=fixed, space={"learning_rate": [4e-3, 1e-4]},
    stop=Halving(first=max(1, UPDATES // 4)),
)
halved_runs = run_study(halved, ENGINE, workers=1, fresh=True)
runs_table(halved_runs, ["accuracy"])

# %% [markdown]
# The trial with the tiny learning rate ended at its first rung, and its row says so.
#
# ### Exercise 4.8 · Choose the workers
# 5 min · core
#
# Twelve trials wait, each with 20 seconds of work on one processor.
# A worker starts in 6 seconds and takes 1.1 GB; the notebook takes 0.3 GB.
# The machine has 8 processors and 4 GB of free memory.
# Write `choose_workers()`: how many workers do you start, to be done as soon as possible?

# %% answer="choose_workers"
def choose_workers() -> int:
    """Return a number of workers, for example 4."""
    ### BEGIN SOLUTION
    return 3
    ### END SOLUTION


# %% check="choose_workers" points=2
check("lab04.choose_workers")

# %% [markdown]
# <details><summary>Hint 1: what is scarce?</summary>
# Eight processors would be there, but eight workers would need more than 4 GB.
# </details>
# <details><summary>Hint 2: what does one more worker change?</summary>
# The number of rounds, 12 divided by the workers and rounded up.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** Three workers and the notebook take 3.6 GB, a fourth would not fit.
# Four rounds of 20 seconds and one start make 86 seconds, against 246 with one worker.
# `run_study` makes this choice itself where you name no number.

# %% [markdown]
# ## And on ten machines?
#
# Nothing above depends on this machine.
# The same study runs on Ray, an engine for clusters, with `run_study(study, "ray", address="auto")`: trials become its tasks, and their records come back here.
# Install it with `pip install -e ".[parallel]"`, and set `ENGINE = "ray"` to try it on one machine; its own processes take seconds and memory of their own.
# Written as a file, a study is ten lines, and `python -m shared.experiments study.toml` runs it without a notebook.
# The page `.github/CLUSTER.md` tells how to join machines, with a token that keeps strangers out.
#
# The lab's number is the best trial of the study, on characters by hands that it never saw.

# %% tags=["number"]
best = ranked(runs, "accuracy")[0]
print(f"best of {len(runs)} trials: {best.summary['accuracy']:.1%} of the validation characters")
print("its settings: " + ", ".join(f"{key} {best.config[key]}" for key in space))
print(f"nearest picture: {baseline.curves['accuracy'][1][-1]:.1%}")
if UPDATES >= 100 and PER_CLASS >= 40:
    assert best.summary["accuracy"] > 0.5

# %% [markdown]
# More than half of them, after a hundred updates; Lab 2 trained three times as long.
# The best run of a study goes where others can see it with one call.

# %%
publish(best.folder, WANDB)
print("kept here:", best.folder.relative_to(best.folder.parents[3]))

# %% [markdown]
# **Common mistakes**
#
# - A study waits for minutes and does nothing: each worker loads TensorFlow anew; use fewer, longer trials.
# - Workers make each other slower: together they run more threads than there are processors.
# - A run cannot be repeated: a setting was a global of the notebook and not in the configuration.
# - The best run cannot be reproduced: it was the luckiest seed.

# %% tags=["grade"]
report(4)

# %% [markdown]
# ## Recap
#
# - You made a training a function of its configuration, and let mistakes stop it early.
# - You kept the history of a run through a crash, and mirrored it to Weights & Biases.
# - You ran a study in parallel, and measured when that pays.
# - You compared runs by table, curves, parallel coordinates and single characters.
# - You stopped hopeless runs early, and lost one trial to a killed process.
#
# ## Try next
#
# Make a guess before each.
#
# 1. Add `"augment": [True, False]` to the space: does variation help so early in training?
# 2. Set `WORKERS = 4`: how does the time change on your machine, and why?
# 3. Write an experiment of your own as a function `(config, trial)`, and run it on both engines.
#
# **Sources.** Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht and Talwalkar (2020), "A system for massively parallel hyperparameter tuning", MLSys, section 3: successive halving without waiting.
# Amdahl (1967), "Validity of the single processor approach to achieving large scale computing capabilities", AFIPS: why the start bounds the speedup.
