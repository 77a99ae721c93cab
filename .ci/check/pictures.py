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

from shared.course import notebooks
from shared.course.outline import Course, this_course
from shared.paths import write_atomically

_PICTURE = re.compile(r'src="data:image/(\w+);base64,([^"]+)"')
_ALT = re.compile(r'alt="([^"]*)"')


def write(course: Course, folder: Path) -> dict[str, str]:
    """Write every figure as `03_how-is-a-line-read-2.png`; return the alt text of each name."""
    found: dict[str, str] = {}
    for lab in course.available():
        notebook = notebooks.load(course.solutions / lab.notebook)
        for cell in notebooks.code_cells(notebook):
            for output in cell.get("outputs", []):
                for tag in notebooks.pictures(output):
                    kind, content = _PICTURE.search(tag).groups()
                    name = f"{lab.number:02}_{cell['id']}.{kind}"
                    write_atomically(folder / name, base64.b64decode(content))
                    found[name] = html.unescape(_ALT.search(tag)[1])
    write_atomically(folder / "alt.json", json.dumps(found, indent=1, ensure_ascii=False))
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Which folder? python .ci/check/pictures.py FOLDER")
    written = write(this_course(), Path(sys.argv[1]))
    print(f"{len(written)} figures in {sys.argv[1]}, their alt texts in alt.json")
