"""Pictures and tables for notebooks, each with a text that stands for it."""

from __future__ import annotations

import base64
import io
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.paths import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATIC_SWITCH = "HANDWRITING_STATIC"  # Set to 1 by headless runs: picture only
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


def stroke(index: int) -> dict[str, Any]:
    """Return how the curve of this number is drawn; any two of seven differ in every way."""
    color = OKABE_ITO[(index + 1) % len(OKABE_ITO)]
    place = index % len(MARKERS)
    return {"color": color, "linestyle": LINE_STYLES[place], "marker": MARKERS[place]}


class Picture:
    """A finished figure: it displays as a picture that carries its alternative text.

    Attributes:
        alt: Text that gives a blind reader what the picture gives others.
        kind: "png", or "jpeg" for photographs, whose grain would make a PNG four times as large.
        content: The picture itself.
        figure: The matplotlib figure; pyplot does not know it, so it never shows twice.
    """

    def __init__(self, figure: Figure, alt: str, photograph: bool = False) -> None:
        if len(alt.split()) < 5:
            raise ValueError(f"The alternative text {alt!r} is too short to replace a picture.")
        self.figure = figure
        self.alt = " ".join(alt.split())
        self.kind = "jpeg" if photograph else "png"
        self.content = _encoded(figure, self.kind)

    @property
    def html(self) -> str:
        """The picture as HTML."""
        return img(self.content, self.kind, self.alt)

    def save(self, path: Path | str) -> Path:
        """Write the picture in its own format."""
        return write_atomically(path, self.content)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.alt}

    def __repr__(self) -> str:
        return f"Picture({self.alt!r})"


def img(content: bytes, kind: str, alt: str, width: int | None = None) -> str:
    """Return a picture as an HTML element with its alternative text.

    An output of type image/png may carry such a text too, but JupyterLab and nbconvert drop it.

    Args:
        content: The file.
        kind: "png" or "jpeg".
        alt: The text that replaces it.
        width: How wide it is shown, by default its own width.
    """
    size = f' width="{width}"' if width else ""
    encoded = base64.b64encode(content).decode("ascii")
    return (
        f'<img alt="{escape(alt)}"{size} style="max-width:100%" '
        f'src="data:image/{kind};base64,{encoded}">'
    )


def draw(
    paint: Callable[[Figure], str], height: float, width: float = WIDTH, photograph: bool = False
) -> Picture:
    """Make a picture in the course's style.

    Args:
        paint: Gets an empty figure, draws on it and returns the alternative text.
        height: Inches.
        width: Inches.
        photograph: Whether it is mostly a photograph, to be kept with all its shades.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return Picture(figure, paint(figure), photograph)


def _encoded(figure: Figure, kind: str) -> bytes:
    """Return a JPEG, or a PNG of 256 colors, a third of the size, so that notebooks stay small."""
    import numpy as np
    from PIL import Image

    figure.set_dpi(DPI)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if kind == "jpeg":
        image.save(buffer, format="jpeg", quality=85, subsampling=0, optimize=True)
    else:
        image.quantize(256, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def is_static() -> bool:
    """Say whether this run has no one to move a control (set by headless runs)."""
    return os.environ.get(STATIC_SWITCH, "") not in ("", "0")


def shorten(texts: list[str], limit: int = 12) -> str:
    """Return a list as words, naming how many were left out."""
    more = f", and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + more


def lead(title: str) -> str:
    """Return how an alternative text begins."""
    return f"{title}: " if title else ""


def counted(texts: list[str]) -> list[str]:
    """Return each text once, with how often it is there if that is more than once."""
    counts = Counter(texts)
    return [text if count == 1 else f"{text} ({count} times)" for text, count in counts.items()]


def number(value: float) -> str:
    """Return a number with about three digits that count."""
    if value != value:
        return "not a number"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


class Table:
    """Rows of values with a heading for each column; numbers are aligned to the right.

    Example:
        >>> print(Table([("MLP", 0.81), ("CNN", 0.87)], ("network", "accuracy")))
        network  accuracy
        -------  --------
        MLP         0.810
        CNN         0.870
    """

    def __init__(
        self,
        rows: Sequence[Sequence[Any] | Mapping[str, Any]],
        columns: Sequence[str] = (),
        caption: str = "",
        form: str = "{:.3f}",
    ) -> None:
        """Keep the rows.

        Args:
            rows: Sequences in the order of the columns, or dictionaries.
            columns: Headings; with dictionaries, by default, the keys of the first.
            caption: One sentence above the table.
            form: How floats are written.
        """
        rows = list(rows)
        if not columns and rows and isinstance(rows[0], Mapping):
            columns = list(rows[0])
        self.columns = [str(column) for column in columns]
        listed = [[r.get(c, "") for c in columns] if isinstance(r, Mapping) else r for r in rows]
        self.rows = [list(row) for row in listed]
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(
                f"Every row needs {len(self.columns)} values, one for each of {self.columns}; "
                f"the rows have {sorted({len(row) for row in self.rows})}."
            )
        self.caption = caption
        self.form = form
        self._right = [
            bool(self.rows) and all(isinstance(_plain(row[i]), (int, float)) for row in self.rows)
            for i in range(len(self.columns))
        ]

    def _texts(self) -> list[list[str]]:
        return [[self._text(value) for value in row] for row in self.rows]

    def _text(self, value: Any) -> str:
        value = _plain(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int):
            return f"{value:,}"
        return self.form.format(value) if isinstance(value, float) else str(value)

    def __str__(self) -> str:
        texts = self._texts()
        widths = [max(map(len, column)) for column in zip(self.columns, *texts, strict=True)]
        rules = ["-" * width for width in widths]
        lines = [self.caption] if self.caption else []
        for row in (self.columns, rules, *texts):
            cells = zip(row, widths, self._right, strict=True)
            parts = [t.rjust(w) if right else t.ljust(w) for t, w, right in cells]
            lines.append("  ".join(parts).rstrip())
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def cell(tag: str, text: str, right: bool, extra: str = "") -> str:
            side = "right" if right else "left"
            return f'<{tag}{extra} style="text-align: {side}">{escape(text)}</{tag}>'

        heads = zip(self.columns, self._right, strict=True)
        head = "".join(cell("th", name, right, ' scope="col"') for name, right in heads)
        body = "".join(
            f"<tr>{''.join(cell('td', t, r) for t, r in zip(row, self._right, strict=True))}</tr>"
            for row in self._texts()
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _plain(value: Any) -> Any:
    """Return Python's own number for one of numpy's."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
