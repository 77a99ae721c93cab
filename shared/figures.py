"""Figures for notebooks: one readable call a plot, each with a text that replaces it.

Characters, lines and boxes are drawn as ink, dark on light; numbers as curves and bars.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.metrics import character_error_rate, mark_differences
from shared.picture import OKABE_ITO, WIDTH, Picture, counted, draw, lead, number, shorten, stroke
from shared.picture import Table as Table  # Labs reach pictures and tables through this module

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Series = Sequence[float] | tuple[Sequence[float], Sequence[float]]


def _same_count(images: Sequence, *others: Sequence | None) -> None:
    if len(images) == 0:
        raise ValueError("There is nothing to show: no image was given.")
    for other in others:
        if other is not None and len(other) != len(images):
            raise ValueError(
                f"{len(images)} images were given with {len(other)} texts; each image needs one."
            )


def _ink(axes: Any, image: np.ndarray, **options: Any) -> None:
    axes.imshow(image, cmap="gray_r", vmin=0, vmax=255, **options)


def _name(character: str) -> str:
    return "space" if character == " " else character


def show_characters(
    images: Sequence[np.ndarray],
    labels: Sequence[str],
    predictions: Sequence[str] | None = None,
    columns: int = 12,
    title: str = "",
) -> Picture:
    """Show characters in a grid, each under its label.

    Args:
        images: uint8 (28, 28) each.
        labels: What each is.
        predictions: What each was read as; a wrong one is framed and written as "a, read o".
        columns: Characters in a row.
        title: Heading.
    """
    _same_count(images, labels, predictions)
    names = [_name(label) for label in labels]
    read = names if predictions is None else [_name(label) for label in predictions]
    wrong = [k for k, name in enumerate(names) if name != read[k]]
    captions = [f"{n}, read {read[k]}" if k in wrong else n for k, n in enumerate(names)]

    def paint(figure: Figure) -> str:
        figure.suptitle(title)
        grid = _draw_grid(figure, images, captions, columns)
        for k in wrong:
            grid[k].add_patch(_frame(-0.5, -0.5, 28, 28))
        alt = f"{lead(title)}{len(images)} handwritten characters, "
        alt += f"labeled {shorten(counted(names), 36)}."
        if predictions is not None:
            misread = counted([f"{names[k]} read as {read[k]}" for k in wrong])
            alt += f" {len(wrong)} were misread" + f": {shorten(misread, 6)}" * bool(wrong) + "."
        return alt

    rows = math.ceil(len(images) / columns)
    return draw(paint, 0.3 * bool(title) + rows * (WIDTH / columns + 0.25))


def contact_sheet(
    images: Sequence[np.ndarray], captions: Sequence[str], columns: int = 2
) -> Picture:
    """Show images of any size in columns, each under its caption, for a look at many writers."""
    _same_count(images, captions)
    rows = math.ceil(len(images) / columns)
    ratio = float(np.median([image.shape[0] / image.shape[1] for image in images]))

    def paint(figure: Figure) -> str:
        for axes in _draw_grid(figure, images, captions, columns, loc="left"):
            axes.set_anchor("W")
        said = shorten(list(captions))
        return f"contact sheet of {len(images)} images of handwriting, captioned {said}."

    return draw(paint, rows * (WIDTH / columns * ratio + 0.3))


def _draw_grid(
    figure: Figure, images: Sequence[np.ndarray], captions: Sequence[str], columns: int, **how: Any
) -> list[Any]:
    """Draw images in rows, each under its caption; return the axes of each."""
    grid = figure.subplots(math.ceil(len(images) / columns), columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, image, caption in zip(grid, images, captions, strict=False):
        _ink(axes, image)
        axes.set_title(caption, fontsize=9, parse_math=False, **how)
    return list(grid[: len(images)])


def _frame(left: float, top: float, width: float, height: float, color: int = 2) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((left, top), width, height, fill=False, lw=1.8, ec=OKABE_ITO[color])


def show_lines(
    images: Sequence[np.ndarray],
    texts: Sequence[str],
    predictions: Sequence[str] | None = None,
    title: str = "",
) -> Picture:
    """Show lines one under the other, each above its text.

    Args:
        images: uint8 (height, width) each.
        texts: What each line says.
        predictions: What was read; differences are marked by signs under the letters:
            `^` another letter, `+` one too many, `-` one missing.
        title: Heading.
    """
    _same_count(images, texts, predictions)
    widest = max(*(image.shape[1] for image in images), 2)
    per_line = 0.42 if predictions is None else 0.86

    def paint(figure: Figure) -> str:
        figure.suptitle(title)
        said = []
        for index, axes in enumerate(figure.subplots(len(images), 1, squeeze=False).ravel()):
            image = images[index]
            paper = np.pad(image, ((0, 0), (0, widest - image.shape[1])))
            _ink(axes, paper, aspect="equal")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            mono = {"family": "DejaVu Sans Mono", "fontsize": 9, "parse_math": False}
            lines = [f"text {texts[index]}"] if predictions is not None else [texts[index]]
            said.append(texts[index])
            if predictions is not None:
                expected, found, marks = mark_differences(texts[index], predictions[index])
                lines = [f"text  {expected}", f"read  {found}", f"      {marks}"]
                said[-1] += f", read as {predictions[index]}"
            axes.set_xlabel("\n".join(lines), loc="left", labelpad=1, **mono)
        alt = f"{lead(title)}{len(images)} handwritten lines. "
        alt += shorten([f"{i + 1}: {text}" for i, text in enumerate(said)], 10) + "."
        if predictions is not None and any(texts):
            rate = character_error_rate(texts, predictions)
            alt += f" The character error rate is {rate:.1%}."
        return alt

    height = sum(WIDTH * max(32, image.shape[0]) / widest + per_line for image in images)
    return draw(paint, 0.3 * bool(title) + height)


def show_boxes(
    image: np.ndarray, boxes: np.ndarray, labels: Sequence[str], title: str = ""
) -> Picture:
    """Draw boxes over a line.

    Args:
        image: uint8 (height, width).
        boxes: (count, 4) left, top, right, bottom in pixels.
        labels: A short text for each box, written above it.
        title: Heading.
    """
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    if len(labels) != len(boxes):
        raise ValueError(f"{len(boxes)} boxes were given with {len(labels)} labels.")

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        _ink(axes, image)
        axes.set_title(title, pad=26)
        axes.set_xlabel("pixel column")
        axes.set_ylabel("pixel row")
        for index, (left, top, right, bottom) in enumerate(boxes):
            color = 1 + index % 2  # Neighbors differ in color and in the height of their label
            axes.add_patch(_frame(left - 0.5, top - 0.5, right - left, bottom - top, color))
            at, name = ((left + right) / 2, -1.5 - 3 * (index % 2)), _name(labels[index])
            style = {"ha": "center", "va": "bottom", "color": OKABE_ITO[color], "fontsize": 9}
            axes.text(*at, name, parse_math=False, **style)
        widths = boxes[:, 2] - boxes[:, 0]
        alt = f"{lead(title)}{len(boxes)} boxes on an image of {image.shape[1]} "
        alt += f"by {image.shape[0]} pixels"
        if len(boxes):
            alt += f", {widths.min():.0f} to {widths.max():.0f} pixels wide"
        return f"{alt}, labeled {shorten([_name(label) for label in labels], 40)}."

    return draw(paint, min(10, WIDTH * image.shape[0] / image.shape[1] + 1.2))


def plot_curves(
    series: Mapping[str, Series],
    x: str,
    y: str,
    title: str = "",
    log_y: bool = False,
    log_x: bool = False,
    smooth: int = 1,
) -> Picture:
    """Draw named curves that differ in color, in stroke and, where short, in marker.

    Args:
        series: Name to values, or to a pair of x values and values.
        x: Name of the horizontal axis, with its unit.
        y: Name of the vertical axis, with its unit.
        title: Heading.
        log_y: Logarithmic vertical axis.
        log_x: Logarithmic horizontal axis, with ticks at the points of the first series.
        smooth: Average over this many neighboring values.
    """
    if not series:
        raise ValueError("There is nothing to draw: no series was given.")
    curves = {name: _curve(name, values, smooth) for name, values in series.items()}

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        said = []
        for index, (name, (at, values)) in enumerate(curves.items()):
            style = stroke(index) | ({"marker": None} if len(values) > 40 else {})
            axes.plot(at, values, label=name, lw=1.8, markersize=5, **style)
            low, high = int(np.argmin(values)), int(np.argmax(values))
            said.append(
                f"{name}: from {number(values[0])} at {number(at[0])} to {number(values[-1])} at "
                f"{number(at[-1])}, lowest {number(values[low])} at {number(at[low])}, "
                f"highest {number(values[high])} at {number(at[high])}"
            )
        axes.set(xlabel=x, ylabel=y, title=title, yscale="log" if log_y else "linear")
        if log_x:
            axes.set_xscale("log")
            axes.xaxis.minorticks_off()
            axes.set_xticks(next(iter(curves.values()))[0])
            for axis in (axes.xaxis, axes.yaxis):  # 20 and 30 instead of powers of ten
                axis.set_major_formatter("{x:g}")
                axis.set_minor_formatter("{x:g}")
        axes.grid(axis="y", color="#dddddd")
        if len(curves) > 1:
            axes.legend(frameon=False)
        on = " on a logarithmic axis" * log_x
        return f"{lead(title)}{y} against {x}{on}. " + "; ".join(said) + "."

    return draw(paint, 3.6)


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
    values: Mapping[str, float], x: str, title: str = "", form: str = "{:.1%}"
) -> Picture:
    """Draw one horizontal bar per name, with its value written beside it.

    Args:
        values: Name to value.
        x: What the bars measure, with its unit.
        title: Heading.
        form: How to write a value.
    """
    if not values:
        raise ValueError("There is nothing to draw: no value was given.")
    names, heights = list(values), np.array(list(values.values()), dtype=np.float64)

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        bars = axes.barh(names, heights, color=OKABE_ITO[5], edgecolor=OKABE_ITO[1], height=0.65)
        texts, right = [form.format(value) for value in heights], max(heights.max(), 0)
        for bar, text in zip(bars, texts, strict=True):
            end = max(bar.get_width(), right * 0.01)
            axes.text(end + right * 0.02, bar.get_y() + bar.get_height() / 2, text, va="center")
        axes.invert_yaxis()
        axes.set(xlabel=x, title=title)
        axes.set_xlim(min(0, heights.min()), right * 1.15 or 1)
        for label in axes.get_yticklabels():
            label.set_parse_math(False)
        said = [f"{name} {text}" for name, text in zip(names, texts, strict=True)]
        return f"{lead(title)}bars of {x}. {shorten(said, 30)}."

    return draw(paint, 0.9 + 0.32 * len(names))
