"""The files of a person's own hand: which there are, and what their names say."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from shared.alphabet import ASCII, UnknownCharacterError
from shared.pages.image_files import is_image_name
from shared.paths import locked

ABOUT = "handwriting.json"  # Says the version of the folder and what its page says
VERSION = 1
FOLDERS = ("letters", "lines", "strokes")  # The pad draws letters and lines from its strokes
NO_IMAGE = (
    "no image that is read here, such as JPEG, PNG, WebP, TIFF, GIF or BMP; export a photograph "
    "as JPEG"
)


class HandwritingError(ValueError):
    """A file in `my/handwriting` cannot be used."""


class FoundFiles(NamedTuple):
    """The files of a person, and those that are not used by the reason why not."""

    letters: list[Path]
    lines: list[Path]
    texts: list[str]
    page: Path | None
    page_text: str | None
    unused: dict[str, list[str]]


def find_files(folder: Path) -> FoundFiles:
    """Return what a folder such as `my/handwriting` holds; it may be empty or missing.

    Raises:
        HandwritingError: A listing in it cannot be read, or it is of a later version.
    """
    unused: dict[str, list[str]] = {}

    def images_of(files: list[Path]) -> list[Path]:
        for file in files:
            if not is_image_name(file):
                unused.setdefault(NO_IMAGE, []).append(file.relative_to(folder).as_posix())
        return [file for file in files if is_image_name(file)]

    letters = images_of(_entries(inside(folder, "letters")))
    listing = inside(inside(folder, "lines"), "lines.json")
    lines = images_of([file for file in _entries(listing.parent) if file != listing])
    texts, missing = _line_texts(listing, lines)
    if missing:
        unused["named in lines.json, but not there"] = missing
    known = [file for file in _entries(folder) if file.is_dir() and file.name.lower() in FOLDERS]
    rest = [file for file in _entries(folder) if file not in known and file.name != ABOUT]
    pages = [file for file in rest if file.stem.lower() == "page" and not file.is_dir()]
    pages, rest = images_of(pages), [file for file in rest if file not in pages]
    if pages[1:]:
        unused[f"{pages[0].name} is the page"] = [file.name for file in pages[1:]]
    if rest:
        reason = "only page.jpg or the like and the folders letters and lines are looked at"
        unused[reason] = [file.name for file in rest]
    about = read_about(folder / ABOUT)
    page_text = about.get("page", "\n".join(texts) if lines else None)
    return FoundFiles(letters, lines, texts, pages[0] if pages else None, page_text, unused)


def read_about(file: Path) -> dict:
    """Return what a folder says of itself; a folder of the first years says nothing."""
    try:
        about = json.loads(file.read_text(encoding="utf-8-sig")) if file.is_file() else {}
        version, page = int(about.get("version", 0)), about.get("page")
        if not isinstance(page, str | None):
            raise TypeError("its page is no text")
    except (ValueError, TypeError, AttributeError) as error:
        raise HandwritingError(
            f'{file} cannot be read: {error}. Remove it, or write {{"version": {VERSION}}}.'
        ) from error
    if version > VERSION:
        raise HandwritingError(
            f"{file} says version {version}, and this code reads versions up to {VERSION}. "
            "Update the course with `git pull`."
        )
    return about


def _entries(folder: Path) -> list[Path]:
    """Return what is in a folder, line_2 before line_10; hidden files are the system's."""
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name[0] != "."), key=_counting)


def _line_texts(listing: Path, files: list[Path]) -> tuple[list[str], list[str]]:
    """Return the files' texts in order, and the names in the listing that are no files."""
    if not listing.is_file():
        if files:
            raise HandwritingError(
                f"{len(files)} line images were found, but {listing} is "
                f'missing. Write it as {{"{files[0].name}": "what the line says", ...}}.'
            )
        return [], []
    try:
        given = json.loads(listing.read_text(encoding="utf-8-sig"))  # With Windows' mark or not
        # A phone writes .JPG where people type .jpg
        texts = {**{name.lower(): text for name, text in given.items()}, **given}
        keys = [file.name if file.name in texts else file.name.lower() for file in files]
        chosen = [texts[key] for key in keys]
        for text in chosen:
            ASCII.encode(text)
    except UnknownCharacterError as error:
        raise HandwritingError(f"In {listing}: {error}") from error
    except KeyError as error:
        raise HandwritingError(f"{listing} gives no text for the image {error}.") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise HandwritingError(f"{listing} is no list of texts by file name: {error}.") from error
    there = {file.name.lower() for file in files}
    return chosen, [name for name in given if name.lower() not in there]


def handwriting_lock(folder: Path) -> AbstractContextManager[None]:
    """Hold a folder of handwriting while its files and `lines.json` change; wait 20 seconds."""
    return locked(folder.parent / f".{folder.name}.lock", seconds=20)


def inside(folder: Path, name: str) -> Path:
    """Return a file or folder of that name, in whatever case a person wrote it."""
    there = folder.iterdir() if folder.is_dir() else ()
    return next((file for file in there if file.name.lower() == name), folder / name)


def letter_file(character: str, index: int) -> str:
    """Return the file name of a letter's image, safe on every file system.

    Lower-case letters and digits stand for themselves, the rest for their code: some systems
    hold `a.png` and `A.png` for the same file, and none takes every sign.

    Example:
        >>> letter_file("a", 0), letter_file("A", 1)
        ('a_0.png', 'u0041_1.png')
    """
    ASCII.encode(character)
    plain = re.fullmatch("[a-z0-9]", character)
    return f"{character if plain else f'u{ord(character):04x}'}_{index}.png"


def letter_label(file: Path) -> str:
    """Return the character that a letter's file name stands for.

    Raises:
        HandwritingError: The name names no character of the alphabet.
    """
    name = file.stem.rpartition("_")[0] or file.stem
    if re.fullmatch("[uU][0-9a-fA-F]{4}", name):
        name = chr(int(name[1:], 16))
    if len(name) != 1 or name not in ASCII:
        raise HandwritingError(
            f"The file name {file.name} names no character. Call a letter's image a_0.png, or "
            "u0041_0.png by the code of a capital or a sign; shared.handwriting.letter_file helps."
        )
    return name


def _counting(file: Path) -> list[str | int]:
    """Return a key that sorts line_2.png before line_10.png."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", file.name)]
