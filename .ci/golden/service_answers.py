"""What the service answers to some fifty stored requests.

Structure and readings are kept apart: status, headers, members and sentences change only with the
code of the service; texts, confidences and places change with every new reader. The images in
`requests/` were drawn once by `written` and `written_page` of the service's tests.
"""

from __future__ import annotations

import base64
import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parent / "requests"
PNG = {"Content-Type": "image/png"}
#: What differs from answer to answer, or with the size of a file that is served
VOLATILE_HEADERS = {"content-length", "date", "etag", "last-modified", "x-request-id"}
IDENTITIES = {"request_id", "milliseconds", "version", "detector", "instance"}
READ = ("text", "decision", "doubtful", "confidence", "probability", "box", "lines")

Request = tuple[str, str, str, bytes | dict[str, Any], dict[str, str]]


def collect(kind: str, chosen: Callable[[str], bool]) -> dict[str, Any]:
    """Ask everything in order; return the "service" part of the answers, or the "readings".

    All is asked whatever was chosen, because a correction adds to those before it.
    """
    from shared.tests.service_support import ADMIN, TOKEN, client

    found = {}
    with tempfile.TemporaryDirectory() as folder, client(Path(folder), admin_token=TOKEN) as one:
        for name, method, address, body, headers in _requests(ADMIN):
            sent = {"json": body} if isinstance(body, dict) else {"content": body}
            answer = one.request(method, address, headers=headers, **sent)
            if name in found:
                raise ValueError(f"Two requests are called {name!r}; rename one.")
            if kind == "service":
                found[name] = _structure(answer)
            elif answer.status_code == 200 and method == "POST" and address.startswith("/v1/"):
                found[name] = _readings(answer.json())
    return {name: value for name, value in found.items() if chosen(name)}


def _requests(admin: dict[str, str]) -> list[Request]:
    kinds = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
    images = {path.name: path.read_bytes() for path in sorted(IMAGES.iterdir())}
    asked: list[Request] = [
        (name, "POST", f"/v1/{name[:4]}", image, {"Content-Type": kinds[Path(name).suffix]})
        for name, image in images.items()
    ]
    line, page = images["line-0.png"], images["page-0.jpg"]
    bodies = {
        "nothing": b"", "junk": b"not an image", "half an image": line[: len(line) // 2],
        "a PDF": b"%PDF-1.7\n%%EOF", "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "a bomb": _header(line, 30_000, 30_000), "no width": _header(line, 0, 40),
        "20 MB": b"a" * 20_000_000, "blank paper": _drawn(400, 60), "one pixel": _drawn(1, 1),
    }  # fmt: skip
    for name, body in bodies.items():
        asked += [(f"{name} as a {kind}", "POST", f"/v1/{kind}", body, PNG) for kind in _KINDS]
    asked += [
        ("a page as a line", "POST", "/v1/line", page, {"Content-Type": "image/jpeg"}),
        ("a line as a page", "POST", "/v1/page", line, PNG),
        ("bytes of no kind", "POST", "/v1/line", line, {}),
        ("a kind with a parameter", "POST", "/v1/line", line, {"Content-Type": "image/png; q=1"}),
        ("an image called JSON", "POST", "/v1/line", line, {"Content-Type": "application/json"}),
        ("an image called text", "POST", "/v1/page", line, {"Content-Type": "text/html"}),
        ("from another site", "POST", "/v1/line", line, {**PNG, "Sec-Fetch-Site": "cross-site"}),
    ]
    asked += [(f"correction: {name}", "POST", "/v1/corrections", *sent) for name, sent in _kept()]
    for method, address in _PLAIN:
        asked.append((f"{method} {address}", method, address, b"", {}))
    for method, address, content in _ADMIN:
        body: Any = b"" if content is None else content
        asked.append((f"{method} {address} {content}", method, address, body, admin))
    asked.append(("models without the secret", "GET", "/admin/models", b"", {}))
    return asked


_KINDS = ("line", "page")
_PLAIN = (
    ("GET", "/"), ("GET", "/page/page.js"), ("GET", "/page/%2e%2e/settings.py"),
    ("GET", "/health"), ("GET", "/health/live"), ("GET", "/health/ready"),
    ("GET", "/v1/drift"), ("GET", "/metrics"), ("GET", "/openapi.json"),
    ("GET", "/nothing"), ("GET", "/v1/line"), ("DELETE", "/v1/page"),
)  # fmt: skip
_ADMIN = (
    ("GET", "/admin/models", None), ("POST", "/admin/rollback", None), ("POST", "/admin/swap", {}),
    ("POST", "/admin/swap", {"name": "none.onnx"}), ("POST", "/admin/swap", {"name": "../a.onnx"}),
    ("POST", "/admin/swap", {"model": 1}),
)  # fmt: skip


def _kept() -> list[tuple[str, tuple[bytes | dict[str, Any], dict[str, str]]]]:
    """Return corrections: one that is kept, and each way to send one that is not."""
    image = base64.b64encode((IMAGES / "page-0.jpg").read_bytes()).decode()
    line = {"id": "line-001", "box": [10, 10, 200, 40], "text": "the first line"}
    changes: dict[str, dict[str, Any]] = {
        "kept": {}, "a second line": {"id": "line-002"}, "the first again": {"text": "a line"},
        "unreadable": {"id": "line-003", "text": None, "unreadable": True},
        "unknown characters": {"text": "naïve"}, "no text": {"text": "  "},
        "box outside": {"box": [10, 10, 9000, 40]}, "box reversed": {"box": [50, 10, 20, 40]},
        "a path as its id": {"id": "../../etc"}, "a member too many": {"surprise": 1},
        "too sure": {"confidence": 2}, "text too long": {"text": "a" * 401},
    }  # fmt: skip
    sent: dict[str, bytes | dict[str, Any]] = {
        name: {"image": image, "lines": [{**line, **change}]} for name, change in changes.items()
    }
    sent |= {
        "no lines": {"image": image, "lines": []}, "no members": {},
        "no base64": {"image": "???", "lines": [line]},
        "no image": {"image": "anVuaw==", "lines": [line]}, "no JSON": b"{half",
    }  # fmt: skip
    json_type = {"Content-Type": "application/json"}
    return [(name, (body, json_type)) for name, body in sent.items()]


def _structure(answer: Any) -> dict[str, Any]:
    headers = {k: v for k, v in answer.headers.items() if k not in VOLATILE_HEADERS}
    kind = headers.get("content-type", "")
    if kind == "application/problem+json" or answer.request.url.path == "/openapi.json":
        body = _anonymous(answer.json())
    elif kind == "application/json":
        body = _shape(answer.json())
    elif answer.request.url.path == "/metrics":
        lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
        body = sorted({re.sub(r'="[^"]*"', "", line.rpartition(" ")[0]) for line in lines})
    else:
        body = None  # A page, or the program of one: its own tests look at it
    return {"status": answer.status_code, "headers": headers, "body": body}


def _anonymous(content: dict[str, Any]) -> dict[str, Any]:
    return {key: "..." if key in IDENTITIES else value for key, value in content.items()}


def _shape(value: Any) -> Any:
    """Return JSON with the kind of each value in its place; a list shows what is in it."""
    if isinstance(value, dict):
        return {key: _shape(one) for key, one in value.items()}
    if isinstance(value, list):
        kinds: list[Any] = []
        for one in map(_shape, value):
            kinds += [one] * (one not in kinds)
        return kinds
    if isinstance(value, bool) or value is None:
        return str(value)
    return "number" if isinstance(value, int | float) else type(value).__name__


def _readings(content: dict[str, Any]) -> dict[str, Any]:
    found = {key: content[key] for key in READ if key in content}
    for key in ("confidence", "probability"):
        if key in found:
            found[key] = round(found[key], 2)
    if "box" in found:
        found["box"] = [round(edge) for edge in found["box"]]
    if "lines" in found:
        found["lines"] = [_readings(line) for line in found["lines"]]
    return found


def _drawn(width: int, height: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (width, height), 240).save(buffer, "PNG")
    return buffer.getvalue()


def _header(png: bytes, width: int, height: int) -> bytes:
    """Return a PNG whose header claims another size."""
    import zlib

    head = png[12:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + png[24:29]
    return png[:12] + head + zlib.crc32(head).to_bytes(4, "big") + png[33:]
