"""Trials in processes of this machine: joblib's loky, one pool a worker.

A pool that loses its only process is replaced, so that a killed worker costs one trial; in a
common pool, as `joblib.Parallel` has it, all trials at work would be lost with it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shared.experiments import watching
from shared.experiments.trial import Order, work

#: What tells each library how many threads it may start; read when the library loads
THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "VECLIB_MAXIMUM_THREADS"),
)


class LocalWorkers:
    """Worker processes of this machine; each starts with its first trial.

    Args:
        workers: How many trials run at once.
        threads: Threads of each worker, so that workers do not fight for processors.
        memory: Bytes a worker may take before it is ended; None sets no bound.
    """

    def __init__(self, workers: int, threads: int, memory: float | None) -> None:
        self.workers, self._memory = workers, memory
        self._environment = {**dict.fromkeys(THREADS, str(threads)), "MPLBACKEND": "agg"}
        self._pools: set[Any] = set()
        self._closed = False
        self._idle: list[Any] = []

    def run(self, order: Order, seconds: float | None) -> str:
        """Run a trial to its end, from any thread; return what killed it, if something did."""
        pool = self._idle.pop() if self._idle else self._start()
        note = order.folder / "ended.txt"
        try:
            try:
                future = pool.submit(_in_worker, order, note)
            except Exception:  # The pool lost its process between two trials
                self._end(pool)
                pool = self._start()
                future = pool.submit(_in_worker, order, note)
            future.result(seconds)
        except Exception as error:
            self._end(pool)
            if note.exists():
                said = note.read_text(encoding="utf-8")
                note.unlink()
                return said
            if type(error).__name__ == "TerminatedWorkerError":
                return (
                    "the worker was killed from outside, perhaps by the system for lack of memory"
                )
            return f"the worker failed: {type(error).__name__}: {error}"
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
            max_workers=1,
            env=self._environment,
            initializer=watching.watch,
            initargs=(os.getpid(), self._memory),
        )
        self._pools.add(pool)
        return pool

    def _end(self, pool: Any) -> None:
        self._pools.discard(pool)
        pool.shutdown(wait=True, kill_workers=True)


def _in_worker(order: Order, note: Path) -> None:
    watching.note_in(note)
    try:
        work(order)
    finally:
        watching.note_in(None)
