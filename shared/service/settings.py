"""What a service is told when it starts: where things are, and how much it takes on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, PositiveInt, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.backend import cpu_count
from shared.paths import DATA, my_directory

PREFIX = "HANDWRITING_SERVICE_"
MEGABYTE = 1_000_000
LEAST_SECRET = 16

Seconds = Annotated[FiniteFloat, Field(gt=0)]


def _my(name: str) -> Any:
    return Field(default_factory=lambda: my_directory() / "service" / name)


class Settings(BaseSettings):
    """A service's settings: what is given, else a variable such as `HANDWRITING_SERVICE_THREADS`.

    Attributes:
        line: Model file of the line reader to serve; None serves the last one that was swapped
            in, and at first the shipped one.
        detector: Model file of the line detector.
        language: Whether the language that a model file names helps to read; without it the
            network decides alone, as it should for another language.
        models: Folder of the line readers that may be swapped in, and of the note which one is.
        corrections: Folder of the corrections that people kept.
        hosts: Names under which a proxy publishes the service, "*" for any; an address in
            numbers and localhost are always right.
        max_bytes: Of an image as it is sent.
        max_pixels: Of an image once decoded, and of all images at work together.
        head_seconds: Time for a request's head to arrive; after twice as long at the latest the
            connection is closed.
        body_seconds: Time for its body.
        read_seconds: Time for an answer, waiting included.
        concurrency: Requests at work or waiting; more are turned away with 429.
        threads: Images read at the same time.
        keep_corrections: Whether people may keep corrections on this machine.
        admin_token: Secret of the admin endpoints; empty turns them off.
        root_path: Prefix at which a proxy publishes the service.
        stop_seconds: Time for requests at work when the service is told to stop.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    line: Path | None = None
    detector: Path = DATA / "models" / "detector_small.onnx"
    language: bool = True
    models: Path = _my("models")
    corrections: Path = _my("corrections")
    hosts: Annotated[tuple[str, ...], NoDecode] = ()
    max_bytes: PositiveInt = 12 * MEGABYTE
    max_pixels: PositiveInt = 25 * MEGABYTE
    head_seconds: Seconds = 10.0
    body_seconds: Seconds = 20.0
    read_seconds: Seconds = 20.0
    concurrency: PositiveInt = 32
    threads: PositiveInt = Field(default_factory=cpu_count)
    keep_corrections: bool = True
    admin_token: str = Field(default="", repr=False)
    root_path: str = ""
    stop_seconds: Seconds = 10.0

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        return given.split(",") if isinstance(given, str) else given

    @field_validator("admin_token")
    @classmethod
    def _is_secret(cls, given: str) -> str:
        if given and len(given) < LEAST_SECRET:
            raise ValueError(f"it is too short to be a secret: use {LEAST_SECRET} characters")
        return given


def explain(error: ValidationError) -> str:
    """Say in a line for each setting what was given and what it needs; a secret is not shown."""
    said = []
    for one in error.errors():
        name = str(one["loc"][0])
        given = "" if name == "admin_token" else f" is {one['input']!r}"
        said.append(f"{PREFIX}{name.upper()}, or the option for it,{given}: {one['msg']}.")
    return "\n".join(said)
