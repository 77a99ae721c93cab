"""Lab 6: from a mask of bands to baselines, what an output sees, and a crop made straight."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import equal, show
from shared.checks.exercise import Case, Exercise


def baselines(components) -> list:
    """Return the lower edge of each numbered band.

    Args:
        components: (height, width) whole numbers, 0 for background, 1, 2, 3 ... for the bands.

    Returns:
        One array (n, 2) of x, y for each band: in every column that the band touches, the row
        below its lowest pixel.
    """
    components = np.asarray(components)
    found = []
    for number in range(1, components.max(initial=0) + 1):
        rows, columns = np.nonzero(components == number)
        points = [(x, rows[columns == x].max() + 1) for x in np.unique(columns)]
        found.append(np.array(points))
    return found


def draw_bands(seed: int) -> np.ndarray:
    """Return numbered bands that wander, with gaps and notches, in no order from top to bottom."""
    rng = np.random.default_rng(seed)
    components = np.zeros((60, 48), dtype=np.int64)
    for place, number in enumerate(rng.permutation(4) + 1):
        wander = np.cumsum(rng.choice([-1, 0, 0, 1], 48)).clip(-3, 3)
        left, right = rng.integers(0, 10), rng.integers(36, 49)
        for x in range(left, right):
            bottom = 12 + 13 * place + wander[x]
            components[bottom - rng.integers(4, 7) : bottom, x] = number
        components[:, rng.integers(left + 4, right - 4)] = 0
    return components


def as_lists(found) -> list:
    """Return bands' points as lists, whatever they were given as."""
    return [np.asarray(line).tolist() for line in found]


def _bands(rows: list[str]) -> dict:
    return {"components": np.array([[int(c) for c in row.replace(".", "0")] for row in rows])}


def _judge_bands(inputs: dict, answer: object) -> str | None:
    expected = as_lists(baselines(inputs["components"]))
    if inputs["components"].size > 200 or not isinstance(answer, list | tuple):
        return equal(answer, expected, f"baselines of a mask with {len(expected)} bands")
    mask = "/".join("".join(map(str, row)).replace("0", ".") for row in inputs["components"])
    return equal(answer, expected, f"baselines of the mask {mask}")


def _probe_bands(function, inputs):
    return as_lists(function(inputs["components"]))


BASELINES = Exercise(
    id="lab06.baselines",
    kind="implement",
    title="Bands to baselines",
    reference=baselines,
    doc="The lower edge of every band, column by column.",
    cases=(
        Case(
            "one straight band",
            1,
            _bands(["....", ".11.", ".11.", "...."]),
            _probe_bands,
            _judge_bands,
            hint="Points are x first, then y; the edge lies under the lowest pixel, at its row "
            "plus 1.",
        ),
        Case(
            "a band that climbs",
            1,
            _bands(["...1", "..11", ".11.", "11..", "1..."]),
            _probe_bands,
            _judge_bands,
            hint="Each column has a lowest pixel of its own; do not take the band's lowest row.",
        ),
        Case(
            "two bands, by their numbers",
            1,
            _bands(["22..", "22..", "....", "..11", "..11"]),
            _probe_bands,
            _judge_bands,
            hint="The first array belongs to band 1, wherever on the page it lies.",
        ),
        Case(
            "a gap in a band",
            1,
            _bands(["11.11", "11.11"]),
            _probe_bands,
            _judge_bands,
            hint="A column without a pixel of the band has no point.",
        ),
        Case(
            "a page without bands",
            1,
            {"components": np.zeros((4, 6), dtype=np.int64)},
            _probe_bands,
            _judge_bands,
            hint="Background is no band: return an empty list.",
        ),
        Case(
            "four bands that wander",
            1,
            lambda seed: {"components": draw_bands(seed)},
            _probe_bands,
            _judge_bands,
            hint="For each number: the columns it touches, and in each of them the largest row.",
        ),
    ),
)


def receptive_field(kernels: list[int], strides: list[int]) -> int:
    """Return how many pixels in a row one output of a stack of convolutions sees.

    Args:
        kernels: Width of the window of each layer, from the image on.
        strides: How many of its inputs each layer moves between two outputs.
    """
    field, step = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field += (kernel - 1) * step
        step *= stride
    return field


def random_stacks(seed: int) -> dict:
    """Return twenty stacks of one to seven layers."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 8, 20)
    return {
        "stacks": [
            [rng.choice([1, 3, 5, 7], size).tolist(), rng.choice([1, 1, 2, 3], size).tolist()]
            for size in sizes
        ]
    }


RECEPTIVE_FIELD = Exercise(
    id="lab06.receptive_field",
    kind="implement",
    title="What one output sees",
    reference=receptive_field,
    doc="The width of the input that reaches one output of stacked convolutions.",
    cases=(
        Case(
            "one layer sees its window",
            1,
            {"kernels": [5], "strides": [1]},
            hint="Start with one pixel; a window of 5 adds 4.",
        ),
        Case(
            "a second layer adds to it",
            1,
            {"kernels": [3, 3], "strides": [1, 1]},
            hint="Two windows of 3 see 5 pixels: neighboring windows share most of theirs.",
        ),
        Case(
            "a stride spreads later windows",
            1,
            {"kernels": [3, 3, 3], "strides": [2, 2, 1]},
            hint="After a stride of 2, neighbors in the next layer are two pixels apart, then "
            "four.",
        ),
        Case(
            "the last stride adds nothing",
            1,
            {"kernels": [3], "strides": [4]},
            hint="A stride moves the window between outputs; it widens none of them.",
        ),
        Case(
            "twenty random stacks",
            1,
            random_stacks,
            probe=lambda function, inputs: [function(*stack) for stack in inputs["stacks"]],
            judge=lambda inputs, answer: equal(
                answer,
                [receptive_field(*stack) for stack in inputs["stacks"]],
                f"receptive_field over 20 stacks, the first {show(inputs['stacks'][0])},",
            ),
            hint="Add (kernel - 1) times the product of the strides before that layer.",
        ),
    ),
)


def straighten(image, baseline, above: int, below: int) -> np.ndarray:
    """Return the strip of an image along a baseline, made level.

    Args:
        image: (height, width) uint8, ink on paper 0.
        baseline: (n, 2) of x, y, from left to right, whole numbers.
        above: Rows to keep above the baseline.
        below: Rows to keep from the baseline down.

    Returns:
        uint8 (above + below, columns): one column for every x from the first to the last.
    """
    image, baseline = np.asarray(image), np.asarray(baseline)
    columns = np.arange(baseline[0, 0], baseline[-1, 0] + 1)
    heights = np.rint(np.interp(columns, baseline[:, 0], baseline[:, 1])).astype(int)
    rows = heights[None, :] + np.arange(-above, below)[:, None]
    inside = (rows >= 0) & (rows < len(image))
    return np.where(inside, image[rows.clip(0, len(image) - 1), columns], 0).astype(np.uint8)


def wandering_page(seed: int) -> dict:
    """Return a noise image and a baseline across it that leaves it in places."""
    rng = np.random.default_rng(seed)
    # A step of 9 columns puts no height of the line halfway between two rows
    xs = 2 + 9 * np.arange(5)
    ys = (10 + np.cumsum(rng.integers(-8, 9, 5))).clip(2, 28)
    return {
        "image": rng.integers(1, 256, (30, 48), dtype=np.uint8),
        "baseline": np.stack([xs, ys], axis=1),
        "above": 9,
        "below": 4,
    }


def _numbers(rows: int, columns: int) -> np.ndarray:
    return np.arange(1, rows * columns + 1, dtype=np.uint8).reshape(rows, columns)


STRAIGHTEN = Exercise(
    id="lab06.straighten",
    kind="implement",
    title="Make a crooked line level",
    reference=straighten,
    doc="Cut a strip that follows its baseline.",
    cases=(
        Case(
            "a level line",
            1,
            {
                "image": _numbers(5, 4),
                "baseline": np.array([[0, 3], [3, 3]]),
                "above": 2,
                "below": 1,
            },
            hint="Rows run from the baseline minus `above` up to, not including, plus `below`.",
        ),
        Case(
            "a line that falls",
            1,
            {
                "image": _numbers(6, 5),
                "baseline": np.array([[0, 2], [3, 3]]),
                "above": 1,
                "below": 1,
            },
            hint="Find the height of the baseline in every column with np.interp, and round it.",
        ),
        Case(
            "a line inside the page",
            1,
            {
                "image": _numbers(5, 6),
                "baseline": np.array([[2, 3], [4, 3]]),
                "above": 1,
                "below": 1,
            },
            hint="The strip begins at the first x of the baseline and ends with the last.",
        ),
        Case(
            "beyond the edge is paper",
            1,
            {
                "image": _numbers(4, 3),
                "baseline": np.array([[0, 1], [2, 3]]),
                "above": 3,
                "below": 3,
            },
            hint="A negative row would be taken from the bottom of the page: put 0 there.",
        ),
        Case(
            "a baseline that wanders",
            2,
            wandering_page,
            judge=lambda inputs, answer: equal(
                answer, straighten(**inputs), "straighten of noise along a wandering baseline"
            ),
            hint="Each piece between two points has its own slope; all columns are needed once.",
        ),
    ),
)
