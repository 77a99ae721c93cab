"""Pictures and tables of runs: of many, of two, of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shared.experiments.tracking.records import RunRecord, differing_settings, ranked, text_of
from shared.picture import OKABE_ITO, Picture, draw, number, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run_label(run: RunRecord, settings: Sequence[str]) -> str:
    """Return what tells a run from the others, such as "learning_rate 0.004, channels 12"."""
    said = [f"{key} {text_of(run.config.get(key, '-'))}" for key in settings]
    return ", ".join(said) or run.name


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
    ended = [run for run in runs if run.value(metric) is not None]
    shown = ranked(ended, metric, larger)
    settings = differing_settings(shown)
    if not shown or not settings:
        raise ValueError(
            f"{len(shown)} runs with a value of {metric!r} and {len(settings)} differing settings "
            "were given; this picture needs one of each at least."
        )
    columns = [[run.config.get(key) for run in shown] for key in settings]
    axes_of = [_places(column) for column in columns]
    values = [run.value(metric) for run in shown]
    span = max(values) - min(values) or 1
    axes_of.append([((value - min(values)) / span, number(value)) for value in values])
    names = [*settings, metric]

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        for place, heights in reversed(list(enumerate(zip(*axes_of, strict=True)))):
            best = place == 0
            axes.plot(
                range(len(names)), [height for height, _ in heights], lw=3.5 if best else 1.4,
                color=OKABE_ITO[5] if best else "0.5", marker="*" if best else None, markersize=12,
                linestyle="-" if best else (0, (4, 1 + place % 3)),
            )  # fmt: skip
        for column, places in enumerate(axes_of):
            axes.axvline(column, color="black", lw=0.8)
            for height, text in set(places):
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


def _places(values: Sequence[Any]) -> list[tuple[float, str]]:
    """Return for each setting its height on an axis, by its rank, and what it is called."""
    numbers = all(isinstance(value, int | float) for value in values)
    keys = list(values) if numbers else [text_of(value) for value in values]
    order = sorted(set(keys))
    return [
        (order.index(key) / max(1, len(order) - 1), number(key) if numbers else key) for key in keys
    ]


def changed_predictions(
    first: RunRecord, second: RunRecord, table: str = "validation"
) -> list[dict[str, Any]]:
    """Return the examples that two runs read differently, with `first` and `second` readings.

    Raises:
        ValueError: A run has no such table, or the two were asked about different examples.
    """
    for run in (first, second):
        if table not in run.tables:
            raise ValueError(
                f"The run {run.name!r} has no predictions called {table!r}; it has "
                f"{', '.join(run.tables) or 'none'}."
            )
    a, b = first.tables[table], second.tables[table]
    if [row["text"] for row in a] != [row["text"] for row in b]:
        raise ValueError(
            f"The runs {first.name!r} and {second.name!r} read different examples, so their "
            "readings cannot be compared one by one."
        )
    return [
        {**left, "first": left["prediction"], "second": right["prediction"]}
        for left, right in zip(a, b, strict=True)
        if left["prediction"] != right["prediction"]
    ]
