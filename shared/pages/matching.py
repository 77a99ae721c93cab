"""How well lines were found: overlaps, one-to-one matches, precision and recall, reading errors.

A box says little about a line that is skewed or touches its neighbors. Lines are therefore compared
by their foreground, too: intersection over union of the ink's pixels alone, as the ICDAR 2013
handwriting segmentation contest does (Stamatopoulos et al. 2013, section III).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.metrics import edit_distance


class DetectionCounts(NamedTuple):
    """Counts over one page or many; they add up with `+` through `total`."""

    hits: int
    detected: int
    true: int

    @property
    def precision(self) -> float:
        """Share of the detected lines that are true; 1 where nothing was detected."""
        return self.hits / self.detected if self.detected else 1.0

    @property
    def recall(self) -> float:
        """Share of the true lines that were detected; 1 where there is none."""
        return self.hits / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 hits / (detected + true)."""
        count = self.detected + self.true
        return 2 * self.hits / count if count else 1.0


def total(pages: Sequence[DetectionCounts]) -> DetectionCounts:
    """Add the counts of pages; a mean of the pages' own rates is another number."""
    return DetectionCounts(*np.sum(pages, axis=0).tolist()) if pages else DetectionCounts(0, 0, 0)


def box_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the overlap of every box with every other, (len(a), len(b)).

    Args:
        a: (n, 4) left, top, right, bottom.
        b: (m, 4).

    Example:
        >>> box_iou([[0, 0, 2, 1]], [[1, 0, 3, 1]])
        array([[0.33333333]])
    """
    a, b = (np.asarray(boxes, dtype=np.float64).reshape(-1, 4) for boxes in (a, b))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=-1)
    areas = [np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=-1) for boxes in (a, b)]
    return common / np.maximum(areas[0][:, None] + areas[1][None] - common, 1e-12)


def assign_pixels(shape: tuple[int, int], lines: Sequence[Any]) -> np.ndarray:
    """Return for every pixel which line covers it: 0 for none, k + 1 for lines[k], int32.

    Where outlines overlap, a pixel goes to the line whose middle is nearer, measured in
    half-heights of the line.

    Args:
        shape: Height and width of the page.
        lines: With `baseline`, `ascent`, `descent` and `polygon`, in pixels of that page.
    """
    import cv2

    owner = np.zeros(shape, dtype=np.int32)
    nearest = np.full(shape, np.inf, dtype=np.float32)
    for index, line in enumerate(lines):
        outline = np.asarray(line.polygon)
        left, top = np.clip(np.floor(outline.min(axis=0)).astype(int), 0, shape[::-1])
        right, bottom = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 1, 0, shape[::-1])
        if right <= left or bottom <= top:
            continue
        place = slice(top, bottom), slice(left, right)
        mask = np.zeros((bottom - top, right - left), np.uint8)
        points = np.round((outline - (left, top) - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [points], 1, shift=4)
        middle = (line.descent - line.ascent) / 2
        heights = np.interp(np.arange(left, right) + 0.5, *np.asarray(line.baseline).T) + middle
        away = np.abs(np.arange(top, bottom)[:, None] + 0.5 - heights)
        away = away / max(1e-6, (line.ascent + line.descent) / 2)
        closer = (mask > 0) & (away < nearest[place])
        owner[place][closer] = index + 1
        nearest[place][closer] = away[closer]
    return owner


def foreground_iou(owner: np.ndarray, lines: Sequence[Any], count: int | None = None) -> np.ndarray:
    """Return the pixel IoU of each detected line with each true one, (lines, true lines).

    Only foreground counts: pixels with ink of a true line; strokes of no line are left out.

    Args:
        owner: int (height, width): 0 no line's ink, k + 1 = ink of the true line k.
        lines: Detected lines, in pixels of that page.
        count: Number of true lines; the highest owner if not given.
    """
    owner = np.asarray(owner)
    highest = int(owner.max(initial=0))
    count = highest if count is None else count
    if count < highest:
        raise ValueError(f"The ink has {highest} owners, but only {count} lines were named.")
    covered = assign_pixels(owner.shape, lines)
    rows, columns = np.nonzero(owner)
    pairs = covered[rows, columns] * (count + 1) + owner[rows, columns].astype(np.int64)
    table = np.bincount(pairs, minlength=(len(lines) + 1) * (count + 1))
    table = table.reshape(len(lines) + 1, count + 1)[:, 1:]
    either = table[1:].sum(axis=1)[:, None] + table.sum(axis=0)[None] - table[1:]
    return table[1:] / np.maximum(either, 1)


def match_lines(overlaps: np.ndarray, threshold: float = 0.5) -> list[tuple[int, int]]:
    """Match detected lines with true ones, one to one, the best overlap first.

    Args:
        overlaps: (detected, true), from 0 to 1.
        threshold: Least overlap of a match.

    Returns:
        Pairs (detected, true), sorted.

    Example:
        >>> match_lines(np.array([[0.9, 0.6], [0.8, 0.1]]))
        [(0, 0)]
    """
    left = np.array(overlaps, dtype=np.float64)
    pairs = []
    while left.size and left.max() >= threshold:
        row, column = np.unravel_index(left.argmax(), left.shape)
        pairs.append((int(row), int(column)))
        left[row], left[:, column] = -1, -1
    return sorted(pairs)


def count_hits(overlaps: np.ndarray, threshold: float = 0.5) -> DetectionCounts:
    """Return hits, detected and true lines of one page; see `match_lines`."""
    overlaps = np.asarray(overlaps)
    return DetectionCounts(len(match_lines(overlaps, threshold)), *overlaps.shape)


def average_precision(
    overlaps: Sequence[np.ndarray], confidences: Sequence[Sequence[float]], threshold: float = 0.5
) -> float:
    """Return the area under precision against recall, the surest lines of all pages first.

    A line is a hit if it overlaps a true line that no surer line has taken. Precision at a recall
    is the best one at that recall or a higher one (Everingham et al., The Pascal VOC challenge,
    2010, section 4.2, in its later form over all points).

    Args:
        overlaps: One array (detected, true) per page.
        confidences: One number per detected line, page by page.
        threshold: Least overlap of a hit.
    """
    true = sum(table.shape[1] for table in overlaps)
    ranked = sorted(
        (-confidence, page, row)
        for page, values in enumerate(confidences)
        for row, confidence in enumerate(values)
    )
    taken: set[tuple[int, int]] = set()
    hits = np.zeros(len(ranked))
    for rank, (_, page, row) in enumerate(ranked):
        free = [k for k in range(overlaps[page].shape[1]) if (page, k) not in taken]
        best = max(free, key=lambda k: overlaps[page][row, k], default=None)
        if best is not None and overlaps[page][row, best] >= threshold:
            taken.add((page, best))
            hits[rank] = 1
    if not true:
        return 1.0 if not ranked else 0.0
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    best_after = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best_after * hits).sum() / true)


def mean_average_precision(
    overlaps: Sequence[np.ndarray], confidences: Sequence[Sequence[float]]
) -> float:
    """Return the mean average precision over the overlaps .50, .55, ... .95.

    These are COCO's overlaps (Lin et al. 2014, arXiv:1405.0312); the area is taken over all
    points, where COCO interpolates at 101 recalls. Only lines that were returned are ranked, so
    the value cannot exceed the recall at the threshold they were found at.
    """
    levels = np.arange(10) * 0.05 + 0.5
    return float(np.mean([average_precision(overlaps, confidences, level) for level in levels]))


def page_edits(reference: str, reading: str) -> tuple[int, int]:
    r"""Return edits and reference length of a page, a line break counting as a space.

    Example:
        >>> page_edits("two\nlines", "two lime")
        (2, 9)
    """
    reference, reading = (" ".join(text.split()) for text in (reference, reading))
    return edit_distance(reference, reading), len(reference)


class PageErrors(NamedTuple):
    """The edits of a page and where they come from; the three parts add up to `edits`."""

    edits: int
    length: int
    detection: int
    order: int
    recognition: int


def attribute_errors(
    true_texts: Sequence[str],
    true_readings: Sequence[str],
    readings: Sequence[str],
    matches: Sequence[tuple[int, int]],
) -> PageErrors:
    """Say which stage made a page's errors, by putting one right after another.

    Recognition is what is misread even when lines are cut where they truly are. Order is what
    vanishes when the lines found are put into the true order. Detection is the rest; it can be
    negative, where a detected line was cut better than the true one.

    Args:
        true_texts: What is written, line by line.
        true_readings: What is read from the true lines.
        readings: What is read from the detected lines, in their order.
        matches: Pairs (detected, true).
    """
    reference = "\n".join(true_texts)
    edits, length = page_edits(reference, "\n".join(readings))
    recognition, _ = page_edits(reference, "\n".join(true_readings))
    place = dict(matches)
    # A line that matches none stays behind the line it was found after
    keys, last = [], -1.0
    for index in range(len(readings)):
        last = float(place[index]) if index in place else last + 1e-6
        keys.append(last)
    ordered = [readings[i] for i in np.argsort(keys, kind="stable")]
    in_order, _ = page_edits(reference, "\n".join(ordered))
    return PageErrors(edits, length, in_order - recognition, edits - in_order, recognition)
