"""Lab 8: tests that catch seeded faults, a gate, and a workflow that runs them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shared.checks.answers import answer
from shared.checks.builders import ask, choose, diagnose, guess, notices
from shared.checks.compare import show
from shared.checks.exercise import Case
from shared.exercises.workflows import problems
from shared.exercises.workflows.reading import Workflow, WorkflowError, read_workflow
from shared.exercises.workflows.schema import schema_problem

GUESS_CAUGHT = guess(
    "lab08.guess_caught",
    "Guess what is caught",
    0,
    36,
    hint="Return one whole number such as 12; every guess in the range earns the point.",
)


# Six tests that are green and prove nothing; two of the faults none of them has
NAME_FAULTS = diagnose(
    "lab08.name_faults",
    "Six tests that prove nothing",
    {
        "A": "How many files does the pattern find? Count them.",
        "B": "Work the rate out by hand: edits over characters of the reference.",
        "C": "Follow the test line by line; at which line does it end?",
        "D": "What does a tolerance of infinity let through?",
        "E": "Which lines did the table come from, and which lines are scored?",
        "F": "What happens if the function is deleted?",
    },
    {
        "expects a wrong answer": "a number that somebody copied from a run, and that is not right",
        "looks at nothing": "a loop or a comparison over an empty list",
        "never reached": "an assertion behind the end of the function",
        "passes without the code": "an exception that is caught, so that nothing can fail",
        "tests training data": "lines that the reader has learned from",
        "tolerates everything": "a tolerance that any number meets",
        "depends on another test": "something that another test left behind",
        "needs the network": "a download, or an address",
    },
    case="names test {}",
    objection=". That would show {sign}; {key} does not",
    kind="review",
)


# Tests that the learner writes, put to seeded faults and to right code written in several ways
TEST_CTC = ask(
    "lab08.test_ctc",
    "A test for CTC",
    notices(
        "blanks first",
        "notices blanks that are dropped too early",
        "Collapse a path where a blank stands between two equal letters.",
    ),
    notices(
        "blank last",
        "notices a wrong blank",
        "Let `ctc.greedy` read frames in which the last class wins.",
    ),
    notices(
        "wrong axis",
        "notices a maximum over the wrong axis",
        "Let `ctc.greedy` read more frames than there are classes, and look at the path.",
    ),
    notices(
        "padded loss",
        "notices padding in the loss",
        "Compare `ctc.batch_loss_and_grad` of two lines of different length with "
        "`ctc.loss_and_grad` of the short one alone.",
    ),
    notices(
        "equal letters",
        "notices equal letters without a blank",
        "Three frames, three classes, all logits equal: how probable is the label [1, 1]?",
    ),
    notices(
        "overflow",
        "notices logits that overflow",
        "Give `ctc.log_softmax` a logit of 1000.",
    ),
    notices(
        "last blank",
        "notices lost paths",
        "Two frames, three classes, all logits equal: three of nine paths read [1].",
    ),
    notices(
        "length rule",
        "notices a label that does not fit",
        "How many frames does the label [1, 1] need?",
    ),
    save_to="tests/test_lab08_ctc.py",
    seconds=120.0,
)

TEST_IMAGES = ask(
    "lab08.test_images",
    "A metamorphic test",
    notices(
        "polarity",
        "notices lost light ink",
        "Prepare the photo and `255 - photo`, and compare.",
    ),
    notices(
        "faint ink",
        "notices faint ink",
        "Bring the ink nearer to its paper, prepare both, and compare.",
    ),
    notices(
        "prepared twice",
        "notices a second preparation",
        "`prepare_line(prepare_line(photo))` is `prepare_line(photo)`.",
    ),
    notices(
        "mirrored",
        "notices a mirrored line",
        "Use a line that is heavier at its left end, and look where its ink is. "
        "Mirroring the input does not help: a mirrored mirror looks right.",
    ),
    notices(
        "color order",
        "notices exchanged colors",
        "`to_gray` of pure red is brighter than of pure blue.",
    ),
    notices(
        "dark transparency",
        "notices dark transparency",
        "Four channels, the last one zero: `to_gray` sees white paper.",
    ),
    seconds=120.0,
)

TEST_BATCHES = ask(
    "lab08.test_batches",
    "A test for batches",
    notices(
        "padded labels",
        "notices padded label lengths",
        "Use texts of different length and compare `label_lengths`.",
    ),
    notices(
        "padded frames",
        "notices padded frame counts",
        "Use lines of different width: `logit_lengths` of a line is the same alone and in a batch.",
    ),
    notices(
        "short lengths",
        "notices a length off by one",
        "A line of 40 pixels has 10 frames of 4 pixels.",
    ),
    notices(
        "left padding",
        "notices padding on the left",
        "A line's pixels begin at column 0 of its row.",
    ),
    notices(
        "no seed",
        "notices a missing seed",
        "Ask `width_batches` twice with the same seed.",
    ),
    notices(
        "shifted labels",
        "notices exchanged labels",
        "Take the lines in another order than that of the set, and mark each image by its "
        "brightness.",
    ),
    seconds=120.0,
)


# A gate that lets a new reader through only if it is surely not much worse
def gate_call(
    extra: list[int], writers: list[str], draws: list[list[str]], length: int | list[int] = 40
) -> dict:
    """Return the arguments of `passes_gate`, with a margin of one percent."""
    lengths = length if isinstance(length, list) else [length] * len(extra)
    given = {"extra": extra, "lengths": lengths, "writers": writers}
    return given | {"draws": draws, "margin": 0.01}


def drawn(writers: list[str], rng: np.random.Generator, count: int = 199) -> list[list[str]]:
    """Draw as many writers as there are, with replacement, so many times."""
    names = sorted(set(writers))
    return [[names[k] for k in rng.integers(len(names), size=len(names))] for _ in range(count)]


def all_change_by(edits: int) -> dict:
    """Return ten writers, each of whose lines changes by the same number of edits."""
    writers = [f"hand {k}" for k in range(10) for _ in range(6)]
    return gate_call([edits] * 60, writers, drawn(writers, np.random.default_rng([8, 1])))


def one_bad_writer(seed: int) -> dict:
    """Return five writers who gain a little and a sixth who loses much: no change on average."""
    writers = [f"hand {k}" for k in range(6) for _ in range(20)]
    extra = [5 if writer == "hand 5" else -1 for writer in writers]
    draws = drawn(writers, np.random.default_rng([8, 2, seed]))
    return gate_call(extra, writers, draws, length=50)


def uneven_lines(seed: int) -> dict:
    """Return short lines that gain and long ones that lose: a mean of rates says the opposite."""
    writers = [f"hand {k}" for k in range(8) for _ in range(10)]
    draws = drawn(writers, np.random.default_rng([8, 3, seed]))
    return gate_call([-1, 2] * 40, writers, draws, length=[3, 60] * 40)


def nine_in_ten(seed: int) -> dict:
    """Return draws of which nine in ten are within the margin: too few for 95 %."""
    order = np.random.default_rng([8, 4, seed]).permutation(200)
    draws = [["ann", "ann"] if k % 10 else ["bob", "bob"] for k in order]
    return gate_call([-1] * 5 + [4] * 5, ["ann"] * 5 + ["bob"] * 5, draws)


def small_rises(seed: int) -> list[dict]:
    """Return calls whose readers may pass: equal ones, and some that are hardly worse."""
    some = [["ann"]] * 19 + [["bob"]]  # bob's lines are the bad ones, in 1 of 20 draws
    return [
        all_change_by(0),
        gate_call([1], ["ann"], [["ann"]] * 20, length=200),
        gate_call([2], ["ann"], [["ann"]] * 20, length=200),
        gate_call([0, 9], ["ann", "bob"], some),
        gate_call([0, 9], ["ann", "bob"], [["ann"]] * 97 + [["bob"]] * 3),
        gate_call([4, -1], ["ann", "bob"], [["ann", "bob"]] * 20, length=[40, 400]),
    ]


def judge_gate(inputs: dict, got: object) -> str | None:
    """Compare with the reference; say how many draws are within the margin."""
    expected = answer("lab08.passes_gate")(**inputs)
    call = f"passes_gate of {len(inputs['extra'])} lines and {len(inputs['draws'])} draws"
    if not isinstance(got, bool):
        return f"{call} gave {show(got)}, expected {expected}: one truth value."
    if got == expected:
        return None
    rows = list(zip(inputs["writers"], inputs["extra"], inputs["lengths"], strict=True))
    rises = [
        sum(extra - inputs["margin"] * length for who in draw for name, extra, length in rows
            if name == who)
        for draw in inputs["draws"]
    ]  # fmt: skip
    within = sum(rise <= 1e-9 for rise in rises)
    return (
        f"{call} gave {got}, expected {expected}: in {within} of {len(rises)} draws the rate rises "
        f"by at most {inputs['margin']:.0%}."
    )


def gate_case(
    name: str, inputs: dict | Callable[[int], dict | list], hint: str, points: int = 1
) -> Case:
    """Ask whether a new reader may pass."""
    return Case(name, inputs, judge=judge_gate, hint=hint, points=points)


PASSES_GATE = ask(
    "lab08.passes_gate",
    "A gate with a margin",
    gate_case(
        "lets a better reader through",
        all_change_by(-1),
        "Fewer edits are a negative change; a gate never stops an improvement.",
    ),
    gate_case(
        "lets an equal reader through",
        small_rises,
        "A change of 0 is below the margin, and so is half of the margin; the margin itself, and "
        "exactly 95 of 100 draws, still count. Divide the edits of a draw by its characters.",
    ),
    gate_case(
        "stops a worse reader",
        all_change_by(1),
        "One edit more in every 40 characters is 2.5 %, and the margin is 1 %.",
    ),
    gate_case(
        "stops what is bad for one hand",
        one_bad_writer,
        "On average nothing changes here, but draws with the bad hand twice or more are far "
        "beyond the margin: draw writers, as `draws` says.",
        points=2,
    ),
    gate_case(
        "counts a writer as often as it is drawn",
        gate_call([2, -2], ["ann", "bob"], [["ann", "ann", "bob"]] * 20),
        "A draw that names ann twice counts ann's lines twice.",
    ),
    gate_case(
        "divides totals",
        uneven_lines,
        "Add up the edits of a draw and its characters, and divide once.",
    ),
    gate_case(
        "asks for 95 in 100",
        nine_in_ten,
        "Nine draws in ten are within the margin, which is not enough.",
    ),
)


# Lines in the gate's test set: false alarms in 100 equal readers, misses in 100 worse ones,
# minutes of a run (made up)
SIZES = {30: (31, 22, 1), 100: (17, 11, 3), 300: (9, 4, 9), 1000: (5, 1, 30), 3000: (4, 0, 90)}
CHANGES, WORSE = 40, 4  # In a month, and how many of them are worse
ALARM_MINUTES, MISS_MINUTES = 30, 600


def monthly_minutes(lines: int) -> float:
    """Return what a gate of that size costs in a month: runs, false alarms and misses."""
    alarms, misses, minutes = SIZES[lines]
    cost = CHANGES * minutes + (CHANGES - WORSE) * alarms / 100 * ALARM_MINUTES
    return cost + WORSE * misses / 100 * MISS_MINUTES


CHOOSE_LINES = choose(
    "lab08.choose_lines",
    "Choose the size of a gate",
    tuple(SIZES),
    lambda lines: (
        f", which costs {monthly_minutes(lines):,.0f} minutes a month; another row of the table "
        "costs less"
    ),
    case="the least cost",
    hint="40 runs, false alarms among 36 equal readers at 30 minutes, and misses among 4 "
    "worse ones at 600 minutes, for every row.",
    kind="decide",
)


# A workflow that the learner writes
def judge_by(find: Callable[[Workflow], str | None]) -> Callable[[dict, object], str | None]:
    """Return the judge that looks for one kind of problem."""

    def judge(inputs: dict, got: object) -> str | None:
        if not isinstance(got, str):
            return f"write_workflow() gave {show(got)}, expected the text of a workflow."
        try:
            return find(read_workflow(got))
        except WorkflowError as error:
            return str(error)
        except (AttributeError, TypeError, ValueError) as error:
            return f"A key holds something of another kind than GitHub expects ({error})."

    return judge


def judge_form(inputs: dict, got: object) -> str | None:
    """Ask whether it can start, and the schema whether its keys are known."""
    return judge_by(problems.unfit)(inputs, got) or schema_problem(str(got))


WRITE_WORKFLOW = ask(
    "lab08.write_workflow",
    "Write a workflow",
    Case(
        "is a workflow",
        judge=judge_form,
        hint="Look at the skeleton in the hint, and at the spaces before each key.",
    ),
    Case(
        "starts on pull requests and at night",
        judge=judge_by(problems.wrong_triggers),
        hint='on: pull_request, and under schedule a list with cron: "17 2 * * *".',
    ),
    Case(
        "tests on two Pythons",
        judge=judge_by(problems.no_matrix),
        hint='strategy, matrix, python: ["3.11", "3.13"]; then python-version takes it.',
    ),
    Case(
        "caches packages",
        judge=judge_by(problems.no_cache),
        hint="actions/setup-python has the setting cache: pip.",
    ),
    Case(
        "runs tests that can fail",
        judge=judge_by(problems.no_tests),
        hint="python -m pytest, and nothing that hides its exit status.",
    ),
    Case(
        "keeps the report of a failure",
        judge=judge_by(problems.no_artifact),
        hint="actions/upload-artifact with if: always(), a path, and the Python in its name.",
    ),
    Case(
        "has no rights to spare",
        judge=judge_by(problems.too_many_rights),
        hint="permissions: contents: read at the top; pull-requests: write in the job that "
        "comments, which runs no code of the pull request.",
    ),
    Case(
        "prints no secret",
        judge=judge_by(problems.spilled_secret),
        hint="Hand a token over by env, and never echo it.",
    ),
    Case(
        "comments the quality",
        judge=judge_by(problems.no_comment),
        hint="A second job that needs the first, with gh pr comment --body-file.",
    ),
    Case(
        "ends by itself",
        judge=judge_by(problems.no_limit),
        hint="timeout-minutes in every job.",
    ),
    save_to="workflows/tests.py",
    seconds=20.0,
)


# Forty runs of four tests, each with a habit that a history shows (data/make/histories.py)
HABITS = {
    "broken by one change": "green up to one run, and red in every run after it",
    "flaky": "red and green in turn, whatever the code and the machine do",
    "measures the machine": "red in the runs in which the machine was busy",
    "never fails": "green even when the reader's weights were missing",
    "leans on another test": "red in exactly the runs in which another test is red",
    "fails at night": "red at the same hour of every day",
}

DIAGNOSE_HISTORY = diagnose(
    "lab08.diagnose_history",
    "Read forty runs",
    {
        "A": "Is there a rule in the red runs of test A, or only chance?",
        "B": "When did test B turn red, and did it ever turn back?",
        "C": "In five runs the reader's weights were missing. What did test C say?",
        "D": "Hold the red runs of test D beside the load of the machine.",
    },
    HABITS,
    case="names test {}",
    objection=". That would show {sign}; {key} does not",
)
