"""Lab 3, sitting C: a test for functions that score padded batches, and faulty ones for it."""

from __future__ import annotations

import numpy as np

from shared.checks.exercise import Case, Exercise
from shared.checks.saved_tests import meets, verdict
from shared.ctc import collapse
from shared.metrics import edit_distance


def check_padding(read_batch_error) -> None:
    """Raise AssertionError if a batch's padding changes its character error rate."""
    paths = [[1, 0, 2, 3, 3, 3], [4, 0, 5, 0, 5, 6]]
    labels = [[1, 2, 0, 0], [4, 5, 5, 5]]
    error = read_batch_error(paths, [3, 6], labels, [2, 4])
    assert abs(error - 1 / 6) < 1e-9, f"one edit in six characters, but the error is {error}"


def right(paths, num_frames, labels, num_labels):
    """Score the true frames against the true labels; lengths beyond a row are refused."""
    rows = [*zip(paths, num_frames, strict=True), *zip(labels, num_labels, strict=True)]
    for row, length in rows:
        if not 0 <= length <= len(row):
            raise ValueError(f"A row of {len(row)} numbers is said to hold {length}.")
    read = [collapse(path[:length]) for path, length in zip(paths, num_frames, strict=True)]
    true = [label[:length] for label, length in zip(labels, num_labels, strict=True)]
    edits = sum(edit_distance(*pair) for pair in zip(true, read, strict=True))
    return edits / sum(num_labels)


def right_with_arrays(paths, num_frames, labels, num_labels):
    """Do the same with masks, as one minus the share that is right: the last digit may differ."""
    paths, labels = np.array(paths), np.array(labels)
    num_frames, num_labels = np.array(num_frames), np.array(num_labels)
    paths[np.arange(paths.shape[1]) >= num_frames[:, None]] = 0  # A blank at the end adds nothing
    edits = 0
    for path, label, length in zip(paths.tolist(), labels.tolist(), num_labels, strict=True):
        edits += edit_distance(label[:length], collapse(path))
    share_right = 1 - edits / num_labels.sum()
    return 1 - share_right


def reads_padded_frames(paths, num_frames, labels, num_labels):
    """Collapse whole rows, padded frames included."""
    return right(paths, [len(path) for path in paths], labels, num_labels)


def compares_padded_labels(paths, num_frames, labels, num_labels):
    """Take the padding of a label for characters that were not read."""
    read = [collapse(path[:length]) for path, length in zip(paths, num_frames, strict=True)]
    edits = sum(edit_distance(list(pair[0]), pair[1]) for pair in zip(labels, read, strict=True))
    return edits / sum(num_labels)


def divides_by_padded_length(paths, num_frames, labels, num_labels):
    """Count the right edits and divide by all places of the label array."""
    edits = right(paths, num_frames, labels, num_labels) * sum(num_labels)
    return edits / sum(len(label) for label in labels)


def means_of_rates(paths, num_frames, labels, num_labels):
    """Average the rates of the lines, so that a short line counts as much as a long one."""
    rates = [
        right([path], [frames], [label], [length])
        for path, frames, label, length in zip(paths, num_frames, labels, num_labels, strict=True)
    ]
    return sum(rates) / len(rates)


def cuts_frames_short(paths, num_frames, labels, num_labels):
    """Read only as many frames as the label has letters."""
    return right(paths, num_labels, labels, num_labels)


CHECK_PADDING = Exercise(
    id="lab03.check_padding",
    kind="implement",
    title="Write a test for padding",
    reference=check_padding,
    save_to="tests/test_lab03_padding.py",
    doc="A test that no function passes that counts padding.",
    cases=(
        Case(
            "accepts a right function",
            1,
            probe=lambda function, inputs: verdict(function, right),
            judge=meets("passes", "a function that scores the true frames and labels"),
            hint="Work the error rate of your batch out by hand: total edits over the total of "
            "num_labels.",
        ),
        Case(
            "accepts a right function that rounds differently",
            1,
            probe=lambda function, inputs: verdict(function, right_with_arrays),
            judge=meets("passes", "a function that returns one minus the share that is right"),
            hint="Compare floats with a small tolerance, and ask for no particular type.",
        ),
        Case(
            "catches padded frames that are read",
            1,
            probe=lambda function, inputs: verdict(function, reads_padded_frames),
            judge=meets("fails", "a function that collapses padded frames, too"),
            hint="Fill the padded frames with letters; zeros are blanks, which leave no trace.",
        ),
        Case(
            "catches frames that are cut off",
            1,
            probe=lambda function, inputs: verdict(function, cuts_frames_short),
            judge=meets("fails", "a function that reads only num_labels frames of each line"),
            hint="Give a line more frames than letters.",
        ),
        Case(
            "catches label padding that counts as letters",
            1,
            probe=lambda function, inputs: verdict(function, compares_padded_labels),
            judge=meets("fails", "a function that compares with the whole padded label"),
            hint="Let one label be shorter than the other, so that it carries padding.",
        ),
        Case(
            "catches a denominator with padding in it",
            1,
            probe=lambda function, inputs: verdict(function, divides_by_padded_length),
            judge=meets("fails", "a function that divides by the padded length of the labels"),
            hint="Without an edit the rate is 0 whatever it is divided by: plant one.",
        ),
        Case(
            "catches a mean of the lines' rates",
            1,
            probe=lambda function, inputs: verdict(function, means_of_rates),
            judge=meets("fails", "a function that averages the rates of the lines"),
            hint="Give the lines labels of different lengths, and unequal rates.",
        ),
    ),
)
