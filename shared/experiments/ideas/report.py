"""The morning report: what a study found, as one HTML page that needs no other file."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shared.experiments.comparing import ComparisonError
from shared.experiments.ideas.analysis import Results, next_steps
from shared.experiments.ideas.menu import IDEAS
from shared.experiments.ideas.study import key_of
from shared.experiments.tracking.records import runs_in
from shared.figures import plot_curves
from shared.picture import img

CURVES = 7  # As many as differ in color, stroke and marker
WORST = 8
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } caption { text-align: left; color: #444 }
td, th { padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #ccc }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
img { max-width: 100% } code { background: #f4f4f4; padding: .1rem .3rem }
"""


class Page(str):
    """A page as text, which a notebook shows in a frame of its own."""

    __slots__ = ()

    def _title(self) -> str:
        return self.split("<title>")[1].split("</title>")[0]

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{self._title()}" srcdoc="{html.escape(self)}" loading="lazy" '
            'style="width:100%;height:30rem;border:1px solid #ccc;background:#fff"></iframe>'
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"A report in a frame: {html.unescape(self._title())}")


def report_page(
    study: Results,
    title: str,
    facts: Sequence[str] = (),
    failures: dict[str, str] | None = None,
    images: Sequence[np.ndarray] | None = None,
    begun: Sequence[str] = (),
) -> Page:
    """Return the page.

    Args:
        study: What was tried; it may be empty.
        title: Heading.
        facts: Sentences about the run: when, how long, how many trials.
        failures: The last line of the error of each failed trial, by its key.
        images: The test lines, to show the worst of them.
        begun: Keys of the trials that have a checkpoint and no result yet.
    """
    parts = [f"<h1>{html.escape(title)}</h1>"]
    parts += [f"<p>{html.escape(fact)}</p>" for fact in facts]
    if not study.trials:
        parts.append("<p>No trial has finished yet.</p>")
        parts += [f"<p>Begun: {html.escape(', '.join(begun))}.</p>"] * bool(begun)
    else:
        parts += [_table(study), _curves(study), _worst(study, images)]
        steps = next_steps(study, list(IDEAS), begun=begun)
        parts.append("<h2>What to try next</h2><ul>")
        parts += [f"<li>{html.escape(step)}</li>" for step in steps or ["Nothing is left open."]]
        parts.append("</ul>")
    if failures:
        parts.append("<h2>Failed trials</h2><ul>")
        parts += [
            f"<li><code>{html.escape(key)}</code>: {html.escape(error)}</li>"
            for key, error in failures.items()
        ]
        parts.append("</ul>")
    return Page(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _table(study: Results) -> str:
    """Return one row an idea, best on validation first; the test is only reported."""
    updates = study.updates
    rows = []
    for idea in study.ideas:
        trials = study.of(idea)
        low, high = study.interval(idea)
        try:
            difference = str(study.compare(idea)) if idea != "base" else "the base"
        except ComparisonError:
            difference = "no common seed with the base"
        processor = np.mean([trial["cpu_seconds"] for trial in trials.values()])
        parameters = next(iter(trials.values()))["parameters"]
        cells = [
            f"<td>{html.escape(idea)}</td>",
            f'<td class="n">{len(trials)}</td>',
            f'<td class="n">{study.rate(idea, "validation"):.1%}</td>',
            f'<td class="n">{study.rate(idea):.1%} [{low:.1%}, {high:.1%}]</td>',
            f"<td>{html.escape(difference)}</td>",
            f'<td class="n">{processor:.0f}</td><td class="n">{parameters:,}</td>',
        ]
        rows.append((study.rate(idea, "validation"), "<tr>" + "".join(cells) + "</tr>"))
    head = "<tr><th>Idea</th>" + "".join(
        f'<th class="n">{name}</th>' for name in ("Seeds", "Validation CER", "Test CER")
    )
    head += (
        '<th>Test, against base</th><th class="n">Processor s</th><th class="n">Weights</th></tr>'
    )
    caption = (
        f"Character error rates after {updates:,} updates, best on validation first. Intervals are "
        "of 95 %, drawing writers again; differences are paired by line and seed."
    )
    return (
        f"<h2>Error rates</h2><table><caption>{caption}</caption>{head}"
        + "".join(row for _, row in sorted(rows, key=lambda pair: pair[0]))
        + "</table>"
    )


def _curves(study: Results) -> str:
    series = {}
    ranked = sorted((study.rate(idea, "validation"), idea) for idea in study.ideas)
    for _, idea in ranked[:CURVES]:
        curves = [trial["curve"] for trial in study.of(idea).values()]
        points = [curve for curve in curves if len(curve) == len(curves[0])]
        at = [update for update, _ in points[0]]
        mean = np.mean([[cer for _, cer in curve] for curve in points], axis=0)
        series[idea] = (at, (100 * mean).tolist())
    picture = plot_curves(series, "updates", "validation CER (%)", "The best ideas, mean of seeds")
    return "<h2>Curves</h2>" + picture.html


def _worst(study: Results, images: Sequence[np.ndarray] | None) -> str:
    best = min((study.rate(idea, "validation"), idea) for idea in study.ideas)[1]
    trial = next(iter(study.of(best).values()))
    rows = []
    for number in study.worst_lines(best, count=WORST):
        text, found = study.lines["test"]["texts"][number], trial["test"]["readings"][number]
        alt = f"Line that says: {text}"
        shown = "" if images is None else img(_png(images[number]), "png", alt)
        rows.append(
            f"<tr><td>{shown}</td><td><code>{html.escape(text)}</code><br>"
            f"<code>{html.escape(found) or 'nothing'}</code></td>"
            f"<td>{html.escape(study.lines['test']['writers'][number])}</td></tr>"
        )
    return (
        f"<h2>Worst lines of {html.escape(best)}</h2><table><tr><th>Line</th>"
        "<th>Says, and was read as</th><th>Writer</th></tr>" + "".join(rows) + "</table>"
    )


def _png(image: np.ndarray) -> bytes:
    import cv2

    return cv2.imencode(".png", 255 - image)[1].tobytes()


def begun_in(folder: Path) -> list[str]:
    """Return the keys of the trials that were begun and are to go on."""
    runs = runs_in(folder)
    return sorted(key_of(run) for run in runs if run.state in ("paused", "unfinished"))


def failures_in(folder: Path) -> dict[str, str]:
    """Return the error of each failed trial, by its key."""
    return {key_of(run): run.error for run in runs_in(folder) if run.state == "failed"}
