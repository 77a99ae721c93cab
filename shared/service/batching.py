"""Micro-batching: lines that arrive together go through the network together.

A line waits for company no longer than a bound. Where the network costs as much per line in a
batch as alone (ONNX Runtime here), waiting buys nothing and the default is no batching; where each
call has a high price (the `tf.function` of the notebooks), it pays: `python .ci/bench service`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.preparation import padded_width

#: From a model and prepared lines to the logits of each, as `LineTextRecognizer.logits_many` does
Run = Callable[[Any, Sequence[np.ndarray]], list[np.ndarray]]


@dataclass(eq=False)
class _Waiting:
    """A line that waits: since when, with which lines it may share a call, and who asked."""

    since: float
    kind: tuple[int, int]
    model: Any
    line: np.ndarray
    future: asyncio.Future


class LineBatcher:
    """Collects lines for at most `wait` seconds, longer only while all workers are busy.

    A batch holds lines of one model, so that a swap changes no answer half-way, and of one width
    to the network's bucket: only such lines are read in company as they are read alone.
    """

    def __init__(
        self,
        run: Run,
        executor: Executor,
        most: int,
        wait: float,
        seen: Callable[[int], None] | None = None,
        workers: int = 1,
    ) -> None:
        """Make a batcher for the running event loop.

        Args:
            run: Reads lines; called in a thread of the executor.
            executor: Where it runs.
            most: Lines of a batch.
            wait: Longest time in seconds that a line waits for others while a worker is free.
            seen: Told the size of each batch.
            workers: Batches at the same time; while all are read, lines gather for the next.
        """
        self._run, self._executor, self._most, self._wait = run, executor, most, wait
        self._seen = seen or (lambda size: None)
        self._free = workers
        self._waiting: list[_Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._running: set[asyncio.Task] = set()

    async def logits(self, model: Any, line: np.ndarray) -> np.ndarray:
        """Return the logits of a prepared line."""
        loop = asyncio.get_running_loop()
        kind = (id(model), padded_width(line.shape[1]))
        entry = _Waiting(loop.time(), kind, model, line, loop.create_future())
        self._waiting.append(entry)
        self._dispatch()
        return await entry.future

    def _dispatch(self) -> None:
        """Start every batch that is full or has waited long enough, as far as workers are free."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # Who gave up meanwhile leaves the queue
        self._waiting = [entry for entry in self._waiting if not entry.future.done()]
        while self._free and self._waiting:
            counts = Counter(entry.kind for entry in self._waiting)
            full = next((kind for kind, count in counts.items() if count >= self._most), None)
            oldest = self._waiting[0]
            left = oldest.since + self._wait - loop.time()
            if full is None and left > 0:
                self._timer = loop.call_later(left, self._dispatch)
                return
            self._start(full or oldest.kind)

    def _start(self, kind: tuple[int, int]) -> None:
        batch = [entry for entry in self._waiting if entry.kind == kind][: self._most]
        taken = set(map(id, batch))
        self._waiting = [entry for entry in self._waiting if id(entry) not in taken]
        self._free -= 1
        task = asyncio.ensure_future(self._read(batch))
        self._running.add(task)  # The loop itself holds tasks weakly
        task.add_done_callback(self._running.discard)

    async def _read(self, batch: list[_Waiting]) -> None:
        self._seen(len(batch))
        loop, lines = asyncio.get_running_loop(), [entry.line for entry in batch]
        try:
            results = await loop.run_in_executor(self._executor, self._run, batch[0].model, lines)
            for entry, logits in zip(batch, results, strict=True):
                if not entry.future.done():
                    entry.future.set_result(logits)
        except Exception as error:  # Each of the batch has to hear of it
            for entry in batch:
                if not entry.future.done():
                    entry.future.set_exception(error)
        finally:
            self._free += 1
            self._dispatch()
