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
        found = [*_check_box(line, page), *_check_baseline(line, page)]
        if page.status != "skipped":
            found += _check_text(line, page, alphabet)
        problems += [Problem(kind, code, page.image, line.id, said) for kind, code, said in found]
    problems += _twins(page)
    if page.status == "done" and not page.lines:
        message = "The page is done but has no line; say 'skipped' where nothing is to be labeled."
        problems.append(Problem("warning", "done_without_lines", page.image, None, message))
    return problems


def _check_image(page: LabeledPage, folder: Path) -> Iterator[Problem]:
    def problem(code: str, message: str, severity: str = "error") -> Problem:
        return Problem(severity, code, page.image, None, message)

    parts = PurePosixPath(page.image)
    if parts.is_absolute() or ".." in parts.parts or re.search(r"\\|^[A-Za-z]:", page.image):
        yield problem(
            "image_outside",
            "The image is named by a path that leads out of the labels' folder. Put it beside the "
            "label file, and name it relative to that, with / between folders.",
        )
        return
    path = folder / page.image
    if not path.is_file():
        lower = {str(p.relative_to(folder).as_posix()).lower(): p for p in _siblings(path)}
        twin = lower.get(page.image.lower())
        hint = f" There is {twin.name}: names are compared letter by letter." if twin else ""
        yield problem(
            "missing_image",
            f"There is no such image in the folder {folder.name!r}.{hint} Bring it back, or take "
            "the page out of the labels.",
        )
        return
    found = image_sha256(path)
    if not re.fullmatch("[0-9a-f]{64}", page.sha256):
        message = f"The sha256 is {page.sha256!r}, no 64 hexadecimal digits; the file's is {found}."
        yield problem("bad_sha256", message)
    elif found != page.sha256:
        yield problem(
            "changed_image",
            f"The image is not the one that was labeled: its SHA-256 begins with {found[:12]}, and "
            f"the labels say {page.sha256[:12]}. Bring the old file back, or label it again.",
        )
        return
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


def _siblings(path: Path) -> list[Path]:
    return list(path.parent.iterdir()) if path.parent.is_dir() else []


def _check_box(line: LabeledLine, page: LabeledPage) -> Iterator[tuple[str, str, str]]:
    left, top, right, bottom = line.box
    said = f"The box ({left:g}, {top:g}, {right:g}, {bottom:g})"
    if right <= left or bottom <= top:
        yield (
            "error",
            "empty_box",
            (
                f"{said} is empty: it is {right - left:g} pixels wide and {bottom - top:g} high. "
                "A box is left, top, right, bottom with left < right and top < bottom."
            ),
        )
    elif right <= 0 or bottom <= 0 or left >= page.width or top >= page.height:
        yield (
            "error",
            "outside_page",
            (
                f"{said} lies outside the page of {page.width} x {page.height} pixels. "
                "Was it made on an image of another size, or in percent?"
            ),
        )
    else:
        over = max(-left, -top, right - page.width, bottom - page.height)
        if over > 0:
            yield (
                "error" if over > EDGE else "warning",
                "over_the_edge",
                (
                    f"{said} reaches {over:g} pixels over the edge of the page of "
                    f"{page.width} x {page.height} pixels. Move it inward; repair cuts it off."
                ),
            )
        if min(right - left, bottom - top) < SMALLEST:
            yield "warning", "tiny_box", f"{said} is too small to hold a letter. A stray click?"


def _check_baseline(line: LabeledLine, page: LabeledPage) -> Iterator[tuple[str, str, str]]:
    if line.baseline is None:
        return
    left, top, right, bottom = line.box
    away = max(max(left - x, x - right, top - y, y - bottom, 0.0) for x, y in line.baseline)
    if away > max(2.0, 0.25 * (bottom - top)):
        yield (
            "warning",
            "baseline_off_box",
            (f"The baseline of a line leaves its box by {away:g} pixels. Was one of them moved?"),
        )
    if any(a[0] >= b[0] for a, b in zip(line.baseline, line.baseline[1:], strict=False)):
        yield "error", "baseline_backward", "The baseline's points do not run from left to right."


def _check_text(
    line: LabeledLine, page: LabeledPage, alphabet: Alphabet
) -> Iterator[tuple[str, str, str]]:
    if line.status == "unreadable":
        if line.text:
            message = f"The line is called unreadable but has the text {line.text!r}; keep one."
            yield "error", "unreadable_with_text", message
        return
    if line.status == "proposed":
        if page.status == "done":
            said = "only a model has said" if line.text or line.proposal else "nobody has said"
            yield (
                "error",
                "still_proposed",
                (
                    f"The page is done, but {said} what this line says. "
                    "Look at it, and label it or call it unreadable."
                ),
            )
        return
    text = line.text or ""
    if not text.strip():
        said = "has no text" if line.text is None else f"its text {text!r} is blank"
        yield (
            "error",
            "empty_text",
            f"The line is labeled but {said}. Type it, or call the line unreadable.",
        )
        return
    unknown = [(k, character) for k, character in enumerate(text) if character not in alphabet]
    if unknown:
        named = ", ".join(f"{describe(c)} at position {k}" for k, c in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        yield (
            "error",
            "unknown_character",
            (
                f"The text {text!r} holds characters that no model here can write: {named}{more}. "
                "Type the nearest ones of the keyboard; repair replaces quotes, dashes and spaces."
            ),
        )
    if text != text.strip() or "  " in text:
        yield (
            "warning",
            "stray_space",
            (f"The text {text!r} begins, ends or is broken by more spaces than one can see."),
        )


def describe(character: str) -> str:
    """Return a character with its code and name, because many look alike.

    Example:
        >>> describe("~")
        "'~' (U+007E tilde)"
    """
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
