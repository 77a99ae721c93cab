"""A lock on a file, which the system releases when its process ends, however it ends."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path


class FileLock:
    """At most one process holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = None

    def take(self, seconds: float = 0.0) -> None:
        """Take the lock, waiting up to some seconds.

        Raises:
            TimeoutError: Another process holds it; the message names it where it is known.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+b")
        end = time.monotonic() + seconds
        while not _try_lock(file.fileno()):
            if time.monotonic() >= end:
                file.seek(0)
                holder = file.read().decode("utf-8", "replace") or "another process"
                file.close()
                raise TimeoutError(f"{self.path} is held by {holder}")
            time.sleep(0.05)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _try_lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # Far behind the text, which stays readable
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # A file system without locks: better one writer too many than none
        return True
    return True
