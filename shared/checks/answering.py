"""What happens to answers in the process that runs them; see `shared.checks.worker`.

Their cells run in one namespace, as in a notebook. No judge is sent here: inputs and probes
arrive as data, and what goes back is an answer, not a verdict.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
from pathlib import Path
from typing import Any

from shared.checks.guard import copy_function
from shared.checks.portable import holds_judges, remember, unpack
from shared.checks.probing import PRINTED, PRINTED_LIMIT, Reply, attempt, describe_error
from shared.checks.worker import limit  # noqa: F401  (asked for by name)

_FOLDER = Path.cwd()  # An answer may go elsewhere
_names: dict[str, Any] = vars(sys.modules["__main__"])


def run_cell(source: str, label: str) -> Reply:
    """Run the text of a cell."""
    remember(f"<{label}>", source)
    try:
        exec(compile(source, f"<{label}>", "exec"), _names)
    except BaseException as error:  # SystemExit included: the next cell still counts
        return Reply("error", describe_error(error, _names))
    return Reply("answer")


def bind(name: str, reference: str) -> Reply:
    """Let a name stand for the packed reference."""
    function = unpack(reference)
    if holds_judges(function.__module__):  # Then these names are its own, and it is no probe
        function.__globals__["__name__"] = "shared.reference"
    _names[name] = copy_function(function, name)
    return Reply("answer")


def receive(name: str, function: str) -> Reply:
    """Let a name stand for a packed answer."""
    try:
        _names[name] = unpack(function)
    except Exception as error:  # Whatever it imports may not be found, or fail, here
        return Reply("error", describe_error(error, _names))
    return Reply("answer")


def probe(name: str, probe: str | None, inputs: str, refuse: list[str]) -> Reply:
    """Put one case to the function of a name; what it prints first is kept in a file."""
    function = _names.get(name)
    if not callable(function):
        return Reply("error", f"The cell runs, but `{name}` is not a function afterwards.")
    refused = tuple(map(unpack, refuse))
    space = getattr(inspect.unwrap(function), "__globals__", _names)
    with _Beginning() as output, contextlib.redirect_stdout(output):
        return attempt(function, probe and unpack(probe), inputs, refused, space)


class _Beginning(io.TextIOBase):
    """A standard output that keeps its beginning at once, in case that this process is ended."""

    def __init__(self) -> None:
        self._left = PRINTED_LIMIT
        Path(_FOLDER, PRINTED).write_bytes(b"")

    def write(self, text: str) -> int:
        kept = str(text)[: self._left]
        if kept:
            self._left -= len(kept)
            with Path(_FOLDER, PRINTED).open("ab") as file:
                file.write(kept.encode("utf-8", "replace"))
        return len(text)
