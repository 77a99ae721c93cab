"""A process of its own for code that nobody has read: it is told what to do, and values come back.

Both directions are lines of JSON. What the process writes is taken as data and nothing else, and
each reply must show the ticket of its request, which is drawn anew every time. Where the system
can fork, the process may stay warm while copies of it do the work and end.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.abc
import json
import os
import queue
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

import shared
from shared.checks import crossing
from shared.checks.portable import holds_judges
from shared.checks.probing import STATUSES, Reply
from shared.paths import data_file

START_SECONDS = 60.0  # For the imports of a fresh process
MEMORY = 3_000_000_000  # Bytes in use by a process and what it started
ADDRESSES = 64_000_000_000  # Bytes of address space; threads of TensorFlow reserve much, unused
_LOOK_SECONDS = 0.1  # Between two looks at the memory in use
_ROOM = 2 * crossing.LIMIT  # A reply holds an answer, with quotation marks escaped
_COMMAND = "from shared.checks.worker import main; main()"
_DIED = Reply("died", "The Python process died.")
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0


class Worker:
    """A process that starts when it is first asked, and anew whenever code has ended it."""

    def __init__(
        self, fork: bool | None = None, walls: Callable[[str], tuple[list, dict]] | None = None
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            fork: Whether `copy` forks; by default where the system can.
            walls: Returns a command to stand before that of the process, and the variables of
                the process, given its folder.
        """
        self._walls = walls
        self._forks = hasattr(os, "fork") if fork is None else fork
        self._process: subprocess.Popen | None = None
        self._copy: tuple[int, str] | None = None  # Process id, and the ticket that announced it
        self._copying = False
        self._lines: queue.Queue[str] = queue.Queue()
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.folder = self._folder.name  # Where the process runs; deleted with this object
        #: What the process gets besides the variables of this one
        self.environment = {"MPLBACKEND": "agg"}

    @classmethod
    @functools.cache
    def kept(cls) -> Worker:
        """Return the one that this process keeps, and ends with itself."""
        worker = cls()
        atexit.register(worker.close)
        return worker

    @property
    def alive(self) -> bool:
        """Whether the process is there, with all that it was told before."""
        return self._process is not None and self._process.poll() is None

    def ask(self, call: str, seconds: float, **given: Any) -> Reply:
        """Have a function called over there, and return what came of it.

        Args:
            call: Its place, as in "shared.checks.probing:probe"; it returns a Reply.
            seconds: Time limit. Whoever breaks it is ended, the copy or the whole process.
            given: Arguments that JSON can hold.

        Returns:
            The reply, or one with the status "time" or "died".
        """
        return self._ask(secrets.token_hex(8), call, given, seconds)

    @contextlib.contextmanager
    def copy(self) -> Iterator[None]:
        """Let what is asked in the block happen to a copy, so that nothing of it stays.

        Without forks it happens to the process itself, which is ended after the block. Once a
        reply is "time" or "died", so are all that follow it in the block.
        """
        if self._forks:
            ticket = secrets.token_hex(8)
            reply = self._ask(ticket, "fork", {}, START_SECONDS)
            if reply.status == "answer":
                self._copy = int(reply.text), ticket
        elif not self.alive:
            self._start()
        self._copying = True
        try:
            yield
        finally:
            self._copying = False
            if self._copy or not self._forks:
                self._stop()

    def close(self) -> None:
        """End the process and whatever it started."""
        self._kill_copy()
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process.pid)
        with contextlib.suppress(OSError):
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def _ask(self, ticket: str, call: str, given: dict[str, Any], seconds: float) -> Reply:
        if self._copying and not (self._copy or (self.alive and not self._forks)):
            return _DIED
        if not self.alive:
            self._start()
        with contextlib.suppress(OSError):  # A dead process has no reply either
            self._process.stdin.write(json.dumps([ticket, call, given]) + "\n")
            self._process.stdin.flush()
        try:
            return self._reply(ticket, seconds)
        except BaseException:  # Interrupted; the process would go on with what nobody waits for
            self.close()
            raise

    def _reply(self, ticket: str, seconds: float) -> Reply:
        end = time.monotonic() + seconds
        while (line := self._line(end)) is not None:
            if reply := _read_reply(line, ticket):
                return reply
            if not line:
                self.close()
                return _DIED
            if self._copy and _read_reply(line, self._copy[1]):  # By the original
                self._kill_copy()
                return _DIED
        full = time.monotonic() < end
        self._stop()
        if full:
            size = f"more than {MEMORY / 1e9:g} GB of memory"
            return Reply("died", f"It took {size} and was stopped.")
        return Reply("time", f"It took longer than {seconds:g} seconds and was stopped.")

    def _line(self, end: float) -> str | None:
        """Return the next line, "" when there will be none, None where time or memory is over."""
        while (left := end - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                return self._lines.get(timeout=min(left, _LOOK_SECONDS))
            if self._process and memory_in_use(self._process.pid) > MEMORY:
                return None
        return None

    def _stop(self) -> None:
        """End the copy, so that the original goes on; or else the whole process."""
        if self._copy:
            ticket = self._kill_copy()
            end = time.monotonic() + START_SECONDS
            while line := self._line(end):
                if _read_reply(line, ticket):  # The original has seen the end of its copy
                    return
        self.close()

    def _kill_copy(self) -> str:
        (process, ticket), self._copy = self._copy or (0, ""), None
        _kill(process)
        return ticket

    def _start(self) -> None:
        self.close()
        root = str(Path(shared.__file__).resolve().parents[1])
        given = [os.environ.get("PYTHONPATH")] if self._walls else map(os.path.abspath, sys.path)
        path = os.pathsep.join(filter(None, [root, *given]))
        before, environment = self._walls(self.folder) if self._walls else ([], dict(os.environ))
        self._process = subprocess.Popen(
            [*before, sys.executable, "-B", "-c", _COMMAND],
            cwd=self.folder,
            env=environment | {"PYTHONPATH": path} | self.environment,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._lines = queue.Queue()
        arguments = (self._process.stdout, self._lines)
        threading.Thread(target=_read_lines, args=arguments, daemon=True).start()


def _read_lines(pipe: TextIO, lines: queue.Queue[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while line := pipe.readline(_ROOM):
            lines.put(line)
    lines.put("")


def _read_reply(line: str, ticket: str) -> Reply | None:
    """Return a reply, or None for anything else that reached the channel."""
    try:
        content = json.loads(line)
        if content["ticket"] != ticket or content["status"] not in STATUSES:
            return None
        return Reply(content["status"], str(content["text"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def memory_in_use(process: int) -> int:
    """Return the bytes that a process and its descendants use, or 0 where that is not known."""
    used = 0
    with contextlib.suppress(OSError, ValueError):  # It has ended, or the system is no Linux
        used = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
        for thread in Path(f"/proc/{process}/task").iterdir():
            used += sum(map(memory_in_use, map(int, (thread / "children").read_text().split())))
    return used


def _kill(process: int) -> None:
    """Kill a leader of a group and what it started; the system may know no groups."""
    if process > 1:
        with contextlib.suppress(OSError, AttributeError):
            os.killpg(process, signal.SIGKILL)


# From here on, what runs in the process itself


class _NoJudges(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if holds_judges(fullname) or fullname == "shared.grading.runner":
            raise ImportError(f"{fullname} is not available while answers are judged.")


def _hide_answers() -> None:
    """Refuse to open the course's own answers; another program or C code still can."""
    hidden = (
        os.path.realpath(data_file("answers.json")),
        os.path.realpath(Path(shared.__file__).parents[1] / "solutions") + os.sep,
    )

    def refuse(event: str, given: tuple[Any, ...]) -> None:
        if event not in ("open", "os.link", "os.rename") or isinstance(given[0], int):
            return
        if os.path.realpath(os.fsdecode(given[0])).startswith(hidden):
            raise PermissionError("The course's own answers are closed to what it judges.")

    sys.addaudithook(refuse)


def main() -> None:
    """Serve requests until the channel closes; it becomes private before any other code runs."""
    requests, replies = _private_channel()
    sys.meta_path.insert(0, _NoJudges())
    _hide_answers()
    sys.modules["__main__"] = answers = ModuleType("__main__")
    answers.display = print
    threading.Thread(target=_end_with_judge, args=(requests.fileno(),), daemon=True).start()
    for line in requests:
        ticket, call, given = json.loads(line)
        module, _, name = call.partition(":")
        reply = getattr(importlib.import_module(module), name)(**given) if name else _fork()
        line = json.dumps({"ticket": ticket, **vars(reply)})
        replies.write(f"\n{line}\n")  # Whatever else was written ends before it
        replies.flush()


def _private_channel() -> tuple[TextIO, TextIO]:
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    return requests, replies


def _end_with_judge(requests: int) -> None:
    """End this process and its copy, whatever they do, when nobody is left to ask."""
    if hasattr(select, "poll"):
        end = select.poll()
        end.register(requests, 0)  # Requests are not reported, only that there will be no more
        end.poll()
        for process in (*_copies, os.getpid()):
            _kill(process)
        os._exit(0)


_copies: list[int] = []


def _fork() -> Reply:
    """Go on as a copy; the original waits, and reports its end under the same ticket."""
    folder = tempfile.mkdtemp(dir=".")  # A copy begins in an empty one
    process = os.fork()
    if process == 0:
        os.setsid()
        limit()
        os.chdir(folder)
        return Reply("answer", str(os.getpid()))
    _copies[:] = [process]
    os.waitpid(process, 0)
    _copies.clear()
    _kill(process)  # What it started
    shutil.rmtree(folder, ignore_errors=True)
    return Reply("died")


def limit() -> Reply:
    """Limit what this process, and those it starts, may ask for; MEMORY is watched from outside."""
    with contextlib.suppress(ImportError):  # Windows knows no limits
        import resource

        limits = {"AS": ADDRESSES, "CORE": 0, "FSIZE": MEMORY, "NPROC": 4096}
        for name, most in limits.items():
            with contextlib.suppress(OSError, ValueError):  # macOS none of address space
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    return Reply("answer")
