"""Swapping models: off by default, and then for this machine alone, with a secret."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from shared.service.exporting.model_file import ModelFileError
from shared.service.problems import Problem
from shared.service.shadow import ShadowReport
from shared.service.watching import log
from shared.service.work import Workshop

Secret = Annotated[str, Header(alias="authorization", include_in_schema=False)]


class Choice(BaseModel):
    """A model file of the folder of models."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(default=None, max_length=100, description="None ends the shadow")


def add_admin(app: FastAPI, shop: Workshop) -> None:
    """Add the addresses below /admin, if the service was given a secret."""
    secret = shop.settings.admin_token
    if not secret:
        return

    def check(request: Request, authorization: str) -> None:
        sent = authorization.removeprefix("Bearer ").encode()
        if not hmac.compare_digest(sent, secret.encode()):
            raise Problem("forbidden", "Send the header Authorization: Bearer SECRET.")
        if not _is_loopback(request):
            raise Problem("forbidden", "Models are swapped from the service's own machine alone.")

    @app.get("/admin/models", include_in_schema=False)
    async def models(request: Request, authorization: Secret = "") -> dict[str, Any]:
        check(request, authorization)
        shelf = shop.shelf
        candidate = shelf.candidate.model.version if shelf.candidate else None
        return {
            "serving": shelf.current.model.version, "candidate": candidate,
            "available": shelf.names(),
        }  # fmt: skip

    @app.post("/admin/swap", include_in_schema=False)
    async def swap(request: Request, choice: Choice, authorization: Secret = "") -> dict[str, str]:
        check(request, authorization)
        if choice.name is None:
            raise Problem("invalid-request", "Say which model: {'name': 'line_mine.onnx'}.")
        return await _change(shop, "swap", choice.name)

    @app.post("/admin/rollback", include_in_schema=False)
    async def rollback(request: Request, authorization: Secret = "") -> dict[str, str]:
        check(request, authorization)
        return await _change(shop, "roll_back")

    @app.post("/admin/shadow", include_in_schema=False)
    async def shadow(
        request: Request, choice: Choice, authorization: Secret = ""
    ) -> dict[str, Any]:
        check(request, authorization)
        candidate = await _guarded(shop, shop.shelf.try_out, choice.name)
        shop.shadow = None
        if candidate is not None:
            versions = shop.shelf.current.model.version, candidate.model.version
            shop.shadow = ShadowReport(*versions)
        return {"candidate": candidate.model.version if candidate else None}

    @app.get("/admin/shadow", include_in_schema=False)
    async def shadow_report(request: Request, authorization: Secret = "") -> dict[str, Any]:
        check(request, authorization)
        return shop.shadow.as_dict() if shop.shadow else {"candidate": None}


async def _change(shop: Workshop, verb: str, *names: str) -> dict[str, str]:
    before = shop.shelf.current.model.version
    served = await _guarded(shop, getattr(shop.shelf, verb), *names)
    shop.use(served)
    log(verb, before=before, after=served.model.version)
    return {"before": before, "serving": served.model.version}


async def _guarded(shop: Workshop, function: Any, *names: Any) -> Any:
    """Change models in a thread, so that requests go on meanwhile."""
    try:
        return await shop.in_thread(function, *names)
    except (ModelFileError, FileNotFoundError) as error:
        raise Problem("model-refused", str(error)) from error


def _is_loopback(request: Request) -> bool:
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False
