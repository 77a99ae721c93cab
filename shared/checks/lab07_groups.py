"""Lab 7: which pages must stay together in a split."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import equal
from shared.checks.exercise import Case, Exercise


def leak_groups(writers: list, copies: list) -> list[int]:
    """Return a group number for every page; a split may part groups, never pages of one group.

    Args:
        writers: The writer of each page, or None where nobody knows.
        copies: Pairs of page numbers that show the same sheet of paper.

    Returns:
        Numbers from 0, in the order in which the groups first appear.
    """
    group = list(range(len(writers)))

    def merge(a: int, b: int) -> None:
        old, new = group[a], group[b]
        for page, number in enumerate(group):
            if number == old:
                group[page] = new

    first: dict = {}
    for page, writer in enumerate(writers):
        if writer is not None:
            merge(page, first.setdefault(writer, page))
    for a, b in copies:
        merge(a, b)
    numbers: dict = {}
    return [numbers.setdefault(one, len(numbers)) for one in group]


def random_pages(seed: int) -> dict:
    """Return thirty pages by a dozen writers, some unknown, with a few copies."""
    rng = np.random.default_rng(seed)
    names = [f"writer {k}" for k in range(14)] + [None, None]
    writers = [names[rng.integers(len(names))] for _ in range(30)]
    copies = [sorted(rng.choice(30, 2, replace=False).tolist()) for _ in range(4)]
    return {"writers": writers, "copies": copies}


def _judge_random(inputs: dict, answer: object) -> str | None:
    return equal(answer, leak_groups(**inputs), "leak_groups of 30 pages")


LEAK_GROUPS = Exercise(
    id="lab07.leak_groups",
    kind="implement",
    title="Keep together what leaks",
    reference=leak_groups,
    doc="Pages of one writer, or copies of one sheet, belong to one group.",
    cases=(
        Case(
            "pages of one writer",
            1,
            {"writers": ["ann", "bob", "ann", "cid"], "copies": []},
            hint="Page 2 is Ann's, like page 0, so both get the number 0.",
        ),
        Case(
            "a copy joins two writers",
            1,
            {"writers": ["ann", "bob", "cid", "bob", "ann"], "copies": [[0, 3]]},
            hint="Pages 0 and 3 are one sheet under two names, so all pages of both names are one "
            "group.",
        ),
        Case(
            "copies of copies",
            1,
            {"writers": ["a", "b", "c", "d", "e"], "copies": [[3, 4], [0, 1], [1, 3]]},
            hint="0 is a copy of 1, 1 of 3 and 3 of 4: four pages, one group.",
        ),
        Case(
            "nobody knows the writer",
            1,
            {"writers": [None, "ann", None, None], "copies": [[2, 1]]},
            hint="Two unknown writers need not be the same person: each page is a group of its "
            "own, unless a copy joins it to another.",
        ),
        Case(
            "numbers in order of appearance",
            1,
            {"writers": ["zoe", "ann", "zoe", "bob", "ann"], "copies": []},
            hint="The first page's group is 0; the next new group gets the next number.",
        ),
        Case(
            "no page at all",
            1,
            {"writers": [], "copies": []},
            hint="An empty list of pages has an empty list of groups.",
        ),
        Case(
            "thirty pages",
            2,
            random_pages,
            judge=_judge_random,
            hint="Give every page its own number, then merge: whenever two pages belong together, "
            "change all pages of one number into the other.",
        ),
    ),
)
