"""The morning report: what a study found, as one HTML page that needs no other file."""

from __future__ import annotations

import contextlib
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
from shared.figures import plot_curves, show_lines
from shared.picture import Picture, Table

CURVES = 7  # As many as differ in color, stroke and marker
WORST = 8
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } caption { text-align: left; color: #444 }
td, th { padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #ccc }
img { max-width: 100% }
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
    parts = [f"<h1>{html.escape(title)}</h1>", *(f"<p>{html.escape(fact)}</p>" for fact in facts)]
    if study.trials:
        parts += ["<h2>Error rates</h2>", _table(study)._repr_html_()]
        parts += ["<h2>Curves</h2>", _curves(study).html]
        if images is not None:
            parts += ["<h2>Worst lines</h2>", _worst(study, images).html]
        steps = next_steps(study, list(IDEAS), begun=begun)
        parts += ["<h2>What to try next</h2>", _list(steps or ["Nothing is left open."])]
    else:
        parts += ["<p>No trial has finished yet.</p>", _list(begun)]
    if failures:
        errors = [f"{key}: {error}" for key, error in failures.items()]
        parts += ["<h2>Failed trials</h2>", _list(errors)]
    return Page(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _list(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(text)}</li>" for text in texts) + "</ul>"


def _table(study: Results) -> Table:
    """Return one row an idea, best on validation first; the test is only reported."""
    rows = []
    for idea in sorted(study.ideas, key=lambda idea: study.rate(idea, "validation")):
        trials = study.of(idea)
        low, high = study.interval(idea)
        difference = "the base" if idea == "base" else "no common seed with the base"
        with contextlib.suppress(ComparisonError):
            difference = difference if idea == "base" else str(study.compare(idea))
        rows.append((
            idea, len(trials), f"{study.rate(idea, 'validation'):.1%}",
            f"{study.rate(idea):.1%} [{low:.1%}, {high:.1%}]", difference,
            float(np.mean([trial["cpu_seconds"] for trial in trials.values()])),
            next(iter(trials.values()))["parameters"],
        ))  # fmt: skip
    columns = ("Idea", "Seeds", "Validation CER", "Test CER", "Test, against base")
    caption = (
        f"Character error rates after {study.updates:,} updates, best on validation first. "
        "Intervals are of 95 %, drawing writers again; differences are paired by line and seed."
    )
    return Table(rows, (*columns, "Processor s", "Weights"), caption, "{:.0f}")


def _curves(study: Results) -> Picture:
    series = {}
    for idea in sorted(study.ideas, key=lambda idea: study.rate(idea, "validation"))[:CURVES]:
        curves = [trial["curve"] for trial in study.of(idea).values()]
        points = [curve for curve in curves if len(curve) == len(curves[0])]
        at = [update for update, _ in points[0]]
        mean = np.mean([[cer for _, cer in curve] for curve in points], axis=0)
        series[idea] = (at, (100 * mean).tolist())
    return plot_curves(series, "updates", "validation CER (%)", "The best ideas, mean of seeds")


def _worst(study: Results, images: Sequence[np.ndarray]) -> Picture:
    best = min(study.ideas, key=lambda idea: study.rate(idea, "validation"))
    readings = next(iter(study.of(best).values()))["test"]["readings"]
    rows = study.worst_lines(best, count=WORST)
    texts = [study.lines["test"]["texts"][k] for k in rows]
    title = f"Worst lines of {best}"
    return show_lines([images[k] for k in rows], texts, [readings[k] for k in rows], title)


def begun_in(folder: Path) -> list[str]:
    """Return the keys of the trials that were begun and are to go on."""
    runs = runs_in(folder)
    return sorted(key_of(run.config) for run in runs if run.state in ("paused", "unfinished"))


def failures_in(folder: Path) -> dict[str, str]:
    """Return the error of each failed trial, by its key."""
    return {key_of(run.config): run.error for run in runs_in(folder) if run.state == "failed"}
