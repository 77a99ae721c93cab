"""What every figure shares: size, style, and the text that stands for it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.paths import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 8.0  # Inches; with 100 dots per inch a figure is 800 pixels wide
DPI = 100
#: Colors that color-blind readers tell apart (Okabe and Ito, 2008), black first
OKABE_ITO = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLE: dict[str, Any] = {
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "image.cmap": "cividis",
    "figure.facecolor": "white",
}


class Picture:
    """A finished figure: it displays as a PNG that carries its alternative text.

    Attributes:
        alt: Text that gives a blind reader what the picture gives others.
        png: The picture itself.
        figure: The matplotlib figure; pyplot does not know it, so it never shows twice.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        if len(alt.split()) < 5:
            raise ValueError(f"The alternative text {alt!r} is too short to replace a picture.")
        self.figure = figure
        self.alt = " ".join(alt.split())
        self.png = _small_png(figure)

    def save(self, path: Path | str) -> Path:
        """Write the PNG."""
        return write_atomically(path, self.png)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        data = {"image/png": base64.b64encode(self.png).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt}}

    def __repr__(self) -> str:
        return f"Picture({self.alt!r})"


def draw(paint: Callable[[Figure], str], height: float, width: float = WIDTH) -> Picture:
    """Make a picture in the course's style.

    Args:
        paint: Gets an empty figure, draws on it and returns the alternative text.
        height: Inches.
        width: Inches.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return Picture(figure, paint(figure))


def _small_png(figure: Figure) -> bytes:
    """Return a PNG of at most 256 colors, a third of the size, so that notebooks stay small."""
    import numpy as np
    from PIL import Image

    figure.set_dpi(DPI)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.quantize(256, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def shorten(texts: list[str], limit: int = 12) -> str:
    """Return a list as words, naming how many were left out."""
    more = f", and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + more


def number(value: float) -> str:
    """Return a number with about three digits that count."""
    if value != value:
        return "not a number"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
