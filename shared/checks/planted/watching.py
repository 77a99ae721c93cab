"""Notice a test that looks at the code under test, changes it or leaves its process.

Python reports such steps as audit events, and a hook that was added cannot be taken away again.
So it is added in a process that runs some tests and ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any

import shared

PACKAGE = str(Path(shared.__file__).resolve().parent) + os.sep
INSPECTS, PATCHES, LEAVES = "inspects", "patches", "leaves"

_OWN = ("shared.checks", "shared.exercises", "shared.tests")  # Not what a test is written for
_CODE = {"__code__", "f_code", "gi_code", "cr_code", "ag_code", "__defaults__", "__kwdefaults__"}
_FRAMES = {"sys._getframe", "sys._current_frames", "sys.settrace", "sys.setprofile"}
_FRAMES |= {"gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._getframemodulename"}
_FRAMES |= {"sys.monitoring.register_callback", "code.__new__", "function.__new__"}
_OUTSIDE = {"os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system"}
_OUTSIDE |= {"subprocess.Popen", "socket.connect", "socket.bind", "os.kill", "os.killpg"}
_FILES = {"os.remove", "os.rename", "os.rmdir", "shutil.rmtree", "os.truncate", "os.chmod"}


class CheatError(BaseException):
    """Raised inside a test at the step that is not allowed."""


class Watch:
    """What tests do to the code under test, from `start` on."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._armed = False

    def start(self, is_test: Callable[[FrameType], bool], folder: str) -> None:
        """Begin to watch.

        Args:
            is_test: Says whether a frame runs the test's own code.
            folder: Where the test may write and delete files.
        """
        self._is_test, self._folder = is_test, os.path.realpath(folder) + os.sep
        self._files = {getattr(module, "__file__", None) for module in _modules()} - {None}
        self._before = _fingerprint()
        for module in _modules():
            module.__class__ = _watched_module(self)
        sys.addaudithook(self._event)
        self._armed = True

    def take(self) -> tuple[list[str], bool]:
        """Return what was seen since the last call, each kind once, and whether code is changed.

        Code that was changed behind the back of the hook stays changed: nothing may run after it.
        """
        self._armed = False
        now = _fingerprint()  # It may have grown, by modules that were imported meanwhile
        changed = any(now.get(place) != value for place, value in self._before.items())
        found = dict.fromkeys([*self._seen, *([PATCHES] if changed else [])])
        self._seen.clear()
        self._armed = True
        return list(found), changed

    def note(self, kind: str) -> None:
        """Keep what was seen, and stop the test there."""
        if self._armed:
            self._seen.append(kind)
            raise CheatError(kind)

    def _event(self, event: str, arguments: tuple) -> None:
        if not self._armed:
            return
        self._armed = False  # What is looked up below raises events of its own
        try:
            kind = self._kind(event, arguments)
        finally:
            self._armed = True
        if kind:
            self.note(kind)

    def _kind(self, event: str, arguments: tuple) -> str | None:
        if event == "object.__getattr__":
            return INSPECTS if arguments[1] in _CODE and _is_shared(arguments[0]) else None
        if event in ("object.__setattr__", "object.__delattr__"):
            return PATCHES if _is_shared(arguments[0]) else None
        if event in ("exec", "compile"):  # A module's file once more: the code as it was
            file = arguments[0].co_filename if event == "exec" else arguments[1]
            return PATCHES if isinstance(file, str) and file in self._files else None
        if event == "open":
            return self._opens(*arguments[:3])
        if event in _FRAMES or event.startswith("ctypes."):
            return INSPECTS if self._is_test(sys._getframe(2)) else None
        inside = event in _FILES and self._in_folder(arguments[0])
        return LEAVES if event in _OUTSIDE | _FILES and not inside else None

    def _opens(self, path: Any, mode: Any, flags: Any) -> str | None:
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        path = os.path.realpath(os.fsdecode(path))
        writes = (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if writes and not self._in_folder(path) and path != os.devnull:
            return LEAVES
        is_code = path.startswith(PACKAGE) and path.endswith((".py", ".pyc"))
        return INSPECTS if is_code and self._for_test(sys._getframe(3)) else None

    def _in_folder(self, path: Any) -> bool:
        try:
            return os.path.realpath(os.fsdecode(path)).startswith(self._folder)
        except TypeError:
            return False

    def _for_test(self, frame: FrameType | None) -> bool:
        """Look outward for the test's own code; what an import opens is not for the test."""
        while frame is not None and not self._is_test(frame):
            if frame.f_globals.get("__name__", "").startswith(("importlib", "linecache")):
                return False
            frame = frame.f_back
        return frame is not None


def _modules() -> list[ModuleType]:
    modules = list(sys.modules.items())
    return [one for name, one in modules if _under_test(name) and isinstance(one, ModuleType)]


def _under_test(name: str) -> bool:
    return name.startswith("shared.") and not name.startswith(_OWN)


def _is_shared(owner: Any) -> bool:
    name = getattr(owner, "__module__", None)
    space = getattr(getattr(owner, "gi_frame", owner), "f_globals", None)
    if space is not None:
        name = space.get("__name__")
    return isinstance(name, str) and _under_test(name)


def _fingerprint() -> dict[tuple[str, str, str], int]:
    """Return what every function and class of the course's modules is, by name."""
    found = {}
    for module in _modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, FunctionType):
                parts = {"": value, "code": value.__code__}
            elif isinstance(value, type) and value.__module__ == module.__name__:
                parts = {"": value, **vars(value)}
            else:
                continue
            for inner, part in parts.items():
                if not inner.startswith("_abc"):
                    found[module.__name__, name, inner] = id(part)
    return found


def _watched_module(watch: Watch) -> type[ModuleType]:
    class WatchedModule(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            if not isinstance(value, ModuleType):  # A module comes in by an import
                watch.note(PATCHES)
            super().__setattr__(name, value)

        def __delattr__(self, name: str) -> None:
            watch.note(PATCHES)
            super().__delattr__(name)

    return WatchedModule
