"""What a label is: a line of a page with its place and text, a page, and a set of pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

SCHEMA_VERSION = 1
LINE_STATUSES = ("proposed", "labeled", "unreadable")
PAGE_STATUSES = ("open", "done", "skipped")
DECIMALS = 2  # A hundredth of a pixel: finer is never seen and would fill a diff with noise

Point = tuple[float, float]


class LabelError(ValueError):
    """Labels cannot be read or put together at all; the message says where and what to do."""


@dataclass(frozen=True)
class LabeledLine:
    """One line of writing on a page, in pixels of the image as it is shown, y downward.

    Numbers are kept to a hundredth of a pixel. A box may lie outside the page and a text may hold
    anything: `validate` reports what is wrong with the content, and nothing is lost before.

    Attributes:
        id: Name of the line, its own on its page; it stays when the line is changed.
        box: Left, top, right and bottom in pixels.
        text: What is written; None while nobody has said so.
        status: `"proposed"` (a model said so), `"labeled"` (a person did) or `"unreadable"`.
        baseline: What the letters stand on, (x, y) in pixels from left to right, or None.
        proposal: What a model had filled in; kept after the text is corrected, because the
            bias of a pre-filled text is measured with it.
        confidence: How sure that model was, from 0 to 1.
        annotator: Who labeled the line.
    """

    id: str
    box: tuple[float, float, float, float]
    text: str | None
    status: str
    baseline: tuple[Point, ...] | None = None
    proposal: str | None = None
    confidence: float | None = None
    annotator: str | None = None

    def __post_init__(self) -> None:
        where = f"line {self.id!r}"
        _name(self.id, "id", "a line")
        _one_of(self.status, LINE_STATUSES, "status", where)
        for field in ("text", "proposal", "annotator"):
            _text_or_none(getattr(self, field), field, where)
        object.__setattr__(self, "box", _numbers(self.box, 4, "box", where))
        if self.baseline is not None:
            points = tuple(_numbers(point, 2, "baseline", where) for point in _rows(self, where))
            object.__setattr__(self, "baseline", points)
        if self.confidence is not None:
            (value,) = _numbers([self.confidence], 1, "confidence", where, decimals=4)
            object.__setattr__(self, "confidence", value)


@dataclass(frozen=True)
class LabeledPage:
    """A page image and its lines, in reading order.

    Attributes:
        image: Path of the image, relative to the label file, with `/` between folders.
        sha256: Of the image file's bytes; an image that was changed has other labels.
        width: Pixels of the image as it is shown, its camera's orientation applied.
        height: As width.
        writer: Whose hand it is, or None where nobody knows.
        status: `"open"`, `"done"` or `"skipped"`.
        lines: Its lines.
    """

    image: str
    sha256: str
    width: int
    height: int
    writer: str | None
    status: str
    lines: tuple[LabeledLine, ...] = ()

    def __post_init__(self) -> None:
        where = f"page {self.image!r}"
        _name(self.image, "image", "a page")
        _text_or_none(self.sha256 or None, "sha256", where)
        _text_or_none(self.writer, "writer", where)
        _one_of(self.status, PAGE_STATUSES, "status", where)
        for field in ("width", "height"):
            value = getattr(self, field)
            whole = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not whole or not math.isfinite(value) or value < 1 or int(value) != value:
                raise LabelError(
                    f"The {field} of {where} is {value!r}; it is a whole number of pixels, from 1."
                )
            object.__setattr__(self, field, int(value))
        object.__setattr__(self, "lines", tuple(self.lines))

    def line(self, line_id: str) -> LabeledLine:
        """Return the line with this id.

        Raises:
            KeyError: There is none.
        """
        for line in self.lines:
            if line.id == line_id:
                return line
        raise KeyError(f"The page {self.image!r} has no line {line_id!r}.")

    def with_line(self, line: LabeledLine) -> LabeledPage:
        """Return the page with this line in the place of the one with its id, or added."""
        if all(line.id != other.id for other in self.lines):
            return replace(self, lines=(*self.lines, line))
        lines = tuple(line if line.id == other.id else other for other in self.lines)
        return replace(self, lines=lines)


@dataclass(frozen=True)
class LabelSet:
    """The labels of many pages; one file, see `read_labels` and `write_labels`.

    Attributes:
        version: Of the schema, `SCHEMA_VERSION`; the labels' own versions are tags, kept by
            git.
        pages: Each image once.
        note: What people should know about these labels.
    """

    version: int
    pages: tuple[LabeledPage, ...]
    note: str = ""

    def __post_init__(self) -> None:
        if self.version != SCHEMA_VERSION:
            raise LabelError(
                f"These labels have version {self.version!r} of the schema, and this course reads "
                f"version {SCHEMA_VERSION}. Update the course, or have the labels written again."
            )
        object.__setattr__(self, "pages", tuple(self.pages))

    def page(self, image: str) -> LabeledPage:
        """Return the page of this image.

        Raises:
            KeyError: There is none.
        """
        for page in self.pages:
            if page.image == image:
                return page
        raise KeyError(f"These labels have no page {image!r}, but {len(self.pages)} others.")

    def with_page(self, page: LabeledPage) -> LabelSet:
        """Return the set with this page in the place of the one with its image, or added."""
        if all(page.image != other.image for other in self.pages):
            return replace(self, pages=(*self.pages, page))
        pages = tuple(page if page.image == other.image else other for other in self.pages)
        return replace(self, pages=pages)


def label_set(pages: Iterable[LabeledPage] = (), note: str = "") -> LabelSet:
    """Return a set of the schema's version of today."""
    return LabelSet(SCHEMA_VERSION, tuple(pages), note)


def _rows(line: LabeledLine, where: str) -> Sequence[Any]:
    try:
        rows = [tuple(point) for point in line.baseline or ()]
    except TypeError:
        rows = []
    if len(rows) < 2:
        raise LabelError(
            f"The baseline of {where} is {line.baseline!r}; it needs two points (x, y) or more, "
            "or null where nobody drew one."
        )
    return rows


def _numbers(values: Any, count: int, field: str, where: str, decimals: int = DECIMALS) -> tuple:
    try:
        numbers = tuple(float(value) for value in values)
        plain = not any(isinstance(value, (str, bool)) for value in values)
    except (TypeError, ValueError):
        numbers, plain = (), False
    if not plain or len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise LabelError(
            f"The {field} of {where} is {values!r}; it needs {count} finite "
            f"{'numbers' if count > 1 else 'number'}."
        )
    return tuple(round(number, decimals) + 0.0 for number in numbers)  # Adding 0 turns -0 into 0


def _name(value: Any, field: str, owner: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise LabelError(f"The {field} of {owner} is {value!r}; it has to be a text with letters.")


def _text_or_none(value: Any, field: str, where: str) -> None:
    if value is not None and not isinstance(value, str):
        raise LabelError(f"The {field} of {where} is {value!r}; it has to be a text, or null.")
    if value and any("\ud800" <= character <= "\udfff" for character in value):
        raise LabelError(
            f"The {field} of {where} is {value!r}, which holds half of a character (a surrogate) "
            "and cannot be stored as UTF-8. Type it again."
        )


def _one_of(value: Any, allowed: Sequence[str], field: str, where: str) -> None:
    if value not in allowed:
        raise LabelError(
            f"The {field} of {where} is {value!r}; it is one of {', '.join(map(repr, allowed))}."
        )
