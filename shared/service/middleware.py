"""Around every request: an id, bounds on its body, headers for safety, figures, one log line."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import secrets
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.service.problems import Problem, problem_response, too_large
from shared.service.watching import log
from shared.service.work import Workshop

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: Nothing from elsewhere, no script or style inside the page, no frame on another site
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
}
#: What is noted of an upload that was broken off; nobody is there who could be answered
ABORTED_STATUS, ABORTED = 499, "aborted"
ENCODED = 1.4  # A correction carries its image in base64, beside its lines


class BelowPrefix:
    """Says where a proxy publishes the service; the router asks, whether or not the path has it."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app, self.prefix = app, prefix.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        await self.app({**scope, "root_path": self.prefix}, receive, send)


class Watch:
    """Lies around the whole application; only what counts requests lies farther out."""

    def __init__(self, app: ASGIApp, shop: Workshop, state: Any) -> None:
        self.app, self.shop, self.state, self.settings = app, shop, state, shop.settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, state = Headers(scope=scope), scope.setdefault("state", {})
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        state["request_id"] = request_id
        begun, status, taken = time.perf_counter(), 500, 0
        answered = gone = whole = False
        until, most = begun + self.settings.body_seconds, self.settings.max_bytes
        allowed = most * (ENCODED if scope["path"].endswith("/corrections") else 1)

        async def bounded() -> Message:
            nonlocal taken, whole, gone
            if whole:  # What comes now is the end of the connection, which may take its time
                return await receive()
            try:
                async with asyncio.timeout(until - time.perf_counter()):
                    message = await receive()
            except TimeoutError:
                raise Problem(
                    "slow-body",
                    f"The request did not arrive within {self.settings.body_seconds:g} s.",
                ) from None
            gone = message["type"] == "http.disconnect"
            taken += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if taken > allowed:
                raise too_large(most)
            return message

        async def answer(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = ABORTED_STATUS if gone else message["status"], True
                message["status"] = status
                out = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    out.setdefault(name, value)
                out["X-Request-ID"] = request_id
                out.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            self._refuse_strange_names(headers.get("host", ""))
            if scope["method"] != "POST":
                await self.app(scope, receive, answer)
            else:
                self._refuse_early(headers, allowed)
                async with self.shop.admitted():
                    await self.app(scope, bounded, answer)
        except Problem as problem:
            state["reason"] = problem.reason
            if not answered:
                await problem_response(problem, request_id)(scope, receive, answer)
        except ClientDisconnect:  # Frameworks raise it where they wait for the rest of a body
            await Response()(scope, receive, answer)
        except Exception:
            log("mistake", level=40, trace=True, request_id=request_id)
            state["reason"] = "internal"
            if not answered:
                problem = Problem("internal", "This is a bug; the log has its traceback.")
                await problem_response(problem, request_id)(scope, receive, answer)
        finally:
            if gone:
                state["reason"] = ABORTED
            self._record(scope, status, taken, time.perf_counter() - begun)

    def _refuse_early(self, headers: Headers, allowed: float) -> None:
        """Refuse what needs no look at the body."""
        if getattr(self.state, "stopping", False):
            raise Problem("not-ready", "The service is stopping; ask another, or try again later.")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):  # Another port, too
            raise Problem("forbidden", "A page of another site may not use this service.")
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            raise Problem("bad-request", "The header Content-Length is no number.")
        if int(length) > allowed:
            raise too_large(self.settings.max_bytes)

    def _refuse_strange_names(self, host: str) -> None:
        """Refuse a name that another site may have made lead here.

        Such a site ("DNS rebinding") reads answers as if they were its own; it needs a name, so
        that an address in numbers proves that nobody was led astray.
        """
        name = re.sub(r":\d*$", "", host).lower()
        if name in ("", "localhost") or {name, "*"} & set(self.settings.hosts):
            return
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            raise Problem(
                "forbidden",
                f"This service is not called {host[:80]!r}. Ask it by its address or as localhost, "
                "or start it with --host-name NAME for a name that a proxy gives it.",
            ) from None

    def _record(self, scope: Scope, status: int, taken: int, seconds: float) -> None:
        route = scope.get("route")
        path = getattr(route, "path", "(none)")  # What was asked may hold something private
        method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD") else "OTHER"
        state = scope["state"]
        if reason := state.get("reason"):
            self.shop.figures.problems.labels(reason).inc()
        log(
            "request", request_id=state["request_id"], method=method, path=path, status=status,
            milliseconds=round(seconds * 1e3, 1), bytes=taken, reason=reason,
            **state.get("noted", {}),
        )  # fmt: skip
