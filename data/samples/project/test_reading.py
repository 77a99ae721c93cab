from reading import collapse, error_rate


def test_repeats_are_merged_before_blanks_are_dropped():
    assert collapse([1, 1, 0, 1, 2]) == [1, 1, 2]


def test_the_rate_is_of_totals():
    assert error_rate([1, 0], [2, 40]) == 1 / 42
