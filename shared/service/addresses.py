"""The addresses below /v1 and /health, and what each does with a request."""

from __future__ import annotations

import asyncio
import base64
import binascii
import errno
from typing import Any

from fastapi import FastAPI, Request

from shared.alphabet import UnknownCharacterError
from shared.labeling import LabelError
from shared.service import schemas
from shared.service.answers import head, line_answer, model_answer, page_answer
from shared.service.corrections import Stored
from shared.service.models import Served
from shared.service.problems import CONTENT_TYPE, REASONS, Problem, too_large
from shared.service.watching import Stopwatch
from shared.service.work import Workshop

#: What a store says that cannot be written to
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOTDIR, errno.EEXIST)
IMAGE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The bytes of an image file: PNG, JPEG, WebP, GIF, BMP, TIFF or PPM",
        "content": {
            kind: {"schema": {"type": "string", "contentMediaType": kind}}
            for kind in ("image/png", "image/jpeg", "image/webp", "application/octet-stream")
        },
    }
}


def refusals(*reasons: str) -> dict[int | str, dict[str, Any]]:
    """Return the problems an address may answer with, as the description lists them."""
    found: dict[int | str, dict[str, Any]] = {}
    for reason in (*reasons, "bad-request", "internal"):
        status, title = REASONS[reason]
        text = found.get(status, {}).get("description")
        found[status] = {
            "description": f"{text}; {title}" if text else title,
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
        }
    return found


READING = refusals(
    "forbidden", "slow-body", "too-many-bytes", "too-many-pixels", "not-an-image",
    "unsupported-content-type", "damaged-image", "too-many-requests", "timeout",
)  # fmt: skip


async def _image_of(request: Request) -> bytes:
    """Return the body of a request that says it is an image.

    Raises:
        Problem: `unsupported-content-type`.
    """
    kind = request.headers.get("content-type", "application/octet-stream").split(";")[0].strip()
    if not kind.lower().startswith("image/") and kind.lower() != "application/octet-stream":
        raise Problem(
            "unsupported-content-type",
            f"The body is said to be {kind[:80]!r}; send the bytes of an image, as image/png or "
            "image/jpeg.",
        )
    return await request.body()


def add_reading(app: FastAPI, shop: Workshop) -> None:
    """Add the addresses that read."""
    not_a_line = {422: {**READING[422], "description": "No ink, no single line, or damaged"}}

    @app.post("/v1/line", openapi_extra=IMAGE_BODY, responses={**READING, **not_a_line})
    async def line(request: Request) -> schemas.LineAnswer:
        """Read one line of handwriting."""
        content, watch = await _image_of(request), Stopwatch()
        served, shape, found = await shop.read_line(content, watch)
        return line_answer(found, shape[1], **_about(request, served, shape, watch, lines=1))

    @app.post("/v1/page", openapi_extra=IMAGE_BODY, responses=READING)
    async def page(request: Request) -> schemas.PageAnswer:
        """Find and read the lines of a page of handwriting."""
        content, watch = await _image_of(request), Stopwatch()
        served, shape, (found, nothing) = await shop.read_page(content, watch)
        about = _about(request, served, shape, watch, lines=len(found))
        return page_answer(found, nothing, **about)


def _about(
    request: Request, served: Served, shape: Any, watch: Stopwatch, lines: int
) -> dict[str, Any]:
    """Note for the log what was read, and return what stands in every answer."""
    stages = {stage: round(seconds * 1e3, 1) for stage, seconds in watch.stages.items()}
    request.state.noted = {"model": served.model.version, "lines": lines, "stages": stages}
    return head(served, shape, request.state.request_id, watch.milliseconds)


def add_corrections(app: FastAPI, shop: Workshop) -> None:
    """Add the address that keeps corrections."""
    settings, store = shop.settings, app.state.store
    problems = ("too-many-bytes", "too-many-pixels", "not-an-image", "damaged-image",
                "invalid-request", "unknown-characters", "forbidden", "slow-body",
                "too-many-requests", "not-ready", "disk-full")  # fmt: skip

    @app.post("/v1/corrections", status_code=201, responses=refusals(*problems))
    async def corrections(request: Request, correction: schemas.Correction) -> schemas.Kept:
        """Keep lines that a person corrected, with their image, on the service's machine."""
        if not settings.keep_corrections:
            raise Problem("forbidden", "This service was started without keeping corrections.")
        try:
            content = base64.b64decode(correction.image, validate=True)
        except (binascii.Error, ValueError):
            raise Problem("invalid-request", "The member image is no base64.") from None
        if len(content) > settings.max_bytes:
            raise too_large(settings.max_bytes)
        alphabet = shop.shelf.current.model.recognizer.alphabet

        def keep() -> Stored:
            with shop.decoded(content) as gray:
                for line in correction.lines:
                    _check_line(line, alphabet, gray.shape)
                return store.keep(gray, correction)

        try:
            stored = await shop.beside(keep)
        except TimeoutError as error:
            raise Problem("not-ready", "Another process is writing; try again.") from error
        except LabelError as error:
            raise Problem(
                "not-ready", f"{store.trouble() or error} Nothing was changed."
            ) from error
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise Problem("disk-full", "The correction could not be stored.") from error
        shop.figures.corrections.inc(len(correction.lines))
        request.state.noted = {"lines": len(correction.lines), "replaced": stored.replaced}
        return schemas.Kept(request_id=request.state.request_id, **stored._asdict())


def _check_line(line: schemas.CorrectedLine, alphabet: Any, shape: tuple[int, int]) -> None:
    """Refuse a line that nothing could be learned from."""
    left, top, right, bottom = line.box
    if not (-1 <= left < right <= shape[1] + 1 and -1 <= top < bottom <= shape[0] + 1):
        raise Problem(
            "invalid-request",
            f"The box of {line.id} does not lie on the image of {shape[1]} by {shape[0]} pixels.",
        )
    if not line.unreadable and not (line.text or "").strip():
        raise Problem("invalid-request", f"{line.id} has no text; say unreadable, or what it says.")
    for text in (line.text, line.proposal):
        try:
            alphabet.encode(text or "")
        except UnknownCharacterError as error:
            raise Problem("unknown-characters", str(error)) from error


def add_health(app: FastAPI, shop: Workshop) -> None:
    """Add what operators and their programs ask."""

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "live"}

    @app.get("/health", responses=refusals("not-ready"))
    @app.get("/health/ready", responses=refusals("not-ready"))
    async def ready() -> schemas.Health:
        """Say whether requests are welcome, and which model would answer."""
        if app.state.stopping:
            raise Problem("not-ready", "The service is stopping.")
        if shop.settings.keep_corrections and (
            trouble := await asyncio.to_thread(app.state.store.trouble)
        ):
            raise Problem("not-ready", trouble)
        return schemas.Health(status="ready", model=model_answer(shop.shelf.current))

    @app.get("/v1/drift")
    async def drift() -> dict[str, Any]:
        """Say how far the last window of lines was from normal traffic."""
        monitors = shop.shelf.current.monitors
        return {kind: monitor.report() for kind, monitor in monitors.items()}
