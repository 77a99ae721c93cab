"""What is wrong with labels: every problem by name, with its place and what to do."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from shared.alphabet import ASCII, Alphabet
from shared.labeling.page_files import image_sha256, shown_size
from shared.labeling.records import LabeledLine, LabeledPage, LabelSet
from shared.pages.image_files import UnreadableImageError
from shared.pages.matching import box_iou

TWINS = 0.7  # Boxes that overlap so far hold the same line; true neighbors stay below 0.5
SMALLEST = 3.0  # Pixels: a box thinner than this holds no letter
EDGE = 1.0  # Pixels a box may reach over the edge, as a hand draws it
WARNINGS = ("stray_space", "tiny_box")
Found = Iterator[tuple[str, str]]  # The code of a problem, and what is said of it


class Problem(NamedTuple):
    """Something wrong with labels.

    Attributes:
        severity: `"error"`, which no one should train on, or `"warning"`, to be looked at.
        code: Its kind, such as `"outside_page"`.
        page: The image it is on; empty for the whole set.
        line: The line's id, or None.
        message: What was found, what is needed, what to do.
    """

    severity: str
    code: str
    page: str
    line: str | None
    message: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.page, self.line) if part)
        return f"{self.severity} {self.code}{f' ({place})' if place else ''}: {self.message}"


def validate(label_set: LabelSet, folder: Path | str, alphabet: Alphabet = ASCII) -> list[Problem]:
    """Return what is wrong with labels, page by page; an empty list is the aim.

    Args:
        label_set: The labels.
        folder: Where their images are: the label file's folder.
        alphabet: Characters that a text may hold.
    """
    problems = []
    counts = Counter(page.image for page in label_set.pages)
    for image, count in counts.items():
        if count > 1:
            message = f"{count} pages name this image; keep one, or nobody knows which counts."
            problems.append(Problem("error", "duplicate_page", image, None, message))
    for page in label_set.pages:
        problems += _check_image(page, Path(folder))
        problems += check_page(page, alphabet)
    return problems


def check_page(page: LabeledPage, alphabet: Alphabet = ASCII) -> list[Problem]:
    """Return what is wrong with the labels of a page, its image file left aside."""
    problems = []
    for line_id, count in Counter(line.id for line in page.lines).items():
        if count > 1:
            message = f"{count} lines of the page have this id; every line needs its own."
            problems.append(Problem("error", "duplicate_id", page.image, line_id, message))
    for line in page.lines:
        for code, said in (*_check_box(line, page), *_check_text(line, page, alphabet)):
            severity = "warning" if code in WARNINGS else "error"
            problems.append(Problem(severity, code, page.image, line.id, said))
    problems += _twins(page)
    if page.status == "done" and not page.lines:
        message = "The page is done but has no line; say 'skipped' where nothing is to be labeled."
        problems.append(Problem("warning", "done_without_lines", page.image, None, message))
    return problems


def _check_image(page: LabeledPage, folder: Path) -> Iterator[Problem]:
    def problem(code: str, message: str) -> Problem:
        return Problem("error", code, page.image, None, message)

    parts = PurePosixPath(page.image)
    path = folder / page.image
    if parts.is_absolute() or ".." in parts.parts or re.search(r"\\|^[A-Za-z]:", page.image):
        yield problem(
            "image_outside",
            "The image is named by a path that leads out of the labels' folder. Put it beside the "
            "label file, and name it relative to that, with / between folders.",
        )
    elif not path.is_file():
        yield problem(
            "missing_image",
            f"There is no such image in the folder {folder.name!r}; names are compared letter by "
            "letter. Bring it back, or take the page out of the labels.",
        )
    elif (found := image_sha256(path)) != page.sha256:
        yield problem(
            "changed_image",
            f"The image is not the one that was labeled: its SHA-256 begins with {found[:12]}, and "
            f"the labels say {page.sha256[:12]!r}. Bring the old file back, or label it again.",
        )
    else:
        try:
            width, height = shown_size(path)
        except UnreadableImageError as error:
            yield problem("unreadable_image", str(error))
            return
        if (width, height) != (page.width, page.height):
            yield problem(
                "wrong_size",
                f"The image is shown with {width} x {height} pixels, and the labels were made on "
                f"{page.width} x {page.height}. Was its orientation applied, or was it scaled?",
            )


def _check_box(line: LabeledLine, page: LabeledPage) -> Found:
    left, top, right, bottom = line.box
    said = f"The box ({left:g}, {top:g}, {right:g}, {bottom:g})"
    size = f"the page of {page.width} x {page.height} pixels"
    over = max(-left, -top, right - page.width, bottom - page.height)
    if right <= left or bottom <= top:
        yield (
            "empty_box",
            f"{said} is empty: it is {right - left:g} pixels wide and {bottom - top:g} high. "
            "A box is left, top, right, bottom with left < right and top < bottom.",
        )
    elif right <= 0 or bottom <= 0 or left >= page.width or top >= page.height:
        hint = "Was it made on an image of another size, or in percent?"
        yield "outside_page", f"{said} lies outside {size}. {hint}"
    elif over > EDGE:
        yield "over_the_edge", f"{said} reaches {over:g} pixels over the edge of {size}. Move it."
    elif min(right - left, bottom - top) < SMALLEST:
        yield "tiny_box", f"{said} is too small to hold a letter. A stray click?"


def _check_text(line: LabeledLine, page: LabeledPage, alphabet: Alphabet) -> Found:
    text = line.text or ""
    unknown = [f"{_described(c)} at position {k}" for k, c in enumerate(text) if c not in alphabet]
    if page.status == "skipped":
        return
    if line.status == "unreadable":
        if text:
            message = f"The line is called unreadable but has the text {text!r}; keep one."
            yield "unreadable_with_text", message
    elif line.status == "proposed":
        if page.status == "done":
            said = "only a model has said" if text or line.proposal else "nobody has said"
            message = (
                f"The page is done, but {said} what this line says. "
                "Look at it, and label it or call it unreadable."
            )
            yield "still_proposed", message
    elif not text.strip():
        said = "has no text" if line.text is None else f"its text {text!r} is blank"
        message = f"The line is labeled but {said}. Type it, or call the line unreadable."
        yield "empty_text", message
    else:
        if unknown:
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            message = (
                f"The text {text!r} holds characters that no model here can write: "
                f"{', '.join(unknown[:5])}{more}. Type the nearest ones of the keyboard."
            )
            yield "unknown_character", message
        if text != text.strip() or "  " in text:
            message = f"The text {text!r} begins, ends or is broken by more spaces than one sees."
            yield "stray_space", message


def _described(character: str) -> str:
    """Return a character with its code and name, because many look alike."""
    name = unicodedata.name(character, "no name").lower()
    return f"{character!r} (U+{ord(character):04X} {name})"


def _twins(page: LabeledPage) -> Iterator[Problem]:
    lines = [line for line in page.lines if line.box[0] < line.box[2] and line.box[1] < line.box[3]]
    overlaps = box_iou([line.box for line in lines], [line.box for line in lines])
    for k, line in enumerate(lines):
        for other, overlap in zip(lines[:k], overlaps[k], strict=False):
            if overlap >= TWINS:
                same = " with the same text" if line.text == other.text else ""
                yield Problem(
                    "error", "overlapping_twins", page.image, line.id,
                    f"The box covers that of {other.id}{same}: {overlap:.0%} of both is common. "
                    "Delete one of them; a line counts once.",
                )  # fmt: skip
