"""The engine for one machine: worker processes of joblib's loky, one pool a worker.

A pool that loses its only process is replaced, so that a killed worker costs one trial; in a
common pool all trials at work would be lost with it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shared.experiments import watching
from shared.experiments.trial import FileLink, Order, work

#: What tells each library how many threads it may start; read when the library loads
THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "VECLIB_MAXIMUM_THREADS"),
)


class LocalEngine:
    """Runs trials in processes of this machine."""

    name = "local"

    def __init__(self, workers: int, threads: int, memory: float | None) -> None:
        """Prepare; processes start with their first trial.

        Args:
            workers: How many trials run at once.
            threads: Threads of each worker, so that workers do not fight for processors.
            memory: Bytes a worker may take before it is ended.
        """
        self.workers, self._memory = workers, memory
        self._environment = dict.fromkeys(THREADS, str(threads))
        # A worker has no use for a screen, nor for the parent's accelerator log
        self._environment |= {"MPLBACKEND": "agg", "WANDB_MODE": "offline"}
        self._pools: list[Any] = [None] * workers
        self._work: dict[int, tuple[Order, Any]] = {}

    def free(self) -> int:
        """Return how many trials could start now."""
        return self.workers - len(self._work)

    def submit(self, order: Order) -> None:
        """Start a trial."""
        slot = next(k for k in range(self.workers) if k not in self._work)
        try:
            future = self._pool(slot).submit(_in_worker, order)
        except Exception:  # The pool lost its process between two trials
            self._end(slot)
            future = self._pool(slot).submit(_in_worker, order)
        self._work[slot] = order, future

    def finished(self) -> list[tuple[Order, str]]:
        """Return the trials that ended since the last call, each with what killed it, if so."""
        ended = []
        for slot, (order, future) in list(self._work.items()):
            if future.done():
                del self._work[slot]
                error = future.exception()
                if error is not None:
                    self._end(slot)
                ended.append((order, self._reason(order, error) if error else ""))
        return ended

    def pause(self) -> None:
        """Tell the trials at work to pause at their next report."""
        for order, _ in self._work.values():
            (order.study_folder / "pause").touch()

    def close(self, kill: bool = False) -> None:
        """End all workers; those at work only with `kill`."""
        for slot in range(self.workers):
            self._end(slot, kill)
        self._work.clear()

    def _pool(self, slot: int) -> Any:
        if self._pools[slot] is None:
            from joblib.externals.loky import ProcessPoolExecutor

            self._pools[slot] = ProcessPoolExecutor(
                max_workers=1,
                env=self._environment,
                initializer=watching.watch,
                initargs=(os.getpid(), self._memory),
            )
        return self._pools[slot]

    def _end(self, slot: int, kill: bool = True) -> None:
        pool, self._pools[slot] = self._pools[slot], None
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=kill)

    def _reason(self, order: Order, error: BaseException) -> str:
        note = _note(order)
        if note.exists():
            said = note.read_text(encoding="utf-8")
            note.unlink()
            return said
        if type(error).__name__ == "TerminatedWorkerError":
            return "the worker was killed from outside, perhaps by the system for want of memory"
        return f"the worker failed before the trial began: {type(error).__name__}: {error}"


def _note(order: Order) -> Path:
    return order.folder / "ended.txt"


def _in_worker(order: Order) -> str:
    watching.note_in(_note(order))
    try:
        return work(order, FileLink())
    finally:
        watching.note_in(None)
