"""Lay out one picture of each solved lab for the README.

python .ci/check/gallery.py    write .github/gallery.jpg from the stored outputs
"""

from __future__ import annotations

import base64
import io
from pathlib import Path

from pictures import stored_pictures
from PIL import Image, ImageDraw, ImageFont, ImageOps

from shared.course.outline import Course, this_course
from shared.paths import write_atomically

FILE = ".github/gallery.jpg"
#: The cell of each lab whose picture is shown, by the lab's number
SHOWN = {
    1: "how-are-lines-found-5",
    2: "does-it-read-those-letters-now-3",
    3: "exercise-3-7-put-the-blanks-in-3",
    4: "which-run-is-best-and-why-6",
    5: "is-a-difference-real-2",
    6: "can-it-read-a-page-1",
    7: "what-is-a-label-3",
    8: "exercise-8-1-guess-what-is-caught-3",
    9: "does-it-learn-from-you-11",
}
COLUMNS, TILE, TITLE, SPACE = 3, (440, 320), 34, 16  # Pixels


def block(course: Course) -> str:
    """Return what the README says in the place of the gallery."""
    names = "; ".join(f"{lab.number}, {lab.title}: {lab.summary}" for lab in course.available())
    return f"![Nine pictures, one from each solved lab. {names}]({FILE})"


def write(course: Course, path: Path) -> Path:
    """Write the gallery as a JPEG file.

    Raises:
        KeyError: A cell of `SHOWN` has no picture; choose another one.
    """
    labs = course.available()
    step = TILE[0] + SPACE, TITLE + TILE[1] + SPACE
    rows = -(-len(labs) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * step[0] + SPACE, rows * step[1] + SPACE), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    for index, lab in enumerate(labs):
        row, column = divmod(index, COLUMNS)
        left, top = SPACE + column * step[0], SPACE + row * step[1]
        draw.text((left, top), f"{lab.number}  {lab.title}", "black", font)
        content = stored_pictures(course, lab)[SHOWN[lab.number]].content
        picture = Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")
        sheet.paste(ImageOps.pad(picture, TILE, color="white"), (left, top + TITLE))
    content = io.BytesIO()
    sheet.save(content, "jpeg", quality=82)
    return write_atomically(path, content.getvalue())


if __name__ == "__main__":
    print(write(this_course(), this_course().labs.parent / FILE))
