"""Play the load tests of four services that Lab 9 shows; keep them in data/samples/load_tests.json.

Each service has a fault of its own, and two workers. Clients wait for their answer before they ask
again. Nothing is measured: a queue is played through, request by request, with times drawn once.

Example:
  python data/make/load_tests.py
"""

from __future__ import annotations

import heapq
import json
from dataclasses import asdict, dataclass

import numpy as np

from shared.checks.answers import answer
from shared.paths import DATA, write_atomically

#: What can be wrong with a service, and two answers that none of the four calls for
FAULTS = (
    "healthy",
    "keeps every image",
    "loads the model each time",
    "queue without an end",
    "reads one at a time",
    "too many threads",
)

CLIENTS = (1, 8, 64, 512)
REQUESTS = 2000
WORK, LOADING, IMAGE = 0.012, 0.180, 0.06  # Seconds, seconds, megabytes
WORKERS, PLACES, MEMORY = 2, 32, 190.0


@dataclass(frozen=True)
class LoadTest:
    """What clients and the operator saw.

    Attributes:
        clients: At the same time.
        p50: Median time of an answer, milliseconds.
        p95: What 95 % of the answers stayed below, milliseconds.
        per_second: Answers a second.
        refused: Share of requests that were turned away with 429.
        cpu: Processor milliseconds of an answer.
        memory: Resident megabytes at the end.
    """

    clients: int
    p50: float
    p95: float
    per_second: float
    refused: float
    cpu: float
    memory: float


def load_test(fault: str, clients: int, earlier: int = 0, seed: int = 9) -> LoadTest:
    """Play a load test of 2,000 requests through.

    Args:
        fault: One of `FAULTS`.
        clients: At the same time, each waiting for its answer.
        earlier: Requests that the same process has answered before.
        seed: Of the times that requests take.

    Raises:
        ValueError: There is no such fault.
    """
    if fault not in FAULTS:
        raise ValueError(f"No service has the fault {fault!r}; use one of {', '.join(FAULTS)}.")
    work = np.random.default_rng([seed, clients]).lognormal(np.log(WORK), 0.25, REQUESTS)
    work += LOADING * (fault == "loads the model each time")
    workers = 1 if fault == "reads one at a time" else WORKERS
    places = REQUESTS if fault == "queue without an end" else PLACES
    if fault == "too many threads":  # All run at once and push each other off the processors
        crowd = min(clients, places)
        work = work * (1 + 0.05 * max(0, crowd - WORKERS))
    waits, refused, lasted = play(work, clients, workers, places)
    kept = IMAGE * (earlier + REQUESTS) * (fault == "keeps every image")
    p50, p95 = 1e3 * np.quantile(waits, [0.5, 0.95])
    return LoadTest(
        clients, float(p50), float(p95), len(waits) / lasted, refused / (refused + len(waits)),
        float(1e3 * work.mean()), MEMORY + kept,
    )  # fmt: skip


def play(
    work: np.ndarray, clients: int, workers: int, places: int
) -> tuple[list[float], int, float]:
    """Return the times of all answers, how many requests were refused, and how long it took."""
    free = [0.0] * workers  # When each worker is done
    asking = [(0.0, client) for client in range(clients)]  # When each client asks next
    heapq.heapify(asking)
    leaving: list[float] = []  # When those inside leave
    waits: list[float] = []
    refused, now = 0, 0.0
    while len(waits) < len(work):
        now, client = heapq.heappop(asking)
        while leaving and leaving[0] <= now:
            heapq.heappop(leaving)
        if len(leaving) >= places:
            refused += 1
            heapq.heappush(asking, (now + 1.0, client))  # As Retry-After says
            continue
        begun = max(now, heapq.heappop(free))
        done = begun + work[len(waits)]
        heapq.heappush(free, done)
        heapq.heappush(leaving, done)
        waits.append(done - now)
        heapq.heappush(asking, (done, client))
    return waits, refused, max(free)


def four_services() -> dict[str, list[LoadTest]]:
    """Return the load tests of the services A to D, each one process through all tests."""
    return {
        name: [load_test(fault, clients, k * REQUESTS) for k, clients in enumerate(CLIENTS)]
        for name, fault in answer("lab09.diagnose_services")().items()
    }


if __name__ == "__main__":
    found = {name: [asdict(test) for test in tests] for name, tests in four_services().items()}
    write_atomically(DATA / "samples" / "load_tests.json", json.dumps(found, indent=1) + "\n")
