"""What two annotators disagree on, and one label set from both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from shared.labeling.agreeing import LEAST_OVERLAP, Pair, paired_lines, text_distance
from shared.labeling.records import LabeledLine, LabelError, LabelSet, free_id, reading_place

LOOSE = 0.7  # Matched boxes that overlap less are a disagreement of their own


class Disagreement(NamedTuple):
    """A line on which somebody has to decide.

    Attributes:
        key: Names it: the image and the lines' ids.
        page: The image.
        kind: `"text"`, `"unreadable"` (one could read it), `"missing"` (one drew it) or `"box"`.
        first: The first annotator's line, or None.
        second: The second one's.
        weight: How far apart the two are, from 0 to 1.
    """

    key: str
    page: str
    kind: str
    first: LabeledLine | None
    second: LabeledLine | None
    weight: float


def disagreements(
    first: LabelSet, second: LabelSet, threshold: float = LEAST_OVERLAP
) -> list[Disagreement]:
    """Return what two annotators disagree on, what weighs most first.

    Args:
        first: Labels by one annotator.
        second: Labels of the same images by another.
        threshold: Least overlap of the two boxes of one line.
    """
    found = []
    for pair in paired_lines(first, second, threshold):
        kind, weight = _kind(pair)
        if kind:
            ids = "|".join(line.id if line else "-" for line in (pair.first, pair.second))
            key = f"{pair.page}#{ids}"
            found.append(Disagreement(key, pair.page, kind, pair.first, pair.second, weight))
    return sorted(found, key=lambda one: -one.weight)


def _kind(pair: Pair) -> tuple[str, float]:
    if pair.first is None or pair.second is None:
        return "missing", 1.0
    statuses = {pair.first.status, pair.second.status}
    if len(statuses) > 1 and "unreadable" in statuses:
        return "unreadable", 1.0
    if pair.first.text != pair.second.text:
        return "text", text_distance(pair.first.text or "", pair.second.text or "")
    return ("box", 1 - pair.overlap) if pair.overlap < LOOSE else ("", 0.0)


def adjudicate(
    first: LabelSet,
    second: LabelSet,
    decisions: Mapping[str, str],
    judge: str,
    threshold: float = LEAST_OVERLAP,
) -> LabelSet:
    """Return one label set: what both agree on, and what a third person decided.

    A line nobody decided on is proposed again, with the first annotator's text (or the only one's)
    as the proposal, and its page is open: no disagreement is settled in silence.

    Args:
        first: Labels by one annotator; pages the second did not finish stay as they are here.
        second: Labels of the same images by another.
        decisions: By the key of a disagreement: `"first"`, `"second"`, `"drop"` (the line is
            none), `"unreadable"`, or `"text:..."` with what the line says.
        judge: Who decided; becomes the annotator of the decided lines.
        threshold: As in `disagreements`, which gave the keys.

    Raises:
        LabelError: A key names no disagreement, or a decision is none of these.
    """
    open_points = {one.key: one for one in disagreements(first, second, threshold)}
    unknown = [key for key in decisions if key not in open_points]
    if unknown:
        raise LabelError(
            f"The decision {unknown[0]!r} answers no disagreement of these two label sets. "
            "Take the keys from disagreements() with the same sets and threshold."
        )
    merged = first
    for key, point in open_points.items():
        page = merged.page(point.page)
        lines, ids = list(page.lines), [line.id for line in page.lines]
        base = point.first or point.second
        if point.first:
            place = ids.index(base.id)
            del lines[place]
        else:
            base = replace(base, id=free_id(base.id, ids)) if base.id in ids else base
            place = reading_place(lines, base.box)
        line = _decided(point, base, decisions.get(key), judge)
        lines[place:place] = [] if line is None else [line]
        status = page.status if key in decisions else "open"
        merged = merged.with_page(replace(page, lines=tuple(lines), status=status))
    return merged


def _decided(
    point: Disagreement, base: LabeledLine, decision: str | None, judge: str
) -> LabeledLine | None:
    if decision is None:
        return replace(base, status="proposed", proposal=base.text, annotator=None)
    if decision == "drop":
        return None
    if decision == "unreadable":
        return replace(base, text=None, status="unreadable", annotator=judge)
    if decision.startswith("text:"):
        text = decision.removeprefix("text:")
        return replace(base, text=text, status="labeled", annotator=judge)
    if decision in ("first", "second"):
        chosen = point.first if decision == "first" else point.second
        if chosen is None:
            return None  # That annotator drew no line here
        return replace(chosen, id=base.id, annotator=judge)
    raise LabelError(
        f"The decision {decision!r} on {point.key} is unknown; use 'first', 'second', 'drop', "
        "'unreadable' or 'text:' followed by what the line says."
    )
