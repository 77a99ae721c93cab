"""Swapping models: off by default, and then for this machine alone, with a secret."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from shared.service.exporting.model_file import ModelFileError
from shared.service.problems import Problem
from shared.service.watching import log
from shared.service.work import Workshop


class Choice(BaseModel):
    """A model file of the folder of models."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(default=None, max_length=100)


def add_admin(app: FastAPI, shop: Workshop) -> None:
    """Add the addresses below /admin, if the service was given a secret."""
    secret, shelf = shop.settings.admin_token, shop.shelf
    if not secret:
        return

    def check(request: Request, authorization: Annotated[str, Header()] = "") -> None:
        sent = authorization.removeprefix("Bearer ").encode()
        if not hmac.compare_digest(sent, secret.encode()):
            raise Problem("forbidden", "Send the header Authorization: Bearer SECRET.")
        if not _is_loopback(request):
            raise Problem("forbidden", "Models are swapped from the service's own machine alone.")

    async def change(verb: str, *names: str) -> dict[str, str]:
        before = shelf.current.model.version
        try:  # In a thread, so that requests go on meanwhile
            served = await shop.in_thread(getattr(shelf, verb), *names)
        except (ModelFileError, FileNotFoundError) as error:
            raise Problem("model-refused", str(error)) from error
        shop.use(served)
        log(verb, before=before, after=served.model.version)
        return {"before": before, "serving": served.model.version}

    admin = APIRouter(prefix="/admin", dependencies=[Depends(check)], include_in_schema=False)

    @admin.get("/models")
    async def models() -> dict[str, Any]:
        return {"serving": shelf.current.model.version, "available": shelf.names()}

    @admin.post("/swap")
    async def swap(choice: Choice) -> dict[str, str]:
        if choice.name is None:
            raise Problem("invalid-request", "Say which model: {'name': 'line_mine.onnx'}.")
        return await change("swap", choice.name)

    @admin.post("/rollback")
    async def rollback() -> dict[str, str]:
        return await change("roll_back")

    app.include_router(admin)


def _is_loopback(request: Request) -> bool:
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False
