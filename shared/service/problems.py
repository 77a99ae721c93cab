"""What went wrong, for people and for programs: problem details as RFC 9457 says them."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

CONTENT_TYPE = "application/problem+json"
#: Every reason a client can meet: its status, and its title
REASONS = {
    "bad-request": (400, "The request cannot be understood"),
    "forbidden": (403, "This is not allowed"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This address does not take the method"),
    "slow-body": (408, "The request took too long to arrive"),
    "too-many-bytes": (413, "The request is too large"),
    "too-many-pixels": (413, "The image is too large"),
    "not-an-image": (415, "This is no image that is read here"),
    "unsupported-content-type": (415, "The content type is not taken here"),
    "damaged-image": (422, "The image is damaged"),
    "no-ink": (422, "No handwriting was found"),
    "not-a-line": (422, "The image is no single line"),
    "unknown-characters": (422, "The text holds characters that the model does not know"),
    "invalid-request": (422, "The request does not have the form it needs"),
    "model-refused": (422, "The model cannot be served"),
    "too-many-requests": (429, "The service is busy"),
    "internal": (500, "The service made a mistake"),
    "timeout": (503, "Reading took too long"),
    "not-ready": (503, "The service is not ready"),
    "disk-full": (503, "The service cannot store anything"),
}
RETRY_SECONDS = {429: 1, 503: 5}


class Problem(HTTPException):
    """An answer that says what went wrong, by a reason from `REASONS`."""

    def __init__(self, reason: str, detail: str, **more: Any) -> None:
        """Make the answer.

        Args:
            reason: What programs look at.
            detail: A sentence for people: what was given, what is needed, what to do.
            more: Further members of the answer.
        """
        status, title = REASONS[reason]
        super().__init__(status_code=status, detail=detail)
        self.reason = reason
        self.title = title
        self.more = more


def too_large(most: int) -> Problem:
    """Return the problem of an image of more than so many bytes."""
    return Problem(
        "too-many-bytes",
        f"An image may have {most / 1e6:g} MB. Scale it down, or save it as JPEG.",
        most_bytes=most,
    )


def problem_response(problem: Problem, request_id: str) -> JSONResponse:
    """Return the response for a problem."""
    status = problem.status_code
    content = {
        "type": f"urn:handwriting-labs:problem:{problem.reason}",
        "title": problem.title,
        "status": status,
        "detail": problem.detail,
        "instance": f"urn:request:{request_id}",
        "reason": problem.reason,
        **problem.more,
    }
    headers = {"Retry-After": str(RETRY_SECONDS[status])} if status in RETRY_SECONDS else {}
    return JSONResponse(content, status, headers=headers, media_type=CONTENT_TYPE)


def from_http(error: HTTPException) -> Problem:
    """Turn the framework's own errors (no such address, wrong method) into problems."""
    if isinstance(error, Problem):
        return error
    reasons = {400: "bad-request", 403: "forbidden", 404: "not-found", 405: "method-not-allowed"}
    reason = reasons.get(error.status_code, "bad-request")
    hints = {
        "not-found": "No endpoint has this address; /openapi.json lists them.",
        "method-not-allowed": "Use the method that /openapi.json names for this address.",
    }
    return Problem(reason, hints.get(reason, str(error.detail)))
