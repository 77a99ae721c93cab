"""The process that runs a learner's answers: told what to do line by line, it reports values.

No judge is sent here: exercise modules cannot be imported, inputs and probes arrive as data,
and what goes back is an answer, not a verdict. Its standard input and output become a private
channel before any of the learner's code runs.
"""

from __future__ import annotations

import builtins
import importlib.abc
import json
import linecache
import os
import re
import sys
from types import FunctionType, ModuleType
from typing import Any, TextIO

from shared.checks.portable import holds_judges, unpack
from shared.checks.probing import Reply, attempt, describe_error


class _NoJudges(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if holds_judges(fullname) or fullname == "shared.checks.runner":
            raise ImportError(f"{fullname} is not available while answers are judged.")


def main() -> None:
    """Serve requests until the channel closes."""
    requests, replies = _private_channel()
    sys.meta_path.insert(0, _NoJudges())
    module = ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    module.__dict__.setdefault("display", print)
    sys.modules["__main__"] = module
    for line in requests:
        request = json.loads(line)
        reply = _serve(request, module.__dict__)
        replies.write(json.dumps({"ticket": request["ticket"], **vars(reply)}) + "\n")
        replies.flush()


def _private_channel() -> tuple[TextIO, TextIO]:
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    return requests, replies


def _serve(request: dict[str, Any], namespace: dict[str, Any]) -> Reply:
    if request["do"] == "run":
        return _run_cell(request["source"], request["label"], namespace)
    if request["do"] == "bind":
        function = unpack(request["reference"], "shared.reference")
        copy = FunctionType(
            function.__code__, function.__globals__, request["name"], function.__defaults__
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        namespace[request["name"]] = copy
        return Reply("answer")
    name = request["name"]
    if not callable(namespace.get(name)):
        return Reply("error", f"The cell runs, but `{name}` is not a function afterwards.")
    probe = unpack(request["probe"]) if request["probe"] else None
    refuse = tuple(unpack(packed, "shared.reference") for packed in request["refuse"])
    return attempt(namespace[name], probe, request["inputs"], refuse, namespace, True)


def _run_cell(source: str, label: str, namespace: dict[str, Any]) -> Reply:
    filename = f"<{label}>"
    try:
        code = _compile(source, filename)
        exec(code, namespace)
    except BaseException as error:  # SystemExit included: the next cell still counts
        return Reply("error", describe_error(error, namespace))
    return Reply("answer")


def _compile(source: str, filename: str) -> Any:
    try:
        code = compile(source, filename, "exec")
    except SyntaxError:
        # Lines for the notebook, such as %matplotlib or !ls, mean nothing here
        source = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)
        code = compile(source, filename, "exec")
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return code


if __name__ == "__main__":
    main()
