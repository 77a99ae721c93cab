"""The page of all benchmarks: every figure beside its promise and its peer, and how cost grows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from bench_rows import Row

from shared.paths import write_atomically

PAGE = """\
# Benchmarks

Written by `python .ci/bench all --page` on {date}: {machine}.
Each peer was measured in the same run, in turns with ours, and medians count:
the ratios hold on any machine, the seconds belong to this one.
{load}
{parts}"""
BUSY = """
**The machine was busy: {load} processes wanted its {processors} processors.
All seconds are too long.**
"""


def write_page(
    path: Path,
    date: str,
    machine: Mapping[str, Any],
    rows: Sequence[Row],
    failed: Mapping[str, str],
) -> None:
    """Write a page in Markdown, and beside it a picture of the curves if there are any.

    Args:
        path: The page; the picture gets the same name.
        date: When it was measured.
        machine: What the figures depend on.
        rows: The figures, in their order.
        failed: Why an entry was not measured, by its name.
    """
    parts = []
    for entry, group in groupby(rows, key=lambda row: row.entry):
        table = ["| what | figure | promised | peer in the same run |", "| --- | --- | --- | --- |"]
        table += [f"| {' | '.join(row.cells)} |" for row in group]
        parts += [f"## {entry.capitalize()}\n", *table, ""]
    curves = [row for row in rows if row.curve]
    if curves:
        picture = path.with_suffix(".png")
        parts += [f"![{_draw(curves, picture)}]({picture.name})\n"]
    parts += [f"Not measured, {entry}: {why}\n" for entry, why in failed.items()]
    busy = machine.get("load", 0) > machine["processors"] / 2
    text = PAGE.format(
        date=date,
        machine=", ".join(f"{name} {value}" for name, value in machine.items()),
        load=BUSY.format(**machine) if busy else "",
        parts="\n".join(parts),
    )
    write_atomically(path, text.rstrip() + "\n")


def _draw(rows: Sequence[Row], path: Path) -> str:
    """Write the curves as a picture; return the words that replace it."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    groups = [list(group) for _, group in groupby(rows, key=lambda row: row.curve)]
    figure = Figure((4 * len(groups), 3.6), layout="constrained")
    said = []
    for axes, group in zip(figure.subplots(1, len(groups), squeeze=False)[0], groups, strict=True):
        sizes = [row.size for row in group]
        axes.loglog(sizes, [row.value for row in group], "o-", color="#0072B2", label="ours")
        axes.loglog(sizes, [row.peer for row in group], "s--", color="#D55E00", label=group[0].name)
        axes.set(title=group[0].curve, xlabel="frames")
        axes.title.set_fontsize(9)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.legend(fontsize=8)
        first, last = group[0], group[-1]
        said.append(
            f"{first.curve} go from {first.value:.1f} to {last.value:.1f} between {first.size} "
            f"and {last.size} frames, by {first.name} from {first.peer:.1f} to {last.peer:.1f}"
        )
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110, metadata={"Software": None})
    write_atomically(path, content.getvalue())
    return "; ".join(said)
