"""Effects, intervals and p-values against cases worked out by hand."""

import numpy as np
import pytest

from shared.experiments.comparing import ComparisonError, paired_difference, sign_flip_p_value


def test_effect_is_total_edits_over_total_length():
    # First: 3 + 1 edits of 10 + 30 characters = 10 %. Second: 1 + 1, 5 %. A mean of rates would
    # say (10 % + 3.3 %) / 2 instead of 5 % and (30 % + 3.3 %) / 2 instead of 10 %
    found = paired_difference({0: [3, 1]}, {0: [1, 1]}, [10, 30], ["ann", "bob"])
    assert found.effect == pytest.approx(-0.05)
    assert found.by_cluster == {"ann": pytest.approx(-0.2), "bob": pytest.approx(0.0)}


def test_only_common_seeds_count_and_each_as_much():
    # Seed 1: +2 edits of 20; seed 2: -4 of 20; seeds 0 and 5 are in one of the two alone
    first = {0: [9, 9], 1: [1, 1], 2: [4, 4]}
    second = {1: [2, 2], 2: [2, 2], 5: [0, 0]}
    found = paired_difference(first, second, [10, 10], ["ann", "bob"])
    assert found.by_seed == {1: pytest.approx(0.1), 2: pytest.approx(-0.2)}
    assert found.effect == pytest.approx(-0.05)


def test_interval_draws_writers_and_not_lines():
    # One writer of two improves by 1 edit a line of 10, the other gets worse by as much. Drawing
    # writers gives -10 %, 0 and +10 % with 1/4, 1/2, 1/4, so the interval reaches both ends;
    # drawing the 200 lines would give about 0 +- 1.4 %
    writers = ["ann"] * 100 + ["bob"] * 100
    second = [0] * 100 + [2] * 100
    found = paired_difference({0: [1] * 200}, {0: second}, [10] * 200, writers)
    assert (found.low, found.high) == (pytest.approx(-0.1), pytest.approx(0.1))
    assert not found.decided
    assert found.p_value == 1.0


def test_what_is_hard_for_both_cancels():
    rng = np.random.default_rng(0)
    hard = np.repeat(rng.integers(2, 40, 10), 20)
    writers = np.repeat(np.arange(10), 20)
    found = paired_difference({0: hard}, {0: hard - 1}, [50] * 200, writers)
    assert (found.effect, found.low, found.high) == (pytest.approx(-0.02),) * 3
    assert found.decided
    assert found.p_value == pytest.approx(2 / 1024)


def test_seeds_that_disagree_widen_the_interval():
    first = {s: [5] * 20 for s in range(3)}
    steady = {s: [4] * 20 for s in range(3)}
    shaky = {0: [1] * 20, 1: [4] * 20, 2: [7] * 20}
    writers = ["ann", "bob"] * 10
    narrow = paired_difference(first, steady, [20] * 20, writers)
    wide = paired_difference(first, shaky, [20] * 20, writers)
    assert narrow.effect == wide.effect == pytest.approx(-0.05)
    assert narrow.decided and not wide.decided


def test_sign_flips_by_hand():
    # Of the 8 signings of 2, 1 and 3 only +++ and --- reach 6; of 2, 1 and -3 all reach 0
    assert sign_flip_p_value([2, 1, 3]) == pytest.approx(2 / 8)
    assert sign_flip_p_value([2, 1, -3]) == 1.0
    # 5, 1 and -1 make 5, which the sums 7, 5 and 5 reach, and their negatives; 3 does not
    assert sign_flip_p_value([5, 1, -1]) == pytest.approx(6 / 8)


def test_many_writers_are_drawn_and_never_give_zero():
    assert 0 < sign_flip_p_value(np.ones(40), draws=500) < 0.01
    rng = np.random.default_rng(1)
    assert sign_flip_p_value(rng.normal(size=60), draws=2000) > 0.01


def test_what_does_not_match_is_refused():
    with pytest.raises(ComparisonError, match=r"seeds \[0\], the second \[1\]"):
        paired_difference({0: [1]}, {1: [1]}, [10], ["ann"])
    with pytest.raises(ComparisonError, match="2 edits, 1 lengths"):
        paired_difference({0: [1, 2]}, {0: [1, 2]}, [10], ["ann"])
    with pytest.raises(ComparisonError, match="no character"):
        paired_difference({0: [0]}, {0: [0]}, [0], ["ann"])
    with pytest.raises(ComparisonError, match="at least one"):
        sign_flip_p_value([])
