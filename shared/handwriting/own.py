"""Reading the learner's own letters, lines and page, and saying whose each of them is."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from shared.handwriting.files import FoundFiles, HandwritingError, find_files, letter_label
from shared.handwriting.record import Handwriting
from shared.handwriting.stand_in_writer import stand_in
from shared.pages import prepare_page
from shared.pages.image_files import open_page_image
from shared.paths import my_directory
from shared.picture import shorten
from shared.preparation import prepare_character, prepare_line


def my_handwriting(folder: Path | str | None = None) -> Handwriting:
    """Return the learner's own handwriting, and a stand-in's where a kind of it is missing.

    `my/handwriting` may hold `letters/` (one image a letter, see `letter_file`), `lines/` (one
    image a line, with `lines.json` giving each file's text) and a photograph of a page,
    `page.jpg`. Images may be of every format that `open_page_image` opens. What the page says
    stands in `handwriting.json`; a folder without that file has a page that says what its lines
    say.

    Args:
        folder: Another folder than `my/handwriting`.

    Raises:
        HandwritingError: A file is damaged, holds no ink, or has no label; the message names it.
    """
    place = str(folder) if folder else f"{my_directory().name}/handwriting"
    found = find_files(Path(folder) if folder else my_directory() / "handwriting")
    mine = stand_in(place)
    if found.letters:
        letters = np.stack([_read(file, prepare_character)[1] for file in found.letters])
        labels = "".join(letter_label(file) for file in found.letters)
        mine = replace(mine, letters=letters, labels=labels, letters_source="yours")
    if found.lines:
        read = [_read(file, prepare_line) for file in found.lines]
        images, lines = [image for image, _ in read], [line for _, line in read]
        mine = replace(
            mine, lines=lines, line_images=images, texts=found.texts, lines_source="yours",
            photo=255 - stack_lines(lines), page_text="\n".join(found.texts), page_source="yours",
        )  # fmt: skip
    if found.page:
        photo, _ = _read(found.page, _page_ink)
        mine = replace(mine, photo=photo, page_text=found.page_text, page_source="yours")
    return replace(mine, description=_describe(mine, found, place))


def _describe(mine: Handwriting, found: FoundFiles, place: str) -> str:
    """Say whose each kind is, and what was not used, in lines that fit a page."""
    if "yours" not in (mine.letters_source, mine.page_source):  # Own lines make an own page
        sentences = [mine.description]
    else:
        page = f"the page {found.page.name}" if found.page else "a page put together from them"
        kinds = {
            "letters": (mine.letters_source, _count(found.letters, "letter")),
            "lines": (mine.lines_source, _count(found.lines, "line")),
            "page": (mine.page_source, page),
        }
        yours = ", ".join(said for source, said in kinds.values() if source == "yours")
        sentences = [f"This is your own handwriting, from {place}: {yours}."]
        others = [kind for kind, (source, _) in kinds.items() if source != "yours"]
        if others:
            sentences.append(f"The stand-in's, until you add yours: {', '.join(others)}.")
        if mine.page_text is None:
            sentences.append("Nobody has said what your page says, so its reading has no rate.")
    if found.unused:
        groups = (f"{shorten(names, 6)} ({reason})" for reason, names in found.unused.items())
        sentences.append(f"Not used: {'; '.join(groups)}.")
    return "\n".join(
        textwrap.fill(sentence, 88, break_long_words=False, break_on_hyphens=False)
        for sentence in sentences
    )


def _count(files: list[Path], kind: str) -> str:
    return f"{len(files)} {kind}{'' if len(files) == 1 else 's'}"


def _read(file: Path, prepare: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of an image file, and what they become."""
    try:
        pixels = open_page_image(file)
        return pixels, prepare(pixels)
    except (OSError, ValueError) as error:
        raise HandwritingError(
            f"{file} cannot be used: {error} Take the picture again or remove the file."
        ) from error


def _page_ink(photo: np.ndarray) -> np.ndarray:
    ink = prepare_page(photo).ink
    if not ink.any():
        raise ValueError("No ink was found: nothing stands out from the paper.")
    return ink


def stack_lines(lines: list[np.ndarray]) -> np.ndarray:
    """Put lines (32, width) one under the other on a page, uint8 (height, width)."""
    width = max(line.shape[1] for line in lines)
    rows = [np.pad(line, ((0, 10), (0, width - line.shape[1]))) for line in lines]
    return np.pad(np.concatenate(rows), ((20, 10), (20, 20)))
