"""Lab 3, sitting B: counting the paths of a label, and the states they run through."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import call_text, equal
from shared.checks.exercise import Case, Exercise
from shared.checks.lab03_paths import call_each, judge_each
from shared.ctc import count_alignments, extend_label

#: Fifty symbols with one equal pair
LONG_LABEL = [*range(1, 26), *range(25, 50)]


def judge_count(inputs: dict, answer: object) -> str | None:
    """Compare exactly: a float that is nearly right has lost some paths."""
    return equal(answer, count_alignments(**inputs), call_text("count_paths", **inputs))


COUNT_PATHS = Exercise(
    id="lab03.count_paths",
    kind="implement",
    title="Count the paths of a label",
    reference=count_alignments,
    doc="How many paths collapse to a label, exactly.",
    cases=(
        Case(
            "two symbols in four frames",
            1,
            {"num_frames": 4, "label": [1, 2]},
            judge=judge_count,
            hint="List them: a letter may last several frames, blanks may stand before, between "
            "and after.",
        ),
        Case(
            "equal neighbors",
            1,
            {
                "calls": [
                    {"num_frames": 4, "label": [1, 1]},
                    {"num_frames": 6, "label": [2, 1, 1]},
                    {"num_frames": 7, "label": [1, 1, 1]},
                ]
            },
            probe=call_each,
            judge=judge_each("count_paths", count_alignments),
            hint="Between equal letters the blank is not optional.",
        ),
        Case(
            "equal letters that are apart",
            1,
            {"num_frames": 5, "label": [1, 2, 1]},
            judge=judge_count,
            hint="The blank may be skipped between letters that differ, whatever came earlier.",
        ),
        Case(
            "no symbols, and one frame",
            1,
            {"calls": [{"num_frames": 5, "label": []}, {"num_frames": 1, "label": [3]}]},
            probe=call_each,
            judge=judge_each("count_paths", count_alignments),
            hint="The empty label has one path, all blanks; a symbol in one frame has one, too.",
        ),
        Case(
            "too few frames",
            1,
            {"calls": [{"num_frames": 2, "label": [1, 1]}, {"num_frames": 1, "label": [1, 2]}]},
            probe=call_each,
            judge=judge_each("count_paths", count_alignments),
            hint="No path is long enough, so the count is 0.",
        ),
        Case(
            "fifty symbols in 100 frames, exactly",
            2,
            {"num_frames": 100, "label": LONG_LABEL},
            judge=judge_count,
            seconds=2.0,
            hint="Listing 10 to the 40 paths takes too long: count the ways into each state, in "
            "Python's own integers, which have no largest one.",
        ),
    ),
)


def states_only(function, inputs):
    """Return the first of the two results as whole numbers."""
    states, _ = function(**inputs)
    return [int(state) for state in states]


def skips_only(function, inputs):
    """Return the second of the two results as truth values."""
    _, can_skip = function(**inputs)
    return [bool(allowed) for allowed in can_skip]


def both(function, inputs):
    """Return both results for each call."""
    pairs = [function(**arguments) for arguments in inputs["calls"]]
    return [[[int(s) for s in states], [bool(c) for c in skip]] for states, skip in pairs]


def judge_states(inputs: dict, answer: object) -> str | None:
    """Compare the states."""
    states, _ = extend_label(**inputs)
    return equal(answer, states.tolist(), f"states of {call_text('extend_label', **inputs)}")


def judge_skips(inputs: dict, answer: object) -> str | None:
    """Compare where a skip is allowed, state by state."""
    states, can_skip = extend_label(**inputs)
    call = call_text("extend_label", **inputs)
    if isinstance(answer, list) and len(answer) == len(states):
        for s, (got, expected) in enumerate(zip(answer, can_skip.tolist(), strict=True)):
            if got is not expected:
                return (
                    f"{call}: can_skip[{s}] is {got}, expected {expected}; "
                    f"the states are {states.tolist()}."
                )
    return equal(answer, can_skip.tolist(), f"can_skip of {call}")


def judge_both(inputs: dict, answer: object) -> str | None:
    """Compare both results of each call."""
    for got, arguments in zip(answer, inputs["calls"], strict=True):
        message = judge_states(arguments, got[0]) or judge_skips(arguments, got[1])
        if message:
            return message
    return None


def random_labels(seed: int) -> dict:
    """Return labels over three letters with a blank among classes 0 to 3."""
    rng = np.random.default_rng(seed)
    calls = []
    for length in rng.integers(1, 15, 30):
        blank = int(rng.integers(0, 4))
        letters = [symbol for symbol in range(4) if symbol != blank]
        calls.append({"label": rng.choice(letters, length).tolist(), "blank": blank})
    return {"calls": calls}


EXTEND_LABEL = Exercise(
    id="lab03.extend_label",
    kind="implement",
    title="Put the blanks in",
    reference=extend_label,
    doc="The states of the lattice, and where a path may skip a blank.",
    cases=(
        Case(
            "blanks before, between and after",
            1,
            {"label": [3, 1, 2]},
            probe=states_only,
            judge=judge_states,
            hint="Three symbols make seven states: the symbols are states 1, 3 and 5.",
        ),
        Case(
            "skips between letters that differ",
            1,
            {"label": [3, 1, 2], "blank": 0},
            probe=skips_only,
            judge=judge_skips,
            hint="A letter may follow the letter two states back, if the two differ; a blank may "
            "not, and the first letter has none before it.",
        ),
        Case(
            "stops at the blank between equal letters",
            1,
            {"label": [1, 1, 2, 2, 2], "blank": 0},
            probe=skips_only,
            judge=judge_skips,
            hint="Skipping the blank in l, blank, l would merge the two.",
        ),
        Case(
            "no symbols: one blank",
            1,
            {"calls": [{"label": [], "blank": 0}]},
            probe=both,
            judge=judge_both,
            hint="The empty label has one state, and nothing to skip.",
        ),
        Case(
            "takes any class as the blank",
            1,
            {"label": [0, 0, 1], "blank": 2},
            probe=states_only,
            judge=judge_states,
            hint="Use the argument `blank`; class 0 may be a letter.",
        ),
        Case(
            "thirty random labels",
            1,
            random_labels,
            probe=both,
            judge=judge_both,
            hint="Write the states of the label in the message in a row and look two to the left.",
        ),
    ),
)
