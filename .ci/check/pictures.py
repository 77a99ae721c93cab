"""Write the figures of the solved notebooks as files, with their alt texts beside them.

python .ci/check/pictures.py FOLDER
"""

from __future__ import annotations

import base64
import html
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

from shared.course import notebooks
from shared.course.outline import Course, Lab, this_course
from shared.paths import write_atomically

_PICTURE = re.compile(r'src="data:image/(\w+);base64,([^"]+)"')
_ALT = re.compile(r'alt="([^"]*)"')


class Stored(NamedTuple):
    """A picture in a notebook: its kind, its file in base 64, its alt text."""

    kind: str
    content: str
    alt: str


def stored_pictures(course: Course, lab: Lab) -> dict[str, Stored]:
    """Return the pictures of a solved lab by the id of their cell, the last one of each."""
    return {
        cell["id"]: Stored(*_PICTURE.search(tag).groups(), html.unescape(_ALT.search(tag)[1]))
        for cell in notebooks.code_cells(notebooks.load(course.solutions / lab.notebook))
        for output in cell.get("outputs", [])
        for tag in notebooks.pictures(output)
    }


def write(course: Course, folder: Path) -> dict[str, str]:
    """Write every figure as `03_how-is-a-line-read-2.png`; return the alt text of each name."""
    found: dict[str, str] = {}
    for lab in course.available():
        for cell, picture in stored_pictures(course, lab).items():
            name = f"{lab.number:02}_{cell}.{picture.kind}"
            write_atomically(folder / name, base64.b64decode(picture.content))
            found[name] = picture.alt
    write_atomically(folder / "alt.json", json.dumps(found, indent=1, ensure_ascii=False))
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Which folder? python .ci/check/pictures.py FOLDER")
    written = write(this_course(), Path(sys.argv[1]))
    print(f"{len(written)} figures in {sys.argv[1]}, their alt texts in alt.json")
