"""Lab 8: a gate that lets a new reader through only if it is surely not much worse."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import show
from shared.checks.exercise import Case, Exercise


def passes_gate(
    extra: list[int],
    lengths: list[int],
    writers: list[str],
    draws: list[list[str]],
    margin: float,
) -> bool:
    """Return whether a new reader is surely worse by no more than a margin.

    Args:
        extra: For each line, the new reader's edits minus the old one's.
        lengths: Characters of each line.
        writers: Writer of each line.
        draws: Lists of writers; one that was drawn twice counts twice, with all its lines.
        margin: The largest rise of the error rate that is let through.

    Returns:
        Whether total extra edits / total characters is at most the margin in at least 95 % of
        the draws.
    """
    sums: dict[str, list[int]] = {}
    for number, length, writer in zip(extra, lengths, writers, strict=True):
        pair = sums.setdefault(writer, [0, 0])
        pair[0] += number
        pair[1] += length
    within = [
        sum(sums[name][0] for name in draw) <= margin * sum(sums[name][1] for name in draw)
        for draw in draws
    ]
    return bool(np.mean(within) >= 0.95)


def _draws(writers: list[str], rng: np.random.Generator, count: int = 199) -> list[list[str]]:
    names = sorted(set(writers))
    return [[names[k] for k in rng.integers(len(names), size=len(names))] for _ in range(count)]


def _even(change: int) -> dict:
    """Ten writers, each of whose lines changes by the same number of edits."""
    writers = [f"hand {k}" for k in range(10) for _ in range(6)]
    rng = np.random.default_rng([8, 1])
    return {
        "extra": [change] * 60,
        "lengths": [40] * 60,
        "writers": writers,
        "draws": _draws(writers, rng),
        "margin": 0.01,
    }


def one_bad_hand(seed: int) -> dict:
    """Five writers gain a little, and the sixth loses much: on average nothing changes."""
    rng = np.random.default_rng([8, 2, seed])
    writers = [f"hand {k}" for k in range(6) for _ in range(20)]
    extra = [5 if writer == "hand 5" else -1 for writer in writers]
    return {
        "extra": extra,
        "lengths": [50] * 120,
        "writers": writers,
        "draws": _draws(writers, rng),
        "margin": 0.01,
    }


def uneven_lines(seed: int) -> dict:
    """Short lines gain much, long ones lose: a mean of the lines' rates says the opposite."""
    rng = np.random.default_rng([8, 3, seed])
    writers = [f"hand {k}" for k in range(8) for _ in range(10)]
    lengths = [3, 60] * 40
    extra = [-1, 2] * 40
    return {
        "extra": extra,
        "lengths": lengths,
        "writers": writers,
        "draws": _draws(writers, rng),
        "margin": 0.01,
    }


def barely(seed: int) -> dict:
    """Nine draws in ten are within the margin: too few for 95 %."""
    rng = np.random.default_rng([8, 4, seed])
    writers = ["ann"] * 5 + ["bob"] * 5
    draws = [["ann", "ann"] if k % 10 else ["bob", "bob"] for k in range(200)]
    order = rng.permutation(200)
    return {
        "extra": [-1] * 5 + [4] * 5,
        "lengths": [40] * 10,
        "writers": writers,
        "draws": [draws[k] for k in order],
        "margin": 0.01,
    }


#: Ann loses, Bob gains as much, and Ann is drawn twice
_DRAWN_TWICE = {
    "extra": [2, -2],
    "lengths": [40, 40],
    "writers": ["ann", "bob"],
    "draws": [["ann", "ann", "bob"]] * 20,
    "margin": 0.01,
}


def judge_gate(inputs: dict, answer: object) -> str | None:
    """Compare with the reference, and say how many draws are within the margin."""
    expected = passes_gate(**inputs)
    call = f"passes_gate of {len(inputs['extra'])} lines and {len(inputs['draws'])} draws"
    if not isinstance(answer, bool):
        return f"{call} gave {show(answer)}, expected {expected}: one truth value."
    if answer == expected:
        return None
    return f"{call} gave {answer}, expected {expected}."


PASSES_GATE = Exercise(
    id="lab08.passes_gate",
    kind="implement",
    title="A gate with a margin",
    reference=passes_gate,
    doc="One-sided, and over draws of writers.",
    cases=(
        Case("lets a better reader through", 1, _even(-1), judge=judge_gate,
             hint="Fewer edits are a negative change; a gate never stops an improvement."),
        Case("lets an equal reader through", 1, _even(0), judge=judge_gate,
             hint="A change of 0 is below the margin in every draw."),
        Case("stops a worse reader", 1, _even(1), judge=judge_gate,
             hint="One edit more in every 40 characters is 2.5 %, and the margin is 1 %."),
        Case("stops what is bad for one hand", 2, one_bad_hand, judge=judge_gate,
             hint="On average nothing changes here, but draws with the bad hand twice or more are "
             "far beyond the margin: draw writers, as `draws` says."),
        Case("counts a writer as often as it is drawn", 1, _DRAWN_TWICE, judge=judge_gate,
             hint="A draw that names ann twice counts ann's lines twice."),
        Case("divides totals", 1, uneven_lines, judge=judge_gate,
             hint="Add up the edits of a draw and its characters, and divide once."),
        Case("asks for 95 in 100", 1, barely, judge=judge_gate,
             hint="Nine draws in ten are within the margin, which is not enough."),
    ),
)  # fmt: skip
