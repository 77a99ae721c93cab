"""Lab 9: eight bits, a promise and its price, uploads, batches, drift, and a test of it all."""

from __future__ import annotations

import numpy as np

from shared.checks.builders import accepts, ask, choose, diagnose, guess, notices, refuses
from shared.checks.exercise import Case
from shared.paths import sample

GUESS_SAME = guess(
    "lab09.guess_same",
    "Guess what eight bits change",
    0,
    100,
    hint="Return one number such as 75; every guess in the range earns the point.",
)


def some_lines(
    confidence: list[float], edits: list[int], lengths: list[int], promised: float
) -> dict:
    """Return the arguments of `choose_threshold`."""
    return {"confidence": confidence, "edits": edits, "lengths": lengths, "promised": promised}


def sixty_lines(seed: int) -> dict:
    """Return lines that are surer where they are better, on average."""
    rng = np.random.default_rng([9, 1, seed])
    sure = rng.random(60).round(2)
    lengths = rng.integers(5, 60, 60)
    edits = rng.binomial(lengths, 0.2 * (1 - sure) ** 2)
    return some_lines(sure.tolist(), edits.tolist(), lengths.tolist(), 0.0317)


CHOOSE_THRESHOLD = ask(
    "lab09.choose_threshold",
    "Keep a promise",
    Case(
        "accepts all where all is well",
        some_lines([0.9, 0.2, 0.5], [0, 0, 0], [9, 8, 7], 0.01),
        hint="Nothing is wrong here, so the least confidence of all is the threshold.",
    ),
    Case(
        "keeps a promise to the letter",
        some_lines([0.9, 0.8], [0, 1], [25, 25], 0.02),
        hint="One edit in 50 characters is 2 %, which is within a promise of 2 %.",
    ),
    Case(
        "goes on after a bad line",
        some_lines([0.9, 0.8, 0.6, 0.3], [0, 1, 0, 4], [10, 10, 20, 10], 0.03),
        points=2,
        hint="At 0.8 the rate is too high, and at 0.6 it is back within the promise: try "
        "every confidence, and take the least one that keeps it.",
    ),
    Case(
        "takes equal confidences together",
        some_lines([0.7, 0.9, 0.7], [0, 0, 3], [10, 10, 10], 0.05),
        points=2,
        hint="A threshold of 0.7 accepts both lines of 0.7, the good one and the bad one.",
    ),
    Case(
        "divides totals",
        some_lines([0.9, 0.8], [1, 0], [2, 98], 0.05),
        hint="One edit in 100 characters is 1 %; the mean of the lines' rates is 25 %.",
    ),
    Case(
        "says so where nothing may be accepted",
        some_lines([0.99, 0.4], [3, 5], [10, 10], 0.02),
        hint="Where every threshold breaks the promise, return None.",
    ),
    Case(
        "sixty lines",
        sixty_lines,
        points=2,
        hint="The lines come in no order; compare with a loop over every confidence.",
    ),
)


# What a threshold costs (made up)
LINES = 1000
REVIEW_MINUTES, ERROR_MINUTES = 0.25, 3.0  # Looking at a line; mending an accepted wrong line


def minutes(threshold: float) -> float:
    """Return what 1,000 lines cost: those reviewed, and wrong ones that were accepted."""
    accepted, wrong = next((a, w) for t, a, w in sample("thresholds") if t == threshold)
    return REVIEW_MINUTES * (LINES - accepted) + ERROR_MINUTES * wrong


CHEAPEST_THRESHOLD = choose(
    "lab09.cheapest_threshold",
    "Pay for a threshold",
    tuple(threshold for threshold, _, _ in sample("thresholds")),
    lambda threshold: (
        f", which costs {minutes(threshold):.1f} minutes; another row of the table costs less"
    ),
    case="the least cost",
    hint="For every row: 0.25 minutes for each line that is not accepted, and 3 for each "
    "wrong one that is.",
    kind="decide",
)

RIGHT_UPLOAD = choose(
    "lab09.right_upload",
    "Review four upload handlers",
    "ABCD",
    {
        "A": "it has the whole body in memory before it asks how long it is",
        "C": "it believes a header that the client wrote, and a body sent in chunks has none",
        "D": "it decodes the image before it looks at the size, which is what a bomb waits for",
    },
    case="names the right handler",
    hint="Follow a body of 10 GB, then a file of 1 kB that unfolds to 3.6 gigapixels: "
    "where is each stopped?",
)


# A test for readers in batches, and readers that it must accept or refuse
def pad(lines, value=0, width=None):
    """Stack lines to the width of the widest, or to a width."""
    width = width or max(line.shape[1] for line in lines)
    batch = np.full((len(lines), len(lines[0]), width), value)
    for row, line in zip(batch, lines, strict=True):
        row[:, : line.shape[1]] = line[:, :width]
    return batch


def batches(lines, most):
    """Return so many lines at a time, in their order."""
    return [lines[start : start + most] for start in range(0, len(lines), most)]


def cut(batch, found):
    """Return the frames of each line of a batch, without those of the padding."""
    return [frames[: line.shape[1] // 4] for line, frames in zip(batch, found, strict=True)]


def in_order(network, lines, most, fill=pad):
    """A reader of batches in order."""
    read = [cut(batch, network(fill(batch))) for batch in batches(lines, most)]
    return [frames for each in read for frames in each]


def by_width(network, lines, most):
    """A reader that sorts by width, restores the order and returns a tuple of lists."""
    order = sorted(range(len(lines)), key=lambda k: lines[k].shape[1])
    sorted_answers = in_order(network, [lines[k] for k in order], most)
    answers = [None] * len(lines)
    for k, frames in zip(order, sorted_answers, strict=True):
        answers[k] = frames.tolist()
    return tuple(answers)


def one_by_one(network, lines, most):
    """A reader of one line at a time, which is slow and right."""
    return in_order(network, lines, 1)


def keeps_padding(network, lines, most):
    """A reader that returns the frames of the padding, too."""
    return [frames for batch in batches(lines, most) for frames in network(pad(batch))]


def leaves_sorted(network, lines, most):
    """A reader that returns answers sorted by width."""
    return in_order(network, sorted(lines, key=lambda line: line.shape[1]), most)


def drops_the_rest(network, lines, most):
    """A reader that leaves an unfinished batch out."""
    return in_order(network, lines[: len(lines) // most * most], most)


def all_at_once(network, lines, most):
    """A reader that reads everything at once."""
    return in_order(network, lines, len(lines))


def pads_with_ink(network, lines, most):
    """A reader that fills up with ink."""
    return in_order(network, lines, most, lambda batch: pad(batch, 255))


def fills_up(network, lines, most):
    """A reader that repeats the last line to fill a batch."""
    missing = -len(lines) % most
    return in_order(network, [*lines, *[lines[-1]] * missing], most)


def width_of_the_first(network, lines, most):
    """A reader that cuts lines to the width of the batch's first."""
    return in_order(network, lines, most, lambda batch: pad(batch, width=batch[0].shape[1]))


CHECK_BATCHING = ask(
    "lab09.check_batching",
    "Test any reader in batches",
    accepts(
        "accepts batches in order",
        in_order,
        hint="Your network must see zeros beside a line as it sees nothing: a sum does.",
    ),
    accepts(
        "accepts batches by width",
        by_width,
        also=(one_by_one,),
        hint="Compare with np.allclose, which takes lists and arrays alike, and ask only that no "
        "batch is too large.",
    ),
    refuses(
        "refuses frames of the padding",
        keeps_padding,
        hint="Ask how long an answer is: a line of 8 columns has 2 frames.",
    ),
    refuses(
        "refuses another order",
        leaves_sorted,
        hint="Give it lines whose widths go up and down, and compare one by one.",
    ),
    refuses(
        "refuses lost lines",
        drops_the_rest,
        hint="Give it five lines and batches of two, and count the answers.",
    ),
    refuses(
        "refuses batches that are too large",
        all_at_once,
        hint="Let your network note the size of each batch, and ask for the largest.",
    ),
    refuses(
        "refuses padding with ink",
        pads_with_ink,
        hint="Let a frame of your network look past its own four columns, as windows do.",
    ),
    refuses(
        "refuses answers nobody asked for",
        fills_up,
        hint="Give it an odd number of lines and batches of two, and count the answers.",
    ),
    refuses(
        "refuses lines cut short",
        width_of_the_first,
        hint="Let a narrow line stand before a wide one in a batch.",
    ),
    save_to="tests/test_lab09_batching.py",
)


def waiting_lines(
    waiting: list[tuple[float, int]], now: float, most: int = 4, wait: float = 1.0
) -> dict:
    """Return the arguments of `next_batch`."""
    return {"waiting": waiting, "now": now, "most": most, "wait": wait}


def thirty_lines(seed: int) -> dict:
    """Return lines of five widths that came over a second."""
    rng = np.random.default_rng([9, 3, seed])
    arrivals = np.sort(rng.random(30)).round(3)
    widths = 64 * rng.integers(1, 6, 30)
    waiting = [(float(a), int(w)) for a, w in zip(arrivals, widths, strict=True)]
    return waiting_lines(waiting, 1.0, 7, 0.5)


NEXT_BATCH = ask(
    "lab09.next_batch",
    "Choose the next batch",
    Case(
        "nothing waits",
        waiting_lines([], 5.0),
        hint="Without lines there is no first one; return an empty list.",
    ),
    Case(
        "waits for company",
        waiting_lines([(0.0, 64), (0.25, 64)], 0.5),
        hint="Two of four are here and the first has waited half of its time: not yet.",
    ),
    Case(
        "a full batch goes at once",
        [
            waiting_lines([(0.0, 64), (0.0, 128), (0.25, 128)], 0.25, 2),
            waiting_lines([(0.0, 64), (0.1, 128), (0.2, 128)], 2.0, 2),
            waiting_lines([(0.0, 64), (0.1, 64), (0.2, 128), (0.3, 128), (0.4, 128)], 0.5, 2),
        ],
        hint="Two lines of width 128 are here, a batch, though another waits longer.",
    ),
    Case(
        "no more than fit",
        waiting_lines([(0.0, 64), (0.0, 64), (0.0, 64)], 0.0, 2),
        hint="Three wait and two fit: the first two go.",
    ),
    Case(
        "the bound itself counts",
        waiting_lines([(1.0, 64), (1.5, 128), (1.75, 64)], 2.0),
        hint="At 1.0 since its arrival the first line goes, with the others of its width.",
    ),
    Case(
        "the first of two full batches",
        waiting_lines([(0.0, 128), (0.25, 64), (0.5, 64), (0.75, 128)], 1.0, 2, 9.0),
        hint="Both widths are full; the width whose first line came first goes.",
    ),
    Case(
        "thirty lines",
        thirty_lines,
        points=2,
        hint="Group the positions by width, in order of arrival.",
    ),
)


def two_samples(seed: int) -> dict:
    """Return fifty values, and sixty-four that are lower and less spread."""
    rng = np.random.default_rng([9, 2, seed])
    return {
        "reference": rng.normal(0, 1, 50).round(2).tolist(),
        "window": rng.normal(-0.4, 0.6, 64).round(2).tolist(),
    }


LARGEST_GAP = ask(
    "lab09.largest_gap",
    "Measure drift",
    Case(
        "the same values in another order",
        {"reference": [1.0, 2.0, 3.0], "window": [3.0, 1.0, 2.0]},
        hint="Equal samples have equal shares everywhere, so the gap is 0.",
    ),
    Case(
        "nothing in common",
        {"reference": [1.0, 2.0], "window": [5.0, 6.0, 7.0]},
        hint="At x = 2 all of the reference lies below, and nothing of the window.",
    ),
    Case(
        "a window that is lower",
        {"reference": [4.0, 5.0, 6.0, 7.0], "window": [1.0, 4.0, 5.0, 7.0]},
        hint="The window may run ahead or behind: take the absolute difference.",
    ),
    Case(
        "equal values",
        {"reference": [1.0, 1.0, 1.0, 2.0], "window": [1.0, 2.0, 2.0, 3.0]},
        points=2,
        hint="At x = 1 three of four values of the reference are at most 1, and one of four "
        "of the window; step over equal values together.",
    ),
    Case(
        "the same mean, another spread",
        {"reference": [-1.0, 0.0, 1.0, 0.0], "window": [-9.0, -8.0, 8.0, 9.0]},
        hint="The means are equal, and the shares are not: compare shares at every value.",
    ),
    Case(
        "samples of two sizes",
        two_samples,
        points=2,
        hint="Divide by each sample's own size, and look at the values of both.",
    ),
)

TEST_SERVICE = ask(
    "lab09.test_service",
    "A test for the service",
    notices(
        "doubt accepted",
        "notices doubt that is accepted",
        "What does `sure.decision` say below, at and above 0.6?",
    ),
    notices(
        "least sure first",
        "notices the wrong end of the reject curve",
        "Give `reject_curve` a sure line without errors and a doubtful one with some: the first "
        "rate is 0.",
    ),
    notices(
        "prepared pixels",
        "notices places in the wrong pixels",
        "`placed` has half the pixels of its image and begins at column 5: which column of the "
        "image is its column 24?",
    ),
    notices(
        "sideways",
        "notices a photograph on its side",
        "`turned` is stored 60 wide and 20 high by a camera held upright: what shape does "
        "`decode_upload` give?",
    ),
    notices(
        "learned and held back",
        "notices a text on both sides",
        "No text of the lines that teach may be among those that `improving.split_lines` holds "
        "back.",
    ),
    notices(
        "one way alone",
        "notices drift both ways",
        "Give `level.distances` windows full of 0 and full of 1.",
    ),
    save_to="tests/test_lab09_service.py",
    seconds=120.0,
)


# Four services, and what their load tests would show (data/make/load_tests.py)
DIAGNOSE_SERVICES = diagnose(
    "lab09.diagnose_services",
    "Diagnose four services",
    {
        "A": "What does service A say to client number 512, and when?",
        "B": "Look at service B with one client alone.",
        "C": "Follow the processor time of an answer of service C from 1 client to 64.",
        "D": "All columns of service D look well but one.",
    },
    {
        "healthy": "an answer's time that stays bounded, the rest refused, and level memory",
        "keeps every image": "memory that is far higher after the test",
        "loads the model each time": "an answer of one client that takes a fifth of a second",
        "queue without an end": "nothing refused, and times that grow with the clients",
        "reads one at a time": "half the answers a second that two processors could give",
        "too many threads": "more processor time for the same answer when many ask",
    },
    case="names service {}",
    objection=". That would show {sign}; service {key} does not",
)
