"""What happens to answers in the process that runs them; see `shared.checks.worker`.

Their cells run in one namespace, as in a notebook. No judge is sent here: inputs and probes
arrive as data, and what goes back is an answer, not a verdict.
"""

from __future__ import annotations

import linecache
import sys
from typing import Any

from shared.checks.guard import copy_function
from shared.checks.portable import holds_judges, unpack
from shared.checks.probing import Reply, attempt, describe_error
from shared.checks.worker import limit  # noqa: F401  (asked for by name)

_names: dict[str, Any] = vars(sys.modules["__main__"])


def run_cell(source: str, label: str) -> Reply:
    """Run the text of a cell."""
    _remember(f"<{label}>", source)
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


def probe(name: str, probe: str | None, inputs: str, refuse: list[str]) -> Reply:
    """Put one case to the function of a name."""
    if not callable(_names.get(name)):
        return Reply("error", f"The cell runs, but `{name}` is not a function afterwards.")
    refused = tuple(map(unpack, refuse))
    return attempt(_names[name], probe and unpack(probe), inputs, refused, _names, True)


def probe_sent(
    function: str, probe: str | None, inputs: str, refuse: list[str], sources: dict[str, str]
) -> Reply:
    """Put one case to a packed function; `sources` are the cells it stands in, by file name."""
    for name, text in sources.items():
        _remember(name, text)
    answer = unpack(function)
    refused, space = tuple(map(unpack, refuse)), getattr(answer, "__globals__", _names)
    return attempt(answer, probe and unpack(probe), inputs, refused, space, True)


def _remember(filename: str, source: str) -> None:
    """Let the lines of a text be found that no file holds."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
