"""The same application as a function of a serverless platform (AWS Lambda and those like it).

`handler` answers the events of an HTTP API (payload format 2.0), a REST API (1.0) and a load
balancer. The platform freezes the process between calls, so nothing here counts on background
work: no shadow, and figures that are scraped are of little use; the log has all that is needed.

Only `/tmp` can be written there, and it is not kept: corrections are off unless a store is given.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shared.service.application import create_app
from shared.service.corrections import CorrectionStore
from shared.service.settings import MEGABYTE, Settings
from shared.service.watching import log_to_stdout

#: What the platform lets through: 6 MB of an event, of which base64 takes a quarter
MOST_BYTES = int(4.4 * MEGABYTE)
SCRATCH = Path("/tmp") / "handwriting"


def make_handler(settings: Settings | None = None, store: CorrectionStore | None = None) -> Any:
    """Return a handler (event, context) -> answer; its models are loaded here, once a process.

    Args:
        settings: What it is told; from the environment, within the platform's bounds, if not given.
        store: Where corrections go; without one they are refused.
    """
    from mangum import Mangum

    if settings is None:
        settings = Settings(
            keep_corrections=store is not None, models=SCRATCH / "models",
            corrections=SCRATCH / "corrections", max_bytes=MOST_BYTES,
            hosts=("*",),  # The platform has looked at the name
        )  # fmt: skip
    app = create_app(settings, store)
    # The bytes of an image and of the page's icon travel as base64
    return Mangum(app, lifespan="auto", text_mime_types=TEXT)


TEXT = ["text/", "application/json", "application/problem+json", "application/javascript",
        "image/svg+xml"]  # fmt: skip
_made: dict[int, Any] = {}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one event; name it `shared.service.serverless.handler` on the platform."""
    if os.getpid() not in _made:
        log_to_stdout()
        _made[os.getpid()] = make_handler()
    return _made[os.getpid()](event, context)
