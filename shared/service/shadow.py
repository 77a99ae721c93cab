"""Shadow: a candidate reads the same traffic, its answers are compared and thrown away."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shared.metrics import edit_distance
from shared.service.reading import Reading


@dataclass
class ShadowReport:
    """How two models' readings of the same lines compare; numbers alone, no text is kept.

    Attributes:
        served: Version of the model whose answers went out.
        candidate: Version of the other.
    """

    served: str
    candidate: str
    _lines: int = 0
    _same: int = 0
    _edits: int = 0
    _characters: int = 0
    _failed: int = 0
    _skipped: int = 0
    _surer: list[float] = field(default_factory=list)
    _accepted: list[tuple[bool, bool]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, served: Reading, candidate: Reading) -> None:
        """Compare two readings of a line."""
        with self._lock:
            self._lines += 1
            self._same += served.text == candidate.text
            self._edits += edit_distance(served.text, candidate.text)
            self._characters += len(served.text)
            self._surer.append(candidate.confidence - served.confidence)
            self._accepted.append((served.decision == "accept", candidate.decision == "accept"))

    def fail(self) -> None:
        """Count a line that the candidate could not read."""
        with self._lock:
            self._failed += 1

    def skip(self) -> None:
        """Count a line that was not compared, because the candidate was busy."""
        with self._lock:
            self._skipped += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the report."""
        with self._lock:
            accepted = np.array(self._accepted, dtype=float).reshape(-1, 2)
            return {
                "served": self.served,
                "candidate": self.candidate,
                "lines": self._lines,
                "same_text": self._same / self._lines if self._lines else None,
                # Not an error rate: nobody knows yet which of the two is right
                "difference": self._edits / self._characters if self._characters else None,
                "mean_gain_of_confidence": float(np.mean(self._surer)) if self._surer else None,
                "accepted_served": float(accepted[:, 0].mean()) if self._lines else None,
                "accepted_candidate": float(accepted[:, 1].mean()) if self._lines else None,
                "failed": self._failed,
                "skipped": self._skipped,
            }
