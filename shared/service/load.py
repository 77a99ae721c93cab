"""Load on a service: a child process that serves, and clients that ask it at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

START_SECONDS = 60.0
#: A notebook's interrupt goes to its whole group of processes: the service must not be one of it
_APART: dict[str, Any] = (
    {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    if sys.platform == "win32"
    else {"start_new_session": True}
)


class DidNotStart(RuntimeError):
    """A service did not answer in time, or ended; the message holds the end of its log."""


@dataclass
class Child:
    """A service in a process of its own, on this machine.

    Attributes:
        process: The process.
        port: Where it listens.
        started: Seconds from its start to its first ready answer.
    """

    process: subprocess.Popen
    port: int
    started: float

    def memory(self) -> float:
        """Return its resident memory in megabytes."""
        import psutil

        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def cpu_seconds(self) -> float:
        """Return the processor time it has used."""
        import psutil

        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def ask(
        self,
        address: str,
        content: bytes = b"",
        seconds: float = 30.0,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict]:
        """Ask once, by POST where there is content; return the status and the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            return _ask(connection, address, content, headers)
        finally:
            connection.close()


def _ask(
    connection: http.client.HTTPConnection,
    address: str,
    content: bytes,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict]:
    sent = {"Content-Type": "image/png"} if headers is None else headers
    connection.request("POST" if content else "GET", address, content or None, sent)
    response = connection.getresponse()
    body = response.read()
    return response.status, json.loads(body) if body[:1] in (b"{", b"[") else {}


@contextlib.contextmanager
def service(folder: Path, *words: str, port: int | None = None) -> Iterator[Child]:
    """Start a service below a folder and stop it at the end, whatever happens.

    It also stops by itself when this process is gone, killed or not, and an interrupt of this
    process does not reach it.

    Args:
        folder: For its models, corrections and log.
        words: Further arguments of `labs serve`.
        port: Where to listen; a free one if not given.

    Raises:
        DidNotStart: It did not answer in time.
    """
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "shared.course", "serve", "--port", str(port), "--with-parent"]
    command += ["--models", str(folder / "models"), "--corrections", str(folder / "corrections")]
    begun = time.perf_counter()
    with open(folder / "log", "ab") as log_file:
        process = subprocess.Popen(
            [*command, *words], stdin=subprocess.PIPE, stdout=log_file, stderr=log_file, **_APART
        )
    child = Child(process, port, 0.0)
    try:
        _wait(child, begun, folder / "log")
        child.started = time.perf_counter() - begun
        yield child
    finally:
        stop(child)


def _wait(child: Child, begun: float, log_file: Path) -> None:
    while True:
        with contextlib.suppress(OSError):
            if child.ask("/health/ready", seconds=2)[0] == 200:
                return
        if child.process.poll() is not None or time.perf_counter() - begun > START_SECONDS:
            said = log_file.read_text(encoding="utf-8", errors="replace")[-1000:]
            raise DidNotStart(f"The service on port {child.port} did not start: {said}")
        time.sleep(0.02)


def stop(child: Child, seconds: float = 15.0) -> int:
    """Ask a service to stop, end it if it does not, and return its exit status."""
    if child.process.poll() is None:
        if sys.platform == "win32" and child.process.stdin is not None:
            child.process.stdin.close()  # Windows has no SIGTERM; the service follows its input
        else:
            child.process.send_signal(signal.SIGTERM)
        try:
            child.process.wait(seconds)
        except subprocess.TimeoutExpired:
            child.process.kill()
    if child.process.stdin is not None:
        child.process.stdin.close()
    return child.process.wait(seconds)


@dataclass
class Load:
    """What clients met.

    Attributes:
        seconds: Time of each answered request.
        statuses: How often each status came; 0 stands for a broken connection.
        answers: What `keep` made of each answer.
        lasted: Seconds in all.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    answers: list[object] = field(default_factory=list)
    lasted: float = 0.0

    def quantile(self, share: float) -> float:
        """Return the time in milliseconds that this share of requests stays below."""
        return float(np.quantile(self.seconds, share)) * 1e3 if self.seconds else float("nan")

    @property
    def per_second(self) -> float:
        """Answered requests a second."""
        return len(self.seconds) / max(self.lasted, 1e-9)

    @property
    def mistakes(self) -> int:
        """Answers that say the service made a mistake."""
        return sum(count for status, count in self.statuses.items() if status >= 500)


def press(
    port: int,
    address: str,
    contents: Sequence[bytes],
    requests: int,
    clients: int = 1,
    keep: Callable[[dict], object] | None = None,
) -> Load:
    """Ask from several clients at once, each waiting for its answer before it asks again.

    Args:
        port: Of a service on this machine.
        address: What to ask.
        contents: Images, taken in turn.
        requests: Of all clients together.
        clients: At the same time.
        keep: Made of each answer, for a look afterwards.
    """
    load, lock, numbers = Load(), threading.Lock(), iter(range(requests))

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                connection.close()
                return
            begun = time.perf_counter()
            try:
                status, answer = _ask(connection, address, contents[number % len(contents)])
            except (OSError, http.client.HTTPException):
                status, answer = 0, {}
                connection.close()
            took = time.perf_counter() - begun
            with lock:
                load.statuses[status] = load.statuses.get(status, 0) + 1
                if status == 200:
                    load.seconds.append(took)
                    if keep:
                        load.answers.append((number, keep(answer)))

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.lasted = time.perf_counter() - begun
    return load


def stage_means(child: Child) -> dict[str, float]:
    """Return the mean time of each stage in milliseconds, from the service's own figures."""
    connection = http.client.HTTPConnection("127.0.0.1", child.port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    form = r'handwriting_stage_seconds_%s\{stage="(\w+)"\} (\S+)'
    seconds, counts = (dict(re.findall(form % kind, text)) for kind in ("sum", "count"))
    return {stage: 1e3 * float(seconds[stage]) / float(counts[stage]) for stage in counts}


def through_queue(
    reader: Any, images: Sequence[np.ndarray], most: int, clients: int = 64
) -> tuple[tuple[float, float], list[int]]:
    """Send lines through the service's queue from many waiting clients.

    Returns:
        Seconds and CPU seconds a line, and the sizes of the batches.
    """
    from shared.backend import cpu_count
    from shared.service.batching import LineBatcher

    seen: list[int] = []

    async def go(executor: ThreadPoolExecutor) -> None:
        batcher = LineBatcher(
            lambda model, lines: model.logits_many(lines), executor, most, 0.004, seen.append,
            cpu_count(),
        )  # fmt: skip
        numbers = iter(range(len(images)))

        async def client() -> None:
            for number in numbers:
                await batcher.logits(reader, images[number])

        await asyncio.gather(*(client() for _ in range(clients)))

    with ThreadPoolExecutor(cpu_count()) as executor:
        wall, cpu = time.perf_counter(), time.process_time()
        asyncio.run(go(executor))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return (wall / len(images), cpu / len(images)), seen


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as one:
        one.bind((host, 0))
        return one.getsockname()[1]
