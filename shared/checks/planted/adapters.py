"""The course's own functions, in the form that the tests of earlier labs ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shared import ctc, metrics
from shared.pages import matching


def error_rate(references: list[str], hypotheses: list[str]) -> float:
    """Score texts, as Lab 1's test asks for it."""
    return metrics.character_error_rate(references, hypotheses)


def read_batch_error(paths: Any, num_frames: Any, labels: Any, num_labels: Any) -> float:
    """Collapse the true frames of each path and score them, as Lab 3's test asks for it."""
    letters = "".join(map(chr, range(48, 123)))
    read = [
        "".join(letters[symbol] for symbol in ctc.collapse(path[:length]))
        for path, length in zip(paths, num_frames, strict=True)
    ]
    true = [
        "".join(letters[symbol] for symbol in label[:length])
        for label, length in zip(labels, num_labels, strict=True)
    ]
    return metrics.character_error_rate(true, read)


def compare(first: Any, second: Any, lengths: Any, writers: Any, seed: int) -> tuple:
    """Return an effect and its interval over writers, as Lab 5's test asks for it."""
    extra = np.subtract(second, first)
    low, high = metrics.bootstrap_interval(extra, lengths, writers, seed)
    return extra.sum() / np.sum(lengths), low, high


def line_scores(true: Any, found: Any) -> tuple[float, float, float]:
    """Match boxes and return precision, recall and F1, as Lab 6's test asks for it."""
    counts = matching.count_hits(matching.box_iou(found, true))
    return counts.precision, counts.recall, counts.f1


#: What the test functions of earlier labs are handed
ADAPTERS: dict[str, Callable] = {
    "check_error_rate": error_rate,
    "check_padding": read_batch_error,
    "check_comparison": compare,
    "check_line_scores": line_scores,
}
