"""Measure the shipped line reader on the frozen test, and keep or refuse a change by its quality.

The gate asks whether the error rate rises by no more than a margin, one-sided, with 95 %
confidence over draws of writers. An improvement always passes.

Examples:
  labs quality --json new.json                     edits on every frozen line
  labs quality --json new.json --against old.json  and the gate; exit status 1 if it stays shut
  labs quality --json new.json --markdown new.md   and a table for a comment
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from shared.course.outline import CourseError
from shared.metrics import bootstrap_interval, edit_distance
from shared.paths import write_atomically

MARGIN = 0.01
CONFIDENCE = 0.95
SEED = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs quality`."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the edits of each line")
    parser.add_argument("--against", type=Path, metavar="FILE", help="an earlier --json to beat")
    parser.add_argument("--margin", type=float, default=MARGIN, help="the rise that is let through")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a table, too")
    parser.add_argument("--lines", type=int, default=300, help="how many frozen lines to read")


def run(arguments: argparse.Namespace) -> int:
    """Measure, compare where asked, and return 1 if the gate stays shut."""
    earlier = read(arguments.against) if arguments.against else None
    new = measure(arguments.lines)
    if arguments.json:
        write_atomically(arguments.json, json.dumps(new) + "\n")
    opened, sentence = True, "There is nothing to compare with."
    if earlier:
        opened, sentence = compare(earlier, new, arguments.margin)
    text = table(earlier, new, sentence)
    print(text)
    if arguments.markdown:
        write_atomically(arguments.markdown, text + "\n")
    return 0 if opened else 1


def measure(count: int = 300) -> dict[str, Any]:
    """Return edits, length and writer of each frozen line, read by the shipped reader."""
    from shared.lines import frozen_lines
    from shared.recognizer import LineTextRecognizer

    lines = frozen_lines()[:count]
    read = LineTextRecognizer.load().read_many(lines.images)
    edits = [edit_distance(*pair) for pair in zip(lines.texts, read, strict=True)]
    lengths = [len(text) for text in lines.texts]
    return {"edits": edits, "lengths": lengths, "writers": list(lines.writers)}


def read(path: Path) -> dict[str, Any]:
    """Return what `--json` wrote.

    Raises:
        CourseError: There is no such file, or it holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        sizes = {len(content[name]) for name in ("edits", "lengths", "writers")}
        if len(sizes) == 1:
            return content
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise CourseError(
        f"{path} holds no edits of lines; write it with `labs quality --json {path}`."
    )


def compare(old: dict[str, Any], new: dict[str, Any], margin: float) -> tuple[bool, str]:
    """Return whether the gate opens, and a sentence that says why.

    Args:
        old: Edits, lengths and writers, as `measure` returns them.
        new: The same lines, read anew.
        margin: The largest rise of the error rate that is let through.
    """
    if (old["lengths"], old["writers"]) != (new["lengths"], new["writers"]):
        return False, "The lines are not the same ones, so nothing can be compared."
    extra = [b - a for a, b in zip(old["edits"], new["edits"], strict=True)]
    level = 2 * CONFIDENCE - 1  # The upper end of this interval is a one-sided bound
    _, most = bootstrap_interval(extra, new["lengths"], new["writers"], SEED, level=level)
    opened = most <= margin
    word = "at most" if opened else "possibly"
    return opened, (
        f"The error rate changes by {_points(sum(extra) / sum(new['lengths']))}, and rises by "
        f"{word} {_points(most)} ({CONFIDENCE:.0%}, over {len(set(new['writers']))} writers); "
        f"the margin is {_points(margin)}, so the gate {'opens' if opened else 'stays shut'}."
    )


def table(old: dict[str, Any] | None, new: dict[str, Any], sentence: str) -> str:
    """Return the result as Markdown."""
    rows = [("before", old), ("this change", new)]
    lines = ["### Quality of the line reader", "", "| | lines | characters | edits | CER |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for name, found in rows:
        if found:
            edits, length = sum(found["edits"]), sum(found["lengths"])
            rate = edits / length
            lines.append(f"| {name} | {len(found['edits'])} | {length} | {edits} | {rate:.2%} |")
    return "\n".join([*lines, "", sentence])


def _points(share: float) -> str:
    return f"{100 * share:+.2f} points"
