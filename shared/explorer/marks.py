"""The few shapes that pictures are made of: JSON-able dicts, many shapes in one mark.

`png.py` draws them.  Colors are names of roles; a theme turns them into colors at the very end.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

import numpy as np

from shared.explorer.palette import indexed_png

Mark = dict[str, object]


def tidy(value: float) -> float:
    """Round to 2 decimals, at most 6 significant digits on any page; whole numbers as int."""
    number = round(float(value), 2)
    whole = int(number)
    return whole if number == whole else number


def tidy_list(values: Iterable) -> list[float]:
    """Flatten numbers and round each."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    if flat.size < 12:  # Below this NumPy's overhead costs more
        return [tidy(v) for v in flat.tolist()]
    return [int(v) if v.is_integer() else v for v in flat.round(2).tolist()]


def texts(xy, contents, size=12, role="ink", anchor="start", bold=False, halo=False) -> Mark:
    """Lines of text in one style, two numbers each: x, and y of its middle."""
    return {
        "kind": "text", "at": tidy_list(xy), "texts": [str(content) for content in contents],
        "size": size, "role": role, "anchor": anchor, "bold": bool(bold), "halo": bool(halo),
    }  # fmt: skip


def text(x, y, content, size=12, role="ink", anchor="start", bold=False, halo=False) -> Mark:
    """One line of text; `y` is its middle."""
    return texts([x, y], [content], size, role, anchor, bold, halo)


def rects(xywh, fill=None, stroke=None, width=1, opacity=1, radius=0, hatch=False) -> Mark:
    """Rectangles, four numbers each: left, top, width, height."""
    return {
        "kind": "rects", "at": tidy_list(xywh), "fill": fill, "stroke": stroke,
        "width": width, "opacity": opacity, "radius": radius, "hatch": bool(hatch),
    }  # fmt: skip


def discs(xyr, fill=None, stroke=None, width=1, opacity=1, hatch=False) -> Mark:
    """Circles, three numbers each: center x, center y, radius."""
    return {
        "kind": "discs", "at": tidy_list(xyr), "fill": fill, "stroke": stroke,
        "width": width, "opacity": opacity, "hatch": bool(hatch),
    }  # fmt: skip


def segments(xyxy, stroke="edge", width=1, opacity=1, dash=False) -> Mark:
    """Separate straight lines, four numbers each."""
    return {
        "kind": "segments", "at": tidy_list(xyxy), "stroke": stroke,
        "width": tidy(width), "opacity": opacity, "dash": bool(dash),
    }  # fmt: skip


def polyline(xy, stroke="ink", width=1.5, opacity=1, dash=False) -> Mark:
    """One line through points, two numbers each."""
    return {
        "kind": "polyline", "at": tidy_list(xy), "stroke": stroke,
        "width": width, "opacity": opacity, "dash": bool(dash),
    }  # fmt: skip


def ribbons(bands, fill, opacity=1) -> Mark:
    """Bands that bend smoothly from one interval down to another.

    Six numbers each: left, right and y of the upper edge, then of the lower edge.
    """
    return {"kind": "ribbons", "at": tidy_list(bands), "fill": fill, "opacity": opacity}


def picture(x, y, width, height, codes: np.ndarray, colors: str, smooth=False) -> Mark:
    """A heat map or photograph: color codes stretched over a rectangle."""
    return {
        "kind": "picture", "x": tidy(x), "y": tidy(y), "w": tidy(width), "h": tidy(height),
        "png": base64.b64encode(indexed_png(codes, colors)).decode("ascii"),
        "smooth": bool(smooth),
    }  # fmt: skip
