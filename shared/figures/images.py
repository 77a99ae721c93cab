"""Figures of ink: characters, lines, boxes, emissions. Ink is drawn dark on light."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.alphabet import ASCII, Alphabet
from shared.figures.picture import OKABE_ITO, WIDTH, Picture, draw, shorten
from shared.metrics import align, character_error_rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    rows = math.ceil(len(images) / columns)

    def paint(figure: Figure) -> str:
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        wrong = []
        for index, axes in enumerate(grid):
            axes.set_axis_off()
            if index >= len(images):
                continue
            _ink(axes, images[index])
            label = _name(labels[index])
            if predictions is not None and predictions[index] != labels[index]:
                wrong.append(f"{label} read as {_name(predictions[index])}")
                axes.set_title(f"{label}, read {_name(predictions[index])}", fontsize=9)
                axes.add_patch(_frame(-0.5, -0.5, 28, 28))
            else:
                axes.set_title(label, fontsize=10, parse_math=False)
        figure.suptitle(title)
        alt = f"{title + ': ' if title else ''}{len(images)} handwritten characters, "
        alt += f"labeled {shorten([_name(label) for label in labels], 36)}."
        if predictions is not None:
            alt += f" {len(wrong)} were misread{': ' + shorten(wrong) if wrong else ''}."
        return alt

    return draw(paint, 0.3 * bool(title) + rows * (WIDTH / columns + 0.25))


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
        images: uint8 (32, width) each.
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
            paper = np.zeros((image.shape[0], widest), dtype=np.uint8)
            paper[:, : image.shape[1]] = image
            _ink(axes, paper, aspect="equal")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
            mono = {"family": "DejaVu Sans Mono", "fontsize": 9, "parse_math": False}
            lines = [f"text {texts[index]}"] if predictions is not None else [texts[index]]
            said.append(texts[index])
            if predictions is not None:
                expected, found, marks = mark_differences(texts[index], predictions[index])
                lines = [f"text  {expected}", f"read  {found}", f"      {marks}"]
                said[-1] += f", read as {predictions[index]}"
            axes.set_xlabel("\n".join(lines), loc="left", labelpad=1, **mono)
        alt = f"{title + ': ' if title else ''}{len(images)} handwritten lines. "
        alt += shorten([f"{i + 1}: {text}" for i, text in enumerate(said)], 10) + "."
        if predictions is not None and any(texts):
            rate = character_error_rate(texts, predictions)
            alt += f" The character error rate is {rate:.1%}."
        return alt

    height = sum(WIDTH * max(32, image.shape[0]) / widest + per_line for image in images)
    return draw(paint, 0.3 * bool(title) + height)


def mark_differences(text: str, prediction: str) -> tuple[str, str, str]:
    """Return text, prediction and marks as three strings of equal length, letters aligned.

    Example:
        >>> mark_differences("cat", "cut")
        ('cat', 'cut', ' ^ ')
    """
    steps = align(text, prediction)
    signs = {"equal": " ", "substitute": "^", "insert": "+", "delete": "-"}
    expected = "".join(step[1] or "·" for step in steps)
    found = "".join(step[2] or "·" for step in steps)
    return expected, found, "".join(signs[step[0]] for step in steps)


def contact_sheet(
    images: Sequence[np.ndarray], captions: Sequence[str], columns: int = 2, title: str = ""
) -> Picture:
    """Show images of any size in columns, each under its caption, for a look at many hands."""
    _same_count(images, captions)
    rows = math.ceil(len(images) / columns)
    ratio = float(np.median([image.shape[0] / image.shape[1] for image in images]))

    def paint(figure: Figure) -> str:
        figure.suptitle(title)
        for index, axes in enumerate(figure.subplots(rows, columns, squeeze=False).ravel()):
            axes.set_axis_off()
            if index < len(images):
                _ink(axes, images[index])
                axes.set_title(captions[index], fontsize=9, loc="left", parse_math=False)
                axes.set_anchor("W")
        return (
            f"{title + ': ' if title else ''}contact sheet of {len(images)} images of "
            f"handwriting, captioned {shorten(list(captions))}."
        )

    return draw(paint, 0.3 * bool(title) + rows * (WIDTH / columns * ratio + 0.3))


def show_boxes(
    image: np.ndarray, boxes: np.ndarray, labels: Sequence[str] | None = None, title: str = ""
) -> Picture:
    """Draw boxes over a line or a page.

    Args:
        image: uint8 (height, width).
        boxes: (count, 4) left, top, right, bottom in pixels.
        labels: A short text for each box, written above it.
        title: Heading.
    """
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    if labels is not None and len(labels) != len(boxes):
        raise ValueError(f"{len(boxes)} boxes were given with {len(labels)} labels.")

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        _ink(axes, image)
        axes.set_title(title, pad=26 if labels is not None and len(image) <= 64 else 6)
        axes.set_xlabel("pixel column")
        axes.set_ylabel("pixel row")
        for index, (left, top, right, bottom) in enumerate(boxes):
            color = 1 + index % 2  # Neighbors differ in color and in the height of their label
            axes.add_patch(_frame(left - 0.5, top - 0.5, right - left, bottom - top, color))
            if labels is not None:
                middle = (left + right) / 2
                at = (middle, -1.5 - 3 * (index % 2)) if len(image) <= 64 else (left, top)
                axes.text(
                    *at,
                    _name(labels[index]),
                    fontsize=9,
                    parse_math=False,
                    ha="center",
                    va="bottom",
                    color=OKABE_ITO[color],
                )
        widths = boxes[:, 2] - boxes[:, 0]
        alt = f"{title + ': ' if title else ''}{len(boxes)} boxes on an image of {image.shape[1]} "
        alt += f"by {image.shape[0]} pixels"
        if len(boxes):
            alt += f", {widths.min():.0f} to {widths.max():.0f} pixels wide"
        if labels is not None:
            alt += f", labeled {shorten([_name(label) for label in labels], 40)}"
        return alt + "."

    return draw(paint, min(10, WIDTH * image.shape[0] / image.shape[1] + 1.2))


def plot_emissions(
    logits: np.ndarray,
    alphabet: Alphabet = ASCII,
    image: np.ndarray | None = None,
    rows: int = 14,
    title: str = "Probability of each class in each frame",
) -> Picture:
    """Draw the network's distribution at every frame as a heat map under the line.

    Args:
        logits: (frames, classes), not normalized.
        alphabet: Names the classes.
        image: uint8 (32, width), four pixel columns a frame.
        rows: Classes to show: the blank first and hatched, then those read, then the likeliest.
        title: Heading.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if logits.ndim != 2 or logits.shape[1] != alphabet.num_classes:
        raise ValueError(
            f"Logits have the shape (frames, {alphabet.num_classes}) for this alphabet; "
            f"{logits.shape} was given."
        )
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = shifted / shifted.sum(axis=1, keepdims=True)
    path = probabilities.argmax(axis=1)
    read = [k for k in dict.fromkeys(path.tolist()) if k]
    others = [k for k in np.argsort(-probabilities.max(axis=0)).tolist() if k and k not in read]
    classes = [0, *read, *others][: max(rows, 1 + len(read))]
    names = ["blank", *(_name(alphabet.characters[k - 1]) for k in classes[1:])]
    frames = len(logits)

    def paint(figure: Figure) -> str:
        tall = [32 / 4 / frames * WIDTH, 0.2 * len(classes)] if image is not None else [1]
        panels = figure.subplots(len(tall), 1, sharex=True, height_ratios=tall, squeeze=False)[:, 0]
        if image is not None:
            _ink(panels[0], image, extent=(-0.5, image.shape[1] / 4 - 0.5, 32, 0), aspect="auto")
            panels[0].set_axis_off()
        axes = panels[-1]
        shown = axes.imshow(probabilities[:, classes].T, vmin=0, vmax=1, aspect="auto")
        axes.fill_between(
            [-0.5, frames - 0.5],
            -0.5,
            0.5,
            facecolor="none",
            hatch="///",
            edgecolor="#999999",
            linewidth=0,
        )
        axes.set_yticks(range(len(classes)), names, parse_math=False)
        axes.set_xlim(-0.5, frames - 0.5)
        axes.set_xlabel("frame (4 pixel columns)")
        panels[0].set_title(title)
        figure.colorbar(shown, ax=panels.tolist(), label="probability", pad=0.01, fraction=0.05)
        runs = [int(k) for i, k in enumerate(path) if k and (i == 0 or path[i - 1] != k)]
        text = "".join(alphabet.characters[k - 1] for k in runs)
        return (
            f"{title}: heat map of {frames} frames. Blank is the likeliest class in "
            f"{np.mean(path == 0):.0%} of them. The likeliest classes, collapsed, "
            f"spell: {text or 'nothing'}."
        )

    return draw(paint, 1.0 + 0.2 * len(classes) + (1.0 if image is not None else 0))
