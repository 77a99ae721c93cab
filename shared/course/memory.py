"""Watch how much memory the processes below this one take together."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

INTERVAL = 0.25


class PeakMemory:
    """Measure the peak of the whole process tree below this process, in bytes.

    Use it as a context manager; `peak` holds the result, `None` where psutil is missing.
    """

    def __init__(self) -> None:
        """Prepare the watch; it begins with the `with` block."""
        self.peak: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            import psutil
        except ImportError:
            return
        this = psutil.Process()
        while not self._stop.wait(INTERVAL):
            total = 0
            for child in this.children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.Error:
                    continue  # A process that ended between the two calls takes nothing
            self.peak = max(self.peak or 0, total)
