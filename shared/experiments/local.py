"""Trials on this machine: each worker is a process of its own, which joblib's loky keeps warm.

One pool would be shorter, but when it loses a process, the trials of all its others are lost, too.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from concurrent.futures import wait
from pathlib import Path
from typing import Any

from shared.experiments.trial import Order, work

#: What tells each library how many threads it may start; read when the library loads
THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "VECLIB_MAXIMUM_THREADS"),
)
POLL_SECONDS = 0.2


class LocalWorkers:
    """Worker processes of this machine; each starts with its first trial.

    Args:
        workers: How many trials run at once.
        threads: Threads of each worker, so that workers do not fight for processors.
        memory: Bytes a worker may take before it is ended.
    """

    def __init__(self, workers: int, threads: int, memory: float) -> None:
        self.workers, self._memory = workers, memory
        self._environment = {**dict.fromkeys(THREADS, str(threads)), "MPLBACKEND": "agg"}
        self._pools: set[Any] = set()
        self._idle: list[Any] = []
        self._closed = False

    def run(self, order: Order, until: float) -> str:
        """Run a trial to its end, from any thread; return what killed it, if something did.

        Args:
            order: The trial.
            until: Its worker is ended then, in seconds since 1970.
        """
        pool = self._idle.pop() if self._idle else self._start()
        try:
            future = pool.submit(work, order)
        except Exception:  # The pool lost its process between two trials
            self._end(pool)
            pool = self._start()
            future = pool.submit(work, order)
        reason = ""
        while not future.done():
            wait([future], POLL_SECONDS)
            if (taken := _taken(pool)) > self._memory:
                reason = (
                    f"the trial took {taken / 1e9:.1f} GB of memory, at most "
                    f"{self._memory / 1e9:.1f} GB are allowed to a worker; run fewer workers, or "
                    "a smaller network"
                )
            if reason or self._closed or time.time() > until:
                self._end(pool)
        try:
            future.result()
        except Exception as error:
            self._end(pool)
            if type(error).__name__ == "TerminatedWorkerError":
                return (
                    "the worker was killed from outside, perhaps by the system for lack of memory"
                )
            return reason or f"the worker failed: {type(error).__name__}: {error}"
        self._idle.append(pool)
        return ""

    def close(self) -> None:
        """End all workers, those at work, too."""
        self._closed = True
        for pool in list(self._pools):
            self._end(pool)

    def _start(self) -> Any:
        from joblib.externals.loky import ProcessPoolExecutor

        if self._closed:
            raise RuntimeError("These workers are closed.")
        pool = ProcessPoolExecutor(
            1, env=self._environment, initializer=_end_with, initargs=(os.getpid(),)
        )
        self._pools.add(pool)
        return pool

    def _end(self, pool: Any) -> None:
        self._pools.discard(pool)
        pool.shutdown(wait=True, kill_workers=True)


def _end_with(parent: int) -> None:
    """End this process with its parent: a worker without it has nobody to work for."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        os._exit(1)

    if sys.platform != "win32":
        threading.Thread(target=watch, daemon=True).start()


def _taken(pool: Any) -> int:
    """Return how much memory a worker takes, in bytes."""
    import psutil

    taken = 0
    for process in list(pool._processes or ()):
        with contextlib.suppress(psutil.Error):  # It may have just ended
            taken += psutil.Process(process).memory_info().rss
    return taken


def available_bytes() -> int:
    """Return how much memory is free for new processes, a container's limit included."""
    import psutil

    free, group = psutil.virtual_memory().available, Path("/sys/fs/cgroup")
    with contextlib.suppress(OSError, ValueError):  # No container, or no limit
        used = int((group / "memory.current").read_text())
        free = min(free, int((group / "memory.max").read_text()) - used)
    return free
