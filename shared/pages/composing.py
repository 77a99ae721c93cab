"""Composing pages, as many as wanted, each from its own seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shared import pen, sentences
from shared.pages.page import Page
from shared.pages.plan import GRADES
from shared.pages.writing import write_page


def compose_pages(
    count: int,
    grade: str | Mapping[str, float],
    split: str,
    seed: int,
    hands: Sequence[pen.Hand] | None = None,
    zoom: float = 1.0,
    empty: float = 0.0,
    sparse: float = 0.0,
) -> list[Page]:
    """Write pages: fresh texts, the next hand, a new layout each.

    The first pages of a longer list equal a shorter list from the same seed.

    Args:
        count: Number of pages.
        grade: One of `GRADES`, or the share of each, such as {"regular": 2, "photo": 1}.
        split: "train", "validation" or "test": which texts, and which hands if none are given.
        seed: Everything follows from it.
        hands: The writers, taken in turn; all hands of the split if not given.
        zoom: The scale, as in `write_page`.
        empty: The share of pages that nobody wrote on.
        sparse: The share of pages with numbers, dates and words that stand alone.

    Raises:
        ValueError: On a negative count, no hands, an unknown split or grade.
    """
    writers = pen.hands(split) if hands is None else tuple(hands)
    if count < 0 or not writers:
        raise ValueError(
            f"{count} pages by {len(writers)} hands: give 0 pages or more and at least one hand."
        )
    shares = {grade: 1.0} if isinstance(grade, str) else dict(grade)
    unknown = set(shares) - set(GRADES)
    total = sum(shares.values())
    if unknown or total <= 0 or min(shares.values()) < 0:
        raise ValueError(
            f"The grades {shares} are no mix of {', '.join(GRADES)}; give each a share above 0."
        )
    sentences.pools(split)
    number = sentences.SPLITS.index(split)
    names, edges = list(shares), np.cumsum(list(shares.values())) / total
    pages = []
    for k in range(count):
        rng = np.random.default_rng([seed, 20 + number, k])
        which, blank = rng.random(2)
        name = names[min(int(np.searchsorted(edges, which, side="right")), len(names) - 1)]
        texts = () if blank < empty else None
        alone = empty <= blank < empty + sparse
        hand = writers[k % len(writers)]
        pages.append(write_page(name, hand, rng, zoom, split, texts, alone))
    return pages
