"""The learner's own letters, lines and page, or a held-out pen hand until there are any."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from shared.alphabet import ASCII, UnknownCharacterError
from shared.paths import my_directory
from shared.recognizer import prepare_character, prepare_line

if TYPE_CHECKING:
    from shared.pages import Page

STAND_IN_SEED, STAND_IN_PAGE_SEED = 7, 3
#: What the stand-in writes; none of it comes from the pens' own texts
STAND_IN_TEXTS = (
    "My own handwriting, line one",
    "Bring 12 eggs and a lemon",
    "We met at half past nine",
    "Call Vera: 020 7946 0182",
    "The kettle is on, come in!",
    "17 + 25 = 42, or so I think",
    "Grey fog hid the quay today",
    "Who ate the last plum jam?",
    "Jazz night, Friday 8 pm",
    "Fix the box (top shelf) soon",
)
STAND_IN_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class HandwritingError(ValueError):
    """A file in `my/handwriting` cannot be used."""


@dataclass(frozen=True, eq=False)
class Handwriting:
    """One person's handwriting, prepared: ink 255 on paper 0.

    Attributes:
        letters: uint8 (n, 28, 28).
        labels: The n characters.
        lines: uint8 (32, width) each.
        texts: What each line says.
        page: uint8 (height, width) with all the lines.
        page_boxes: Left, top, right, bottom of each line on the page, (n, 4), or None.
        photo: A page of the lines in `texts` as it was photographed, gray uint8, dark ink on light
            paper; the stand-in's until both `page.png` and the lines' texts are there.
        source: Whose it is: `"yours"` or `"stand-in"`.
        description: The same in a sentence, to be printed.
    """

    letters: np.ndarray
    labels: str
    lines: list[np.ndarray]
    texts: list[str]
    page: np.ndarray
    page_boxes: np.ndarray | None
    photo: np.ndarray
    source: Literal["yours", "stand-in"]
    description: str


def my_handwriting(folder: Path | str | None = None) -> Handwriting:
    """Return the learner's own handwriting where there is any, else a stand-in.

    `my/handwriting` may hold `letters/` (one PNG a letter, see `letter_file`), `lines/` (one PNG
    a line, with `lines.json` giving each file's text) and `page.png`. Where letters or lines are
    missing, the stand-in's are taken; a missing page is put together from the lines.

    Args:
        folder: Another folder than `my/handwriting`.

    Raises:
        HandwritingError: A file is damaged, holds no ink, or has no label; the message names it.
    """
    place = str(folder) if folder else f"{my_directory().name}/handwriting"
    folder = Path(folder) if folder else my_directory() / "handwriting"
    letter_files = sorted((folder / "letters").glob("*.png"))
    line_files = sorted((folder / "lines").glob("*.png"), key=_counting)
    page_file = folder / "page.png"
    other = stand_in(place)
    if not letter_files and not line_files and not page_file.exists():
        return other
    letters, labels = other.letters, other.labels
    if letter_files:
        letters = np.stack([prepare_character(_read(file)) for file in letter_files])
        labels = "".join(letter_label(file) for file in letter_files)
    lines, texts = other.lines, other.texts
    if line_files:
        texts = _line_texts(folder / "lines" / "lines.json", line_files)
        lines = [prepare_line(_read(file)) for file in line_files]
    if page_file.exists():
        page, boxes, photo = _read_page(page_file)
        photo = photo if line_files else other.photo  # What cannot be scored is not read
    else:
        page, boxes = stack_lines(lines)
        photo = 255 - page if line_files else other.photo
    parts = {
        f"{len(letter_files)} letters": letter_files,
        f"{len(line_files)} lines": line_files,
        "a page": page_file.exists(),
    }
    yours = ", ".join(name for name, there in parts.items() if there)
    kinds = {"letters": letter_files, "lines": line_files}
    missing = [name for name, files in kinds.items() if not files]
    description = f"This is your own handwriting, from {place}: {yours}."
    if missing:
        description += f" The {' and '.join(missing)} are a stand-in's, until you add yours."
    if page_file.exists() and not line_files:
        description += " So is the page that is read, because only your lines say what yours reads."
    return Handwriting(letters, labels, lines, texts, page, boxes, photo, "yours", description)


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
    if re.fullmatch("u[0-9a-fA-F]{4}", name):
        name = chr(int(name[1:], 16))
    if len(name) != 1 or name not in ASCII:
        raise HandwritingError(
            f"The file name {file.name} names no character. Call a letter's image a_0.png, or "
            "u0041_0.png by the code of a capital or a sign; shared.handwriting.letter_file helps."
        )
    return name


def _counting(file: Path) -> list[str | int]:
    """Return a key that sorts line_2.png before line_10.png."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", file.name)]


def _read(file: Path) -> np.ndarray:
    from shared.recognizer.page_images import UnreadableImageError, open_page_image

    try:
        pixels = open_page_image(file)
        prepare_line(pixels)  # Says what is wrong with an image that holds no ink
    except (OSError, UnreadableImageError, ValueError) as error:
        raise HandwritingError(
            f"{file} cannot be used: {error} Take the picture again or remove the file."
        ) from error
    return pixels


def _line_texts(listing: Path, files: list[Path]) -> list[str]:
    if not files:
        return []
    try:
        texts = json.loads(listing.read_text(encoding="utf-8"))
        chosen = [texts[file.name] for file in files]
        for text in chosen:
            ASCII.encode(text)
    except FileNotFoundError:
        raise HandwritingError(
            f"{len(files)} line images were found, but {listing} is missing. Write it as "
            '{"line_0.png": "what the line says", ...}.'
        ) from None
    except UnknownCharacterError as error:
        raise HandwritingError(f"In {listing}: {error}") from error
    except KeyError as error:
        raise HandwritingError(f"{listing} gives no text for the image {error}.") from error
    except (ValueError, TypeError) as error:
        raise HandwritingError(f"{listing} is no list of texts by file name: {error}.") from error
    return chosen


def _read_page(file: Path) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    from shared.recognizer.preparation import extract_ink, to_gray

    photo = _read(file)
    page = extract_ink(to_gray(photo))
    boxes = file.with_name("page.json")
    if not boxes.exists():
        return page, None, photo
    try:
        found = json.loads(boxes.read_text(encoding="utf-8"))["boxes"]
        return page, np.array(found, dtype=np.float64).reshape(-1, 4), photo
    except (ValueError, KeyError, TypeError) as error:
        raise HandwritingError(
            f'{boxes} is no list of line boxes: {error}. Write {{"boxes": [[left, top, right, '
            "bottom], ...]}} in pixels, or remove the file."
        ) from error


def stand_in(place: str = "my/handwriting") -> Handwriting:
    """Return letters, lines and a page by a pen hand that no training has seen.

    Args:
        place: Where the description says that the learner's own files belong.
    """
    from shared.pen import hands, write_character, write_line

    hand = hands("test")[0]
    rng = np.random.default_rng(STAND_IN_SEED)
    lines = [write_line(text, hand, rng).image for text in STAND_IN_TEXTS]
    labels = STAND_IN_LETTERS * 2
    letters = np.stack([write_character(character, hand, rng) for character in labels])
    page, boxes = stack_lines(lines)
    photo = stand_in_page().image
    description = (
        f"This is a stand-in: the pen hand {hand.name}, which no training has seen, wrote "
        f"{len(letters)} letters, {len(lines)} lines and a page. "
        f"Put your own into {place} to see yours instead."
    )
    texts = list(STAND_IN_TEXTS)
    return Handwriting(letters, labels, lines, texts, page, boxes, photo, "stand-in", description)


def stand_in_page() -> Page:
    """Return the stand-in's page, with the place of every line on it."""
    from shared.pages import write_page
    from shared.pen import hands

    rng = np.random.default_rng(STAND_IN_PAGE_SEED)
    return write_page("regular", hands("test")[0], rng, zoom=2.0, texts=STAND_IN_TEXTS)


def stack_lines(
    lines: list[np.ndarray], gap: int = 10, margin: int = 20
) -> tuple[np.ndarray, np.ndarray]:
    """Put lines (32, width) one under the other.

    Returns:
        The page uint8 (height, width), and a box for each line, (n, 4).
    """
    width = max(line.shape[1] for line in lines) + 2 * margin
    height = sum(line.shape[0] + gap for line in lines) - gap + 2 * margin
    page = np.zeros((height, width), dtype=np.uint8)
    boxes, top = [], margin
    for line in lines:
        bottom, right = top + line.shape[0], margin + line.shape[1]
        page[top:bottom, margin:right] = line
        boxes.append((margin, top, right, bottom))
        top = bottom + gap
    return page, np.array(boxes, dtype=np.float64)
