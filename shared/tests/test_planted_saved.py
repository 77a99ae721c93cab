"""The tests of earlier labs: the learner's own where there are some, stand-ins where not."""

import pytest

from shared.checks.answers import answer
from shared.checks.exercise import labs
from shared.checks.planted import adapters
from shared.checks.planted.running import Runner
from shared.checks.planted.saved import saved_tests
from shared.checks.planted.scoring import score_suite
from shared.checks.portable import pack

OWN = '''"""Saved from lab01.check_error_rate."""

import numpy as np

def check_error_rate(error_rate):
    assert np.isclose(error_rate(["ab"], ["ax"]), 0.5)
'''


def test_stand_ins_are_there_for_every_lab_that_asks(tmp_path):
    found = saved_tests(tmp_path)
    assert {one.lab for one in found} == {lab for lab in labs() if lab < 8}
    assert all(one.source == "stand-in" and not one.note for one in found)
    runs = [pack(one.run) for one in found if one.run]
    assert len(runs) >= 4
    runner = Runner()
    assert [one.outcome for one in runner.run(runs)] == ["passed"] * len(runs)
    runner.close()


def test_the_learners_own_test_comes_first_and_is_what_is_scored(tmp_path):
    (tmp_path / "test_lab01_error_rate.py").write_text(OWN)
    first = saved_tests(tmp_path)[0]
    assert (first.lab, first.source) == (1, "yours")
    score = score_suite({"mine": first.run})
    assert score.by_test["mine"] == ()  # One line, one edit: a mean of rates is the same


@pytest.mark.parametrize(
    ("text", "words"),
    [("def check_error_rate(:", "SyntaxError"), ("x = 1", "no function"), ("1 / 0", "ZeroDiv")],
)
def test_a_file_that_cannot_be_loaded_is_named_and_replaced(tmp_path, text, words):
    (tmp_path / "test_lab01_error_rate.py").write_text(text)
    first = saved_tests(tmp_path)[0]
    assert first.source == "stand-in" and words in first.note
    first.run()


def test_adapters_hand_over_the_courses_code():
    answer("lab06.check_line_scores")(adapters.line_scores)
    assert adapters.read_batch_error([[1, 0, 2]], [3], [[1, 2, 0]], [2]) == 0
    assert adapters.error_rate(["ab"], ["ax"]) == 0.5
