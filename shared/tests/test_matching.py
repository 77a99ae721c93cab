"""Overlaps, matches and page errors against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shared.pages import Line, matching


def line(y, left=0.0, right=40.0, ascent=8.0, descent=2.0, slope=0.0):
    baseline = np.array([[left, y], [right, y + slope * (right - left)]])
    return Line(baseline, ascent, descent, 5.0, 0.9)


def test_boxes_overlap_as_worked_by_hand():
    boxes = [[0, 0, 4, 2]]  # Area 8
    others = [[2, 0, 6, 2], [0, 0, 4, 2], [4, 0, 8, 2], [1, 1, 1, 1], [0, 0, 8, 4]]
    # Common areas 4, 8, 0, 0, 8; unions 12, 8, 16, 8, 32
    expected = [[4 / 12, 1, 0, 0, 8 / 32]]
    np.testing.assert_allclose(matching.box_iou(boxes, others), expected)
    assert matching.box_iou([], others).shape == (0, 5)


def test_a_match_is_one_to_one_and_the_best_comes_first():
    overlaps = np.array([[0.6, 0.9], [0.0, 0.8], [0.55, 0.0]])
    # 0.9 takes row 0 and column 1, so row 1 is left alone and row 2 gets column 0
    assert matching.match_lines(overlaps) == [(0, 1), (2, 0)]
    assert matching.match_lines(overlaps, 0.95) == []
    assert matching.match_lines(np.zeros((0, 3))) == []


def test_f1_counts_misses_and_false_alarms():
    found = matching.count_hits(np.array([[0.9, 0], [0, 0.4], [0, 0.1]]))
    assert found == (1, 3, 2)
    assert (found.precision, found.recall) == (pytest.approx(1 / 3), 0.5)
    assert found.f1 == pytest.approx(2 * (1 / 3) * 0.5 / (1 / 3 + 0.5)) == pytest.approx(0.4)
    assert matching.total([found, matching.DetectionCounts(3, 3, 4)]) == (4, 6, 6)


def test_an_empty_page_is_found_right_by_finding_nothing():
    assert matching.count_hits(np.zeros((0, 0))).f1 == 1
    assert matching.count_hits(np.zeros((2, 0))).f1 == 0


def test_average_precision_as_worked_by_hand():
    # Sure lines: hit, miss, hit, and one true line is never found: precisions 1, 1/2, 2/3
    overlaps = [np.array([[0.9, 0, 0], [0, 0.2, 0], [0, 0, 0.7]])]
    value = matching.average_precision(overlaps, [[0.9, 0.8, 0.7]])
    assert value == pytest.approx((1 + 2 / 3) / 3)
    # With the miss ranked last, no precision is lost; at a stricter overlap one hit is
    assert matching.average_precision(overlaps, [[0.9, 0.1, 0.7]]) == pytest.approx(2 / 3)
    assert matching.average_precision(overlaps, [[0.9, 0.8, 0.7]], 0.8) == pytest.approx(1 / 3)


def test_a_true_line_is_taken_once():
    overlaps = [np.array([[0.9], [0.8]])]
    assert matching.average_precision(overlaps, [[0.5, 0.6]]) == 1
    assert matching.average_precision([np.zeros((0, 2))], [[]]) == 0


def test_mean_average_precision_averages_ten_thresholds():
    # An overlap of .72 passes .50 to .70: five of ten
    assert matching.mean_average_precision([np.array([[0.72]])], [[1.0]]) == pytest.approx(0.5)


def test_ink_goes_to_the_line_whose_middle_is_nearer():
    owner = matching.assign_pixels((40, 50), [line(12), line(20)])
    assert owner[5, 20] == 1 and owner[19, 20] == 2
    assert owner[30, 20] == 0 and owner[12, 45] == 0
    # Bands 4 to 14 and 12 to 22 share the rows 12 and 13; their middles are 9 and 17
    assert owner[12, 20] == 1 and owner[13, 20] == 2


def test_covered_ink_sees_a_skewed_line_where_boxes_do_not():
    slope = 0.2
    lines = [line(30, 0, 200, slope=slope), line(45, 0, 200, slope=slope)]
    owner = matching.assign_pixels((100, 200), lines)
    np.testing.assert_allclose(matching.foreground_iou(owner, lines), np.eye(2), atol=1e-9)
    boxes = np.stack([each.box for each in lines])
    assert matching.box_iou(boxes, boxes)[0, 1] > 0.5


def test_covered_ink_as_worked_by_hand():
    owner = np.zeros((20, 40), int)
    owner[5, :40], owner[15, :10] = 1, 2
    half = [line(7, 0, 19.4, ascent=4, descent=1)]  # The pixel an edge lies in counts
    # 20 pixels of line 1 are covered, of 40; none of line 2
    np.testing.assert_allclose(matching.foreground_iou(owner, half), [[0.5, 0]])
    # Both lines under one outline: 40 in common of 50, and 10 of 50
    both = [line(17, 0, 40, ascent=15, descent=1)]
    np.testing.assert_allclose(matching.foreground_iou(owner, both), [[40 / 50, 10 / 50]])


def test_a_page_ignores_line_breaks_and_double_spaces():
    assert matching.page_edits("one two\nthree", "one  two three") == (0, 13)
    assert matching.page_edits("ab", "") == (2, 2)


def test_errors_are_attributed_to_the_stage_that_made_them():
    true = ["abcd", "efgh", "ijkl"]
    # Recognition misreads one letter, and the lines found come in the wrong order
    errors = matching.attribute_errors(
        true, ["abcd", "efgX", "ijkl"], ["efgX", "abcd", "ijkl"], [(0, 1), (1, 0), (2, 2)]
    )
    assert (errors.recognition, errors.detection) == (1, 0)
    assert errors.order == errors.edits - 1 > 0
    # The last line is not found: four letters and the space before them
    errors = matching.attribute_errors(true, true, true[:2], [(0, 0), (1, 1)])
    assert errors == (5, 14, 5, 0, 0)
