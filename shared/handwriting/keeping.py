"""Adding to a person's handwriting: the files of `my/handwriting` and their version.

Version 1 is today's folders `letters` and `lines`, and beside them `handwriting.json`, which says
the version and what the page says. A folder without that file is version 0.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.handwriting.files import (
    ABOUT,
    VERSION,
    find_files,
    handwriting_lock,
    inside,
    letter_file,
    read_about,
)
from shared.paths import my_directory, write_atomically

if TYPE_CHECKING:
    from shared.handwriting.photograph import Sheet


def add_sheet(sheet: Sheet, folder: Path | str | None = None) -> str:
    """Add a sheet's letters, lines and page to a folder, and say in a sentence what was added.

    Files that are there are never changed, but for the two listings, which grow. A picture that
    is there already is not added again, so the same photograph may be read twice.

    Args:
        sheet: What was cut out of a photograph; its page is kept if there is no page yet.
        folder: Another folder than `my/handwriting`.

    Raises:
        HandwritingError: What is in the folder cannot be read, so nothing was added.
    """
    place = Path(folder) if folder else my_directory() / "handwriting"
    name = str(folder) if folder else f"{place.parent.name}/handwriting"
    with handwriting_lock(place):
        found = find_files(place)
        there = {file.read_bytes() for file in (*found.letters, *found.lines)}
        new_letters = _fresh(sheet.letters, sheet.labels, there)
        new_lines = _fresh(sheet.lines, sheet.texts, there)
        if not (new_letters or new_lines):
            return f"Nothing was added to {name}: there was nothing new."
        about = read_about(place / ABOUT) | {"version": VERSION}
        if found.page or sheet.page is not None:
            about["page"] = found.page_text if found.page else "\n".join(sheet.texts)
        write_atomically(place / ABOUT, _json(about))
        if sheet.page is not None and not found.page:
            write_atomically(place / "page.png", _png(sheet.page))
        taken = {file.name.lower() for file in found.letters}
        for content, character in new_letters:
            files = (letter_file(character, k) for k in itertools.count())
            file = next(one for one in files if one not in taken)
            taken.add(file)
            write_atomically(inside(place, "letters") / file, content)
        listing = inside(inside(place, "lines"), "lines.json")
        said = json.loads(listing.read_text(encoding="utf-8-sig")) if listing.is_file() else {}
        taken = {Path(one).stem.lower() for one in (*(file.name for file in found.lines), *said)}
        stems = (f"line_{k}" for k in itertools.count() if f"line_{k}" not in taken)
        named = [(f"{next(stems)}.png", *line) for line in new_lines]
        if named:  # The texts first: a line without its text would stop every lab
            write_atomically(listing, _json(said | {file: text for file, _, text in named}))
        for file, content, _ in named:
            write_atomically(listing.parent / file, content)
    return f"Added {len(new_letters)} letters and {len(new_lines)} lines to {name}."


def _fresh(
    images: Sequence[np.ndarray], labels: Sequence[str], there: set[bytes]
) -> list[tuple[bytes, str]]:
    """Return the files of images that are not there yet, each with its label."""
    files = zip(map(_png, images), labels, strict=True)
    return [(content, label) for content, label in files if content not in there]


def _json(content: dict) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _png(image: np.ndarray) -> bytes:
    import cv2

    return cv2.imencode(".png", image)[1].tobytes()
