"""What is measured on a model before it is served: normal traffic.

Writers and texts are those of validation or fresh ones: no shipped reader has learned from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.service import drift
from shared.service.exporting.runtime import LoadedModel
from shared.service.reading import read_line, read_page
from shared.service.traffic import fresh_hands, send_lines

Say = Callable[[str], None]


class Sizes(NamedTuple):
    """How much traffic is made: writers and lines of each, and writers of one page each."""

    writers: int = 256
    lines: int = 6
    page_writers: int = 256
    judged: int = 64  # Writers outside the reference, for the rate of false alarms


def measure(
    model: LoadedModel, sizes: Sizes | None = None, seed: int = 1, say: Say = print
) -> dict[str, dict[str, Any]]:
    """Return `reference`, of lines and of pages, as a model file holds it.

    Args:
        model: The model, loaded from a file that holds none yet.
        sizes: How much traffic.
        seed: Of the traffic.
        say: Told what is going on.
    """
    sizes = sizes or Sizes()
    most = max(sizes.writers, sizes.page_writers)
    hands = fresh_hands(most + sizes.judged)
    known, judged = hands[:most], hands[most:]
    say(f"reading {sizes.writers * sizes.lines} lines by {sizes.writers} fresh hands")
    sent = send_lines(known[: sizes.writers], sizes.lines, seed)
    others = send_lines(judged, sizes.lines, seed + 1)
    say(f"reading {len(others)} lines by {len(judged)} others, for the rate of false alarms")
    line_reference = _reference(
        [read_line(model, line.image).features for line in sent],
        [line.writer for line in sent],
        [read_line(model, line.image).features for line in others],
        [line.writer for line in others],
    )
    say(f"reading {sizes.page_writers + sizes.judged} pages")
    rows, writers = _page_rows(model, known[: sizes.page_writers], seed)
    new_rows, new_writers = _page_rows(model, judged, seed + 1)
    page_reference = _reference(rows, writers, new_rows, new_writers)
    return {"reference": {"line": line_reference, "page": page_reference}}


def _reference(rows: Any, writers: Any, new_rows: Any, new_writers: Any) -> dict[str, Any]:
    reference = drift.make_reference(np.array(rows), writers)
    measured = drift.false_alarm_rate(reference, np.array(new_rows), new_writers)
    return {**reference.as_dict(), "measured": measured}


def _page_rows(
    model: LoadedModel, hands: Sequence[Any], seed: int
) -> tuple[list[drift.LineFeatures], list[str]]:
    """Return features of pages, one a hand; a hand with fewer lines than a window needs is out."""
    from shared.pages import compose_pages

    rows, writers = [], []
    grades = ("regular", "photo")
    for number, hand in enumerate(hands):
        grade = grades[number // 2 % len(grades)]  # Both halves of the writers need both
        (page,) = compose_pages(1, grade, "validation", seed + 1000 * number, [hand])
        found = [one.reading.features for one in read_page(model, page.image)[0]]
        if len(found) >= drift.PER_WRITER:
            rows += found
            writers += [hand.name] * len(found)
    return rows, writers
