"""Lab 2: splitting by writer (exercise 2.2)."""

from __future__ import annotations

from collections import Counter

import numpy as np

from shared.checks.compare import equal, show
from shared.checks.exercise import Case, Exercise


def split_by_writer(
    writers: list[str], test_share: float, seed: int
) -> tuple[list[int], list[int]]:
    """Split images so that no writer is on both sides.

    Args:
        writers: The writer of each image.
        test_share: The share of the images that the test part should get.
        seed: Decides which writers are tested.

    Returns:
        The indices for training and the indices for testing.
    """
    # Sorted first, because the order of a set of strings changes from process to process
    names = np.random.default_rng(seed).permutation(sorted(set(writers)))
    counts = Counter(writers)
    chosen, size = set(), 0
    for name in names.tolist():
        if size >= test_share * len(writers):
            break
        chosen.add(name)
        size += counts[name]
    train = [index for index, writer in enumerate(writers) if writer not in chosen]
    test = [index for index, writer in enumerate(writers) if writer in chosen]
    return train, test


def _uneven_writers(seed: int) -> dict:
    rng = np.random.default_rng([2, seed])
    sizes = rng.integers(1, 30, 24)
    writers = np.repeat([f"hand {number:02}" for number in range(24)], sizes)
    rng.shuffle(writers)
    return {"writers": writers.tolist(), "test_share": 0.25, "seed": int(rng.integers(1000))}


def _parts(answer: object) -> tuple[list[int], list[int]] | None:
    """Return the two parts as lists of whole numbers, or None if they are something else."""
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return None
    parts = []
    for part in answer:
        values = part.tolist() if isinstance(part, np.ndarray) else part
        if not isinstance(values, list | tuple | set):
            return None
        values = list(values)
        if any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
            return None
        if any(v != v or v in (np.inf, -np.inf) or v != int(v) for v in values):
            return None
        parts.append([int(v) for v in values])
    return parts[0], parts[1]


def _shape_of(writers: list[str]) -> str:
    return f"split_by_writer of {len(writers)} images by {len(set(writers))} writers"


_NO_PARTS = "{} gave {}, expected two lists of indices: (train, test)."


def judge_every_index_once(inputs: dict, answer: object) -> str | None:
    """Each index stands in exactly one part, and both parts hold something."""
    parts, call = _parts(answer), _shape_of(inputs["writers"])
    if parts is None:
        return _NO_PARTS.format(call, show(answer))
    if not parts[0] or not parts[1]:
        return f"{call} gave {len(parts[0])} and {len(parts[1])} indices; neither may be empty."
    counts = Counter(parts[0] + parts[1])
    for index in range(len(inputs["writers"])):
        if counts.pop(index, 0) != 1:
            train, test = index in parts[0], index in parts[1]
            where = "twice" if train or test else "in neither part"
            return f"{call}: index {index} stands {where}, expected exactly once."
    if counts:
        return f"{call}: index {min(counts)} does not exist."
    return None


def judge_no_shared_writer(inputs: dict, answer: object) -> str | None:
    """No writer of a test image wrote a training image."""
    parts, writers = _parts(answer), inputs["writers"]
    call = _shape_of(writers)
    if parts is None or not parts[0] or not parts[1]:
        return _NO_PARTS.format(call, show(answer))
    known = range(len(writers))
    sides = [{writers[index] for index in part if index in known} for part in parts]
    shared = sorted(sides[0] & sides[1])
    if not sides[0] or not sides[1]:
        return _NO_PARTS.format(call, show(answer))
    if shared:
        return f"{call}: {shared[0]!r} is on both sides, and so are {len(shared) - 1} others."
    return None


def judge_share(inputs: dict, answer: object) -> str | None:
    """The test part misses its target by at most the largest writer."""
    parts, writers = _parts(answer), inputs["writers"]
    call = _shape_of(writers)
    if parts is None:
        return _NO_PARTS.format(call, show(answer))
    target = inputs["test_share"] * len(writers)
    largest = max(Counter(writers).values())
    if abs(len(parts[1]) - target) > largest:
        return (
            f"{call}, test_share={inputs['test_share']}: {len(parts[1])} test images, expected "
            f"{target:.0f}, give or take one writer (at most {largest} images)."
        )
    return None


def probe_seeds(function, inputs: dict) -> list:
    """Split with one seed twice, then with four others; the test parts, sorted."""
    seeds = [5, 5, 6, 7, 8, 9]
    return [sorted(int(i) for i in function(inputs["writers"], 0.25, seed)[1]) for seed in seeds]


def judge_seeds(inputs: dict, answer: object) -> str | None:
    """The same seed repeats the split, other seeds draw other writers."""
    if not isinstance(answer, list) or len(answer) != 6:
        return f"split_by_writer gave {show(answer)}, expected two lists of indices."
    if equal(answer[1], answer[0], ""):
        return "split_by_writer(writers, 0.25, seed=5) gave two different splits in two calls."
    if not any(equal(part, answer[0], "") for part in answer):
        return "split_by_writer gave the same test part for the seeds 5, 6, 7, 8 and 9."
    return None


SPLIT_BY_WRITER = Exercise(
    id="lab02.split_by_writer",
    kind="implement",
    title="Split by writer",
    reference=split_by_writer,
    doc="No writer on both sides, every image on one.",
    cases=(
        Case(
            "puts every index on one side",
            1,
            {"writers": ["ann", "bob", "ann", "cem", "bob", "ann"], "test_share": 0.4, "seed": 1},
            judge=judge_every_index_once,
            hint="Walk over range(len(writers)) once and ask of each index where its writer is.",
        ),
        Case(
            "keeps each writer on one side",
            2,
            _uneven_writers,
            judge=judge_no_shared_writer,
            hint="Choose whole writers first; the images follow their writers.",
        ),
        Case(
            "comes within one writer of the share",
            1,
            _uneven_writers,
            judge=judge_share,
            hint="Writers write different amounts: add writers until enough images are chosen.",
        ),
        Case(
            "repeats itself for a seed, and only then",
            1,
            _uneven_writers,
            probe=probe_seeds,
            judge=judge_seeds,
            hint="Make a generator inside: np.random.default_rng(seed).",
        ),
    ),
)
