"""A scene as PNG, which every viewer of notebooks shows; drawn once, with Pillow."""

from __future__ import annotations

import base64
import functools
import importlib.util
import io
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont

from shared.explorer.marks import Mark
from shared.explorer.palette import LIGHT

SCALE = 2  # Pixels per unit: sharp on dense screens, smooth on others
TALL = 2600  # Taller pictures are drawn at one pixel per unit
HATCH = 6


@functools.cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    """DejaVu Sans as matplotlib ships it: it knows the blank's letter on every platform."""
    found = importlib.util.find_spec("matplotlib")  # Found, not imported: that takes a second
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(folder / name), size)


class _Pen:
    """Draws marks on a Pillow image, in the units of the scene."""

    def __init__(self, scene: dict, theme: dict[str, str]) -> None:
        self.theme = theme
        self.scale = SCALE if scene["height"] <= TALL else 1
        size = (round(scene["width"] * self.scale), round(scene["height"] * self.scale))
        self.image = Image.new("RGB", size, theme["paper"])
        self.draw = ImageDraw.Draw(self.image, "RGBA")

    def color(self, role: str | None, opacity: float = 1) -> tuple[int, ...] | None:
        """Color of a role with its opacity."""
        if role is None:
            return None
        return (*ImageColor.getrgb(self.theme[role]), round(255 * opacity))

    def groups(self, mark: Mark, size: int) -> list[list[float]]:
        """Numbers of each shape, in pixels."""
        scaled = [v * self.scale for v in mark["at"]]
        return [scaled[i : i + size] for i in range(0, len(scaled), size)]

    def line(self, points, mark: Mark) -> None:
        """A line through points, dashed where asked."""
        color = self.color(mark["stroke"], mark["opacity"])
        width = max(1, round(mark["width"] * self.scale))
        if not mark["dash"]:
            self.draw.line(points, fill=color, width=width, joint="curve")
            return
        for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
            length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1e-9)
            at = 0.0
            while at < length:
                a, b = at / length, min(at + 4 * self.scale, length) / length
                ends = [(x0 + (x1 - x0) * v, y0 + (y1 - y0) * v) for v in (a, b)]
                self.draw.line(ends, fill=color, width=width)
                at += 7 * self.scale

    def rects(self, mark: Mark) -> None:
        for x, y, w, h in self.groups(mark, 4):
            box = (x, y, x + max(w, 1) - 1, y + max(h, 1) - 1)
            fill = self.color(mark["fill"], mark["opacity"])
            stroke = self.color(mark["stroke"], mark["opacity"])
            if fill or stroke:
                radius = min(mark["radius"] * self.scale, w / 2, h / 2)
                width = round(mark["width"] * self.scale) if stroke else 0
                self.draw.rounded_rectangle(box, radius, fill, stroke, width)
            if mark["hatch"]:
                strength = mark["opacity"] if mark["fill"] is None else 0.6
                self.hatch_box(x, y, x + w, y + h, strength)

    def hatch_box(self, x0, y0, x1, y1, opacity) -> None:
        """Diagonal lines x - y = c, cut to the box."""
        color = self.color("hatch", opacity)
        spacing = HATCH * self.scale * 1.414
        c = (x0 - y1) // spacing * spacing
        while c < x1 - y0:
            left, right = max(x0, y0 + c), min(x1, y1 + c)
            if right > left:
                self.draw.line(
                    [(left, left - c), (right, right - c)], fill=color, width=2 * self.scale
                )
            c += spacing

    def discs(self, mark: Mark) -> None:
        for x, y, r in self.groups(mark, 3):
            width = mark["width"] * self.scale
            grown = r + (width / 2 if mark["stroke"] else 0)
            box = (x - grown, y - grown, x + grown, y + grown)
            fill = self.color(mark["fill"], mark["opacity"])
            stroke = self.color(mark["stroke"], mark["opacity"])
            self.draw.ellipse(box, fill, stroke, max(1, round(width)) if stroke else 0)
            if mark["hatch"] and r > 3:
                self.hatch_disc(x, y, r)

    def hatch_disc(self, x, y, r) -> None:
        """Diagonal chords of a disc."""
        spacing = HATCH * self.scale
        offset = -(r // spacing) * spacing
        while offset < r:
            half = (r * r - offset * offset) ** 0.5 * 0.707
            cx, cy = x + offset * 0.707, y - offset * 0.707
            ends = [(cx - half, cy - half), (cx + half, cy + half)]
            self.draw.line(ends, fill=self.color("hatch", 0.6), width=2 * self.scale)
            offset += spacing

    def segments(self, mark: Mark) -> None:
        for a, b, c, d in self.groups(mark, 4):
            self.line([(a, b), (c, d)], mark)

    def polyline(self, mark: Mark) -> None:
        self.line([tuple(point) for point in self.groups(mark, 2)], mark)

    def ribbons(self, mark: Mark) -> None:
        for a, b, top, c, d, bottom in self.groups(mark, 6):
            left, right = [], []
            for step in range(13):
                u = step / 12
                bend = u * u * (3 - 2 * u)  # Across, while the curve goes down
                y = top + (bottom - top) * (1.5 * u * (1 - u) + u**3)
                left.append((a + bend * (c - a), y))
                right.append((b + bend * (d - b), y))
            self.draw.polygon(left + right[::-1], fill=self.color(mark["fill"], mark["opacity"]))

    def picture(self, mark: Mark) -> None:
        small = Image.open(io.BytesIO(base64.b64decode(mark["png"]))).convert("RGB")
        size = (max(1, round(mark["w"] * self.scale)), max(1, round(mark["h"] * self.scale)))
        how = Image.Resampling.BICUBIC if mark["smooth"] else Image.Resampling.NEAREST
        place = (round(mark["x"] * self.scale), round(mark["y"] * self.scale))
        self.image.paste(small.resize(size, how), place)

    def text(self, mark: Mark) -> None:
        anchor = {"start": "l", "middle": "m", "end": "r"}[mark["anchor"]] + "m"
        font = _font(round(mark["size"] * self.scale * 0.94), mark["bold"])
        halo = round(1.5 * self.scale) if mark["halo"] else 0
        for place, line in zip(self.groups(mark, 2), mark["texts"], strict=True):
            self.draw.text(
                place, line, self.color(mark["role"]), font, anchor,
                stroke_width=halo, stroke_fill=self.color("halo"),
            )  # fmt: skip


def render_png(scene: dict, theme: dict[str, str] = LIGHT) -> bytes:
    """Draw a scene as PNG, `SCALE` pixels to a unit, fewer where it is tall."""
    pen = _Pen(scene, theme)
    for mark in scene["marks"]:
        if mark.get("at") != []:
            getattr(pen, mark["kind"])(mark)
    buffer = io.BytesIO()
    small = pen.image.quantize(
        256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )  # A third of the bytes
    small.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
