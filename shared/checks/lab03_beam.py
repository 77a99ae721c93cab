"""Lab 3, stretch: prefix beam search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shared import ctc
from shared.checks.compare import close, equal
from shared.checks.exercise import Case, Exercise


def prefix_beam(log_probs, width, blank=0):
    """Return the best label of a prefix beam search and its log score."""
    best = ctc.beam_steps(log_probs, width, blank)[-1].kept[0]
    return list(best.prefix), best.log_p


def beam_problem(num_frames: int, num_classes: int, widths: list[int], blank: int = 0) -> Callable:
    """Return a function of the seed that makes flat log-probabilities and beam widths."""

    def make(seed: int) -> dict:
        rng = np.random.default_rng(seed)
        logits = 0.7 * rng.normal(size=(6, num_frames, num_classes))
        return {"grids": [*map(ctc.log_softmax, logits)], "widths": widths, "blank": blank}

    return make


def long_grid(seed: int) -> dict:
    """Return one grid so long and flat that the best prefix has no probability in float64."""
    logits = 0.3 * np.random.default_rng(seed).normal(size=(400, 18))
    return {"grids": [ctc.log_softmax(logits)], "widths": [1], "blank": 0}


def each_beam(function, inputs):
    """Call the answer with each grid and each width, and with the blank where it is not 0."""
    results, blank = [], [inputs["blank"]] if inputs["blank"] else []
    for log_probs in inputs["grids"]:
        for width in inputs["widths"]:
            label, score = function(log_probs, width, *blank)
            results.append([[int(symbol) for symbol in label], float(score)])
    return results


def judge_beams(inputs: dict, answer: object) -> str | None:
    """Report the first search that ends elsewhere or with another score."""
    calls = [(grid, width) for grid in inputs["grids"] for width in inputs["widths"]]
    for number, ((grid, width), got) in enumerate(zip(calls, answer, strict=True)):
        label, score = prefix_beam(grid, width, inputs["blank"])
        call = f"prefix_beam({grid.shape[0]} frames, width={width}, blank={inputs['blank']})"
        message = equal(got[0], label, f"label of {call}")
        message = message or close(got[1], score, f"score of {call}", rtol=1e-7)
        if message:
            return f"{message} (Search {number + 1} of {len(calls)}.)"
    return None


def two_grids(seed: int) -> dict:
    """Return the two frames of the greedy failure, and frames that read a double letter."""
    double = np.log([[0.1, 0.9], [0.8, 0.2], [0.05, 0.95]])
    return {"grids": [np.log([[0.6, 0.4], [0.6, 0.4]]), double], "widths": [4], "blank": 0}


PREFIX_BEAM = Exercise(
    id="lab03.prefix_beam",
    kind="implement",
    title="Search over prefixes",
    reference=prefix_beam,
    refuse=(ctc.beam_steps, ctc.label_table),
    doc="The best label of a beam of prefixes, and its score.",
    cases=(
        Case(
            "reads where greedy fails, and a double letter",
            1,
            two_grids,
            probe=each_beam,
            judge=judge_beams,
            hint="A repeated letter continues the prefix after a letter, and makes it longer "
            "after a blank.",
        ),
        Case(
            "a beam that keeps everything is exact",
            2,
            beam_problem(5, 3, [200]),
            probe=each_beam,
            judge=judge_beams,
            hint="Paths that meet in the same prefix add up; begin with the empty prefix, ending "
            "in a blank, with probability 1.",
        ),
        Case(
            "narrow beams",
            1,
            beam_problem(7, 4, [1, 2, 3]),
            probe=each_beam,
            judge=judge_beams,
            hint="Rank by the sum of both scores, after every frame, and keep the best `width`.",
        ),
        Case(
            "another class as the blank",
            1,
            beam_problem(6, 4, [3], blank=3),
            probe=each_beam,
            judge=judge_beams,
            hint="Compare with `blank`; class 0 may be a letter.",
        ),
        Case(
            "400 frames",
            1,
            long_grid,
            probe=each_beam,
            judge=judge_beams,
            seconds=20.0,
            hint="Keep logarithms: np.logaddexp adds two of them.",
        ),
    ),
)
