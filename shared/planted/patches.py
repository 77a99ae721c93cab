"""A patch: other source for one function of the course, made from the course's own source."""

from __future__ import annotations

import ast
import functools
import importlib.util
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np


class PatchError(ValueError):
    """A patch does not fit the code it is meant for; the message says where."""


@dataclass(frozen=True)
class Patch:
    """What one function should say instead.

    Attributes:
        module: Full name of the module, such as "shared.ctc.collapsing".
        function: Name in the module, such as "collapse" or "Alphabet.encode".
        source: The whole `def`, without decorators.
    """

    module: str
    function: str
    source: str

    def plain(self) -> dict[str, str]:
        """Return the patch as values that JSON can hold."""
        return asdict(self)


def function_source(module: str, function: str) -> str:
    """Return the source of a function as it stands on disk, without decorators.

    Args:
        module: Full name of the module.
        function: Name in the module, with the class before a dot for a method.

    Raises:
        PatchError: The module has no such function.
    """
    body: Sequence[ast.stmt] = _tree(module).body
    *classes, name = function.split(".")
    for part in classes:
        found = [n for n in body if isinstance(n, ast.ClassDef) and n.name == part]
        body = found[0].body if found else ()
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            lines = _text(module).splitlines()[node.lineno - 1 : node.end_lineno]
            return textwrap.dedent("\n".join(lines))
    raise PatchError(f"{module} has no function {function!r}; was it renamed or moved?")


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


def rename_locals(patch: Patch, seed: int) -> Patch:
    """Return a patch that does the same with other local names, other spacing, and no comments.

    Arguments keep their names, because callers use them.

    Args:
        patch: What to rewrite.
        seed: Decides the names.
    """
    tree = ast.parse(patch.source)
    function = tree.body[0]
    names = sorted(_local_names(function))
    rng = np.random.default_rng([seed, *patch.function.encode()])
    fresh = {name: f"v{number}" for name, number in zip(names, rng.permutation(900), strict=False)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in fresh:
            node.id = fresh[node.id]
        if isinstance(node, ast.FunctionDef) and node is not function and node.name in fresh:
            node.name = fresh[node.name]
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


@functools.cache
def _text(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.origin:
        raise PatchError(f"There is no module {module!r} to patch; was it renamed?")
    return Path(spec.origin).read_text(encoding="utf-8")


@functools.cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_text(module))
