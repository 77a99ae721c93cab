"""Five thresholds for Lab 9, what each lets through, and what that costs (made up)."""

from __future__ import annotations

LINES = 1000
REVIEW_MINUTES, ERROR_MINUTES = 0.25, 3.0  # Looking at a line; mending an accepted wrong line
#: Threshold, lines accepted of 1,000, and wrong ones among them
THRESHOLDS = (
    (0.50, 900, 120),
    (0.70, 800, 60),
    (0.85, 650, 26),
    (0.95, 450, 8),
    (0.99, 200, 1),
)


def minutes(threshold: float) -> float:
    """Return what 1,000 lines cost: those reviewed, and wrong ones that were accepted."""
    _, accepted, wrong = next(row for row in THRESHOLDS if row[0] == threshold)
    return REVIEW_MINUTES * (LINES - accepted) + ERROR_MINUTES * wrong
