"""Notice when an answer calls the reference it should replace.

While an answer is probed, the code inside the reference function is exchanged for a guard.
That works whatever name, alias or wrapper the function is reached by, because the function
object stays the same. Library code that calls the reference is let through.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType
from typing import Any


class ReferenceCalledError(Exception):
    """The answer called the reference of its own exercise."""


@dataclass
class _Watch:
    original: FunctionType
    namespace: dict[str, Any]
    thread: int | None
    refused: list[str] = field(default_factory=list)
    over: bool = False


_numbers = itertools.count(1)
#: Kept for good: an answer left behind in a thread may put a guard back long after its end
_watches: dict[int, _Watch] = {}


def _stand_in(*args, **kwargs):  # noqa: ANN202 - only its code is used, with -1 exchanged
    import shared.checks.guard

    return shared.checks.guard.enter(-1, args, kwargs)


@contextlib.contextmanager
def guarded(
    functions: tuple[Callable, ...], namespace: dict[str, Any], every_thread: bool = False
) -> Iterator[list[str]]:
    """Refuse calls to functions from a namespace while the block runs.

    Args:
        functions: Plain functions without closure.
        namespace: Globals of the learner's code.
        every_thread: Whether other threads are watched too. A notebook leaves them alone:
            training in the background may be calling the same functions.

    Yields:
        A list that gets the name of the function for every call refused.
    """
    refused: list[str] = []
    entered: list[tuple[FunctionType, CodeType, _Watch]] = []
    thread = None if every_thread else threading.get_ident()
    try:
        for function in dict.fromkeys(functions):
            original = FunctionType(
                function.__code__, function.__globals__, function.__name__, function.__defaults__
            )
            original.__kwdefaults__ = function.__kwdefaults__
            number = next(_numbers)
            _watches[number] = _Watch(original, namespace, thread, refused)
            entered.append((function, function.__code__, _watches[number]))
            function.__code__ = _numbered(number)
        yield refused
    finally:
        for function, code, watch in reversed(entered):
            function.__code__ = code
            watch.over = True


def enter(number: int, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Run the original function, unless the learner's code is what calls it."""
    watch = _watches[number]
    if not watch.over and _called_by_answer(sys._getframe(2), watch):
        watch.refused.append(watch.original.__name__)
        raise ReferenceCalledError(f"{watch.original.__name__} is the answer asked for.")
    return watch.original(*args, **kwargs)


def _called_by_answer(frame: FrameType | None, watch: _Watch) -> bool:
    """Look outward for whoever made the call: the answer, its probe, or the library."""
    if watch.thread not in (None, threading.get_ident()):
        return False
    while frame is not None:
        if frame.f_globals is watch.namespace:
            return True
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("shared.checks.") or module == "probe":
            return True  # An alias: the probe called what it took for the answer
        if module.startswith("shared."):
            return False
        frame = frame.f_back
    return watch.thread is None


def _numbered(number: int) -> CodeType:
    code = _stand_in.__code__
    constants = tuple(number if constant == -1 else constant for constant in code.co_consts)
    return code.replace(co_consts=constants)
