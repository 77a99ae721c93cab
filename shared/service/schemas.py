"""What goes in and out, typed: the description at /openapi.json is made from these classes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from shared.service.acceptance import Reason

Point = tuple[FiniteFloat, FiniteFloat]
Box = tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
Share = Annotated[float, Field(ge=0, le=1)]
Confidence = Annotated[
    Share,
    Field(description="Chance that the whole text of an upright line is right"),
]
Decision = Annotated[
    Literal["accept", "review"],
    Field(
        description="Accept: of all characters of accepted lines few are wrong, see promises; "
        "one line may still hold a mistake. Review: a person should look"
    ),
]


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid")


class Promise(Answer):
    """What holds for lines from a confidence on."""

    counted: Literal["characters", "lines"] = Field(
        description="What may be wrong: characters of accepted lines together, or lines as a whole"
    )
    at_most: Share = Field(description="The largest share of them that is wrong")
    threshold: Share | None = Field(
        description="Least confidence of these lines; null where nothing can be promised"
    )
    coverage: Share | None = Field(
        description="Share of real lines that reached it; null where fewer than 100 did, which is "
        "too few to say"
    )


class Model(Answer):
    """Which model answered."""

    version: str = Field(description="Changes with every byte of the line reader's file")
    detector: str
    precision: str
    promises: list[Promise] = Field(
        description="What accepting promises; the first decides what is accepted. Empty where the "
        "reader has no confidence, and nothing is accepted"
    )


class ImageSize(Answer):
    """The image as it was read: its camera's orientation applied."""

    width: int
    height: int


class LineCharacter(Answer):
    """A character of a line and where the network saw it."""

    character: str
    start: float = Field(description="Left edge in pixels of the image")
    stop: float = Field(description="Right edge in pixels of the image")
    probability: Share


class LineAnswer(Answer):
    """What one line says."""

    request_id: str = Field(description="The same as in the log")
    model: Model
    image: ImageSize
    text: str = Field(description="What is read")
    probability: Share = Field(description="p(text), summed over all its alignments")
    confidence: Confidence
    decision: Decision
    reason: Reason = Field(description="Why a person should look, or sure")
    characters: list[LineCharacter] = Field(description="Each with its edges and probability")
    milliseconds: float = Field(description="From the whole request to the answer")


class PageCharacter(Answer):
    """A character of a page and where it stands on its line's baseline."""

    character: str
    start: tuple[float, float]
    stop: tuple[float, float]
    probability: Share


class PageLine(Answer):
    """A line of a page, in pixels of the image."""

    id: str
    text: str
    probability: Share
    confidence: Confidence
    decision: Decision
    reason: Reason
    doubtful: bool = Field(description="Whether this page hardly looks like handwriting")
    box: tuple[float, float, float, float] = Field(description="Left, top, right, bottom")
    baseline: list[tuple[float, float]]
    polygon: list[tuple[float, float]]
    characters: list[PageCharacter]


class PageAnswer(Answer):
    """The lines of a page in reading order."""

    request_id: str
    model: Model
    image: ImageSize
    text: str
    detail: str = Field(description="Why there is no line in the text, for people; else empty")
    lines: list[PageLine]
    milliseconds: float


class Health(Answer):
    """Whether the service lives and is ready."""

    status: Literal["ready", "starting", "stopping"]
    model: Model | None = None


class CorrectedLine(BaseModel):
    """A line that a person looked at."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$")
    box: Box = Field(description="Left, top, right, bottom in pixels of the image as shown")
    text: str | None = Field(default=None, max_length=400)
    unreadable: bool = False
    baseline: Annotated[list[Point], Field(min_length=2, max_length=512)] | None = None
    proposal: str | None = Field(default=None, max_length=400)
    confidence: Share | None = None


class Correction(BaseModel):
    """What a person kept: the image, and its lines with their true text."""

    model_config = ConfigDict(extra="forbid")
    image: str = Field(description="The image file, base64", min_length=1)
    writer: str | None = Field(default=None, max_length=64)
    annotator: str | None = Field(default=None, max_length=64)
    lines: list[CorrectedLine] = Field(min_length=1, max_length=300)


class Kept(Answer):
    """Where a correction went."""

    request_id: str
    page: str = Field(description="The image's name in the label file")
    lines: int = Field(description="Labeled lines of this page, earlier ones included")
    replaced: int = Field(
        description="Lines that somebody had corrected to something else; that is kept aside"
    )


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457); `reason` is for programs, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    reason: str
