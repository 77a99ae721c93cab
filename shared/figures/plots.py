"""Figures of numbers: curves, bars, confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from shared.figures.picture import LINE_STYLES, MARKERS, OKABE_ITO, Picture, draw, number, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Series = Sequence[float] | tuple[Sequence[float], Sequence[float]]


def plot_curves(
    series: Mapping[str, Series],
    x: str,
    y: str,
    title: str = "",
    log_y: bool = False,
    smooth: int = 1,
    height: float = 3.6,
) -> Picture:
    """Draw named curves that differ in color, in stroke and, where short, in marker.

    Args:
        series: Name to values, or to a pair of x values and values.
        x: Name of the horizontal axis, with its unit.
        y: Name of the vertical axis, with its unit.
        title: Heading.
        log_y: Logarithmic vertical axis.
        smooth: Average over this many neighboring values.
        height: Inches.
    """
    if not series:
        raise ValueError("There is nothing to draw: no series was given.")
    curves = {name: _curve(name, values, smooth) for name, values in series.items()}

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        said = []
        for index, (name, (at, values)) in enumerate(curves.items()):
            marker = MARKERS[index % len(MARKERS)] if len(values) <= 40 else None
            axes.plot(
                at,
                values,
                label=name,
                marker=marker,
                markersize=5,
                lw=1.8,
                color=OKABE_ITO[(index + 1) % len(OKABE_ITO)],
                linestyle=LINE_STYLES[index % len(LINE_STYLES)],
            )
            low, high = int(np.argmin(values)), int(np.argmax(values))
            said.append(
                f"{name}: from {number(values[0])} at {number(at[0])} to {number(values[-1])} at "
                f"{number(at[-1])}, lowest {number(values[low])} at {number(at[low])}, "
                f"highest {number(values[high])} at {number(at[high])}"
            )
        axes.set(xlabel=x, ylabel=y, title=title)
        if log_y:
            axes.set_yscale("log")
        axes.grid(axis="y", color="#dddddd")
        if len(curves) > 1:
            axes.legend(frameon=False)
        return f"{title + ': ' if title else ''}{y} against {x}. " + "; ".join(said) + "."

    return draw(paint, height)


def _curve(name: str, values: Series, smooth: int) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(values, tuple) and len(values) == 2 and np.ndim(values[0]) == 1:
        at, heights = (np.asarray(part, dtype=np.float64) for part in values)
    else:
        heights = np.asarray(values, dtype=np.float64)
        at = np.arange(1, len(heights) + 1, dtype=np.float64)
    if heights.ndim != 1 or len(heights) != len(at) or len(heights) == 0:
        raise ValueError(
            f"The series {name!r} needs one value per point; {len(at)} points and values of the "
            f"shape {heights.shape} were given."
        )
    if smooth > 1 and len(heights) >= smooth:
        heights = np.convolve(heights, np.ones(smooth) / smooth, mode="valid")
        at = at[smooth - 1 :]
    return at, heights


def plot_bars(
    values: Mapping[str, float],
    x: str,
    title: str = "",
    form: str = "{:.1%}",
    intervals: Mapping[str, tuple[float, float]] | None = None,
) -> Picture:
    """Draw one horizontal bar per name, with its value written beside it.

    Args:
        values: Name to value.
        x: What the bars measure, with its unit.
        title: Heading.
        form: How to write a value.
        intervals: Low and high end of a value's uncertainty.
    """
    if not values:
        raise ValueError("There is nothing to draw: no value was given.")
    names, heights = list(values), np.array(list(values.values()), dtype=np.float64)

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        bars = axes.barh(names, heights, color=OKABE_ITO[5], edgecolor=OKABE_ITO[1], height=0.65)
        texts = [form.format(value) for value in heights]
        if intervals:
            for row, name in enumerate(names):
                low, high = intervals[name]
                axes.plot([low, high], [row, row], color=OKABE_ITO[0], lw=1.6, marker="|")
                texts[row] += f" ({form.format(low)} to {form.format(high)})"
        right = max(heights.max(), *(i[1] for i in (intervals or {"": (0, 0)}).values()), 0)
        for bar, text in zip(bars, texts, strict=True):
            end = max(bar.get_width(), right * 0.01) if not intervals else right
            axes.text(end + right * 0.02, bar.get_y() + bar.get_height() / 2, text, va="center")
        axes.invert_yaxis()
        axes.set(xlabel=x, title=title)
        axes.set_xlim(min(0, heights.min()), right * (1.45 if intervals else 1.15) or 1)
        for label in axes.get_yticklabels():
            label.set_parse_math(False)
        said = [f"{name} {text}" for name, text in zip(names, texts, strict=True)]
        return f"{title + ': ' if title else ''}bars of {x}. {shorten(said, 30)}."

    return draw(paint, 0.9 + 0.32 * len(names))


def plot_confusion(
    labels: Sequence[str], predictions: Sequence[str], top: int = 15, title: str = "Confusions"
) -> Picture:
    """Draw the pairs that are mixed up most often, as bars with counts and shares.

    Args:
        labels: True characters.
        predictions: Characters read.
        top: How many pairs.
        title: Heading.
    """
    if len(labels) != len(predictions) or len(labels) == 0:
        raise ValueError(
            f"{len(labels)} labels were given with {len(predictions)} predictions; "
            "each image needs one of both."
        )
    totals = Counter(labels)
    pairs = Counter((a, b) for a, b in zip(labels, predictions, strict=True) if a != b)
    wrong = sum(pairs.values())
    shown = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:top]

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        names = [f"{a} read as {b}" for (a, b), _ in shown] or ["no confusion"]
        counts = [count for _, count in shown] or [0]
        texts = [f"{count} of {totals[a]}" for (a, _), count in shown] or [""]
        bars = axes.barh(names, counts, color=OKABE_ITO[6], edgecolor=OKABE_ITO[2], height=0.65)
        axes.bar_label(bars, texts, padding=3)
        axes.invert_yaxis()
        axes.set(xlabel="images", title=f"{title}: {wrong} of {len(labels)} misread")
        axes.set_xlim(0, 1.15 * max(counts) or 1)
        for label in axes.get_yticklabels():
            label.set_parse_math(False)
        said = [f"{name} {text}" for name, text in zip(names, texts, strict=True)]
        return (
            f"{title}: {wrong} of {len(labels)} characters were misread. "
            f"Most frequent: {shorten(said, top)}."
        )

    return draw(paint, 0.9 + 0.3 * max(1, len(shown)))
