"""Run one probe where the learner's code runs, and describe in plain words what came of it."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.checks import crossing
from shared.checks.guard import copied, guarded

_MESSAGE_LIMIT = 400
_FRAMES_SHOWN = 3

#: Where the process of `answering` keeps what an answer prints first, and how much of it
PRINTED, PRINTED_LIMIT = "printed.txt", 600

#: What a reply may say of itself
STATUSES = ("answer", "stub", "error", "reference", "time", "died")


@dataclass(frozen=True)
class Reply:
    """What came of a probe.

    Attributes:
        status: "answer", "stub" (NotImplementedError), "error" (it raised, changed
            its input or returned what is not plain), "reference" (it called the reference),
            "time" (too slow) or "died" (the process ended).
        text: The answer as JSON text, or a sentence.
        printed: The beginning of what the answer printed.
    """

    status: str
    text: str = ""
    printed: str = ""


def attempt(
    function: Callable,
    probe: Callable[[Callable, Any], Any] | None,
    inputs: str,
    refuse: tuple[Callable, ...],
    namespace: dict[str, Any],
) -> Reply:
    """Probe an answer once; whoever calls sees to its limits.

    Args:
        function: The learner's function.
        probe: What to do with it; see `put`.
        inputs: The inputs as JSON text; arrays arrive read-only.
        refuse: Functions the answer may not call.
        namespace: Globals of the learner's code.
    """
    if copy := copied(function, refuse, namespace):
        return Reply("reference", copy)
    values = crossing.decode(inputs, writeable=False)
    refused: list[str] = []
    try:
        with guarded(refuse, namespace, every_thread=True) as refused:
            reply = Reply("answer", crossing.encode(put(function, probe, values)))
    except crossing.CrossingError as error:
        reply = Reply("error", str(error))
    except NotImplementedError:
        reply = Reply("stub")
    except BaseException as error:  # SystemExit and KeyboardInterrupt of the answer as well
        reply = Reply("error", describe_error(error, namespace))
    if refused:
        return Reply("reference", refused[0])
    if reply.status == "answer" and not _unchanged(values, inputs):
        return Reply("error", "It changed its input; work on a copy, such as list(values).")
    return reply


def put(function: Callable, probe: Callable[[Callable, Any], Any] | None, inputs: Any) -> Any:
    """Put a question to a function, or each of a list of them; without a probe it is a call."""
    if isinstance(inputs, list):
        return [put(function, probe, one) for one in inputs]
    return probe(function, inputs) if probe else function(**inputs)


def describe_error(error: BaseException, namespace: dict[str, Any]) -> str:
    """Return an exception and the lines of the learner's own code that led to it."""
    message = words_of(error, _MESSAGE_LIMIT)
    text = f"It raised {type(error).__name__}{': ' + message if message else ''}"
    if isinstance(error, ValueError) and "read-only" in message:
        text += " (inputs are read-only: work on a copy)"
    if isinstance(error, ModuleNotFoundError) and error.name:
        text += f" ({error.name} is not installed here: NumPy and Python's own modules do)"
    lines = []
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        if frame.f_globals is namespace:
            code = linecache.getline(frame.f_code.co_filename, step.tb_lineno).strip()
            code = f": {code}" if code else ""
            name = frame.f_code.co_name
            inside = "" if name == "<module>" else f", in {name}"
            lines.append(f"line {step.tb_lineno} of your cell{inside}{code}")
        step = step.tb_next
    return "\n".join([text, *lines[-_FRAMES_SHOWN:]])


def words_of(error: BaseException, limit: int) -> str:
    """Return the beginning of what an exception says, in one line."""
    try:
        return " ".join(str(error).split())[:limit]
    except Exception:
        return "(its message cannot be shown)"


def _unchanged(values: Any, inputs: str) -> bool:
    try:
        return crossing.encode(values) == inputs
    except crossing.CrossingError:
        return False
