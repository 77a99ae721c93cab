"""Lab 6: a test for scores of found lines, and scores that it must refuse."""

from __future__ import annotations

from shared.checks.exercise import Case, Exercise
from shared.checks.saved_tests import meets, verdict


def check_line_scores(line_scores) -> None:
    """Assert what precision, recall and F1 of found lines promise.

    Args:
        line_scores: A function of two lists of boxes, true ones and found ones, that returns
            precision, recall and F1 at an IoU of one half.

    Raises:
        AssertionError: The function breaks a promise.
    """
    top, low = [0, 0, 100, 10], [0, 20, 100, 30]
    assert line_scores([top, low], [low, top]) == (1, 1, 1)
    precision, recall, f1 = line_scores([top], [top, [0, 1, 100, 10]])
    assert (precision, recall) == (1 / 2, 1) and abs(f1 - 2 / 3) < 1e-9
    precision, recall, f1 = line_scores([top, low], [low])
    assert (precision, recall) == (1, 1 / 2) and abs(f1 - 2 / 3) < 1e-9
    assert line_scores([top], [[0, 0, 100, 40]]) == (0, 0, 0)


def overlap(a, b, share_of=None) -> float:
    """Return the IoU of two boxes, or their intersection over what `share_of` makes of the areas.

    Args:
        a: Left, top, right, bottom.
        b: Likewise.
        share_of: `min` divides by the smaller area.
    """
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    whole = share_of(areas) if share_of else sum(areas) - width * height
    return width * height / whole if whole > 0 else 0.0


def pairs_of(true, found, threshold=0.5, share_of=None) -> int:
    """Count pairs one to one, the best first."""
    pairs = sorted(
        ((overlap(a, b, share_of), i, j) for i, a in enumerate(true) for j, b in enumerate(found)),
        reverse=True,
    )
    rows, columns = set(), set()
    for value, row, column in pairs:
        if value >= threshold and row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
    return len(rows)


def scores_of(matches, num_true, num_found):
    """Return the three scores of a number of matches."""
    precision = matches / num_found if num_found else 1.0
    recall = matches / num_true if num_true else 1.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def right_scores(true, found):
    """Match one to one, the best pair first."""
    return scores_of(pairs_of(true, found), len(true), len(found))


def scores_by_paths(true, found):
    """Find as many pairs as there can be: the right scores, written otherwise."""
    owner = {}

    def take(row, tried) -> bool:
        for column, box in enumerate(found):
            if overlap(true[row], box) >= 0.5 and column not in tried:
                tried.add(column)
                if column not in owner or take(owner[column], tried):
                    owner[column] = row
                    return True
        return False

    matches = sum(take(row, set()) for row in range(len(true)))
    return scores_of(matches, len(true), len(found))


def counts_twice(true, found):
    """Call every box right that lies on some line, however many lie there."""
    right = sum(any(overlap(a, b) >= 0.5 for a in true) for b in found)
    seen = sum(any(overlap(a, b) >= 0.5 for b in found) for a in true)
    precision, recall = right / max(1, len(found)), seen / max(1, len(true))
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def divides_by_smaller(true, found):
    """Divide by the smaller area, so that a box around the whole page agrees with every line."""
    return scores_of(pairs_of(true, found, share_of=min), len(true), len(found))


def takes_any_overlap(true, found):
    """Match every pair that overlaps at all."""
    return scores_of(pairs_of(true, found, threshold=1e-9), len(true), len(found))


def counts_boxes(true, found):
    """Compare the numbers of lines and never look where they are."""
    return scores_of(min(len(true), len(found)), len(true), len(found))


def swaps_scores(true, found):
    """Give recall the name of precision."""
    precision, recall, f1 = right_scores(true, found)
    return recall, precision, f1


def averages_scores(true, found):
    """Take the mean of precision and recall for F1."""
    precision, recall, _ = right_scores(true, found)
    return precision, recall, (precision + recall) / 2


def compares_in_order(true, found):
    """Compare the first with the first, the second with the second."""
    matches = sum(overlap(a, b) >= 0.5 for a, b in zip(true, found, strict=False))
    return scores_of(matches, len(true), len(found))


CHECK_LINE_SCORES = Exercise(
    id="lab06.check_line_scores",
    kind="implement",
    title="Test any scores of lines",
    reference=check_line_scores,
    save_to="tests/test_lab06_line_scores.py",
    doc="A test that none of seven wrong scores survives.",
    cases=(
        Case(
            "accepts right scores",
            1,
            probe=lambda function, inputs: verdict(function, right_scores),
            judge=meets("passes", "a function whose scores are right"),
            hint="Work your example out by hand, and keep clear of an IoU of exactly one half.",
        ),
        Case(
            "accepts right scores computed otherwise",
            1,
            probe=lambda function, inputs: verdict(function, scores_by_paths),
            judge=meets("passes", "a function whose scores are right by another matching"),
            hint="Ask for nothing that two sensible matchers would answer differently.",
        ),
        Case(
            "refuses a line counted twice",
            1,
            probe=lambda function, inputs: verdict(function, counts_twice),
            judge=meets("fails", "a function whose scores call both boxes on one line right"),
            hint="Find one line twice: one of the two boxes is one too many.",
        ),
        Case(
            "refuses division by the smaller box",
            1,
            probe=lambda function, inputs: verdict(function, divides_by_smaller),
            judge=meets("fails", "a function whose scores divide by the smaller area"),
            hint="Find one box four times as high as the line in it.",
        ),
        Case(
            "refuses any overlap",
            1,
            probe=lambda function, inputs: verdict(function, takes_any_overlap),
            judge=meets("fails", "a function whose scores match whatever overlaps at all"),
            hint="Find a box that holds a line and much besides, and expect no match.",
        ),
        Case(
            "refuses counting boxes",
            1,
            probe=lambda function, inputs: verdict(function, counts_boxes),
            judge=meets("fails", "a function whose scores never look where a box lies"),
            hint="Find as many boxes as there are lines, but not where the lines are.",
        ),
        Case(
            "refuses precision and recall swapped",
            1,
            probe=lambda function, inputs: verdict(function, swaps_scores),
            judge=meets("fails", "a function whose scores swap precision and recall"),
            hint="Find fewer boxes than lines, and assert both scores by themselves.",
        ),
        Case(
            "refuses a mean for F1",
            1,
            probe=lambda function, inputs: verdict(function, averages_scores),
            judge=meets("fails", "a function whose scores average precision and recall"),
            hint="With precision 1/2 and recall 1 the mean is 3/4 and F1 is 2/3.",
        ),
        Case(
            "refuses comparing in order",
            1,
            probe=lambda function, inputs: verdict(function, compares_in_order),
            judge=meets("fails", "a function whose scores compare the first with the first only"),
            hint="Give the found boxes in another order than the lines.",
        ),
    ),
)
