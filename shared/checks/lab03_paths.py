"""Lab 3, sitting B: from a path to a label, and how short a path may be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shared.checks.compare import call_text, equal
from shared.checks.exercise import Case, Exercise
from shared.ctc import collapse, collapse_trace, min_frames


def call_each(function, inputs):
    """Call the answer with each set of arguments in `calls`."""
    return [function(**arguments) for arguments in inputs["calls"]]


def judge_each(name: str, reference: Callable) -> Callable[[dict, object], str | None]:
    """Return a judge that reports the first call that went wrong."""

    def judge(inputs: dict, answer: object) -> str | None:
        for got, arguments in zip(answer, inputs["calls"], strict=True):
            message = equal(got, reference(**arguments), call_text(name, **arguments))
            if message:
                return message
        return None

    return judge


def random_paths(seed: int) -> dict:
    """Return paths of many lengths over few classes, so that there are runs of all kinds."""
    rng = np.random.default_rng(seed)
    return {
        "calls": [
            {"path": rng.integers(0, 4, length).tolist(), "blank": int(rng.integers(0, 4))}
            for length in rng.integers(1, 30, 60)
        ]
    }


COLLAPSE = Exercise(
    id="lab03.collapse",
    kind="implement",
    title="Collapse a path",
    reference=collapse,
    refuse=(collapse_trace,),
    doc="Merge repeats, then drop blanks.",
    cases=(
        Case(
            "merges repeats and drops blanks",
            1,
            {"path": [8, 8, 0, 5]},
            hint="Two rules: equal neighbors become one, and blanks go.",
        ),
        Case(
            "a blank keeps doubles apart",
            1,
            {"path": [12, 12, 0, 12], "blank": 0},
            hint="Merge before you drop the blanks, and compare with the step before in the path.",
        ),
        Case(
            "merges a long run to one",
            1,
            {"path": [5, 5, 5, 5, 5, 9], "blank": 0},
            hint="A run is one symbol, however long it is; it need not come in pairs.",
        ),
        Case(
            "keeps the order of the symbols",
            1,
            {"path": [7, 3, 7, 3, 3, 1], "blank": 0},
            hint="A symbol may come back later; only neighbors merge, and nothing is sorted.",
        ),
        Case(
            "nothing but blanks, or no step at all, is the empty label",
            1,
            {"calls": [{"path": [0, 0, 0], "blank": 0}, {"path": [], "blank": 0}]},
            probe=call_each,
            judge=judge_each("collapse", collapse),
            hint="Return an empty list; take care not to read path[0] of an empty path.",
        ),
        Case(
            "takes any class as the blank",
            1,
            {"path": [0, 0, 3, 0, 2, 3, 3], "blank": 3},
            hint="Use the argument `blank`; class 0 may be a letter.",
        ),
        Case(
            "sixty random paths",
            1,
            random_paths,
            probe=call_each,
            judge=judge_each("collapse", collapse),
            hint="Collapse the path in the message by hand, one step at a time.",
        ),
    ),
)


def random_labels(seed: int) -> dict:
    """Return labels over two letters, so that most have equal neighbors."""
    rng = np.random.default_rng(seed)
    return {
        "calls": [
            {"label": rng.integers(1, 3, length).tolist()} for length in rng.integers(1, 20, 40)
        ]
    }


MIN_FRAMES = Exercise(
    id="lab03.min_frames",
    kind="implement",
    title="Count the frames a label needs",
    reference=min_frames,
    doc="One frame for each symbol and one for the blank in each equal pair.",
    cases=(
        Case(
            "a label without doubles",
            1,
            {"label": [4, 1, 19]},
            hint="Without equal neighbors, one frame for each symbol is enough.",
        ),
        Case(
            "one double: hello",
            1,
            {"label": [8, 5, 12, 12, 15]},
            hint="Between the two l's one frame has to be blank.",
        ),
        Case(
            "several equal in a row",
            1,
            {"label": [1, 1, 1]},
            hint="The shortest path is a, blank, a, blank, a: each pair of neighbors costs one.",
        ),
        Case(
            "equal symbols that are apart cost nothing",
            1,
            {"label": [1, 2, 1, 2, 1]},
            hint="Only neighbors can merge; count equal neighbors, not symbols that occur twice.",
        ),
        Case(
            "no symbols",
            1,
            {"label": []},
            hint="The empty label needs no frame at all.",
        ),
        Case(
            "forty random labels",
            1,
            random_labels,
            probe=call_each,
            judge=judge_each("min_frames", min_frames),
            hint="Write the shortest path of the label in the message and count its steps.",
        ),
    ),
)
