"""Lab 5: an interval that draws writers again, and a test for comparisons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shared.checks.compare import close
from shared.checks.exercise import Case, Exercise
from shared.checks.saved_tests import meets, verdict


def writer_interval(
    extra: list[int], lengths: list[int], writers: list[str], draws: list[list[str]]
) -> tuple[float, float]:
    """Return the 95 % interval of a difference in error rates, over draws of writers.

    Args:
        extra: For each line, the edits of the second way minus those of the first.
        lengths: Characters of each line.
        writers: Writer of each line.
        draws: Lists of writers; one that was drawn twice counts twice, with all its lines.

    Returns:
        The 2.5 % and the 97.5 % quantile of total extra edits / total characters.
    """
    sums: dict[str, list[int]] = {}
    for number, length, writer in zip(extra, lengths, writers, strict=True):
        pair = sums.setdefault(writer, [0, 0])
        pair[0] += number
        pair[1] += length
    rates = [
        sum(sums[name][0] for name in draw) / sum(sums[name][1] for name in draw) for draw in draws
    ]
    low, high = np.quantile(rates, [0.025, 0.975])
    return float(low), float(high)


def _lines(seed: int, count: int = 60, names: int = 6) -> dict:
    rng = np.random.default_rng([5, seed])
    writers = [f"hand {number}" for number in rng.integers(names, size=count)]
    known = sorted(set(writers))
    shift = {name: rng.normal(-0.5, 2) for name in known}
    extra = [round(rng.normal(shift[writer], 1)) for writer in writers]
    draws = [[known[k] for k in rng.integers(len(known), size=len(known))] for _ in range(40)]
    lengths = rng.integers(5, 45, count).tolist()
    return {"extra": extra, "lengths": lengths, "writers": writers, "draws": draws}


def _uneven(seed: int) -> dict:
    """One writer with many short lines, one with few long ones."""
    rng = np.random.default_rng([6, seed])
    writers = ["ann"] * 20 + ["bob"] * 2
    extra = [1] * 20 + [-2, 0]
    lengths = [4] * 20 + [40, 60]
    draws = [["ann", "bob"][k] for k in rng.integers(2, size=60)]
    pairs = [draws[k : k + 2] for k in range(0, 60, 2)]
    return {"extra": extra, "lengths": lengths, "writers": writers, "draws": pairs}


def _judge_interval(inputs: dict, answer: object) -> str | None:
    expected = writer_interval(**inputs)
    call = f"writer_interval of {len(inputs['extra'])} lines and {len(inputs['draws'])} draws"
    return close(answer, expected, call)


WRITER_INTERVAL = Exercise(
    id="lab05.writer_interval",
    kind="implement",
    title="An interval over writers",
    reference=writer_interval,
    doc="Writers are drawn again, each with all of their lines.",
    cases=(
        Case(
            "one draw of everybody",
            1,
            {"extra": [-1, 2, -3], "lengths": [10, 10, 20], "writers": ["ann", "bob", "ann"],
             "draws": [["ann", "bob"]]},
            judge=_judge_interval,
            hint="With a single draw both ends are its rate: (-1 + 2 - 3) / 40.",
        ),
        Case(
            "a writer drawn twice counts twice",
            1,
            {"extra": [-1, 2], "lengths": [10, 30], "writers": ["ann", "bob"],
             "draws": [["bob", "bob", "ann"], ["ann", "bob", "ann"], ["ann", "ann", "ann"]]},
            judge=_judge_interval,
            hint="Go through the names of a draw, not through the lines: ann, ann adds up ann's "
            "lines two times.",
        ),
        Case(
            "lines of very different lengths",
            1,
            _uneven,
            judge=_judge_interval,
            hint="Add up the edits, add up the characters, divide once; no mean of rates.",
        ),
        Case(
            "sixty lines by six hands",
            2,
            _lines,
            judge=_judge_interval,
            hint="np.quantile(rates, [0.025, 0.975]) gives both ends.",
        ),
    ),
)  # fmt: skip


def check_comparison(compare: Callable) -> None:
    """Assert what a comparison of two ways of reading promises.

    Args:
        compare: `compare(first, second, lengths, writers, seed)` returns the difference in
            error rates, second minus first, and the ends of its 95 % interval over writers.

    Raises:
        AssertionError: The comparison breaks a promise.
    """
    # Total edits fall from 4 to 2 of 40; a mean of rates would fall by 10 points
    effect, low, high = compare([3, 1], [1, 1], [10, 30], ["ann", "bob"], 0)
    assert abs(effect - -0.05) < 1e-9, f"2 of 40 edits less are -0.05, not {effect}"
    assert low <= effect <= high, "the effect lies outside its interval"
    # What is hard for both cancels out: each line is one edit better
    hard = [1, 30, 2, 25, 3, 20] * 5
    writers = ["ann", "bob", "eve", "ida", "kim", "leo"] * 5
    _, low, high = compare(hard, [n - 1 for n in hard], [40] * 30, writers, 1)
    assert high - low < 0.005, "every line is one edit better, so nothing is uncertain"
    # One writer gains, the other loses as much: nothing is known
    writers = ["ann"] * 50 + ["bob"] * 50
    _, low, high = compare([1] * 100, [0] * 50 + [2] * 50, [10] * 100, writers, 2)
    assert low < -0.05 and high > 0.05, "with two writers that disagree, anything is possible"


def _parts(first, second, lengths, writers, seed, repeats=400):
    """Return extra edits, lengths, and draws of whole writers as row numbers."""
    names = sorted(set(writers))
    rows = [np.flatnonzero(np.array(writers) == name) for name in names]
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(names), size=(repeats, len(names)))
    extra = np.subtract(second, first).astype(float)
    chosen = [np.concatenate([rows[k] for k in draw]) for draw in draws]
    return extra, np.asarray(lengths, float), chosen


def good_comparison(first, second, lengths, writers, seed):
    """Compare as promised."""
    extra, sizes, chosen = _parts(first, second, lengths, writers, seed)
    rates = [extra[rows].sum() / sizes[rows].sum() for rows in chosen]
    low, high = np.quantile(rates, [0.025, 0.975])
    return extra.sum() / sizes.sum(), low, high


def averages_rates(first, second, lengths, writers, seed):
    """Average the lines' own rates."""
    extra, sizes, chosen = _parts(first, second, lengths, writers, seed)
    rates = [(extra[rows] / sizes[rows]).mean() for rows in chosen]
    low, high = np.quantile(rates, [0.025, 0.975])
    return (extra / sizes).mean(), low, high


def draws_lines(first, second, lengths, writers, seed):
    """Draw lines again, as if each had a writer of its own."""
    return good_comparison(first, second, lengths, list(range(len(writers))), seed)


def forgets_pairs(first, second, lengths, writers, seed):
    """Draw writers for the first and for the second by themselves."""
    nothing = [0] * len(first)
    before, sizes, chosen = _parts(nothing, first, lengths, writers, seed)
    after, _, others = _parts(nothing, second, lengths, writers, seed + 1000)
    rates = [
        after[b].sum() / sizes[b].sum() - before[a].sum() / sizes[a].sum()
        for a, b in zip(chosen, others, strict=True)
    ]
    low, high = np.quantile(rates, [0.025, 0.975])
    return (after.sum() - before.sum()) / sizes.sum(), low, high


def turns_the_sign(first, second, lengths, writers, seed):
    """Subtract the second from the first."""
    effect, low, high = good_comparison(first, second, lengths, writers, seed)
    return -effect, -high, -low


CHECK_COMPARISON = Exercise(
    id="lab05.check_comparison",
    kind="implement",
    title="Test any comparison",
    reference=check_comparison,
    save_to="tests/test_lab05_comparison.py",
    doc="A test that a comparison which ignores writers cannot pass.",
    cases=(
        Case(
            "accepts a good comparison",
            1,
            probe=lambda function, inputs: verdict(function, good_comparison),
            judge=meets("passes", "a comparison that keeps every promise"),
            hint="Allow for chance in the ends of the interval: compare them with bounds, not "
            "with exact numbers.",
        ),
        Case(
            "refuses a mean of rates",
            1,
            probe=lambda function, inputs: verdict(function, averages_rates),
            judge=meets("fails", "a comparison that averages the rates of lines"),
            hint="Give it a short line that changes and a long one that does not.",
        ),
        Case(
            "refuses an interval over lines",
            1,
            probe=lambda function, inputs: verdict(function, draws_lines),
            judge=meets("fails", "a comparison that draws lines instead of writers"),
            hint="Two writers with many lines that disagree: over lines the interval is narrow.",
        ),
        Case(
            "refuses a comparison without pairs",
            1,
            probe=lambda function, inputs: verdict(function, forgets_pairs),
            judge=meets("fails", "a comparison that draws writers for each way by itself"),
            hint="Let lines differ a lot in difficulty and improve each by one edit: paired, the "
            "interval has no width.",
        ),
        Case(
            "refuses a turned sign",
            1,
            probe=lambda function, inputs: verdict(function, turns_the_sign),
            judge=meets("fails", "a comparison that subtracts the second from the first"),
            hint="Fewer edits in the second are a negative difference; assert one.",
        ),
    ),
)
