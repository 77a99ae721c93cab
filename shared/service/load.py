"""Load on a service: clients that ask it at the same time, and where its time goes."""

from __future__ import annotations

import asyncio
import http.client
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shared.service.local import LocalService, converse

PNG = {"Content-Type": "image/png"}


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
                status, answer = converse(
                    connection, address, contents[number % len(contents)], PNG
                )
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


def stage_means(served: LocalService) -> dict[str, float]:
    """Return the mean time of each stage in milliseconds, from the service's own figures."""
    with urllib.request.urlopen(f"{served.address}metrics", timeout=10) as response:
        text = response.read().decode()
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
