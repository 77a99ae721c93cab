"""Lab 1: the edit distance, the error rate of a whole set, and a test for error rates."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import equal
from shared.checks.exercise import Case, Exercise
from shared.checks.saved_tests import meets, verdict
from shared.metrics import character_error_rate, edit_distance


def _random_pairs(seed: int) -> dict:
    """Texts and their misreadings by random edits; few letters, so that choices abound."""
    rng = np.random.default_rng(seed)
    pairs = []
    for size in rng.integers(1, 14, 30):
        reference = list(rng.choice(list("abc"), size))
        hypothesis = list(reference)
        for _ in range(rng.integers(0, 5)):
            at = int(rng.integers(0, len(hypothesis) + 1))
            if rng.random() < 0.4:
                hypothesis.insert(at, str(rng.choice(list("abc"))))
            elif at < len(hypothesis):
                hypothesis[at : at + 1] = [] if rng.random() < 0.5 else ["d"]
        pairs.append(["".join(reference), "".join(hypothesis)])
    return {"pairs": pairs}


EDIT_DISTANCE = Exercise(
    id="lab01.edit_distance",
    kind="implement",
    title="Count the edits",
    reference=edit_distance,
    doc="The fewest insertions, deletions and substitutions.",
    cases=(
        Case("equal texts cost nothing", 1, {"reference": "line", "hypothesis": "line"},
             hint="Where two characters agree, the diagonal step is free."),
        Case("a substitution costs one", 1, {"reference": "cat", "hypothesis": "cut"},
             hint="A substitution is one edit, not a deletion and an insertion."),
        Case("one missing letter moves the rest", 1,
             {"reference": "handwriting", "hypothesis": "andwriting"},
             hint="Comparing place by place counts every letter after a gap as wrong."),
        Case("nothing was read, or nothing was there", 1,
             probe=lambda function, inputs: [function("abc", ""), function("", "ab")],
             judge=lambda inputs, answer: equal(
                 answer, [3, 2], "[edit_distance('abc', ''), edit_distance('', 'ab')]"),
             hint="The first row and column of the table count up from 0."),
        Case(
            "thirty random pairs",
            1,
            _random_pairs,
            probe=lambda function, inputs: [function(a, b) for a, b in inputs["pairs"]],
            judge=lambda inputs, answer: equal(
                answer,
                [edit_distance(a, b) for a, b in inputs["pairs"]],
                f"edit_distance over 30 pairs, the first {tuple(inputs['pairs'][0])},",
            ),
            hint="Each cell is the cheapest of three ways: from above, from the left, diagonal.",
        ),
        Case(
            "two texts of 300 characters",
            1,
            lambda seed: {
                "reference": "".join(np.random.default_rng(seed).choice(list("abcd"), 300)),
                "hypothesis": "".join(np.random.default_rng(seed + 1).choice(list("abcd"), 300)),
            },
            hint="Fill a table row by row: it is quick at any length, and it sees gaps.",
        ),
    ),
)


def corpus_error_rate(edits: list[int], lengths: list[int]) -> float:
    """Return total edits over total reference characters."""
    if len(edits) != len(lengths) or sum(lengths) == 0:
        raise ValueError("One length for each number of edits is needed, and one above zero.")
    return sum(edits) / sum(lengths)


def refused(function, *arguments):
    """Return what a call gives, or "refused" for a ValueError."""
    try:
        return function(*arguments)
    except ValueError:
        return "refused"


CORPUS_ERROR_RATE = Exercise(
    id="lab01.corpus_error_rate",
    kind="implement",
    title="The rate of many lines",
    reference=corpus_error_rate,
    doc="Total edits over total characters.",
    cases=(
        Case("one short bad line and a long good one", 1, {"edits": [1, 0], "lengths": [2, 40]},
             hint="1 edit in 42 characters is 2.4 %; the mean of 50 % and 0 % is another number."),
        Case("more edits than characters", 1, {"edits": [7, 1], "lengths": [3, 1]},
             hint="A rate above 1 is right when a reader invents letters; do not cut it."),
        Case(
            "two hundred random lines",
            1,
            lambda seed: {
                "edits": np.random.default_rng(seed).integers(0, 9, 200).tolist(),
                "lengths": np.random.default_rng(seed + 1).integers(1, 50, 200).tolist(),
            },
            hint="Two sums and one division.",
        ),
        Case("refuses an empty set", 1,
             probe=lambda function, inputs: [refused(function, [], []),
                                             refused(function, [0], [0])],
             judge=lambda inputs, answer: equal(
                 answer, ["refused", "refused"],
                 "[corpus_error_rate([], []), corpus_error_rate([0], [0])]"),
             hint="Without a reference character there is no rate: raise ValueError."),
    ),
)


def check_error_rate(error_rate) -> None:
    """Assert what a character error rate promises.

    Args:
        error_rate: A function of two lists of texts, references and hypotheses.

    Raises:
        AssertionError: The function breaks a promise.
    """
    assert abs(error_rate(["ab", "c" * 40], ["ax", "c" * 40]) - 1 / 42) < 1e-9
    assert abs(error_rate(["abcd"], ["abcdxx"]) - 2 / 4) < 1e-9
    assert abs(error_rate(["abcd"], ["bcd"]) - 1 / 4) < 1e-9


def mean_of_rates(references, hypotheses):
    """Average the lines' own rates."""
    rates = [edit_distance(a, b) / len(a) for a, b in zip(references, hypotheses, strict=True)]
    return sum(rates) / len(rates)


def counts_padding(references, hypotheses):
    """Divide by the width of the padded batch."""
    width = max(map(len, references))
    edits = sum(map(edit_distance, references, hypotheses))
    return edits / (width * len(references))


def ignores_insertions(references, hypotheses):
    """Cut what was read to the length of what is written."""
    edits = sum(edit_distance(a, b[: len(a)]) for a, b in zip(references, hypotheses, strict=True))
    return edits / sum(map(len, references))


def divides_by_hypothesis(references, hypotheses):
    """Divide by the length of what was read."""
    return sum(map(edit_distance, references, hypotheses)) / max(1, sum(map(len, hypotheses)))


def place_by_place(references, hypotheses):
    """Compare place by place, so that one gap spoils the rest of the line."""
    edits = sum(
        sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))
        for a, b in zip(references, hypotheses, strict=True)
    )
    return edits / sum(map(len, references))


def rate_by_alignment(references, hypotheses):
    """Compute the right rate another way, with a table for each line."""
    total = 0
    for a, b in zip(references, hypotheses, strict=True):
        row = list(range(len(b) + 1))
        for i, x in enumerate(a, start=1):
            previous, row[0] = row[0], i
            for j, y in enumerate(b, start=1):
                best = min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
                previous, row[j] = row[j], best
        total += row[-1]
    return total / sum(map(len, references))


CHECK_ERROR_RATE = Exercise(
    id="lab01.check_error_rate",
    kind="implement",
    title="Test any error rate",
    reference=check_error_rate,
    save_to="tests/test_lab01_error_rate.py",
    doc="A test that none of five wrong rates survives.",
    cases=(
        Case("accepts the course's own rate", 1,
             probe=lambda function, inputs: verdict(function, character_error_rate),
             judge=meets("passes", "a rate that is right"),
             hint="Compare floats with a tolerance, and work the example out by hand."),
        Case("accepts a right rate written otherwise", 1,
             probe=lambda function, inputs: verdict(function, rate_by_alignment),
             judge=meets("passes", "a rate that is right, written otherwise"),
             hint="Give two lists of texts of equal length, and no empty reference."),
        Case("refuses a mean of rates", 1,
             probe=lambda function, inputs: verdict(function, mean_of_rates),
             judge=meets("fails", "a rate that averages the lines' own rates"),
             hint="Use two lines of different length with different rates."),
        Case("refuses counted padding", 1,
             probe=lambda function, inputs: verdict(function, counts_padding),
             judge=meets("fails", "a rate that divides by the padded width"),
             hint="Use references of different length in one call."),
        Case("refuses ignored insertions", 1,
             probe=lambda function, inputs: verdict(function, ignores_insertions),
             judge=meets("fails", "a rate that cuts what was read to the reference's length"),
             hint="Let the reader add letters at the end of a line."),
        Case("refuses division by what was read", 1,
             probe=lambda function, inputs: verdict(function, divides_by_hypothesis),
             judge=meets("fails", "a rate that divides by the length of what was read"),
             hint="Use one line that was read too long or too short."),
        Case("refuses comparing place by place", 1,
             probe=lambda function, inputs: verdict(function, place_by_place),
             judge=meets("fails", "a rate that compares place by place"),
             hint="Leave out the first letter of a line: that is one edit."),
    ),
)
