"""Lab 6: finding the lines of a page, and counting what was found."""

from __future__ import annotations

import numpy as np

from shared.checks.builders import accepts, ask, choose, diagnose, guess, refuses
from shared.checks.exercise import Case
from shared.pages import matching

GUESS_LINES = guess(
    "lab06.guess_lines",
    "Guess the lines found",
    0,
    100,
    hint="Return one whole number such as 7; every guess in the range earns the point.",
)


def twenty_stacks(seed: int) -> list[dict]:
    """Return stacks of one to seven layers."""
    rng = np.random.default_rng(seed)
    return [
        {
            "kernels": rng.choice([1, 3, 5, 7], size).tolist(),
            "strides": rng.choice([1, 1, 2, 3], size).tolist(),
        }
        for size in rng.integers(1, 8, 20)
    ]


RECEPTIVE_FIELD = ask(
    "lab06.receptive_field",
    "What one output sees",
    Case(
        "one layer sees its window",
        {"kernels": [5], "strides": [1]},
        hint="Start with one pixel; a window of 5 adds 4.",
    ),
    Case(
        "a second layer adds to it",
        {"kernels": [3, 3], "strides": [1, 1]},
        hint="Two windows of 3 see 5 pixels: neighboring windows share most of theirs.",
    ),
    Case(
        "a stride spreads later windows",
        {"kernels": [3, 3, 3], "strides": [2, 2, 1]},
        hint="After a stride of 2, neighbors in the next layer are two pixels apart, then four.",
    ),
    Case(
        "the last stride adds nothing",
        {"kernels": [3], "strides": [4]},
        hint="A stride moves the window between outputs; it widens none of them.",
    ),
    Case(
        "twenty random stacks",
        twenty_stacks,
        hint="Add (kernel - 1) times the product of the strides before that layer.",
    ),
)


def mask(*rows: str) -> list[dict]:
    """Return one call with a mask of numbered bands, where a dot is background."""
    numbers = [[int(one) for one in row.replace(".", "0")] for row in rows]
    return [{"components": np.array(numbers)}]


def wandering_bands(seed: int) -> list[dict]:
    """Return one call with bands that have gaps and notches, in no order from top to bottom."""
    rng = np.random.default_rng(seed)
    components = np.zeros((60, 48), dtype=np.int64)
    for place, number in enumerate(rng.permutation(4) + 1):
        wander = np.cumsum(rng.choice([-1, 0, 0, 1], 48)).clip(-3, 3)
        left, right = rng.integers(0, 10), rng.integers(36, 49)
        for x in range(left, right):
            bottom = 12 + 13 * place + wander[x]
            components[bottom - rng.integers(4, 7) : bottom, x] = number
        components[:, rng.integers(left + 4, right - 4)] = 0
    return [{"components": components}]


def lower_edges(function, inputs: dict) -> list:
    """Return the points of each band as lists, whatever they came in."""
    return [np.asarray(line).tolist() for line in function(inputs["components"])]


def bands_call(components: np.ndarray) -> str:
    """Name a call of `baselines` in a message."""
    if components.size > 200:
        return f"baselines of a mask with {components.max()} bands"
    rows = ("".join(map(str, row)).replace("0", ".") for row in components)
    return f"baselines of the mask {'/'.join(rows)}"


def bands_case(name: str, calls, hint: str) -> Case:
    """Ask for the baselines of a mask."""
    return Case(name, calls, probe=lower_edges, call=bands_call, hint=hint)


BASELINES = ask(
    "lab06.baselines",
    "Bands to baselines",
    bands_case(
        "one straight band",
        mask("....", ".11.", ".11.", "...."),
        "Points are x first, then y; the edge lies under the lowest pixel, at its row plus 1.",
    ),
    bands_case(
        "a band that climbs",
        mask("...1", "..11", ".11.", "11..", "1..."),
        "Each column has a lowest pixel of its own; do not take the band's lowest row.",
    ),
    bands_case(
        "two bands, by their numbers",
        mask("22..", "22..", "....", "..11", "..11"),
        "The first array belongs to band 1, wherever on the page it lies.",
    ),
    bands_case(
        "a gap in a band",
        [*mask("11.11", "11.11"), *mask("11", "1.", "11", "..")],
        "A column without a pixel of the band has no point; one with a hole has its lowest pixel.",
    ),
    bands_case(
        "a page without bands",
        mask("......", "......", "......", "......"),
        "Background is no band: return an empty list.",
    ),
    bands_case(
        "four bands that wander",
        wandering_bands,
        "For each number: the columns it touches, and in each of them the largest row.",
    ),
)


def forty_boxes(seed: int) -> list[dict]:
    """Return pairs of boxes, most of them overlapping, with fractions of pixels."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 40, (40, 2, 2))
    sizes = rng.uniform(10, 50, (40, 2, 2))
    pairs = np.concatenate([corners, corners + sizes], axis=2)
    return [{"a": a, "b": b} for a, b in pairs]


BESIDE = ([50, 30, 60, 40], [5, 30, 15, 40], [50, 5, 60, 15], [10, 0, 20, 10])

BOX_IOU = ask(
    "lab06.box_iou",
    "Overlap of two boxes",
    Case(
        "two boxes that overlap at a corner",
        {"a": [0, 0, 4, 4], "b": [2, 2, 6, 6]},
        hint="They share 2 x 2 = 4 pixels and cover 16 + 16 - 4 = 28 together.",
    ),
    Case(
        "a box is equal to itself",
        {"a": [3, 1, 9, 5], "b": [3, 1, 9, 5]},
        hint="The union counts shared pixels once, so that equal boxes give 1.",
    ),
    Case(
        "boxes apart, and boxes that touch",
        [{"a": [0, 0, 10, 10], "b": box} for box in BESIDE],
        hint="Apart in both directions, two negative sides have a positive product: look at each "
        "side by itself.",
    ),
    Case(
        "forty random pairs",
        forty_boxes,
        hint="Corners may lie between pixels; add no 1 to a width, and round nothing.",
        points=2,
    ),
    refuse=(matching.box_iou,),
)


def page(*rows: list[float]) -> dict:
    """Return a call with the overlaps of boxes, one a row, and lines, one a column."""
    return {"overlaps": np.array(rows), "threshold": 0.5}


def twenty_pages(seed: int) -> list[dict]:
    """Return the overlaps of intervals: lines found, lost, found twice and invented."""
    rng = np.random.default_rng(seed)
    pages = []
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
        pages.append(page(*(shared / (lengths - shared))))
    return pages


LINE_SCORES = ask(
    "lab06.line_scores",
    "Score a page",
    Case(
        "one line found, one missed, one invented",
        page([0.9, 0.0], [0.0, 0.1]),
        hint="One match, two lines found, two lines there: all three scores are 1/2.",
    ),
    Case(
        "a box over two lines finds one",
        page([0.9, 0.8]),
        hint="A found box that is taken is taken: the other line is missed.",
    ),
    Case(
        "a line found twice counts once",
        page([0.6], [0.55]),
        hint="A line that is taken is taken: the second box is one too many.",
    ),
    Case(
        "no match among two and two",
        page([0.1, 0.2], [0.2, 0.1]),
        hint="There are boxes and lines and no match: all three scores are 0, F1 too.",
    ),
    Case(
        "a better box takes the line of an earlier one",
        page([0.6, 0.0], [0.9, 0.55]),
        hint="The second box fits the first line best and takes it; the first box is left over, "
        "and so is the second line.",
    ),
    Case(
        "takes the best pair first",
        page([0.6, 0.9], [0.55, 0.0]),
        hint="If the first line takes its best box, the second is left without one. Sort all "
        "pairs by their overlap.",
    ),
    Case(
        "an overlap equal to the threshold counts",
        page([0.5]),
        hint="The threshold is the least overlap that is enough: compare with >=.",
    ),
    Case(
        "nothing found, nothing there, or neither",
        [{"overlaps": np.zeros(size), "threshold": 0.5} for size in ((0, 3), (2, 0), (0, 0))],
        call=lambda overlaps, threshold: f"line_scores of overlaps of shape {overlaps.shape}",
        hint="Without a box there is no wrong box, and without a line there is no missed line: "
        "a score with nothing to divide by is 1.",
    ),
    Case(
        "twenty random pages",
        twenty_pages,
        hint="Precision divides by the lines found, recall by the lines there, and F1 is "
        "2 x matches / (found + there).",
        points=2,
    ),
    refuse=(matching.match_lines, matching.count_hits),
)

RIGHT_MATCHER = choose(
    "lab06.right_matcher",
    "Review four matchers",
    "ABCD",
    {
        "A": "it lets several boxes choose the same line, so a line found three times counts three "
        "times",
        "C": "it divides both boxes by their own size and place first, so every box agrees with "
        "every line",
        "D": "it gives every line the nearest box, however far away that is",
    },
    case="names the right snippet",
    hint="Try each on a line that was found three times, and on a box at the other end of the "
    "page.",
)


# A test for scores of found lines, and scores that it must accept or refuse
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


def scores_of(right, seen, true, found):
    """Return the three scores of so many boxes that are right, and lines that are seen."""
    precision = right / len(found) if found else 1.0
    recall = seen / len(true) if true else 1.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def right_scores(true, found, threshold=0.5, share_of=None):
    """A function whose scores are right."""
    pairs = sorted(
        ((overlap(a, b, share_of), i, j) for i, a in enumerate(true) for j, b in enumerate(found)),
        reverse=True,
    )
    rows, columns = set(), set()
    for value, row, column in pairs:
        if value >= threshold and row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
    return scores_of(len(rows), len(rows), true, found)


def scores_by_paths(true, found):
    """A function whose scores are right by another matching."""
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
    return scores_of(matches, matches, true, found)


def scores_otherwise(true, found):
    """A function whose right scores differ in their last digit, as other sums may."""
    scores = scores_by_paths(true, found)
    return tuple(float(np.nextafter(one, 2)) if one not in (0, 0.5, 1) else one for one in scores)


def counts_twice(true, found):
    """A function whose scores call both boxes on one line right."""
    right = sum(any(overlap(a, b) >= 0.5 for a in true) for b in found)
    seen = sum(any(overlap(a, b) >= 0.5 for b in found) for a in true)
    return scores_of(right, seen, true, found)


def divides_by_smaller(true, found):
    """A function whose scores divide by the smaller area."""
    return right_scores(true, found, share_of=min)


def takes_any_overlap(true, found):
    """A function whose scores match whatever overlaps at all."""
    return right_scores(true, found, threshold=1e-9)


def counts_boxes(true, found):
    """A function whose scores never look where a box lies."""
    matches = min(len(true), len(found))
    return scores_of(matches, matches, true, found)


def swaps_scores(true, found):
    """A function whose scores swap precision and recall."""
    precision, recall, f1 = right_scores(true, found)
    return recall, precision, f1


def averages_scores(true, found):
    """A function whose scores average precision and recall."""
    precision, recall, _ = right_scores(true, found)
    return precision, recall, (precision + recall) / 2


def compares_in_order(true, found):
    """A function whose scores compare the first with the first only."""
    matches = sum(overlap(a, b) >= 0.5 for a, b in zip(true, found, strict=False))
    return scores_of(matches, matches, true, found)


CHECK_LINE_SCORES = ask(
    "lab06.check_line_scores",
    "Test any scores of lines",
    accepts(
        "accepts right scores",
        right_scores,
        hint="Work your example out by hand, and keep clear of an IoU of exactly one half.",
    ),
    accepts(
        "accepts right scores computed otherwise",
        scores_by_paths,
        also=(scores_otherwise,),
        hint="Ask for nothing that two sensible matchers would answer differently, and compare "
        "floats with a tolerance.",
    ),
    refuses(
        "refuses a line counted twice",
        counts_twice,
        hint="Find one line twice: one of the two boxes is one too many.",
    ),
    refuses(
        "refuses division by the smaller box",
        divides_by_smaller,
        hint="Find one box four times as high as the line in it.",
    ),
    refuses(
        "refuses any overlap",
        takes_any_overlap,
        hint="Find a box that holds a line and much besides, and expect no match.",
    ),
    refuses(
        "refuses counting boxes",
        counts_boxes,
        hint="Find as many boxes as there are lines, but not where the lines are.",
    ),
    refuses(
        "refuses precision and recall swapped",
        swaps_scores,
        hint="Find fewer boxes than lines, and assert both scores by themselves.",
    ),
    refuses(
        "refuses a mean for F1",
        averages_scores,
        hint="With precision 1/2 and recall 1 the mean is 3/4 and F1 is 2/3.",
    ),
    refuses(
        "refuses comparing in order",
        compares_in_order,
        hint="Give the found boxes in another order than the lines.",
    ),
    save_to="tests/test_lab06_line_scores.py",
)

# Of 1,000 lines those found, and boxes without a line, by threshold; as the lab's table
THRESHOLDS = {0.1: (994, 240), 0.3: (990, 90), 0.5: (978, 30), 0.7: (955, 8), 0.9: (880, 1)}
MISSED_SECONDS, INVENTED_SECONDS = 60, 5


def mending(threshold: float) -> str:
    """Say what a wrong choice costs."""
    found, invented = THRESHOLDS[threshold]
    minutes = ((1000 - found) * MISSED_SECONDS + invented * INVENTED_SECONDS) / 60
    return f", which costs {minutes:.1f} minutes; another threshold of the table costs less"


CHOOSE_THRESHOLD = choose(
    "lab06.choose_threshold",
    "Choose a threshold",
    tuple(THRESHOLDS),
    mending,
    case="the least time",
    hint="Lines missed times 60 s, plus boxes invented times 5 s, for every row.",
    kind="decide",
)

DIAGNOSE_DETECTORS = diagnose(
    "lab06.diagnose_detectors",
    "Diagnose four detectors",
    {
        "A": "Run A calls nearly all of the writing baseline: what did its masks cover?",
        "B": "Run B is right about most pixels; ask which pixels those are.",
        "C": "Run C finds lines; lay its mask over the page.",
        "D": "Look at the page that went into run D before you look at what came out.",
    },
    {
        "class imbalance": "a high pixel accuracy and next to no pixel called baseline",
        "ink inverted": "a page of the other polarity than in training, and paper that is called "
        "baseline",
        "lines merged": "one piece that covers the writing from its first line to its last",
        "masks shifted": "as many pieces as lines or more, each at the same distance from its line",
        "learning rate too high": "a loss that jumps instead of falling",
        "test pages in training": "test pages that come out as well as those of training",
    },
    case="names run {}",
    objection=". That fault would show {sign}; run {key} does not",
)


def counted(rows: int, columns: int) -> np.ndarray:
    """Return an image whose pixels are numbered from 1."""
    return np.arange(1, rows * columns + 1, dtype=np.uint8).reshape(rows, columns)


def strip(image: np.ndarray, baseline: list[list[int]], above: int, below: int) -> dict:
    """Return a call of `straighten`."""
    return {"image": image, "baseline": np.array(baseline), "above": above, "below": below}


def wandering_line(seed: int) -> dict:
    """Return a call with noise and a baseline across it, whose strip leaves it in places."""
    rng = np.random.default_rng(seed)
    # A step of 9 columns puts no height of the line halfway between two rows
    xs = 2 + 9 * np.arange(5)
    ys = (10 + np.cumsum(rng.integers(-8, 9, 5))).clip(2, 28)
    noise = rng.integers(1, 256, (30, 48), dtype=np.uint8)
    return strip(noise, np.stack([xs, ys], axis=1), 9, 4)


STRAIGHTEN = ask(
    "lab06.straighten",
    "Make a crooked line level",
    Case(
        "a level line",
        strip(counted(5, 4), [[0, 3], [3, 3]], above=2, below=1),
        hint="Rows run from the baseline minus `above` up to, not including, plus `below`.",
    ),
    Case(
        "a line that falls",
        strip(counted(6, 5), [[0, 2], [3, 3]], above=1, below=1),
        hint="Find the height of the baseline in every column with np.interp, and round it.",
    ),
    Case(
        "a line inside the page",
        strip(counted(5, 6), [[2, 3], [4, 3]], above=1, below=1),
        hint="The strip begins at the first x of the baseline and ends with the last.",
    ),
    Case(
        "beyond the edge is paper",
        strip(counted(4, 3), [[0, 1], [2, 3]], above=3, below=3),
        hint="A negative row would be taken from the bottom of the page: put 0 there.",
    ),
    Case(
        "a baseline that wanders",
        wandering_line,
        call="straighten of noise along a wandering baseline",
        hint="Each piece between two points has its own slope; all columns are needed once.",
        points=2,
    ),
)
