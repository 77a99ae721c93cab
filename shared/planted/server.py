"""The warm process: modules are loaded once, and every run of a test is a fork of it.

What it is told comes line by line: tests as cloudpickle wrote them, patches, a seed. Whether the
patches are a bug nobody tells it. No judge can be imported here.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import cloudpickle
import numpy as np

from shared.checks.child import _NoJudges, _private_channel
from shared.checks.portable import holds_judges
from shared.planted.applying import apply
from shared.planted.watching import CheatError, Watch

#: What a test may use; loaded before the first fork, so that no run pays for it
WARM = (
    *("cv2", "shared.alphabet", "shared.ctc", "shared.decoding", "shared.lines"),
    *("shared.matching", "shared.metrics", "shared.networks", "shared.recognizer"),
    *("shared.recognizer.detected_lines", "shared.recognizer.page_images"),
    *("shared.recognizer.preparation", "shared.training.batching", "pytest"),
    *("shared.service.confidence", "shared.service.drift", "shared.service.images"),
    *("shared.service.improving", "PIL.JpegImagePlugin", "PIL.PngImagePlugin"),
)
MEMORY = 4_000_000_000  # Bytes of address space, most of it libraries that are never touched
DETAIL = 300


def main(once: bool = False) -> None:
    """Serve requests until the channel closes, or one request without forking."""
    requests, replies = _private_channel()
    sys.meta_path.insert(0, _NoJudges())
    warnings.simplefilter("ignore")
    for name in WARM:
        with contextlib.suppress(ImportError):  # pytest is a help, not a need
            importlib.import_module(name)
    import cv2

    cv2.setNumThreads(0)  # Threads do not survive a fork
    gc.freeze()  # What is here stays here, so forks need not copy its pages to count references
    for line in requests:
        request = json.loads(line)
        for entry in _run_here(request) if once else _run_in_forks(request):
            replies.write(json.dumps(entry) + "\n")
            replies.flush()
        replies.write(json.dumps({"end": True}) + "\n")
        replies.flush()


def _run_in_forks(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Run the tests in one fork; after a crash or a time-out, those behind it in another."""
    waiting = list(range(len(request["tests"])))
    if request["seed"] % 2:  # A test must not need what another left behind
        waiting.reverse()
    while waiting:
        for entry in _fork(request, waiting):
            waiting.remove(entry["test"])
            yield entry


def _fork(request: dict[str, Any], order: list[int]) -> list[dict[str, Any]]:
    read_end, write_end = os.pipe()
    folder = tempfile.mkdtemp()
    process = os.fork()
    if process == 0:
        os.close(read_end)
        _confine(request)
        os.chdir(folder)
        write = os.write

        def send(entry: dict[str, Any]) -> None:
            write(write_end, (json.dumps(entry) + "\n").encode())

        try:
            _run(request, order, folder, send)
        finally:
            os._exit(0)
    os.close(write_end)
    entries, how = _collect(read_end, request["seconds"], len(order))
    with contextlib.suppress(OSError):  # What the test started ends with it
        os.killpg(process, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(read_end)
    shutil.rmtree(folder, ignore_errors=True)
    if len(entries) < len(order) and not (entries and entries[-1].pop("last", False)):
        entries.append({"test": order[len(entries)], "outcome": how, "detail": "", "cheats": []})
    return entries


def _collect(pipe: int, seconds: float, count: int) -> tuple[list[dict[str, Any]], str]:
    """Read what a fork sends; each test has its own time."""
    received, end = b"", time.monotonic() + seconds
    while True:
        done = received.count(b"\n")
        left = end - time.monotonic()
        if done >= count or left <= 0 or not select.select([pipe], [], [], left)[0]:
            how = "died" if done >= count else "time"
            break
        part = os.read(pipe, 65536)
        if not part:
            how = "died"
            break
        received += part
        if received.count(b"\n") > done:
            end = time.monotonic() + seconds
    entries = []
    for line in received.split(b"\n")[:-1][:count]:
        with contextlib.suppress(ValueError):
            entries.append(json.loads(line))
    return entries, how


def _run_here(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        _run(request, range(len(request["tests"])), folder, entries.append)
        yield from entries


def _confine(request: dict[str, Any]) -> None:
    import resource

    os.setsid()
    with contextlib.suppress(OSError, ValueError):  # macOS knows no limit of address space
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with contextlib.suppress(OSError, ValueError):
        seconds = int(request["seconds"]) * len(request["tests"]) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _run(
    request: dict[str, Any], order: Any, folder: str, send: Callable[[dict[str, Any]], None]
) -> None:
    """Patch the modules and run the tests; what they print is lost."""
    apply(request["patches"])
    watch = Watch()
    watch.start(_is_test, folder)
    for number in order:
        random.seed(request["seed"])
        np.random.seed(request["seed"])
        outcome, detail = _outcome(request["tests"][number])
        cheats, changed = watch.take()
        entry = {"test": number, "outcome": outcome, "detail": detail, "cheats": cheats}
        send(entry | ({"last": True} if changed else {}))
        if changed:  # Whatever comes next would run on other code: it gets a fork of its own
            return


def _outcome(pickled: str) -> tuple[str, str]:
    try:
        test = cloudpickle.loads(base64.b64decode(pickled))
        test()
    except AssertionError as error:
        return "failed", _text(error)
    except NotImplementedError as error:
        return "stub", _text(error)
    except CheatError:
        return "failed", ""
    except BaseException as error:  # SystemExit of a test as well
        if isinstance(error, ImportError) and any(map(holds_judges, _named(error))):
            return "judge", _text(error)
        return "error", f"{type(error).__name__}: {_text(error)}"
    return "passed", ""


def _named(error: ImportError) -> list[str]:
    return [word for word in str(error).split() if word.startswith("shared.")]


def _text(error: BaseException) -> str:
    try:
        return " ".join(str(error).split())[:DETAIL]
    except Exception:
        return "(its message cannot be shown)"


def _is_test(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return name == "__main__" or name.startswith("saved_") or holds_judges(name)
