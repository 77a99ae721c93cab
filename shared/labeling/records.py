"""What a label is: a line of a page with its place and text, a page, and a set of pages.

These classes are the schema: pydantic checks every value when a record is made, and
`pydantic.TypeAdapter(LabelSet).json_schema()` gives it to other programs. They say what form a
label has; whether it can be true is for `validation`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    field_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

SCHEMA_VERSION = 1
DECIMALS = 2  # A hundredth of a pixel: finer is never seen and would fill a diff with noise


class LabelError(ValueError):
    """Labels cannot be read or put together at all; the message says where and what to do."""


def _number(value: Any) -> Any:
    if isinstance(value, str | bytes | bool):
        raise PydanticCustomError("number", "Input should be a number")
    return value


def _rounded(value: float, decimals: int = DECIMALS) -> float:
    return round(value, decimals) + 0.0  # Adding 0 turns -0 into 0


def _storable(value: str) -> str:
    value.encode("utf-8")  # Half of a character, a surrogate, could not be stored
    return value


def _seen(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("unseen", "Input should have a character that one can see")
    return value


_written = PlainSerializer(lambda value: int(value) if value.is_integer() else value)
Pixels = Annotated[float, BeforeValidator(_number), AfterValidator(_rounded), _written]
Share = Annotated[
    float, BeforeValidator(_number), AfterValidator(lambda value: _rounded(value, 4)), _written
]
Size = Annotated[int, Field(ge=1), BeforeValidator(_number)]
Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[Text, AfterValidator(_seen)]
Box = tuple[Pixels, Pixels, Pixels, Pixels]
Baseline = Annotated[tuple[tuple[Pixels, Pixels], ...], Field(min_length=2)]
_FORM = ConfigDict(extra="forbid", allow_inf_nan=False)
Record = TypeVar("Record")


@dataclass(frozen=True, config=_FORM)
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

    id: Name
    box: Box
    text: Text | None
    status: Literal["proposed", "labeled", "unreadable"]
    baseline: Baseline | None = None
    proposal: Text | None = None
    confidence: Share | None = None
    annotator: Text | None = None


@dataclass(frozen=True, config=_FORM)
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

    image: Name
    sha256: Text
    width: Size
    height: Size
    writer: Text | None
    status: Literal["open", "done", "skipped"]
    lines: tuple[LabeledLine, ...] = ()

    def line(self, line_id: str) -> LabeledLine:
        """Return the line with this id.

        Raises:
            KeyError: There is none.
        """
        return _found(self.lines, "id", line_id, f"The page {self.image!r} has no line")

    def with_line(self, line: LabeledLine) -> LabeledPage:
        """Return the page with this line in the place of the one with its id, or added."""
        return replace(self, lines=_with(self.lines, "id", line))


@dataclass(frozen=True, config=_FORM)
class LabelSet:
    """The labels of many pages; one file, see `read_labels` and `write_labels`.

    Attributes:
        version: Of the schema, `SCHEMA_VERSION`; the labels' own versions are tags, kept by
            git.
        pages: Each image once.
        note: What people should know about these labels.
    """

    version: Literal[1]
    pages: tuple[LabeledPage, ...]
    note: Text = ""

    @field_validator("version", mode="before")
    @classmethod
    def _of_today(cls, version: Any) -> Any:
        if version != SCHEMA_VERSION:
            raise PydanticCustomError(
                "version",
                f"These labels have version {version!r} of the schema, and this course reads "
                f"version {SCHEMA_VERSION}. Update the course, or have the labels written again.",
            )
        return version

    def page(self, image: str) -> LabeledPage:
        """Return the page of this image.

        Raises:
            KeyError: There is none.
        """
        return _found(self.pages, "image", image, "These labels have no page")

    def with_page(self, page: LabeledPage) -> LabelSet:
        """Return the set with this page in the place of the one with its image, or added."""
        return replace(self, pages=_with(self.pages, "image", page))

    def lines(self) -> list[LabeledLine]:
        """Return the lines of all pages, in their order."""
        return [line for page in self.pages for line in page.lines]

    def edited(self, change: Callable[[LabeledPage, LabeledLine], LabeledLine | None]) -> LabelSet:
        """Return the set with every line changed; where `change` returns None, it is left out."""
        pages = []
        for page in self.pages:
            lines = [change(page, line) for line in page.lines]
            pages.append(replace(page, lines=tuple(line for line in lines if line is not None)))
        return replace(self, pages=tuple(pages))


def label_set(pages: Iterable[LabeledPage] = (), note: str = "") -> LabelSet:
    """Return a set of the schema's version of today."""
    return LabelSet(SCHEMA_VERSION, tuple(pages), note)


def checked_labels(content: Any) -> LabelSet:
    """Return plain data, such as JSON holds, as labels.

    Raises:
        LabelError: It has another form; the message says where, what is there, what is needed.
    """
    try:
        return TypeAdapter(LabelSet).validate_python(content)
    except ValidationError as error:
        raise LabelError(in_words(error)) from None


def in_words(error: ValidationError) -> str:
    """Return the first thing that pydantic found wrong, with its place, in a sentence."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "version":
        return first["msg"]
    steps = [f"{step + 1}" if isinstance(step, int) else step for step in first["loc"]]
    given = "" if first["type"] == "missing" else f" cannot be {first['input']!r:.100}"
    return f"{' '.join(steps) or 'it'}{given}: {first['msg']}."


def reading_place(lines: Sequence[LabeledLine], box: Sequence[float]) -> int:
    """Return where a new line belongs: behind the last whose middle is not below its own."""
    middle = box[1] + box[3]
    above = [k for k, line in enumerate(lines) if line.box[1] + line.box[3] <= middle]
    return max(above, default=-1) + 1


def moved_baseline(line: LabeledLine, box: Sequence[float]) -> Baseline | None:
    """Return a line's baseline as it follows its box to another place and size."""
    if line.baseline is None:
        return None
    (a, b, c, d), (left, top, right, bottom) = line.box, box
    wide, high = (right - left) / max(c - a, 1e-6), (bottom - top) / max(d - b, 1e-6)
    return tuple((left + (x - a) * wide, top + (y - b) * high) for x, y in line.baseline)


def free_id(name: str, taken: Container[str]) -> str:
    """Return a name like this one that no line has: `l1_2`, `l1_3`."""
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _found(records: tuple[Record, ...], key: str, name: str, what: str) -> Record:
    for record in records:
        if getattr(record, key) == name:
            return record
    raise KeyError(f"{what} {name!r}, but {len(records)} others.")


def _with(records: tuple[Record, ...], key: str, new: Record) -> tuple[Record, ...]:
    name = getattr(new, key)
    if all(getattr(record, key) != name for record in records):
        return (*records, new)
    return tuple(new if getattr(record, key) == name else record for record in records)
