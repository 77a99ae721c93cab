"""The application: addresses, and what each does with a request.

`create_app` makes it from settings; a web server, a test client or a serverless handler calls it.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from shared.alphabet import UnknownCharacterError
from shared.service import schemas
from shared.service.admin import add_admin
from shared.service.answers import line_answer, model_answer, page_answer
from shared.service.corrections import CorrectionStore, LabelFolder
from shared.service.images import decode_upload
from shared.service.middleware import Watch
from shared.service.models import ModelShelf
from shared.service.problems import CONTENT_TYPE, REASONS, Problem, from_http, problem_response
from shared.service.settings import Settings
from shared.service.watching import Figures, Stopwatch, log
from shared.service.work import Workshop

PAGE = Path(__file__).parent / "page"
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


def create_app(settings: Settings | None = None, store: CorrectionStore | None = None) -> FastAPI:
    """Return the application; its models are loaded here, before the first request.

    Args:
        settings: What it is told; from the environment where nothing is given.
        store: Where corrections go; by default a folder of this machine.

    Raises:
        FileNotFoundError: A model file is missing.
        ModelFileError: A model file cannot be used.
    """
    settings = settings or Settings.from_environment()
    figures = Figures()
    shop = Workshop(
        settings, ModelShelf(settings.line, settings.detector, settings.models), figures
    )

    _load_decoders()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.stopping = False
        shop.open()
        log("ready", model=shop.shelf.current.model.version, threads=settings.threads)
        yield
        app.state.stopping = True
        shop.close()
        log("stopped")

    app = FastAPI(
        title="Handwriting recognizer",
        description="Reads a line or a page of handwriting.",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # The usual pages fetch their scripts from other hosts
        redoc_url=None,
    )
    app.state.workshop, app.state.stopping = shop, False
    app.state.store = store or LabelFolder(settings.corrections)
    app.add_middleware(Watch, settings=settings, figures=figures, state=app.state)
    _add_problem_handlers(app)
    _add_reading(app, shop)
    _add_corrections(app, shop)
    _add_health(app, shop)
    add_admin(app, shop)
    app.mount("/page", StaticFiles(directory=PAGE), name="page")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    @app.get("/docs", include_in_schema=False)
    async def documentation() -> FileResponse:
        return FileResponse(PAGE / "interface.html")

    return app


def _load_decoders() -> None:
    """Load the image formats now: their modules would cost the first request half a second."""
    from PIL import Image

    Image.init()


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


def _add_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        problem = from_http(error)
        request.state.reason = problem.reason
        response = problem_response(problem, request.state.request_id)
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        places = [
            {"at": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()
        ]
        problem = Problem("invalid-request", "Some members are missing or wrong.", errors=places)
        request.state.reason = problem.reason
        return problem_response(problem, request.state.request_id)

    describe = app.openapi

    def with_problems() -> dict[str, Any]:
        description = describe()
        known = description["components"]["schemas"]
        known.setdefault("ProblemDetails", schemas.ProblemDetails.model_json_schema())
        return description

    app.openapi = with_problems  # type: ignore[method-assign]


async def _image_of(request: Request, most: int) -> bytes:
    """Return the body of a request that says it is an image.

    Raises:
        Problem: `unsupported-content-type` or `too-many-bytes`.
    """
    kind = request.headers.get("content-type", "application/octet-stream").split(";")[0].strip()
    if not kind.lower().startswith("image/") and kind.lower() != "application/octet-stream":
        raise Problem(
            "unsupported-content-type",
            f"The body is said to be {kind[:80]!r}; send the bytes of an image, as image/png or "
            "image/jpeg.",
        )
    content = await request.body()
    if len(content) > most:
        raise Problem("too-many-bytes", f"An image may have {most / 1e6:g} MB.", most_bytes=most)
    return content


def _add_reading(app: FastAPI, shop: Workshop) -> None:
    most = shop.settings.max_bytes
    not_a_line = {422: {**READING[422], "description": "No ink, no single line, or damaged"}}

    @app.post("/v1/line", openapi_extra=IMAGE_BODY, responses={**READING, **not_a_line})
    async def line(request: Request) -> schemas.LineAnswer:
        """Read one line of handwriting."""
        async with shop.admitted():
            content = await _image_of(request, most)
            watch = Stopwatch()
            served, shape, found = await shop.read_line(content, watch)
        request.state.noted = {"model": served.model.version, "lines": 1, "stages": _ms(watch)}
        return line_answer(served, shape, found, request.state.request_id, watch.milliseconds)

    @app.post("/v1/page", openapi_extra=IMAGE_BODY, responses=READING)
    async def page(request: Request) -> schemas.PageAnswer:
        """Find and read the lines of a page of handwriting."""
        async with shop.admitted():
            content = await _image_of(request, most)
            watch = Stopwatch()
            served, shape, found = await shop.read_page(content, watch)
        noted = {"model": served.model.version, "lines": len(found), "stages": _ms(watch)}
        request.state.noted = noted
        return page_answer(served, shape, found, request.state.request_id, watch.milliseconds)


def _ms(watch: Stopwatch) -> dict[str, float]:
    return {stage: round(seconds * 1e3, 1) for stage, seconds in watch.stages.items()}


def _add_corrections(app: FastAPI, shop: Workshop) -> None:
    settings, store = shop.settings, app.state.store
    problems = ("too-many-bytes", "too-many-pixels", "not-an-image", "damaged-image",
                "invalid-request", "unknown-characters", "forbidden", "slow-body",
                "too-many-requests", "disk-full")  # fmt: skip

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
            raise Problem("too-many-bytes", f"An image may have {settings.max_bytes / 1e6:g} MB.")
        alphabet = shop.shelf.current.model.recognizer.alphabet

        def keep() -> tuple[str, int]:
            gray = decode_upload(content, settings.max_pixels)
            for line in correction.lines:
                _check_line(line, alphabet, gray.shape)
            return store.keep(gray, correction)

        async with shop.admitted():
            try:
                name, lines = await shop.in_thread(keep)
            except TimeoutError as error:
                raise Problem("not-ready", "Another process is writing; try again.") from error
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
                    raise
                raise Problem("disk-full", "The correction could not be stored.") from error
        shop.figures.corrections.inc(len(correction.lines))
        request.state.noted = {"lines": len(correction.lines)}
        return schemas.Kept(request_id=request.state.request_id, page=name, lines=lines)


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


def _add_health(app: FastAPI, shop: Workshop) -> None:
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
        return schemas.Health(status="ready", model=model_answer(shop.shelf.current))

    @app.get("/v1/drift")
    async def drift() -> dict[str, Any]:
        """Say how far the last window of lines was from normal traffic."""
        monitors = shop.shelf.current.monitors
        return {kind: monitor.report() for kind, monitor in monitors.items()}

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(shop.figures.text(), media_type=CONTENT_TYPE_LATEST)
