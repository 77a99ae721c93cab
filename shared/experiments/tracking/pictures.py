"""Pictures and tables of many runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.experiments.tracking.records import RunRecord, differing_settings, ranked, text_of
from shared.picture import LINE_STYLES, MARKERS, OKABE_ITO, Picture, Table, draw, number, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HIGHLIGHTED = len(OKABE_ITO) - 1  # Curves that color, stroke and marker can tell apart


def run_label(run: RunRecord, settings: Sequence[str]) -> str:
    """Return what tells a run from the others, such as "learning_rate 0.004, channels 12"."""
    said = [f"{key} {text_of(run.config.get(key, '-'))}" for key in settings]
    return ", ".join(said) or run.name


def runs_table(runs: Sequence[RunRecord], metrics: Sequence[str], larger: bool = True) -> Table:
    """Return one row a run, best first: differing settings, metrics, state, seconds.

    Args:
        runs: The runs.
        metrics: Numbers to show; the first one sorts.
        larger: Whether larger is better there.
    """
    if not runs:
        raise ValueError("There is nothing to show: no run was given.")
    settings = differing_settings(runs)
    rows = [
        [
            *(text_of(run.config.get(key, "-")) for key in settings),
            *("-" if run.value(m) is None else number(run.value(m)) for m in metrics),
            run.state,
            round(run.seconds, 1),
        ]
        for run in ranked(runs, metrics[0], larger)
    ]
    return Table(rows, (*settings, *metrics, "state", "seconds"), form="{:.1f}")


def plot_runs(
    runs: Sequence[RunRecord], metric: str, larger: bool = True, title: str = ""
) -> Picture:
    """Draw the curve of a metric for every run; the best six in color, the others in gray."""
    settings = differing_settings(runs)
    shown = [run for run in ranked(runs, metric, larger) if metric in run.curves]
    if not shown:
        known = sorted({name for run in runs for name in run.curves})
        raise ValueError(
            f"No run has a curve of {metric!r}; there are {', '.join(known) or 'none'}."
        )

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        for run in shown[HIGHLIGHTED:]:
            axes.plot(*run.curves[metric], color="#aaaaaa", lw=1)
        for place, run in enumerate(shown[:HIGHLIGHTED]):
            axes.plot(
                *run.curves[metric], label=run_label(run, settings), lw=1.8, markersize=5,
                color=OKABE_ITO[place + 1], linestyle=LINE_STYLES[place], marker=MARKERS[place],
            )  # fmt: skip
        axes.set(xlabel="updates", ylabel=metric, title=title)
        axes.grid(axis="y", color="#dddddd")
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        said = [f"{run_label(run, settings)} {number(run.curves[metric][1][-1])}" for run in shown]
        return (
            f"{title + ': ' if title else ''}curves of {metric} for {len(shown)} runs. "
            f"Last values, best first: {shorten(said)}."
        )

    return draw(paint, 3.6)


def parallel_coordinates(
    runs: Sequence[RunRecord], metric: str, larger: bool = True, title: str = ""
) -> Picture:
    """Draw each run as a line through its settings to its metric; the best one is heavy.

    Args:
        runs: Runs with a value of the metric.
        metric: The last axis.
        larger: Whether larger is better there.
        title: Heading.
    """
    shown = [run for run in ranked(runs, metric, larger) if _finite(run.value(metric))]
    settings = differing_settings(shown)
    if not shown or not settings:
        raise ValueError(
            f"{len(shown)} runs with a value of {metric!r} and {len(settings)} differing settings "
            "were given; this picture needs one of each at least."
        )
    columns = [[run.config.get(key) for run in shown] for key in settings]
    scales = [_scale(values) for values in columns] + [_scale([r.value(metric) for r in shown])]
    names = [*settings, metric]

    def paint(figure: Figure) -> str:
        from matplotlib import colormaps

        axes = figure.subplots()
        for place, run in reversed(list(enumerate(shown))):
            values = [*(run.config.get(key) for key in settings), run.value(metric)]
            heights = [at(value) for (at, _), value in zip(scales, values, strict=True)]
            color = colormaps["cividis"](heights[-1])
            best = place == 0
            axes.plot(
                range(len(names)), heights, color=color, lw=3.5 if best else 1.4,
                linestyle="-" if best else (0, (4, 1 + place % 3)), marker="*" if best else None,
                markersize=12,
            )  # fmt: skip
        for column, (_, ticks) in enumerate(scales):
            axes.axvline(column, color="black", lw=0.8)
            for height, text in ticks:
                axes.annotate(
                    text, (column, height), xytext=(4, 0), textcoords="offset points", fontsize=9,
                    va="center", parse_math=False, bbox={"fc": "white", "ec": "none", "pad": 1},
                )  # fmt: skip
        axes.set_xticks(range(len(names)), names)
        axes.set(yticks=[], title=title, ylim=(-0.08, 1.08), xlim=(-0.1, len(names) - 0.6))
        axes.spines[:].set_visible(False)
        said = [f"{run_label(r, settings)}: {number(r.value(metric))}" for r in shown]
        return (
            f"{title + ': ' if title else ''}parallel coordinates of {len(shown)} runs through "
            f"{', '.join(settings)} to {metric}. Best first: {shorten(said)}."
        )

    return draw(paint, 3.6)


def _scale(values: Sequence[Any]) -> tuple[Callable[[Any], float], list[tuple[float, str]]]:
    """Return a function from a value to a height, and the ticks of the axis."""
    unique = sorted(set(map(repr, values)))
    kinds = {type(value) for value in values}
    if kinds <= {int, float} and len(unique) > 1:
        low, high = min(values), max(values)
        log = low > 0 and high / low >= 8
        ends = np.log([low, high]) if log else np.array([low, high], dtype=np.float64)

        def at(value: float) -> float:
            return float(((np.log(value) if log else value) - ends[0]) / (ends[1] - ends[0]))

        chosen = sorted(set(values)) if len(unique) <= 5 else [low, high]
        return at, [(at(value), number(value)) for value in chosen]
    places = {text: k / max(1, len(unique) - 1) for k, text in enumerate(unique)}
    texts = {repr(value): text_of(value) for value in values}
    return (lambda value: places[repr(value)]), [(places[key], texts[key]) for key in unique]


def _finite(value: float | None) -> bool:
    return value is not None and bool(np.isfinite(value))
