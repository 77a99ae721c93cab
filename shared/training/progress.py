"""Progress and time left, as one line of plain text."""

from __future__ import annotations

import sys
import time


class ProgressLine:
    """One line of plain text that replaces itself: in a notebook, on a terminal, in a log."""

    def __init__(self) -> None:
        self._handle = None
        self._printed = 0.0

    def show(self, text: str, last: bool = False) -> None:
        """Replace the line; in a log file, print it every 30 seconds and at the end."""
        if _in_notebook():
            from IPython.display import display

            content = {"text/plain": text}
            if self._handle is None:
                self._handle = display(content, raw=True, display_id=True)
            else:
                self._handle.update(content, raw=True)
        elif sys.stdout.isatty():
            print(f"\r{text:<79}", end="\n" if last else "", flush=True)
        elif last or time.monotonic() - self._printed > 30:
            self._printed = time.monotonic()
            print(text, flush=True)


def _in_notebook() -> bool:
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    return shell is not None and hasattr(shell, "kernel")


def duration(seconds: float) -> str:
    """Return a time as a person would say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
