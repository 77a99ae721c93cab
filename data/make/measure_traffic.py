"""Measure a line reader's normal traffic, and write it into its model file.

    python data/make/measure_traffic.py data/models/reader.onnx

Writers and texts are those of validation or fresh ones: no shipped reader has learned from them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from shared.paths import DATA, write_atomically
from shared.service import drift
from shared.service.drift import FEATURES, GRID, Reference
from shared.service.exporting.model_file import describe
from shared.service.exporting.runtime import LoadedModel, load_model
from shared.service.reading import read_line, read_page
from shared.service.traffic import fresh_hands, send_lines

WINDOW, PER_WRITER = 64, 4
FALSE_ALARMS = 0.01
#: The threshold is set stricter than promised: a quantile known from few writers is optimistic
STRICTER = 20
DRAWS = 10_000
LEAST_SPREAD = 1e-3  # Of a feature that hardly varies: rounding is no drift
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
    reference = make_reference(np.array(rows), writers)
    measured = false_alarm_rate(reference, np.array(new_rows), new_writers)
    return {**asdict(reference), "measured": measured}


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
        if len(found) >= PER_WRITER:
            rows += found
            writers += [hand.name] * len(found)
    return rows, writers


def make_reference(
    rows: np.ndarray,
    writers: Sequence[str],
    seed: int = 0,
    window: int = WINDOW,
    per_writer: int = PER_WRITER,
    false_alarms: float = FALSE_ALARMS,
) -> Reference:
    """Learn what is normal from lines of normal traffic.

    Args:
        rows: float (n, 5), a row of `LineFeatures` for each line.
        writers: Whose each line is.
        seed: Of the windows drawn.
        window: Lines of a window.
        per_writer: How many lines of a writer come together.
        false_alarms: Share of normal windows that may alarm.

    Raises:
        ValueError: There are too few writers to draw a window from.
    """
    rows = np.asarray(rows, dtype=np.float64)
    needed = 2 * window // per_writer
    if len(set(writers)) < needed:
        raise ValueError(
            f"{len(set(writers))} writers were given; windows of {window} lines, {per_writer} by "
            f"each, need {needed} or more to be drawn from."
        )
    names = list(dict.fromkeys(writers))
    first = np.array([names.index(writer) % 2 == 0 for writer in writers])
    shape = (window, per_writer, false_alarms)
    table = []
    for known in (first, ~first):  # Windows by other writers than those they are compared with
        half = _plain(rows[known], *shape)
        others = [writer for writer, k in zip(writers, known, strict=True) if not k]
        drawn = draw_windows(rows[~known], others, half, seed, DRAWS // 2)
        table += [[half.distances(one)[name] for name in FEATURES] for one in drawn]
    scales = np.quantile(table, 0.95, axis=0)
    threshold = float(np.quantile((table / scales).max(axis=1), 1 - false_alarms / STRICTER))
    named = {name: float(scale) for name, scale in zip(FEATURES, scales, strict=True)}
    return replace(_plain(rows, *shape), scales=named, threshold=threshold)


def _plain(rows: np.ndarray, window: int, per_writer: int, false_alarms: float) -> Reference:
    """Return a reference that knows the distributions, but not how far normal windows stray."""
    quantiles = {}
    for k, name in enumerate(FEATURES):
        values = np.quantile(rows[:, k], GRID)
        middle = float(np.median(values))
        values[0] = min(values[0], middle - LEAST_SPREAD)
        values[-1] = max(values[-1], middle + LEAST_SPREAD)
        quantiles[name] = [float(f"{value:.6g}") for value in values]
    scales = dict.fromkeys(FEATURES, 1.0)
    return Reference(quantiles, scales, 1.0, window, per_writer, false_alarms, {})


def false_alarm_rate(
    reference: Reference, rows: np.ndarray, writers: Sequence[str], seed: int = 1, count: int = 1000
) -> dict[str, Any]:
    """Measure how often normal windows by writers outside the reference raise the alarm.

    Returns:
        The rate, and how many windows of how many writers gave it. The windows share lines, so
        the rate is less certain than its number of windows suggests.
    """
    drawn = draw_windows(np.asarray(rows, dtype=np.float64), writers, reference, seed, count)
    alarms = sum(reference.score(one)[0] > reference.threshold for one in drawn)
    return {"rate": alarms / count, "windows": count, "writers": len(set(writers))}


def draw_windows(
    rows: np.ndarray, writers: Sequence[str], reference: Reference, seed: int, count: int
) -> list[np.ndarray]:
    """Draw windows of normal traffic: some writers, some lines of each; each (window, 5)."""
    members: dict[str, list[int]] = {}
    for index, writer in enumerate(writers):
        members.setdefault(writer, []).append(index)
    rng, names = np.random.default_rng(seed), list(members)
    drawn = []
    for _ in range(count):
        chosen = rng.choice(len(names), reference.window // reference.per_writer, replace=False)
        numbers = [
            rng.choice(members[names[i]], reference.per_writer, replace=False) for i in chosen
        ]
        drawn.append(rows[np.concatenate(numbers)])
    return drawn


def main() -> None:
    """Measure, and write the file anew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="model file of a line reader")
    parser.add_argument("--detector", type=Path, default=DATA / "models" / "detector_small.onnx")
    arguments = parser.parse_args()
    model = load_model(arguments.file, arguments.detector)
    described = replace(model.description, **measure(model))
    described.card.pop("measurements_from", None)
    write_atomically(arguments.file, describe(arguments.file.read_bytes(), described))


if __name__ == "__main__":
    main()
