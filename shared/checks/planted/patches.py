"""Other code for single functions of the course: made from their source, put into a process."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np


class PatchError(ValueError):
    """A patch does not fit the code it is meant for; the message says where."""


class Patch(NamedTuple):
    """What one function should say instead.

    Attributes:
        module: Full name of the module, such as "shared.ctc".
        function: Name in the module, such as "collapse" or "Alphabet.encode".
        source: The whole `def`, without decorators.
    """

    module: str
    function: str
    source: str


def find_function(module: str, name: str) -> FunctionType:
    """Return a function of a module, or what a method, property or class method holds.

    Raises:
        PatchError: The module has no such function.
    """
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    for attribute in ("fget", "__func__"):
        found = getattr(found, attribute, None) or found
    if not isinstance(found, FunctionType):
        raise PatchError(f"{module} has no function {name!r}; was it renamed or moved?")
    return found


@functools.cache
def function_source(module: str, function: str) -> str:
    """Return the source of a function as it stands on disk, without decorators.

    Args:
        module: Full name of the module.
        function: Name in the module, with the class before a dot for a method.

    Raises:
        PatchError: The module has no such function.
    """
    source = textwrap.dedent(inspect.getsource(find_function(module, function)))
    begins = ast.parse(source).body[0].lineno
    return "\n".join(source.splitlines()[begins - 1 :])


def substitute(module: str, function: str, old: str, new: str) -> Patch:
    """Return the patch that changes one place of a function.

    Args:
        module: Full name of the module.
        function: Name in the module.
        old: Text that stands in the function exactly once.
        new: What stands there instead.

    Raises:
        PatchError: The text is missing or not unique, so that the patch no longer fits.
    """
    source = function_source(module, function)
    count = source.count(old)
    if count != 1:
        raise PatchError(
            f"{old!r} stands {count} times in {module}.{function}, but a patch needs exactly one "
            "place. The function has changed: write the patch anew."
        )
    return Patch(module, function, source.replace(old, new))


def rename_locals(patch: Patch, seed: int, other_words: bool = False) -> Patch:
    """Return a patch that does the same with other local names, other spacing, and no comments.

    Arguments keep their names, because callers use them.

    Args:
        patch: What to rewrite.
        seed: Decides the names.
        other_words: Whether errors put their words in another order.
    """
    tree = ast.parse(patch.source)
    function = tree.body[0]
    names = sorted(_local_names(function))
    rng = np.random.default_rng([seed, *patch.function.encode()])
    fresh = {name: f"v{number}" for name, number in zip(names, rng.permutation(900), strict=False)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in fresh:
            node.id = fresh[node.id]
        elif isinstance(node, ast.FunctionDef) and node is not function and node.name in fresh:
            node.name = fresh[node.name]
        elif isinstance(node, ast.Raise | ast.Assert) and other_words:
            _turn_words(node.exc if isinstance(node, ast.Raise) else node.msg)
    if len(function.body) > 1 and ast.get_docstring(function):
        del function.body[0]
    return Patch(patch.module, patch.function, ast.unparse(tree))


def _local_names(function: ast.FunctionDef) -> set[str]:
    """Return the names that a function or one inside it stores, and that are nobody's argument."""
    stored, kept = set(), set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored.add(node.id)
        elif isinstance(node, ast.FunctionDef) and node is not function:
            stored.add(node.name)
        elif isinstance(node, ast.arg):
            kept.add(node.arg)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            kept.update(node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            kept.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            kept.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
    return stored - kept


def _turn_words(message: ast.expr | None) -> None:
    """Turn the order of the words in each text: a promise is an error, not a sentence."""
    for node in ast.walk(message) if message else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = " ".join(reversed(node.value.split(" ")))


def apply(patches: Sequence[Sequence[str]]) -> None:
    """Exchange the code inside functions of this process, until it ends; no file is touched.

    The function objects stay the same ones, so every name that they are known by, in whatever
    module, runs the new code.

    Args:
        patches: Module, function and source of each.

    Raises:
        PatchError: A patch names something else than a plain function.
    """
    for module, name, source in patches:
        function = find_function(module, name)
        space = dict(function.__globals__)
        exec(compile(f"from __future__ import annotations\n{source}", f"<{module}>", "exec"), space)
        fresh = space[name.rpartition(".")[2]]
        if fresh.__code__.co_freevars != function.__code__.co_freevars:
            raise PatchError(f"{name} needs names of a function around it.")
        function.__code__ = fresh.__code__
        function.__defaults__, function.__kwdefaults__ = fresh.__defaults__, fresh.__kwdefaults__


@contextlib.contextmanager
def plant(patches: Sequence[Patch]) -> Iterator[None]:
    """Put patches into this process while the block runs; afterwards all is as it was.

    For looking at one bug. A score is made in other processes, where nothing can leak.

    Args:
        patches: What to exchange; none for the code as it is.
    """
    functions = [find_function(patch.module, patch.function) for patch in patches]
    before = [(f, f.__code__, f.__defaults__, f.__kwdefaults__) for f in functions]
    try:
        apply(patches)
        yield
    finally:
        for function, code, defaults, keywords in before:
            function.__code__ = code
            function.__defaults__, function.__kwdefaults__ = defaults, keywords
