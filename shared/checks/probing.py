"""Run one probe where the learner's code runs, and describe in plain words what came of it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import linecache
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from shared.backend import quiet_descriptor
from shared.checks import crossing
from shared.checks.guard import copied, guarded

_PRINTED_LIMIT = 600
_MESSAGE_LIMIT = 400
_FRAMES_SHOWN = 3

#: What a reply may say of itself
STATUSES = ("answer", "stub", "error", "reference", "time", "died")


@dataclass(frozen=True)
class Reply:
    """What came of a probe.

    Attributes:
        status: "answer", "stub" (nothing but NotImplementedError), "error" (it raised, changed
            its input or returned what is not plain), "reference" (it called the reference),
            "time" (too slow) or "died" (the process ended).
        text: The answer as JSON text, or a sentence.
        printed: The beginning of what the answer printed.
    """

    status: str
    text: str = ""
    printed: str = ""


class TimeLimitError(SystemExit):
    """Raised inside a probe that takes too long; threads end on it without a traceback."""


def attempt(
    function: Callable,
    probe: Callable[[Callable, Any], Any] | None,
    inputs: str,
    refuse: tuple[Callable, ...],
    namespace: dict[str, Any],
    every_thread: bool = False,
) -> Reply:
    """Probe an answer once, without a time limit.

    Args:
        function: The learner's function.
        probe: What to do with it; None makes the calls of the inputs.
        inputs: The inputs as JSON text; arrays arrive read-only.
        refuse: Functions the answer may not call.
        namespace: Globals of the learner's code.
        every_thread: Whether calls from other threads are refused too.
    """
    if copy := copied(function, refuse, namespace):
        return Reply("reference", copy)
    values = crossing.decode(inputs, writeable=False)
    outcomes: list[bool] = []  # For each call of the function: did it raise NotImplementedError?
    counted = _counted(function, outcomes)
    refused: list[str] = []
    try:
        with guarded(refuse, namespace, every_thread) as refused:
            answer = (probe or make_calls)(counted, values)
            reply = Reply("answer", crossing.encode(answer))
    except crossing.CrossingError as error:
        reply = Reply("error", str(error))
    except TimeLimitError:
        raise
    except BaseException as error:  # SystemExit and KeyboardInterrupt of the answer as well
        reply = Reply("error", describe_error(error, namespace))
    if refused:
        return Reply("reference", refused[0])
    if outcomes and all(outcomes):
        return Reply("stub")
    if reply.status == "answer" and not _unchanged(values, inputs):
        return Reply("error", "It changed its input; work on a copy, such as list(values).")
    return reply


def make_calls(function: Callable, inputs: Any) -> Any:
    """Call a function with arguments by name, or with each of a list of them."""
    if isinstance(inputs, list):
        return [function(**arguments) for arguments in inputs]
    return function(**inputs)


def attempt_within(seconds: float, action: Callable[[], Reply]) -> Reply:
    """Run `attempt` in a thread of its own, for at most some seconds.

    A thread can be left behind whatever the answer does, on every system and in every kernel;
    a signal would need the main thread, and Windows has none. Prints of the answer are kept.
    """
    replies: list[Reply] = []
    finished = threading.Event()
    printed = _Printed()

    def work() -> None:
        with contextlib.suppress(TimeLimitError):
            try:
                with printed:
                    replies.append(action())
            finally:
                finished.set()

    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    with quiet_descriptor(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The tick list says what is wrong
        thread.start()
        end = time.monotonic() + seconds
        try:
            while not finished.wait(0.2) and time.monotonic() < end:
                pass
        finally:
            if not finished.is_set():
                _stop(thread, finished)
    if not replies:
        left = "" if finished.is_set() else " It could not be stopped: restart the kernel."
        message = f"It took longer than {seconds:g} seconds and was stopped.{left}"
        return Reply("time", message, printed.text)
    return Reply(replies[0].status, replies[0].text, printed.text)


def describe_error(error: BaseException, namespace: dict[str, Any]) -> str:
    """Return an exception and the lines of the learner's own code that led to it."""
    message = words_of(error, _MESSAGE_LIMIT)
    text = f"It raised {type(error).__name__}{': ' + message if message else ''}"
    if isinstance(error, ValueError) and "read-only" in message:
        text += " (inputs are read-only: work on a copy)"
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


def _counted(function: Callable, outcomes: list[bool]) -> Callable:
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            result = function(*args, **kwargs)
        except NotImplementedError:
            outcomes.append(True)
            raise
        except BaseException:
            outcomes.append(False)
            raise
        outcomes.append(False)
        return result

    with contextlib.suppress(Exception):  # A callable object may lack what is copied
        functools.update_wrapper(call, function)
    return call


def _unchanged(values: Any, inputs: str) -> bool:
    try:
        return crossing.encode(values) == inputs
    except crossing.CrossingError:
        return False


def _stop(thread: threading.Thread, finished: threading.Event) -> None:
    """Raise inside a thread until it ends; code that catches everything may go on."""
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    for _ in range(20):
        raise_in(ctypes.c_ulong(thread.ident), ctypes.py_object(TimeLimitError))
        if finished.wait(0.05):
            thread.join(1.0)
            return


class _Printed:
    """A standard output that keeps what one thread prints and passes on the rest."""

    def __init__(self) -> None:
        self.text = ""

    def __enter__(self) -> None:
        self._thread, self._below = threading.get_ident(), sys.stdout
        sys.stdout = self  # type: ignore[assignment]

    def __exit__(self, *error: object) -> None:
        if sys.stdout is self:
            sys.stdout = self._below

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread:
            return self._below.write(text)
        self.text += str(text)[: max(0, _PRINTED_LIMIT - len(self.text))]
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)
