"""Send a function to another process of the same Python, without the module it comes from.

A probe must run next to the learner's answer, while its judge stays behind. So it travels as
compiled code together with the constants and helper functions it names, and nothing else.
"""

from __future__ import annotations

import base64
import builtins
import dis
import functools
import importlib
import marshal
import re
from collections.abc import Callable
from pathlib import Path
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from shared.checks import crossing

_LAB_MODULE = re.compile(r"shared\.checks\.lab\d\d\w*")
_PLANTED = tuple(f"shared.planted.{name}" for name in ("bugs", "rewritings", "scoring"))


class NotPortableError(TypeError):
    """A function uses something that cannot travel."""


@functools.cache
def holds_judges(module: str) -> bool:
    """Return whether a module may not be imported next to a learner's code.

    That is a module with exercises, the planted bugs of Lab 8, and every test and solution.
    Functions of such a module are sent as code.
    """
    if module.split(".")[0] == "solutions" or module.startswith(("shared.tests", *_PLANTED)):
        return True
    if not _LAB_MODULE.fullmatch(module):
        return False
    path = Path(__file__).with_name(f"{module.rpartition('.')[2]}.py")
    return path.is_file() and "shared.checks.exercise" in path.read_text(encoding="utf-8")


def pack(function: Callable) -> dict[str, Any]:
    """Return a function as values that JSON can hold.

    A function of the library is named, because the other process has the library too.

    Raises:
        NotPortableError: The function uses something that cannot travel; the message names it.
    """
    table: dict[str, Any] = {}
    return {"entry": _pack(function, table), "table": table}


def unpack(packed: dict[str, Any], module: str = "probe") -> Callable:
    """Return the function that `pack` described, as if it came from a module of that name."""
    made: dict[str, Callable] = {}
    for key, item in packed["table"].items():
        made[key] = _resolve(item["import"]) if "import" in item else _make(item, module)
    for key, item in packed["table"].items():
        for name, value in item.get("globals", {}).items():
            made[key].__globals__[name] = _global(value, made)
        for cell, value in zip(made[key].__closure__ or (), item.get("cells", ()), strict=False):
            cell.cell_contents = _global(value, made)
    return made[packed["entry"]]


def _pack(function: Callable, table: dict[str, Any]) -> str:
    if not isinstance(function, FunctionType):
        raise NotPortableError(f"{function!r} cannot travel; use a function written with def.")
    key = f"{function.__module__}:{function.__qualname__}:{id(function)}"
    if key in table:
        return key
    if not holds_judges(function.__module__ or ""):
        table[key] = {"import": f"{function.__module__}:{function.__qualname__}"}
        return key
    item: dict[str, Any] = {"name": function.__name__}
    table[key] = item  # Entered first, so that a function may call itself
    item["code"] = base64.b64encode(marshal.dumps(function.__code__)).decode("ascii")
    item["defaults"] = crossing.encode(list(function.__defaults__ or ()))
    item["keyword_defaults"] = crossing.encode(function.__kwdefaults__ or {})
    item["cells"] = [
        _describe(cell.cell_contents, function, table) for cell in function.__closure__ or ()
    ]
    item["globals"] = {
        name: _describe(function.__globals__[name], function, table)
        for name in sorted(_global_names(function.__code__))
        if name in function.__globals__
    }
    return key


def _describe(value: Any, function: Callable, table: dict[str, Any]) -> dict[str, str]:
    if isinstance(value, ModuleType):
        return {"module": value.__name__}
    if isinstance(value, FunctionType):
        return {"function": _pack(value, table)}
    if callable(value) and not holds_judges(str(getattr(value, "__module__", ""))):
        return {"import": f"{value.__module__}:{value.__qualname__}"}
    try:
        return {"value": crossing.encode(value)}
    except crossing.CrossingError as error:
        raise NotPortableError(f"{function.__qualname__} cannot travel: {error}") from None


def _global_names(code: CodeType) -> set[str]:
    names = {
        step.argval for step in dis.get_instructions(code) if step.opname.startswith("LOAD_GLOBAL")
    }
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _global_names(constant)
    return names - set(dir(builtins))


def _make(item: dict[str, Any], module: str) -> FunctionType:
    code = marshal.loads(base64.b64decode(item["code"]))
    space = {"__builtins__": builtins, "__name__": module}
    cells = tuple(CellType() for _ in item["cells"])
    defaults = tuple(crossing.decode(item["defaults"])) or None
    function = FunctionType(code, space, item["name"], defaults, cells or None)
    function.__kwdefaults__ = crossing.decode(item["keyword_defaults"]) or None
    return function


def _global(value: dict[str, str], made: dict[str, Callable]) -> Any:
    ((how, what),) = value.items()
    if how == "module":
        return importlib.import_module(what)
    if how == "import":
        return _resolve(what)
    return made[what] if how == "function" else crossing.decode(what)


def _resolve(place: str) -> Any:
    module, _, path = place.partition(":")
    value: Any = importlib.import_module(module)
    for name in path.split("."):
        value = getattr(value, name)
    return value
