"""Put a question to an answer in a process of its own, which can be stopped whatever it does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.checks import crossing
from shared.checks.portable import NotPortableError, cells_of, holds_judges, pack
from shared.checks.probing import Reply
from shared.checks.worker import START_SECONDS, Worker


def ask_elsewhere(
    function: Callable,
    probe: Callable | None,
    inputs: str,
    seconds: float,
    refuse: Iterable[Callable] = (),
    environment: Mapping[str, str] | None = None,
) -> Reply | None:
    """Probe an answer once, as `probing.attempt` does, in a fresh process.

    Args:
        function: The learner's function.
        probe: What to do with it; None makes the calls of the inputs.
        inputs: The inputs as JSON text.
        seconds: Time limit, the start of the process apart.
        refuse: Functions the answer may not call.
        environment: Further variables of the process.

    Returns:
        The reply, or None where the function cannot be sent.
    """
    inner = getattr(function, "__wrapped__", function)
    try:
        given = {
            "function": pack(inner),
            "probe": pack(probe) if probe else None,
            "refuse": [pack(one) for one in refuse if not holds_judges(one.__module__)],
        }
    except NotPortableError:
        return None
    given |= {"inputs": inputs, "sources": cells_of(inner)}
    with contextlib.closing(Worker()) as worker:
        worker.environment |= environment or {}
        worker.ask("shared.checks.answering:limit", START_SECONDS)
        return worker.ask("shared.checks.answering:probe_sent", seconds, **given)


def elsewhere(function: Callable, arguments: dict[str, Any]) -> list:
    """Return what an answer gives in two processes in which a set of texts has another order."""
    inputs, orders = crossing.encode(arguments), ({"PYTHONHASHSEED": seed} for seed in "12")
    replies = (ask_elsewhere(function, None, inputs, 10.0, environment=one) for one in orders)
    return [crossing.decode(one.text) for one in replies if one and one.status == "answer"]
