"""How far two annotators agree: on where lines are, and on what they say.

Lines are matched one to one by the overlap of their boxes. The texts of matched lines are compared
by edits over the length of the longer text, which treats both annotators alike: neither is the
reference. Alpha relates that to chance (Krippendorff, "Computing Krippendorff's alpha-reliability",
2011, with this distance in the place of his): 1 is full agreement, 0 is what texts put together
at random would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shared.labeling.records import LabeledLine, LabeledPage, LabelError, LabelSet
from shared.metrics import edit_distance
from shared.pages.matching import box_iou, match_lines

LEAST_OVERLAP = 0.5
RANDOM_PAIRS = 400


class Agreement(NamedTuple):
    """How far two label sets agree; rates are over all pages together.

    Attributes:
        pages: Pages that both annotators finished.
        first_lines: Lines of the first annotator on them.
        second_lines: Lines of the second.
        matched: Pairs whose boxes overlap enough.
        found: 2 matched / (first_lines + second_lines), the F1 score of one against the other.
        overlap: Mean IoU of the matched boxes; NaN without a match.
        texts: Matched pairs in which both gave a text.
        same_text: Those of them with the same text, letter by letter.
        distance: Edits over the length of the longer text, summed over these pairs; NaN without.
        alpha: 1 - mean distance of these pairs / mean distance of random pairs; NaN without.
        readable: Matched pairs in which one gave a text and the other said unreadable.
    """

    pages: int
    first_lines: int
    second_lines: int
    matched: int
    found: float
    overlap: float
    texts: int
    same_text: int
    distance: float
    alpha: float
    readable: int


class Pair(NamedTuple):
    """A line of one annotator and that of the other, or None where only one drew it."""

    page: str
    first: LabeledLine | None
    second: LabeledLine | None
    overlap: float


def paired_lines(first: LabelSet, second: LabelSet, threshold: float = LEAST_OVERLAP) -> list[Pair]:
    """Match the lines of two annotators, page by page, in the first one's order.

    Only pages that both call done are compared.

    Args:
        first: Labels by one annotator.
        second: Labels of the same images by another.
        threshold: Least overlap of the two boxes of one line.

    Raises:
        LabelError: The two labeled different files under one name, or no page in common.
    """
    pairs = []
    for page, other in common_pages(first, second):
        overlaps = box_iou([line.box for line in page.lines], [line.box for line in other.lines])
        matches = dict(match_lines(overlaps, threshold))
        for k, line in enumerate(page.lines):
            if k in matches:
                twin = matches[k]
                overlap = float(overlaps[k, twin])
                pairs.append(Pair(page.image, line, other.lines[twin], overlap))
            else:
                pairs.append(Pair(page.image, line, None, 0.0))
        alone = set(range(len(other.lines))) - set(matches.values())
        pairs += [Pair(page.image, None, other.lines[k], 0.0) for k in sorted(alone)]
    return pairs


def common_pages(first: LabelSet, second: LabelSet) -> list[tuple[LabeledPage, LabeledPage]]:
    """Return the pages that both annotators finished."""
    others = {page.image: page for page in second.pages}
    common = []
    for page in first.pages:
        other = others.get(page.image)
        if other is None or page.status != "done" or other.status != "done":
            continue
        if page.sha256 != other.sha256:
            raise LabelError(
                f"The two annotators labeled different files called {page.image!r}: one was "
                "changed in between. Have both label the same image."
            )
        common.append((page, other))
    if not common:
        raise LabelError(
            "No page was finished by both annotators, so there is nothing to compare. "
            "Have the second label a few pages that the first has done."
        )
    return common


def agreement(
    first: LabelSet, second: LabelSet, threshold: float = LEAST_OVERLAP, seed: int = 0
) -> Agreement:
    """Return how far two annotators agree.

    Args:
        first: Labels by one annotator.
        second: Labels of the same images by another.
        threshold: Least overlap of the two boxes of one line.
        seed: Of the random pairs of texts behind alpha.

    Raises:
        LabelError: They have no finished page in common.
    """
    pairs = paired_lines(first, second, threshold)
    matched = [pair for pair in pairs if pair.first and pair.second]
    both = [pair for pair in matched if pair.first.text and pair.second.text]
    count_first = sum(pair.first is not None for pair in pairs)
    count_second = sum(pair.second is not None for pair in pairs)
    texts = [(pair.first.text, pair.second.text) for pair in both]
    edits = [edit_distance(a, b) for a, b in texts]
    longest = [max(len(a), len(b)) for a, b in texts]
    total = count_first + count_second
    return Agreement(
        pages=len({pair.page for pair in pairs}) or len(common_pages(first, second)),
        first_lines=count_first,
        second_lines=count_second,
        matched=len(matched),
        found=2 * len(matched) / total if total else 1.0,
        overlap=float(np.mean([pair.overlap for pair in matched])) if matched else float("nan"),
        texts=len(both),
        same_text=sum(a == b for a, b in texts),
        distance=sum(edits) / sum(longest) if both else float("nan"),
        alpha=chance_corrected(texts, seed),
        readable=sum(_one_gave_up(pair) for pair in matched),
    )


def text_distance(first: str, second: str) -> float:
    """Return edits over the length of the longer text, from 0 to 1.

    Example:
        >>> text_distance("form", "farm")
        0.25
    """
    longest = max(len(first), len(second))
    return edit_distance(first, second) / longest if longest else 0.0


def chance_corrected(pairs: Sequence[tuple[str, str]], seed: int = 0) -> float:
    """Return alpha of pairs of texts: 1 for equal ones, 0 for pairs put together at random.

    Args:
        pairs: The two texts of every line.
        seed: Of the random pairs that chance is estimated from.
    """
    pool = [text for pair in pairs for text in pair]
    if len(pairs) < 2:
        return float("nan")  # With one line there is no other text to draw
    rng = np.random.default_rng(seed)
    left = rng.integers(len(pool), size=RANDOM_PAIRS)
    right = (left + rng.integers(1, len(pool), size=RANDOM_PAIRS)) % len(pool)
    by_chance = np.mean([text_distance(pool[a], pool[b]) for a, b in zip(left, right, strict=True)])
    observed = np.mean([text_distance(a, b) for a, b in pairs])
    return float(1 - observed / by_chance) if by_chance else float("nan")


def _one_gave_up(pair: Pair) -> bool:
    return (pair.first.status == "unreadable") != (pair.second.status == "unreadable")
