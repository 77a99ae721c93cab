"""Micro-batching: lines that arrive together go through the network together.

A line waits for company no longer than a bound. Where the network costs as much per line in a
batch as alone (ONNX Runtime here), waiting buys nothing and the default is no batching; where each
call has a high price (the `tf.function` of the notebooks), it pays. `labs bench service` measures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

#: From a model and prepared lines to the logits of each, as `LineTextRecognizer.logits_many` does
Run = Callable[[Any, Sequence[np.ndarray]], list[np.ndarray]]


class LineBatcher:
    """Collects lines for at most `wait` seconds and runs them together.

    Lines of different models never share a batch, so a swap changes no answer half-way. Lines of
    different widths share a call to `run`, which pads none to a width that would change it.
    """

    def __init__(
        self,
        run: Run,
        executor: Executor,
        most: int,
        wait: float,
        seen: Callable[[int], None] | None = None,
    ) -> None:
        """Make a batcher for the running event loop.

        Args:
            run: Reads lines; called in a thread of the executor.
            executor: Where it runs.
            most: Lines of a batch.
            wait: Longest time in seconds that a line waits for others.
            seen: Told the size of each batch.
        """
        self._run, self._executor, self._most, self._wait = run, executor, most, wait
        self._seen = seen or (lambda size: None)
        self._waiting: dict[int, list[tuple[np.ndarray, asyncio.Future]]] = {}
        self._models: dict[int, Any] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._running: set[asyncio.Task] = set()

    async def logits(self, model: Any, line: np.ndarray) -> np.ndarray:
        """Return the logits of a prepared line."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future = loop.create_future()
        key = id(model)
        self._models[key] = model
        self._waiting.setdefault(key, []).append((line, future))
        if len(self._waiting[key]) >= self._most:
            self._flush(key)
        elif key not in self._timers:
            self._timers[key] = loop.call_later(self._wait, self._flush, key)
        return await future

    def _flush(self, key: int) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        batch, model = self._waiting.pop(key, []), self._models.pop(key)
        batch = [(line, future) for line, future in batch if not future.done()]  # Left: gave up
        if batch:
            task = asyncio.ensure_future(self._read(model, batch))
            self._running.add(task)  # The loop itself holds tasks weakly
            task.add_done_callback(self._running.discard)

    async def _read(self, model: Any, batch: list[tuple[np.ndarray, asyncio.Future]]) -> None:
        self._seen(len(batch))
        lines = [line for line, _ in batch]
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._executor, self._run, model, lines)
        except Exception as error:  # Each of the batch has to hear of it
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), logits in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(logits)
