"""The application: addresses, and what each does with a request.

`create_app` makes it from settings; a web server, a test client or a serverless handler calls it.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from PIL import Image
from starlette.exceptions import HTTPException

from shared import labeling
from shared.labeling import LabelError
from shared.service import schemas
from shared.service.addresses import add_corrections, add_health, add_reading
from shared.service.admin import add_admin
from shared.service.corrections import UNNAMED, LabelFolder
from shared.service.middleware import BelowPrefix, Watch
from shared.service.models import ModelShelf
from shared.service.problems import Problem, from_http, problem_response
from shared.service.settings import Settings
from shared.service.watching import Figures, log
from shared.service.work import Workshop

PAGE = Path(__file__).parent / "page"
EDITOR = Path(labeling.__file__).parent / "front"  # Of text over ink, as in the labeling widget


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application; its models are loaded here, before the first request.

    Args:
        settings: What it is told; from the environment where nothing is given.

    Raises:
        FileNotFoundError: A model file is missing.
        ModelFileError: A model file cannot be used.
        LabelError: The corrections that are there cannot be read.
    """
    settings = settings or Settings()
    figures = Figures()
    shelf = ModelShelf(settings.line, settings.detector, settings.models, settings.language)
    shop = Workshop(settings, shelf, figures)

    Image.init()  # Else loading the image formats would cost the first request half a second

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.stopping = False
        served = shelf.current
        log("ready", model=served.model.version, because=shelf.because, threads=settings.threads)
        yield
        app.state.stopping = True
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
    app.state.store = _open_folder(settings)
    app.add_middleware(Watch, shop=shop, state=app.state)
    figures.count_requests(app)
    if settings.root_path:
        app.add_middleware(BelowPrefix, prefix=settings.root_path)
    _add_problem_handlers(app)
    add_reading(app, shop)
    add_corrections(app, shop)
    add_health(app, shop)
    add_admin(app, shop)
    files = {path.name: path for path in PAGE.iterdir()}
    files |= {f"editor/{path.name}": path for path in EDITOR.iterdir()}

    @app.get("/page/{name:path}", include_in_schema=False)
    async def file(name: str) -> FileResponse:
        if name not in files:
            raise HTTPException(404)
        return FileResponse(files[name])

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return await file("index.html")

    @app.get("/docs", include_in_schema=False)
    async def documentation() -> FileResponse:
        return await file("interface.html")

    return app


def _open_folder(settings: Settings) -> LabelFolder:
    """Return the store of a folder that can be read, without what a kill may have left in it."""
    folder = LabelFolder(settings.corrections)
    if settings.keep_corrections:
        if trouble := folder.trouble():
            raise LabelError(
                f"{trouble} Mend it, name another folder with --corrections, or keep none with "
                "--no-corrections."
            )
        try:
            if strays := folder.sweep():
                log("swept", level=30, images=strays, into=str(folder.folder / UNNAMED))
        except OSError as error:  # Another service has the folder, or it cannot be written to
            log("not swept", level=30, because=str(error))
    return folder


def _add_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        problem = from_http(error)
        request.state.reason = problem.reason
        response = problem_response(problem, request.state.request_id)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        places = [
            {"at": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()
        ]
        problem = Problem("invalid-request", "Some members are missing or wrong.", errors=places)
        return await on_http(request, problem)

    describe = app.openapi

    def with_problems() -> dict[str, Any]:
        description = describe()
        known = description["components"]["schemas"]
        known.setdefault("ProblemDetails", schemas.ProblemDetails.model_json_schema())
        return description

    app.openapi = with_problems  # type: ignore[method-assign]
