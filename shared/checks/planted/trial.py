"""What happens to a test in the process that runs it; see `shared.checks.worker`.

It is told patches and tests. Whether the patches are a bug nobody tells it.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import linecache
import os
import random
import warnings
from collections.abc import Sequence
from types import FrameType

import numpy as np

from shared.checks.planted.patches import apply
from shared.checks.planted.watching import CheatError, Watch
from shared.checks.portable import holds_judges, unpack
from shared.checks.probing import Reply, words_of

#: What a test may use; loaded before the first copy, so that no run pays for it
WARM = (
    *("cv2", "shared.alphabet", "shared.ctc", "shared.language", "shared.lines"),
    *("shared.pages.matching", "shared.metrics", "shared.networks", "shared.recognizer"),
    *("shared.pages.confidence", "shared.pages.line", "shared.pages.preparation"),
    *("shared.ink", "shared.preparation", "shared.training", "pytest"),
    *("shared.service.confidence", "shared.service.drift", "shared.service.images"),
    *("shared.service.improving", "PIL.JpegImagePlugin", "PIL.PngImagePlugin"),
)
DETAIL, SHOWN = 300, 90
_watch = Watch()


def warm_up() -> Reply:
    """Load everything and make the process fit to be copied."""
    warnings.simplefilter("ignore")
    for name in WARM:
        with contextlib.suppress(ImportError):  # pytest is a help, not a need
            importlib.import_module(name)
    import cv2

    cv2.setNumThreads(0)  # Threads do not survive a fork
    gc.freeze()  # What is here stays here, so forks need not copy its pages to count references
    return Reply("answer")


def plant(patches: Sequence[Sequence[str]]) -> Reply:
    """Patch the modules, and watch what is done to them from then on.

    Args:
        patches: Module, function and source of each.
    """
    apply(patches)
    _watch.start(_is_test, os.getcwd())
    return Reply("answer")


def run_test(test: str, seed: int) -> Reply:
    """Run a packed test; what it prints is lost."""
    random.seed(seed)
    np.random.seed(seed)
    outcome, detail = _outcome(test)
    cheats, changed = _watch.take()
    return Reply("answer", json.dumps([outcome, detail, cheats, changed]))


def _outcome(packed: str) -> tuple[str, str]:
    try:
        unpack(packed)()
    except AssertionError as error:
        return "failed", _stop(error)
    except NotImplementedError as error:
        return "stub", words_of(error, DETAIL)
    except CheatError:
        return "failed", ""
    except BaseException as error:  # SystemExit of a test as well
        if isinstance(error, ImportError) and any(map(holds_judges, str(error).split())):
            return "judge", words_of(error, DETAIL)
        return "error", _stop(error, f"{type(error).__name__}: ")
    return "passed", ""


def _stop(error: BaseException, kind: str = "") -> str:
    """Say in which line of the test it stopped, on what value, and with which words."""
    place, step = "", error.__traceback__
    while step is not None:
        if _is_test(step.tb_frame):
            code = step.tb_frame.f_code
            place = f"line {step.tb_lineno - code.co_firstlineno + 1} of {code.co_name}"
            if not kind:
                place += _asserted(step.tb_frame, step.tb_lineno)
        step = step.tb_next
    return ": ".join(part for part in (place, kind + words_of(error, DETAIL)) if part)


def _asserted(frame: FrameType, line: int) -> str:
    """Return an assertion and the value of its left side, which is worked out once more."""
    with contextlib.suppress(BaseException):
        text = "".join(linecache.getlines(frame.f_code.co_filename))
        asserts = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assert))
        test = next(node.test for node in asserts if node.lineno <= line <= node.end_lineno)
        said = f", `{ast.unparse(test)[:SHOWN]}`"
        with contextlib.suppress(BaseException):
            if isinstance(test, ast.Compare) and not _value(test, frame):  # Not so by chance alone
                shown = " ".join(repr(_value(test.left, frame)).split())
                said += f", where the left side is {shown[:SHOWN]}"
        return said
    return ""


def _value(node: ast.expr, frame: FrameType) -> object:
    code = compile(ast.Expression(node), "<assertion>", "eval")
    return eval(code, frame.f_globals, dict(frame.f_locals))


def _is_test(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return name == "__main__" or name.startswith("saved_") or holds_judges(name)
