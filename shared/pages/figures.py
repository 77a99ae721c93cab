"""Figures of pages: photographs with their lines, masks and boxes drawn over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.pages.preparation import resized
from shared.picture import DPI, OKABE_ITO, WIDTH, Picture, draw, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TALLEST = 6.0  # Inches
_COLORS = (OKABE_ITO[1], OKABE_ITO[6], OKABE_ITO[3])
_HATCHES = ("//", "..", "x")


def show_page(
    image: np.ndarray,
    lines: Sequence[Any] = (),
    mask: np.ndarray | None = None,
    boxes: np.ndarray | Sequence = (),
    title: str = "",
) -> Picture:
    """Draw a page as it was photographed, and what is known about it on top.

    Args:
        image: uint8 (height, width), light paper.
        lines: With `baseline` (n, 2) and `polygon` (m, 2), in pixels of the image: each baseline
            is drawn solid and numbered, each outline dashed.
        mask: Whole numbers at any resolution: 0 for nothing, 1, 2 and 3 in a color and a hatch
            of their own.
        boxes: (count, 4) left, top, right, bottom, drawn dotted.
        title: Heading.
    """
    return show_pages([image], [lines], [mask], [boxes], [title], columns=1)


def show_pages(
    images: Sequence[np.ndarray],
    lines: Sequence[Sequence[Any]] | None = None,
    masks: Sequence[np.ndarray | None] | None = None,
    boxes: Sequence[np.ndarray | Sequence] | None = None,
    titles: Sequence[str] | None = None,
    columns: int = 2,
) -> Picture:
    """Draw pages side by side, each as `show_page` does.

    Args:
        images: uint8 (height, width) each.
        lines: The lines of each page.
        masks: The mask of each page.
        boxes: The boxes of each page.
        titles: The heading of each page.
        columns: Pages in a row.
    """
    if len(images) == 0:
        raise ValueError("There is nothing to show: no page was given.")
    count = len(images)
    lines, masks = lines or [()] * count, masks or [None] * count
    boxes, titles = boxes if boxes is not None else [()] * count, titles or [""] * count
    for name, given in (("lines", lines), ("masks", masks), ("boxes", boxes), ("titles", titles)):
        if len(given) != count:
            raise ValueError(f"{count} pages were given with {len(given)} {name}; each needs one.")
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    ratio = max(image.shape[0] / image.shape[1] for image in images)

    def paint(figure: Figure) -> str:
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        said = []
        for index, axes in enumerate(grid):
            axes.set_axis_off()
            if index >= count:
                continue
            height, width = images[index].shape
            scale = min(1.0, WIDTH * DPI / columns / width, _TALLEST * DPI / height)
            shown = resized(images[index], scale)  # No larger than it is shown
            extent = (0, width, height, 0)
            axes.imshow(shown, cmap="gray", vmin=0, vmax=255, extent=extent)
            axes.set_title(titles[index], fontsize=10, loc="left", parse_math=False)
            parts = [
                _draw_mask(axes, masks[index], (height, width)),
                _draw_boxes(axes, boxes[index]),
                _draw_lines(axes, lines[index], small=columns > 2),
            ]
            axes.set(xlim=(0, width), ylim=(height, 0))
            name = titles[index] or f"page {index + 1}"
            marks = ", ".join(part for part in parts if part) or "without marks"
            said.append(f"{name}: {width} by {height} pixels, {marks}")
        return f"{count} handwritten page{'s' * (count > 1)}. {shorten(said, 8)}."

    height = rows * (min(_TALLEST, WIDTH / columns * ratio) + 0.35)
    return draw(paint, min(_TALLEST, height), photograph=True)


def _draw_mask(axes: Any, mask: np.ndarray | None, size: tuple[int, int]) -> str:
    from matplotlib.colors import to_rgba

    if mask is None:
        return ""
    mask = np.asarray(mask)
    kinds = [k for k in np.unique(mask) if k]
    height, width = size
    extent = (0, width, height, 0)
    rows = (np.arange(mask.shape[0]) + 0.5) * height / mask.shape[0]
    columns = (np.arange(mask.shape[1]) + 0.5) * width / mask.shape[1]
    for kind in kinds:
        color = np.zeros((*mask.shape, 4))
        color[mask == kind] = to_rgba(_COLORS[(int(kind) - 1) % 3], 0.4)
        axes.imshow(color, extent=extent, interpolation="nearest")
        if min(mask.shape) > 1:
            hatch = _HATCHES[(int(kind) - 1) % 3]
            axes.contourf(columns, rows, mask == kind, [0.5, 1], colors="none", hatches=[hatch])
    shares = [f"{np.mean(mask == kind):.0%} in mask {kind}" for kind in kinds]
    return ", ".join(shares) or "an empty mask"


def _draw_boxes(axes: Any, boxes: np.ndarray | Sequence) -> str:
    from matplotlib.patches import Rectangle

    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    for left, top, right, bottom in boxes:
        size = (left, top), right - left, bottom - top
        axes.add_patch(Rectangle(*size, fill=False, ec=OKABE_ITO[4], lw=1.4, ls=":"))
    return f"{len(boxes)} boxes" if len(boxes) else ""


def _draw_lines(axes: Any, lines: Sequence[Any], small: bool) -> str:
    for index, line in enumerate(lines):
        color = OKABE_ITO[(1, 2)[index % 2]]
        outline = np.asarray(line.polygon)
        closed = np.concatenate([outline, outline[:1]])
        axes.plot(*closed.T, color=color, lw=0.9, ls="--")
        baseline = np.asarray(line.baseline)
        axes.plot(*baseline.T, color=color, lw=1.6)
        if not small:
            place = {"ha": "right", "va": "center", "fontsize": 8, "color": color}
            axes.text(outline[0, 0] - 2, baseline[0, 1], str(index + 1), **place)
    return f"{len(lines)} lines with their baselines" if len(lines) else ""
