"""What a service is told when it starts: where things are, and how much it takes on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from shared.paths import DATA, my_directory

PREFIX = "HANDWRITING_SERVICE_"
MEGABYTE = 1_000_000


def _my(name: str) -> Path:
    return my_directory() / "service" / name


@dataclass(frozen=True)
class Settings:
    """A service's settings; `from_environment` reads each from a variable of its name.

    Attributes:
        line: Model file of the line reader that is served at first.
        detector: Model file of the line detector.
        language: Whether the language that a model file names helps to read; without it the
            network decides alone, as it should for another language.
        models: Folder of the line readers that may be swapped in, and of the note which one is.
        corrections: Folder of the corrections that people kept.
        max_bytes: Of an image as it is sent.
        max_pixels: Of an image once decoded.
        body_seconds: Time for a request's body to arrive.
        read_seconds: Time for an answer, waiting included.
        concurrency: Requests at work or waiting; more are turned away with 429.
        threads: Images read at the same time.
        batch: Lines of a batch; 1 reads each alone, which ONNX Runtime does as fast.
        batch_wait: Longest time in seconds that a line waits for company.
        shadow_share: Share of lines that a candidate model reads, too.
        keep_corrections: Whether people may keep corrections on this machine.
        admin_token: Secret of the admin endpoints; empty turns them off.
        root_path: Prefix at which a proxy publishes the service.
        stop_seconds: Time for requests at work when the service is told to stop.
    """

    line: Path = DATA / "models" / "reader.onnx"
    detector: Path = DATA / "models" / "detector_small.onnx"
    language: bool = True
    models: Path = field(default_factory=lambda: _my("models"))
    corrections: Path = field(default_factory=lambda: _my("corrections"))
    max_bytes: int = 12 * MEGABYTE
    max_pixels: int = 25 * MEGABYTE
    body_seconds: float = 20.0
    read_seconds: float = 20.0
    concurrency: int = 32
    threads: int = field(default_factory=lambda: _processors())
    batch: int = 1
    batch_wait: float = 0.004
    shadow_share: float = 1.0
    keep_corrections: bool = True
    admin_token: str = field(default="", repr=False)
    root_path: str = ""
    stop_seconds: float = 10.0

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pixels", "concurrency", "threads", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it has to be 1 or more.")
        if self.admin_token and len(self.admin_token) < 16:
            raise ValueError("The admin token is too short to be a secret: use 16 characters.")

    @classmethod
    def from_environment(cls, **given: Any) -> Settings:
        """Read settings from variables such as `HANDWRITING_SERVICE_MAX_BYTES`.

        Args:
            given: Settings that count more than the variables.

        Raises:
            ValueError: A variable does not hold what its setting needs; the message names it.
        """
        settings = cls()
        found: dict[str, Any] = {}
        for entry in fields(cls):
            word = os.environ.get(PREFIX + entry.name.upper())
            if word is not None:
                found[entry.name] = _parsed(entry.name, word, getattr(settings, entry.name))
        return replace(settings, **{**found, **given})


def _parsed(name: str, word: str, default: Any) -> Any:
    """Return a variable's word as the kind of value that its setting has."""
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "0": False, "false": False}[word.lower()]
        return type(default)(word) if not isinstance(default, Path) else Path(word)
    except (ValueError, KeyError):
        raise ValueError(
            f"{PREFIX}{name.upper()} is {word!r}; it needs a value like {default!r}."
        ) from None


def _processors() -> int:
    from shared.backend import cpu_count

    return max(1, cpu_count())
