"""Layer (c): a scene as SVG text, the same text for the same scene."""

from __future__ import annotations

from html import escape

from shared.explorer.marks import Mark, tidy, visible
from shared.explorer.palette import LIGHT

FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def render_svg(scene: dict, theme: dict[str, str] = LIGHT, *, overlay: bool = True) -> str:
    """Draw a scene as SVG.

    Args:
        scene: from `build_scene`.
        theme: color of each role.
        overlay: whether to draw the selection, which the browser draws itself.
    """
    width, height = scene["width"], scene["height"]
    chosen = scene["options"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(scene["alt"])}" '
        f'font-family="{FONT}">',
        f"<title>{escape(scene['summary'])}</title><desc>{escape(scene['alt'])}</desc>",
        '<defs><pattern id="ctc-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)">'
        f'<path d="M1 0V6" stroke="{theme["hatch"]}" stroke-width="2"/></pattern></defs>',
        f'<rect width="{width}" height="{height}" fill="{theme["paper"]}"/>',
    ]
    for mark in scene["marks"]:
        if visible(mark, chosen["stage"], chosen["snapshot"]) and (
            overlay or not mark.get("overlay")
        ):
            parts.append(DRAW[mark["kind"]](mark, theme))
    return "".join([*parts, "</svg>"])


def _paint(mark: Mark, theme: dict[str, str]) -> str:
    """Fill, stroke and opacity as attributes."""
    fill, stroke = mark.get("fill"), mark.get("stroke")
    found = f' fill="{theme[fill] if fill else "none"}"'
    if stroke:
        found += f' stroke="{theme[stroke]}" stroke-width="{mark["width"]}"'
    if mark.get("opacity", 1) != 1:
        found += f' opacity="{mark["opacity"]}"'
    if mark.get("dash"):
        found += ' stroke-dasharray="4 3"'
    return found


def _groups(values: list, size: int) -> list[list]:
    """Cut a flat list into groups."""
    return [values[i : i + size] for i in range(0, len(values), size)]


def _hatch_over(mark: Mark, shapes: str) -> str:
    """Draw the same shapes once more, filled with the hatch."""
    if not mark.get("hatch"):
        return ""
    opacity = f' opacity="{mark["opacity"]}"' if mark["fill"] is None else ' opacity="0.6"'
    return f'<g fill="url(#ctc-hatch)"{opacity}>{shapes}</g>'


def _rects(mark: Mark, theme: dict[str, str]) -> str:
    radius = f' rx="{mark["radius"]}"' if mark["radius"] else ""
    shapes = "".join(
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}"{radius}/>'
        for x, y, w, h in _groups(mark["at"], 4)
    )
    drawn = ""
    if mark["fill"] or mark["stroke"]:
        drawn = f"<g{_paint(mark, theme)}>{shapes}</g>"
    return drawn + _hatch_over(mark, shapes)


def _discs(mark: Mark, theme: dict[str, str]) -> str:
    shapes = "".join(f'<circle cx="{x}" cy="{y}" r="{r}"/>' for x, y, r in _groups(mark["at"], 3))
    return f"<g{_paint(mark, theme)}>{shapes}</g>" + _hatch_over(mark, shapes)


def _segments(mark: Mark, theme: dict[str, str]) -> str:
    path = "".join(f"M{a} {b}L{c} {d}" for a, b, c, d in _groups(mark["at"], 4))
    return f'<path d="{path}"{_paint(mark, theme)}/>'


def _polyline(mark: Mark, theme: dict[str, str]) -> str:
    points = " ".join(f"{x},{y}" for x, y in _groups(mark["at"], 2))
    return f'<polyline points="{points}"{_paint(mark, theme)}/>'


def _ribbons(mark: Mark, theme: dict[str, str]) -> str:
    path = "".join(
        f"M{a} {y}C{a} {v} {c} {v} {c} {z}H{d}C{d} {v} {b} {v} {b} {y}Z"
        for a, b, y, c, d, z in _groups(mark["at"], 6)
        for v in [tidy((y + z) / 2)]
    )
    return f'<path d="{path}"{_paint(mark, theme)}/>'


def _picture(mark: Mark, theme: dict[str, str]) -> str:
    how = "" if mark["smooth"] else ' style="image-rendering:pixelated"'
    return (
        f'<image x="{mark["x"]}" y="{mark["y"]}" width="{mark["w"]}" height="{mark["h"]}" '
        f'preserveAspectRatio="none"{how} href="data:image/png;base64,{mark["png"]}"/>'
    )


def _texts(mark: Mark, theme: dict[str, str]) -> str:
    anchor = "" if mark["anchor"] == "start" else f' text-anchor="{mark["anchor"]}"'
    bold = ' font-weight="600"' if mark["bold"] else ""
    halo = ""
    if mark["halo"]:
        halo = f' stroke="{theme["halo"]}" stroke-width="3.5" paint-order="stroke"'
    lines = "".join(
        f'<text x="{x}" y="{y}" dy=".35em">{escape(line)}</text>'
        for (x, y), line in zip(_groups(mark["at"], 2), mark["texts"], strict=True)
    )
    style = f'font-size="{mark["size"]}"{anchor}{bold}{halo} fill="{theme[mark["role"]]}"'
    return f"<g {style}>{lines}</g>"


DRAW = {
    "rects": _rects,
    "discs": _discs,
    "segments": _segments,
    "polyline": _polyline,
    "ribbons": _ribbons,
    "picture": _picture,
    "text": _texts,
}
