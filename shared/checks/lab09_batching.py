"""Lab 9: a test for readers in batches, readers that it must refuse, and which batch is next."""

from __future__ import annotations

import numpy as np

from shared.checks.exercise import Case, Exercise
from shared.checks.saved_tests import meets, verdict


def check_batching(read_lines) -> None:
    """Assert that lines read in batches are read as each is read alone.

    Args:
        read_lines: Function (network, lines, most): a network that takes a batch
            (n, height, width) and gives an array (n, width // 4); lines of several widths; and
            the largest batch.

    Raises:
        AssertionError: A line comes back otherwise, or a batch was too large.
    """
    sizes = []

    def network(batch):
        sizes.append(len(batch))
        columns = np.pad(np.asarray(batch, float).sum(axis=1), ((0, 0), (0, 4)))
        frames = [columns[:, x : x + 8].sum(axis=1) for x in range(0, columns.shape[1] - 4, 4)]
        return np.stack(frames, axis=1)

    rng = np.random.default_rng(0)
    lines = [rng.integers(1, 255, (2, width)) for width in (8, 24, 12, 4, 16)]
    answers = list(read_lines(network, lines, 2))
    assert max(sizes) <= 2
    assert len(answers) == len(lines)
    for line, answer in zip(lines, answers, strict=True):
        alone = network(line[None])[0]
        assert len(answer) == len(alone)
        assert np.allclose(answer, alone)


def pad(lines, value=0, width=None):
    """Stack lines to the width of the widest."""
    width = width or max(line.shape[1] for line in lines)
    return np.stack(
        [
            np.pad(line[:, :width], ((0, 0), (0, max(0, width - line.shape[1]))),
                   constant_values=value)
            for line in lines
        ]
    )  # fmt: skip


def in_order(network, lines, most):
    """Read so many lines at a time, in their order."""
    answers = []
    for start in range(0, len(lines), most):
        batch = lines[start : start + most]
        for line, found in zip(batch, network(pad(batch)), strict=True):
            answers.append(found[: line.shape[1] // 4])
    return answers


def by_width(network, lines, most):
    """Read lines of like width together, and put the answers back into their order."""
    order = sorted(range(len(lines)), key=lambda k: lines[k].shape[1])
    sorted_answers = in_order(network, [lines[k] for k in order], most)
    answers = [None] * len(lines)
    for k, answer in zip(order, sorted_answers, strict=True):
        answers[k] = answer.tolist()
    return tuple(answers)


def keeps_padding(network, lines, most):
    """Return the frames of the padding, too."""
    answers = []
    for start in range(0, len(lines), most):
        answers += list(network(pad(lines[start : start + most])))
    return answers


def leaves_sorted(network, lines, most):
    """Sort by width, and leave it at that."""
    return in_order(network, sorted(lines, key=lambda line: line.shape[1]), most)


def drops_the_rest(network, lines, most):
    """Read whole batches alone."""
    return in_order(network, lines[: len(lines) // most * most], most)


def all_at_once(network, lines, most):
    """Read everything in one batch."""
    return in_order(network, lines, len(lines))


def pads_with_ink(network, lines, most):
    """Fill up with 255, which is ink."""
    answers = []
    for start in range(0, len(lines), most):
        batch = lines[start : start + most]
        for line, found in zip(batch, network(pad(batch, 255)), strict=True):
            answers.append(found[: line.shape[1] // 4])
    return answers


def fills_up(network, lines, most):
    """Repeat the last line until the last batch is full, and return those answers, too."""
    missing = -len(lines) % most
    return in_order(network, [*lines, *[lines[-1]] * missing], most)


def width_of_the_first(network, lines, most):
    """Cut every line of a batch to the width of its first."""
    answers = []
    for start in range(0, len(lines), most):
        batch = lines[start : start + most]
        for line, found in zip(batch, network(pad(batch, 0, batch[0].shape[1])), strict=True):
            answers.append(found[: line.shape[1] // 4])
    return answers


_PROBES = {
    "keeps_padding": lambda function, inputs: verdict(function, keeps_padding),
    "leaves_sorted": lambda function, inputs: verdict(function, leaves_sorted),
    "drops_the_rest": lambda function, inputs: verdict(function, drops_the_rest),
    "all_at_once": lambda function, inputs: verdict(function, all_at_once),
    "pads_with_ink": lambda function, inputs: verdict(function, pads_with_ink),
    "fills_up": lambda function, inputs: verdict(function, fills_up),
    "width_of_the_first": lambda function, inputs: verdict(function, width_of_the_first),
}


def _refuses(name: str, function, what: str, hint: str) -> Case:
    return Case(name, 1, probe=_PROBES[function.__name__], judge=meets("fails", what), hint=hint)


CHECK_BATCHING = Exercise(
    id="lab09.check_batching",
    kind="implement",
    title="Test any reader in batches",
    reference=check_batching,
    save_to="tests/test_lab09_batching.py",
    doc="A test that none of seven wrong batchers survives.",
    cases=(
        Case("accepts batches in order", 1,
             probe=lambda function, inputs: verdict(function, in_order),
             judge=meets("passes", "a reader of batches in order"),
             hint="Your network must see zeros beside a line as it sees nothing: a sum does."),
        Case("accepts batches by width", 1,
             probe=lambda function, inputs: verdict(function, by_width),
             judge=meets("passes", "a reader that sorts by width, restores the order and returns "
                         "a tuple of lists"),
             hint="Compare with np.allclose, which takes lists and arrays alike."),
        _refuses("refuses frames of the padding", keeps_padding,
                 "a reader that returns the frames of the padding, too",
                 "Ask how long an answer is: a line of 8 columns has 2 frames."),
        _refuses("refuses another order", leaves_sorted,
                 "a reader that returns answers sorted by width",
                 "Give it lines whose widths go up and down, and compare one by one."),
        _refuses("refuses lost lines", drops_the_rest,
                 "a reader that leaves an unfinished batch out",
                 "Give it five lines and batches of two, and count the answers."),
        _refuses("refuses batches that are too large", all_at_once,
                 "a reader that reads everything at once",
                 "Let your network note the size of each batch, and ask for the largest."),
        _refuses("refuses padding with ink", pads_with_ink,
                 "a reader that fills up with ink",
                 "Let a frame of your network look past its own four columns, as windows do."),
        _refuses("refuses answers nobody asked for", fills_up,
                 "a reader that repeats the last line to fill a batch",
                 "Give it an odd number of lines and batches of two, and count the answers."),
        _refuses("refuses lines cut short", width_of_the_first,
                 "a reader that cuts lines to the width of the batch's first",
                 "Let a narrow line stand before a wide one in a batch."),
    ),
)  # fmt: skip


def next_batch(
    waiting: list[tuple[float, int]], now: float, most: int, wait: float
) -> list[int]:
    """Return which lines are read now.

    Args:
        waiting: (arrival, width) of each line, in order of arrival.
        now: The time.
        most: Largest batch.
        wait: Longest time that a line waits for company.

    Returns:
        Positions in `waiting`, rising, of lines of one width. If `most` lines of one width wait,
        the first `most` of it; of several such widths the one whose first line came first. Else,
        if the first line has waited `wait` or longer, the lines of its width. Else nothing.
    """
    groups: dict[int, list[int]] = {}
    for position, (_, width) in enumerate(waiting):
        groups.setdefault(width, []).append(position)
    for positions in groups.values():
        if len(positions) >= most:
            return positions[:most]
    if waiting and now - waiting[0][0] >= wait:
        return groups[waiting[0][1]]
    return []


def thirty_lines(seed: int) -> dict:
    """Lines of five widths that came over a second."""
    rng = np.random.default_rng([9, 3, seed])
    arrivals = np.sort(rng.random(30)).round(3)
    widths = 64 * rng.integers(1, 6, 30)
    waiting = [(float(a), int(w)) for a, w in zip(arrivals, widths, strict=True)]
    return {"waiting": waiting, "now": 1.0, "most": 7, "wait": 0.5}


NEXT_BATCH = Exercise(
    id="lab09.next_batch",
    kind="implement",
    title="Choose the next batch",
    reference=next_batch,
    doc="Bounded waiting: a full batch, or the first line's after its time.",
    cases=(
        Case("nothing waits", 1, {"waiting": [], "now": 5.0, "most": 4, "wait": 1.0},
             hint="Without lines there is no first one; return an empty list."),
        Case("waits for company", 1,
             {"waiting": [(0.0, 64), (0.25, 64)], "now": 0.5, "most": 4, "wait": 1.0},
             hint="Two of four are here and the first has waited half of its time: not yet."),
        Case("a full batch goes at once", 1,
             {"waiting": [(0.0, 64), (0.0, 128), (0.25, 128)], "now": 0.25, "most": 2,
              "wait": 1.0},
             hint="Two lines of width 128 are here, a batch, though another waits longer."),
        Case("no more than fit", 1,
             {"waiting": [(0.0, 64), (0.0, 64), (0.0, 64)], "now": 0.0, "most": 2, "wait": 1.0},
             hint="Three wait and two fit: the first two go."),
        Case("the bound itself counts", 1,
             {"waiting": [(1.0, 64), (1.5, 128), (1.75, 64)], "now": 2.0, "most": 4, "wait": 1.0},
             hint="At 1.0 since its arrival the first line goes, with the others of its width."),
        Case("the first of two full batches", 1,
             {"waiting": [(0.0, 128), (0.25, 64), (0.5, 64), (0.75, 128)], "now": 1.0, "most": 2,
              "wait": 9.0},
             hint="Both widths are full; the width whose first line came first goes."),
        Case("thirty lines", 2, thirty_lines,
             hint="Group the positions by width, in order of arrival."),
    ),
)  # fmt: skip
