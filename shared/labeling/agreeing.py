"""How far two annotators agree, what they differ in, and one label set from both.

Lines are matched one to one by the overlap of their boxes. The texts of matched lines are compared
by edits over the length of the longer text, which treats both annotators alike: neither is the
reference. Alpha relates that to chance (Krippendorff, "Computing Krippendorff's alpha-reliability",
2011, with this distance in the place of his): 1 is full agreement, 0 is what texts put together
at random would give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from shared.labeling.records import (
    LabeledLine,
    LabeledPage,
    LabelError,
    LabelSet,
    free_id,
    reading_place,
)
from shared.metrics import edit_distance
from shared.pages.matching import box_iou, match_lines

LEAST_OVERLAP = 0.5
LOOSE = 0.7  # Matched boxes that overlap less are a disagreement of their own
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
    """A line of one annotator and that of the other, or None where only one drew it.

    Attributes:
        page: The image.
        first: The first annotator's line, or None.
        second: The second one's.
        overlap: IoU of the two boxes; 0 where there is one.
    """

    page: str
    first: LabeledLine | None
    second: LabeledLine | None
    overlap: float

    @property
    def key(self) -> str:
        """What names the pair: the image and the lines' ids."""
        ids = "|".join(line.id if line else "-" for line in (self.first, self.second))
        return f"{self.page}#{ids}"

    @property
    def kind(self) -> str:
        """What the two differ in, or "".

        `"missing"` (one drew it), `"unreadable"` (one could read it), `"text"` or `"box"`.
        """
        if self.first is None or self.second is None:
            return "missing"
        if (self.first.status == "unreadable") != (self.second.status == "unreadable"):
            return "unreadable"
        if self.first.text != self.second.text:
            return "text"
        return "box" if self.overlap < LOOSE else ""

    @property
    def weight(self) -> float:
        """How far apart the two are, from 0 to 1."""
        if self.kind == "text":
            return text_distance(self.first.text or "", self.second.text or "")
        return {"": 0.0, "box": 1 - self.overlap}.get(self.kind, 1.0)


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
        readable=sum(pair.kind == "unreadable" for pair in matched),
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


def disagreements(first: LabelSet, second: LabelSet) -> list[Pair]:
    """Return the pairs on which somebody has to decide, what weighs most first."""
    pairs = [pair for pair in paired_lines(first, second) if pair.kind]
    return sorted(pairs, key=lambda pair: -pair.weight)


def adjudicate(
    first: LabelSet,
    second: LabelSet,
    decisions: Mapping[str, LabeledLine | None],
    judge: str,
) -> LabelSet:
    """Return one label set: what both agree on, and what a third person decided.

    A line nobody decided on is proposed again, with the first annotator's text (or the only one's)
    as the proposal, and its page is open: no disagreement is settled in silence.

    Args:
        first: Labels by one annotator; pages the second did not finish stay as they are here.
        second: Labels of the same images by another.
        decisions: By the key of a disagreement the line that holds, such as its `first`, or None
            where there is none.
        judge: Who decided; becomes the annotator of the decided lines.

    Raises:
        LabelError: A key names no disagreement.
    """
    open_points = {pair.key: pair for pair in disagreements(first, second)}
    unknown = [key for key in decisions if key not in open_points]
    if unknown:
        raise LabelError(
            f"The decision {unknown[0]!r} answers no disagreement of these two label sets. "
            "Take the keys from disagreements() with the same sets."
        )
    merged = first
    for key, pair in open_points.items():
        page = merged.page(pair.page)
        lines, ids = list(page.lines), [line.id for line in page.lines]
        base = pair.first or pair.second
        line = replace(base, status="proposed", proposal=base.text, annotator=None)
        if key in decisions:
            line = decisions[key] and replace(decisions[key], annotator=judge)
        name = base.id
        if pair.first:
            place = ids.index(name)
            del lines[place]
        else:
            name = free_id(name, ids) if name in ids else name
            place = reading_place(lines, base.box)
        lines[place:place] = [replace(line, id=name)] if line else []
        status = page.status if key in decisions else "open"
        merged = merged.with_page(replace(page, lines=tuple(lines), status=status))
    return merged
