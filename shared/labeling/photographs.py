"""A folder of the learner's photographs becomes pages that a model has pre-labeled."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from shared.labeling.label_files import read_labels, write_labels
from shared.labeling.page_files import image_sha256, page_of
from shared.labeling.proposing import propose
from shared.labeling.records import LabelSet, label_set
from shared.labeling.validation import Problem
from shared.pages import PageReader
from shared.pages.image_files import UnreadableImageError, is_image_name

OTHERS = (".heic", ".heif", ".pdf", ".avif", ".dng")
FILE = "labels.json"
NOBODY = ("images", "img", "pages", "photographs", "photos", "pictures", "scans")


class Loaded(NamedTuple):
    """What became of a folder.

    Attributes:
        labels: All its pages, old and new.
        added: Images that came in.
        problems: Files that could not, and images that are not what was labeled.
    """

    labels: LabelSet
    added: list[str]
    problems: list[Problem]


def load_photographs(
    folder: Path | str,
    reader: PageReader | None = None,
    say: Callable[[str], None] = print,
) -> Loaded:
    """Bring the photographs of a folder into its `labels.json`, pre-labeled by a model.

    The file is written after every page, so a run that was broken off goes on where it was. Pages
    that are in it stay exactly as they are, whatever a person has done to them. A photograph in a
    folder of its own has that folder's name as its writer, `anna/page_1.jpg` the writer anna.

    Args:
        folder: With the photographs; JPEG, PNG and other usual formats, in it or below it.
        reader: What proposes lines; without one the pages stay empty.
        say: Is told about every page.

    Raises:
        NotADirectoryError: There is no such folder.
        LabelError: There is a label file that cannot be read; it is left alone.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"There is no folder {folder}; put the photographs into one.")
    target = folder / FILE
    labels = read_labels(target) if target.is_file() else label_set()
    known = {page.image: page.sha256 for page in labels.pages}
    added: list[str] = []
    problems: list[Problem] = []
    files = photographs_in(folder)
    for number, file in enumerate(files, 1):
        name = file.relative_to(folder).as_posix()
        if name in known:
            if image_sha256(file) != known[name]:
                message = "It was changed after it was labeled; give the new image another name."
                problems.append(Problem("error", "changed_image", name, None, message))
            continue
        try:
            page = page_of(file, folder, writer_of(file, folder))
            page = propose(page, folder, reader) if reader else page
        except UnreadableImageError as error:
            message = f"{error} Export it as JPEG." if file.suffix.lower() in OTHERS else str(error)
            problems.append(Problem("error", "unreadable_image", name, None, message))
            continue
        # Somebody may have labeled while the model was reading: add to what is there now
        labels = read_labels(target) if target.is_file() else label_set()
        if name not in {other.image for other in labels.pages}:
            labels = labels.with_page(page)
            write_labels(target, labels)
            added.append(name)
            say(f"{number} of {len(files)}: {name}, {len(page.lines)} lines proposed")
    return Loaded(labels, added, problems)


def photographs_in(folder: Path) -> list[Path]:
    """Return the images of a folder and those below it, page_2 before page_10, hidden ones not."""
    files = [
        path
        for path in folder.rglob("*")
        if (is_image_name(path) or path.suffix.lower() in OTHERS)
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]

    def order(path: Path) -> list[tuple[bool, int, str]]:
        parts = re.split(r"(\d+)", path.relative_to(folder).as_posix())
        return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]

    return sorted(files, key=order)


def writer_of(file: Path, folder: Path) -> str | None:
    """Return the writer that a photograph's folder names, or None.

    A folder called `photos` or the like names nobody.
    """
    parts = file.relative_to(folder).parts
    return parts[0] if len(parts) > 1 and parts[0].lower() not in NOBODY else None
