"""Put patches into the modules of this process; files on disk are never touched."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.planted.patches import Patch


def apply(patches: Sequence[Mapping[str, str]]) -> None:
    """Exchange the code inside functions of this process, until it ends.

    The function objects stay the same ones, so every name that they are known by, in whatever
    module, runs the new code.

    Args:
        patches: Module, function and source of each, as `Patch.plain` gives them.

    Raises:
        TypeError: A patch names something else than a plain function.
    """
    for patch in patches:
        function = find_function(patch["module"], patch["function"])
        space = dict(function.__globals__)
        source = f"from __future__ import annotations\n{patch['source']}"
        exec(compile(source, f"<{patch['module']}>", "exec"), space)
        fresh = space[patch["function"].rpartition(".")[2]]
        if fresh.__code__.co_freevars != function.__code__.co_freevars:
            raise TypeError(f"{patch['function']} needs names of a function around it.")
        function.__code__ = fresh.__code__
        function.__defaults__, function.__kwdefaults__ = fresh.__defaults__, fresh.__kwdefaults__


def find_function(module: str, name: str) -> FunctionType:
    """Return a function of a module, or what a method, property or class method holds."""
    owner: Any = importlib.import_module(module)
    *classes, last = name.split(".")
    for part in classes:
        owner = getattr(owner, part)
    found = vars(owner)[last]
    for attribute in ("fget", "__func__"):
        found = getattr(found, attribute, None) or found
    if not isinstance(found, FunctionType):
        raise TypeError(f"{module}.{name} is no function but {type(found).__name__}.")
    return found


@contextlib.contextmanager
def planted(patches: Sequence[Patch]) -> Iterator[None]:
    """Put patches into this process while the block runs; afterwards all is as it was.

    For looking at one bug. A score is made in other processes, where nothing can leak.

    Args:
        patches: What to exchange; none for the code as it is.
    """
    functions = [find_function(patch.module, patch.function) for patch in patches]
    before = [(f, f.__code__, f.__defaults__, f.__kwdefaults__) for f in functions]
    try:
        apply([patch.plain() for patch in patches])
        yield
    finally:
        for function, code, defaults, keywords in before:
            function.__code__ = code
            function.__defaults__, function.__kwdefaults__ = defaults, keywords
