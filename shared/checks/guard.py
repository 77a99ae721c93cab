"""Notice when an answer calls the reference it should replace.

While an answer is probed, the code inside the reference function is exchanged for a guard.
That works whatever name, alias or wrapper the function is reached by, because the function
object stays the same. Library code that calls the reference is let through.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NoReturn

_MOST_REACHED = 2000  # Things that an answer uses
_PROBES = ("shared.checks.", "shared.exercises.")  # They call what they take for the answer


def copy_function(function: FunctionType, name: str) -> FunctionType:
    """Return another function of the same code; it stays what it is when the first is changed."""
    copy = FunctionType(function.__code__, function.__globals__, name, function.__defaults__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


class ReferenceCalledError(Exception):
    """The answer called the reference of its own exercise."""


class Guard:
    """What is called instead of a function; it goes on to the function or refuses."""

    def __init__(
        self, function: FunctionType, refused: list[str], namespace: dict, thread: int | None
    ) -> None:
        self._function, self._refused = copy_function(function, function.__name__), refused
        self._namespace, self._thread = namespace, thread

    def code(self) -> CodeType:
        """Return code for the function: it calls this guard, which is one of its constants."""
        code = _stand_in.__code__
        constants = tuple(self if constant == "guard" else constant for constant in code.co_consts)
        return code.replace(co_consts=constants)

    def enter(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Run the original function, unless the learner's code is what calls it."""
        if self._called_by_answer(sys._getframe(2)):
            self.refuse()
        return self._function(*args, **kwargs)

    def refuse(self) -> NoReturn:
        """Say that the reference was taken for an answer."""
        self._refused.append(self._function.__name__)
        raise ReferenceCalledError(f"{self._function.__name__} is the answer asked for.")

    def _called_by_answer(self, frame: FrameType | None) -> bool:
        """Look outward for whoever made the call: the answer, its probe, or the library."""
        if self._thread not in (None, threading.get_ident()):
            return False
        while frame is not None:
            if frame.f_globals is self._namespace:
                return True
            module = str(frame.f_globals.get("__name__"))
            if module.startswith("shared."):
                return module.startswith(_PROBES)
            frame = frame.f_back
        return self._thread is None


def _stand_in(*args, **kwargs):  # noqa: ANN202 - only its code is used, with a guard put in
    return "guard".enter(args, kwargs)


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
    before = {function: function.__code__ for function in functions}
    thread = None if every_thread else threading.get_ident()
    try:
        for function in before:
            function.__code__ = Guard(function, refused, namespace, thread).code()
        yield refused
    finally:
        for function, code in before.items():
            function.__code__ = code


def copied(function: Any, references: Iterable[Callable], namespace: dict[str, Any]) -> str | None:
    """Return the name of a reference whose code an answer holds as a copy, or None.

    A copy may be another function of the same code, a second load of its module, or its text run
    again. An answer that is alike by chance has other words in its docstring.

    Args:
        function: The answer.
        references: Functions of the course; the answers of solutions are not looked for, because
            a learner's own may well be the same.
        namespace: Globals of the learner's code.
    """
    known = {_likeness(one.__code__): one.__name__ for one in references if is_library(one)}
    waiting, seen = [function], set()
    while waiting and len(seen) < _MOST_REACHED:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, CodeType):
            if found := known.get(_likeness(one)):
                return found
            waiting += [each for each in one.co_consts if isinstance(each, CodeType)]
            waiting += [namespace[name] for name in one.co_names if name in namespace]
        elif isinstance(one, FunctionType) and not is_library(one):
            waiting += [one.__code__, *gc.get_referents(*(one.__closure__ or ()))]
        elif isinstance(one, ModuleType) and sys.modules.get(one.__name__) is not one:
            waiting += [each for each in vars(one).values() if isinstance(each, FunctionType)]
        elif type(one).__module__ == "functools":
            waiting += gc.get_referents(one)
    return None


def _likeness(code: CodeType) -> tuple:
    constants = tuple(one for one in code.co_consts if not isinstance(one, CodeType))
    return code.co_code, repr(constants), code.co_names, code.co_varnames


def is_library(function: Any) -> bool:
    """Return whether a function is what its own module holds, and no solution's answer."""
    module = sys.modules.get(str(getattr(function, "__module__", "")))
    held = getattr(module, getattr(function, "__name__", ""), None)
    return held is function and module.__name__.startswith("shared.")
