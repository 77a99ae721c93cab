"""Lab 6: how well two boxes agree, and the scores of a page from all its agreements."""

from __future__ import annotations

import numpy as np

from shared import matching
from shared.checks.compare import call_text, close, equal
from shared.checks.exercise import Case, Exercise


def box_iou(a, b) -> float:
    """Return the intersection of two boxes over their union.

    Args:
        a: Left, top, right, bottom; right and bottom are excluded.
        b: The other box, likewise; both have an area above zero.
    """
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return float(width * height / (sum(areas) - width * height))


def random_boxes(seed: int) -> dict:
    """Return pairs of boxes, most of them overlapping, with fractions of pixels."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 40, (40, 2, 2))
    sizes = rng.uniform(10, 50, (40, 2, 2))
    return {"pairs": np.concatenate([corners, corners + sizes], axis=2)}


BOX_IOU = Exercise(
    id="lab06.box_iou",
    kind="implement",
    title="Overlap of two boxes",
    reference=box_iou,
    refuse=(matching.box_iou,),
    doc="Intersection over union of left, top, right, bottom.",
    cases=(
        Case(
            "two boxes that overlap at a corner",
            1,
            {"a": [0, 0, 4, 4], "b": [2, 2, 6, 6]},
            hint="They share 2 x 2 = 4 pixels and cover 16 + 16 - 4 = 28 together.",
        ),
        Case(
            "a box is equal to itself",
            1,
            {"a": [3, 1, 9, 5], "b": [3, 1, 9, 5]},
            hint="The union counts shared pixels once, so that equal boxes give 1.",
        ),
        Case(
            "boxes apart, and boxes that touch",
            1,
            {"others": [[50, 30, 60, 40], [5, 30, 15, 40], [50, 5, 60, 15], [10, 0, 20, 10]]},
            probe=lambda function, inputs: [
                function([0, 0, 10, 10], other) for other in inputs["others"]
            ],
            judge=lambda inputs, answer: close(
                answer, [0.0] * 4, "box_iou([0, 0, 10, 10], ...) for four boxes beside it"
            ),
            hint="Apart in both directions, two negative sides have a positive product: look at "
            "each side by itself.",
        ),
        Case(
            "forty random pairs",
            2,
            random_boxes,
            probe=lambda function, inputs: [function(pair[0], pair[1]) for pair in inputs["pairs"]],
            judge=lambda inputs, answer: close(
                answer,
                [box_iou(*pair) for pair in inputs["pairs"]],
                "box_iou over 40 pairs",
            ),
            hint="Corners may lie between pixels; add no 1 to a width, and round nothing.",
        ),
    ),
)


def line_scores(overlaps, threshold: float = 0.5) -> tuple[float, float, float]:
    """Return precision, recall and F1 of a page from the overlaps of its lines.

    Args:
        overlaps: (num_found, num_true), for example the IoU of each pair.
        threshold: The least overlap that a pair must have.
    """
    left = np.array(overlaps, dtype=np.float64)
    num_found, num_true = left.shape
    matches = 0
    while left.size and left.max() >= threshold:
        row, column = np.unravel_index(left.argmax(), left.shape)
        left[row, :] = left[:, column] = -1
        matches += 1
    precision = matches / num_found if num_found else 1.0
    recall = matches / num_true if num_true else 1.0
    f1 = 2 * matches / (num_found + num_true) if num_found + num_true else 1.0
    return precision, recall, f1


def random_overlaps(seed: int) -> dict:
    """Return the overlaps of rows of intervals: lines found, lost, found twice and invented."""
    rng = np.random.default_rng(seed)
    tables = []
    for count in rng.integers(3, 12, 20):
        tops = 10 * np.arange(count)
        true = np.stack([tops, tops + rng.uniform(6, 10, count)], axis=1)
        copies = np.repeat(true, rng.choice([0, 1, 1, 1, 2], count), axis=0)
        found = copies + rng.normal(0, 1.5, copies.shape)
        invented = rng.uniform(0, 10 * count, (int(rng.integers(0, 3)), 1)) + [[0.0, 7.0]]
        found = rng.permutation(np.concatenate([found, invented]))
        top = np.maximum(found[:, None, 0], true[None, :, 0])
        shared = np.clip(np.minimum(found[:, None, 1], true[None, :, 1]) - top, 0, None)
        lengths = (found[:, 1] - found[:, 0])[:, None] + (true[:, 1] - true[:, 0])[None]
        tables.append(shared / (lengths - shared))
    return {"tables": tables}


def _table(rows: list) -> dict:
    return {"overlaps": np.array(rows, dtype=np.float64), "threshold": 0.5}


def _judge_scores(inputs: dict, answer: object) -> str | None:
    table = [[float(value) for value in row] for row in inputs["overlaps"]]
    call = call_text("line_scores", overlaps=table, threshold=inputs["threshold"])
    return close(answer, list(line_scores(**inputs)), call)


LINE_SCORES = Exercise(
    id="lab06.line_scores",
    kind="implement",
    title="Score a page",
    reference=line_scores,
    refuse=(matching.match_lines, matching.count_found),
    doc="One-to-one matching, then precision, recall and F1.",
    cases=(
        Case(
            "one line found, one missed, one invented",
            1,
            _table([[0.9, 0.0], [0.0, 0.1]]),
            judge=_judge_scores,
            hint="One match, two lines found, two lines there: all three scores are 1/2.",
        ),
        Case(
            "a box over two lines finds one",
            1,
            _table([[0.9, 0.8]]),
            judge=_judge_scores,
            hint="A found box that is taken is taken: the other line is missed.",
        ),
        Case(
            "a line found twice counts once",
            1,
            _table([[0.6], [0.55]]),
            judge=_judge_scores,
            hint="A line that is taken is taken: the second box is one too many.",
        ),
        Case(
            "no match among two and two",
            1,
            _table([[0.1, 0.2], [0.2, 0.1]]),
            judge=_judge_scores,
            hint="There are boxes and lines and no match: all three scores are 0, F1 too.",
        ),
        Case(
            "a better box takes the line of an earlier one",
            1,
            _table([[0.6, 0.0], [0.9, 0.55]]),
            judge=_judge_scores,
            hint="The second box fits the first line best and takes it; the first box is left "
            "over, and so is the second line.",
        ),
        Case(
            "takes the best pair first",
            1,
            _table([[0.6, 0.9], [0.55, 0.0]]),
            judge=_judge_scores,
            hint="If the first line takes its best box, the second is left without one. Sort "
            "all pairs by their overlap.",
        ),
        Case(
            "an overlap equal to the threshold counts",
            1,
            _table([[0.5]]),
            judge=_judge_scores,
            hint="The threshold is the least overlap that is enough: compare with >=.",
        ),
        Case(
            "nothing found, nothing there, or neither",
            1,
            {"tables": [np.zeros((0, 3)), np.zeros((2, 0)), np.zeros((0, 0))]},
            probe=lambda function, inputs: [function(table, 0.5) for table in inputs["tables"]],
            judge=lambda inputs, answer: equal(
                answer,
                [[1, 0, 0], [0, 1, 0], [1, 1, 1]],
                "line_scores of no box and three lines, two boxes and no line, and neither,",
            ),
            hint="Without a box there is no wrong box, and without a line there is no missed line: "
            "a score with nothing to divide by is 1.",
        ),
        Case(
            "twenty random pages",
            2,
            random_overlaps,
            probe=lambda function, inputs: [function(table, 0.5) for table in inputs["tables"]],
            judge=lambda inputs, answer: close(
                answer,
                [list(line_scores(table)) for table in inputs["tables"]],
                "line_scores over 20 pages",
            ),
            hint="Precision divides by the lines found, recall by the lines there, and F1 is "
            "2 x matches / (found + there).",
        ),
    ),
)
