"""Lab 2: a test for splitters, and splitters that it must refuse (exercise 2.4)."""

from __future__ import annotations

import numpy as np

from shared.checks.exercise import Case, Exercise
from shared.checks.saved_tests import meets, verdict


def check_split(split) -> None:
    """Assert what a splitter by writer promises.

    Args:
        split: A function such as `split_by_writer`.

    Raises:
        AssertionError: The splitter breaks a promise.
    """
    writers = [f"writer {index % 7}" for index in range(70)] + ["writer 7"] * 5
    train, test = split(writers, 0.3, 1)
    assert sorted([*train, *test]) == list(range(len(writers))), "an image is lost or used twice"
    assert len(train) > 0 and len(test) > 0, "a part is empty"
    both = {writers[index] for index in train} & {writers[index] for index in test}
    assert not both, f"on both sides: {both}"


def good_splitter(writers, test_share, seed):
    """Split as promised, last names first."""
    names = sorted(set(writers), reverse=True)
    np.random.default_rng(seed).shuffle(names)
    train = list(range(len(writers)))
    test = []
    for name in names:
        mine = [index for index in train if writers[index] == name]
        if len(mine) < len(train) and len(test) < test_share * len(writers):
            train = [index for index in train if writers[index] != name]
            test = test + mine
    return train, test


def splits_by_image(writers, test_share, seed):
    """Shuffle the images, whoever wrote them."""
    order = np.random.default_rng(seed).permutation(len(writers)).tolist()
    size = round(test_share * len(writers))
    return order[size:], order[:size]


def leaks_one_writer(writers, test_share, seed):
    """Fill the test part up to the exact share and cut the last writer in two."""
    names = np.random.default_rng(seed).permutation(sorted(set(writers))).tolist()
    order = sorted(range(len(writers)), key=lambda index: (names.index(writers[index]), index))
    size = round(test_share * len(writers))
    if 0 < size < len(order) and writers[order[size - 1]] == writers[order[size]]:
        return order[size:], order[:size]
    return order[size - 1 :], order[: size - 1]


def loses_images(writers, test_share, seed):
    """Keep one image of each test writer and forget the others."""
    train, test = good_splitter(writers, test_share, seed)
    seen, first = set(), []
    for index in test:
        if writers[index] not in seen:
            first.append(index)
        seen.add(writers[index])
    return train, first


def trains_on_everything(writers, test_share, seed):
    """Choose a test part and leave it in the training part."""
    _, test = good_splitter(writers, test_share, seed)
    return list(range(len(writers))), test


def tests_nothing(writers, test_share, seed):
    """Put every writer into the training part."""
    return list(range(len(writers))), []


CHECK_SPLIT = Exercise(
    id="lab02.check_split",
    kind="implement",
    title="Test any splitter",
    reference=check_split,
    save_to="tests/test_lab02_split.py",
    doc="A test that a leaking splitter cannot pass.",
    cases=(
        Case(
            "accepts a good splitter",
            1,
            probe=lambda function, inputs: verdict(function, good_splitter),
            judge=meets("passes", "a splitter that keeps every promise"),
            hint="Assert what is promised and no more: the order of indices is free, and so is "
            "the exact size of the test part.",
        ),
        Case(
            "refuses a split by image",
            1,
            probe=lambda function, inputs: verdict(function, splits_by_image),
            judge=meets("fails", "a splitter that shuffles images, whoever wrote them"),
            hint="Give it several images of each writer and compare the two sets of writers.",
        ),
        Case(
            "refuses a splitter that cuts one writer in two",
            1,
            probe=lambda function, inputs: verdict(function, leaks_one_writer),
            judge=meets("fails", "a splitter that puts one writer on both sides"),
            hint="Compare the whole sets of writers; one name in both is too many.",
        ),
        Case(
            "refuses a splitter that loses images",
            1,
            probe=lambda function, inputs: verdict(function, loses_images),
            judge=meets("fails", "a splitter that drops most images of the test writers"),
            hint="Both parts together, sorted, must be list(range(len(writers))).",
        ),
        Case(
            "refuses test images in training",
            1,
            probe=lambda function, inputs: verdict(function, trains_on_everything),
            judge=meets("fails", "a splitter that leaves the test images in the training part"),
            hint="An index in both parts is a leak, too: count the indices.",
        ),
        Case(
            "refuses an empty test part",
            1,
            probe=lambda function, inputs: verdict(function, tests_nothing),
            judge=meets("fails", "a splitter that tests nothing at all"),
            hint="A comparison of two sets passes when one is empty; assert that neither is.",
        ),
    ),
)
