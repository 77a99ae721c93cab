"""Send a function to another process of the same Python, without the module it comes from.

A probe must run next to the learner's answer, while its judge stays behind. So it travels as
compiled code together with the constants and helper functions it names, and nothing else. Only
the judge's side packs and only the other side unpacks.
"""

from __future__ import annotations

import base64
import functools
import inspect
import io
import linecache
import marshal
import sys
from collections import ChainMap
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType
from typing import Any

import cloudpickle

from shared.checks.guard import Guard, ReferenceCalledError, is_library

_JUDGES = (
    "solutions",
    "shared.tests",
    "shared.exercises.lab",
    "shared.checks.answers",
    "shared.checks.planted.bugs",
    "shared.checks.planted.scoring",
)


class NotPortableError(TypeError):
    """A function uses something that cannot travel."""


def _reduce_code(code: CodeType) -> tuple[Callable, tuple[bytes]]:
    """Keep the file's name, which cloudpickle takes out, so that lines are found."""
    for constant in code.co_consts:
        if isinstance(constant, Guard):  # The reference itself is sent as an answer
            constant.refuse()
    return marshal.loads, (marshal.dumps(code),)


def _cached(parameters: dict, function: Callable) -> Callable:
    return functools.lru_cache(**parameters)(function)


def _reduce_cached(cached: Any) -> tuple[Callable, tuple[dict, Callable]]:
    """Send what a cache stands around, where cloudpickle would send a name."""
    return _cached, (cached.cache_parameters(), cached.__wrapped__)


class _Pickler(cloudpickle.Pickler):
    dispatch_table = ChainMap(
        {CodeType: _reduce_code, type(functools.lru_cache(len)): _reduce_cached},
        cloudpickle.Pickler.dispatch_table,
    )


def holds_judges(module: str) -> bool:
    """Return whether a module may not be imported next to a learner's code.

    That is a module with exercises or answers, the planted bugs of Lab 8, and every test and
    solution. Functions of such a module are sent as code.
    """
    return module.startswith(_JUDGES) and module != "shared.exercises.lab09_inputs"


def pack(function: Callable) -> str:
    """Return a function as text, with what it uses and the cells it stands in.

    Of the library only names are sent.

    Raises:
        NotPortableError: The function uses something that cannot travel; the message names it.
        ReferenceCalledError: It is, or uses, the reference of the exercise that is being judged.
    """
    judges = {module for name, module in list(sys.modules.items()) if module and holds_judges(name)}
    for module in judges:  # Importable here, but not there
        cloudpickle.register_pickle_by_value(module)
    packed = io.BytesIO()
    try:
        _Pickler(packed).dump((function, _cells_of(function)))
    except ReferenceCalledError:
        raise
    except Exception as error:  # Whatever an object raises that is no value
        raise NotPortableError(
            f"`{getattr(function, '__name__', function)}` uses something that cannot be sent to "
            f"another process ({error}). Make it inside, or use numbers, arrays and functions."
        ) from None
    finally:
        for module in judges:
            cloudpickle.unregister_pickle_by_value(module)
    return base64.b64encode(packed.getvalue()).decode("ascii")


def pack_library(functions: Iterable[Callable]) -> list[str]:
    """Return those functions, packed, that the other process can import by their names."""
    return [pack(one) for one in functions if is_library(one) and not holds_judges(one.__module__)]


def unpack(packed: str) -> Callable:
    """Return the function that `pack` described; the lines of its cells can be quoted."""
    function, cells = cloudpickle.loads(base64.b64decode(packed))
    for filename, text in cells.items():
        remember(filename, text)
    return function


def remember(filename: str, text: str) -> None:
    """Let the lines of a text be found that no file holds."""
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)


def _cells_of(function: Callable) -> dict[str, str]:
    """Return the text of what a function stands in, by file name, where no file holds it."""
    inner = inspect.unwrap(function)
    inside = [cell.cell_contents for cell in getattr(inner, "__closure__", None) or ()]
    codes = (getattr(one, "__code__", None) for one in (inner, *inside))
    names = {code.co_filename for code in codes if code}
    return {name: "".join(linecache.getlines(name)) for name in names if not Path(name).is_file()}
