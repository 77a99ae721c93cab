"""The picture of what was cut out of a sheet."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from shared.pages.preparation import resized
from shared.picture import OKABE_ITO, Picture, draw

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from shared.handwriting.photograph import Sheet

TALL, WIDE = 7.5, 6.0  # Inches


def show_sheet(sheet: Sheet) -> Picture:
    """Draw a sheet with what was kept in solid blue frames, what is in doubt in dashed red ones."""
    from matplotlib.patches import Rectangle

    scale = min(1.0, 100 * TALL / sheet.photo.shape[0], 100 * WIDE / sheet.photo.shape[1])
    small = resized(sheet.photo, scale)

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.imshow(small, cmap="gray", vmin=0, vmax=255)
        for boxes, color, stroke in ((sheet.kept, 1, "-"), (sheet.doubtful, 2, "--")):
            for left, top, right, bottom in boxes:
                corner, sides = (left * scale, top * scale), (right - left, bottom - top)
                style = {"ec": OKABE_ITO[color], "ls": stroke, "lw": 0.9 + 1.1 * (color == 2)}
                sides = [side * scale for side in sides]
                axes.add_patch(Rectangle(corner, *sides, fill=False, **style))
        title = "\n".join(line for said in sheet.description.splitlines()
                          for line in textwrap.wrap(said, 88))  # fmt: skip
        axes.set_title(title, fontsize=9, loc="left", parse_math=False)
        return (
            f"A photographed sheet, with {len(sheet.kept)} solid frames around what was kept and "
            f"{len(sheet.doubtful)} dashed ones around what is in doubt. {sheet.description}"
        )

    height = 0.5 + 0.35 * len(sheet.problems) + len(small) / 100
    return draw(paint, height, WIDE, photograph=True)
