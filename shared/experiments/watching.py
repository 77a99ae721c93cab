"""A worker's watch over itself: it ends with its parent, and before it takes all memory."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

INTERVAL = 0.5
TOO_LARGE = 77  # Exit status of a worker that took too much memory

_note: list[Path | None] = [None]  # Where the worker says why it ended


def watch(parent: int, memory: float | None) -> None:
    """Begin to watch, in a thread of this process.

    Args:
        parent: Process id of the parent; a worker without it has nobody to work for.
        memory: Bytes this process may take; None sets no bound.
    """
    threading.Thread(target=_watch, args=(parent, memory), daemon=True).start()


def note_in(path: Path | None) -> None:
    """Say in which file the reason belongs should the worker end now."""
    _note[0] = path


def _watch(parent: int, memory: float | None) -> None:
    while True:
        time.sleep(INTERVAL)
        if sys.platform != "win32" and os.getppid() != parent:
            os._exit(1)
        taken = resident_bytes()
        if memory is not None and taken is not None and taken > memory:
            if _note[0] is not None:
                _note[0].write_text(
                    f"the trial took {taken / 1e9:.1f} GB of memory, at most {memory / 1e9:.1f} GB "
                    "are allowed to a worker; run fewer workers, or a smaller network"
                )
            os._exit(TOO_LARGE)


def resident_bytes() -> int | None:
    """Return how much memory this process takes, or None where that cannot be found out."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        pass
    try:
        import psutil

        return psutil.Process().memory_info().rss
    except ImportError:
        return None


def available_bytes() -> int | None:
    """Return how much memory is free for new processes, a container's limit included."""
    free = None
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        free = min(free, limit - used) if free is not None else limit - used
    except (OSError, ValueError):  # No container, or no limit
        pass
    return free
