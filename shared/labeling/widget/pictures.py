"""Pages as pictures: for the browser, and the static twin of the widget."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.labeling.records import LabeledPage
from shared.picture import DPI, OKABE_ITO, WIDTH, Picture, draw

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST = 2400  # Pixels of what the browser gets; a phone's photograph has twice as many
_TALLEST = 6.5  # Inches
_STYLES = {"proposed": (OKABE_ITO[2], "--", "?"), "labeled": (OKABE_ITO[1], "-", "✓"),
           "unreadable": ("#55606b", ":", "✗")}  # fmt: skip


def page_jpeg(path: Path) -> bytes:
    """Return a page as the browser shows it: upright, gray, at most 2,400 pixels long.

    Raises:
        FileNotFoundError: The image is not beside the labels.
        UnreadableImageError: It cannot be opened.
    """
    from PIL import Image

    from shared.pages.image_files import open_page_image

    image = Image.fromarray(open_page_image(path))
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.convert("L").save(buffer, "jpeg", quality=85)
    return buffer.getvalue()


def draw_labels(image: np.ndarray, page: LabeledPage, title: str = "") -> Picture:
    """Draw a page with its boxes, and beside it what each line says.

    Args:
        image: uint8 (height, width), of the page's size.
        page: Its labels.
        title: Heading.
    """

    def paint(figure: Figure) -> str:
        axes, side = figure.subplots(1, 2, width_ratios=(3, 2))
        axes.imshow(_small(image), cmap="gray", vmin=0, vmax=255,
                    extent=(0, page.width, page.height, 0))  # fmt: skip
        axes.set(xticks=[], yticks=[], xlim=(0, page.width), ylim=(page.height, 0))
        axes.set_title(title or page.image, fontsize=10, loc="left", parse_math=False)
        for number, line in enumerate(page.lines, 1):
            _draw_line(axes, number, line)
        _write_texts(side, page)
        return _words(page)

    height = min(_TALLEST, 0.6 * WIDTH * page.height / page.width + 0.4)
    return draw(paint, max(height, 0.2 * len(page.lines) + 0.6, 1.5))


def _draw_line(axes: Any, number: int, line: Any) -> None:
    from matplotlib.patches import Rectangle

    color, style, sign = _STYLES[line.status]
    left, top, right, bottom = line.box
    axes.add_patch(
        Rectangle((left, top), right - left, bottom - top, fill=False, ec=color, ls=style, lw=1.4)
    )
    if line.baseline:
        axes.plot(*zip(*line.baseline, strict=True), color=color, lw=0.8)
    place = {"ha": "right", "va": "center", "fontsize": 8, "color": color, "clip_on": False}
    axes.text(left - 3, (top + bottom) / 2, f"{number}{sign}", **place)


def _write_texts(axes: Any, page: LabeledPage) -> None:
    axes.set_axis_off()
    step = 1 / max(len(page.lines), 1)
    for number, line in enumerate(page.lines, 1):
        color, _, sign = _STYLES[line.status]
        text = line.text if line.text is not None else f"({line.status})"
        sure = f"  {line.confidence:.0%}" if line.confidence is not None else ""
        axes.text(0, 1 - (number - 0.5) * step, f"{number}{sign} {text}{sure}", fontsize=9,
                  color=color, va="center", parse_math=False)  # fmt: skip


def _words(page: LabeledPage) -> str:
    counts = {name: sum(line.status == name for line in page.lines) for name in _STYLES}
    states = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    texts = "; ".join(f"{k}. {line.text}" for k, line in enumerate(page.lines, 1))
    return (
        f"The handwritten page {page.image} with {len(page.lines)} boxes around its lines: "
        f"{states or 'none yet'}. {texts}"
    )


def _small(image: np.ndarray) -> np.ndarray:
    """Return a page in few gray levels, no larger than it is shown."""
    import cv2

    scale = min(1.0, WIDTH * DPI * 0.6 / image.shape[1])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.round(cv2.resize(image, size, interpolation=cv2.INTER_AREA) / 17) * 17
