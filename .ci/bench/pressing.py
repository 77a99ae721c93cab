"""Many clients at once: what they meet who ask a service of this machine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from shared.service import LocalService


@dataclass
class Load:
    """What clients met.

    Attributes:
        seconds: Time of each request that was answered with 200.
        statuses: How often each status came; 0 stands for a broken connection.
        answers: The answers in the order of the requests, {} where none came.
        lasted: Seconds in all.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    answers: list[dict] = field(default_factory=list)
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
        """Answers that say the service made a mistake, and connections that broke."""
        return self.statuses[0] + sum(n for status, n in self.statuses.items() if status >= 500)


def press(
    served: LocalService, address: str, contents: Sequence[bytes], requests: int, clients: int = 1
) -> Load:
    """Ask from several clients at once, each waiting for its answer before it asks again.

    Args:
        served: The service.
        address: What to ask.
        contents: Images, taken in turn.
        requests: Of all clients together.
        clients: At the same time.
    """
    load = Load()

    def ask(number: int) -> tuple[float, int, dict]:
        begun = time.perf_counter()
        try:
            status, answer = served.ask(address, contents[number % len(contents)], 60)
        except OSError:
            status, answer = 0, {}
        return time.perf_counter() - begun, status, answer

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        for seconds, status, answer in pool.map(ask, range(requests)):
            load.statuses[status] += 1
            load.answers.append(answer if status == 200 else {})
            load.seconds += [seconds] * (status == 200)
    load.lasted = time.perf_counter() - begun
    return load
