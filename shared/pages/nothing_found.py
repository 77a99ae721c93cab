"""Why a page has no line: a sentence for the person who took the picture."""

from __future__ import annotations

import numpy as np

from shared.pages.preparation import PreparedPage

DARK = 60  # Gray level; paper in any useful light is brighter
SMALL, LARGE = 6, 0.3  # Heights of marks: pixels of the first pass, share of its shorter side


def why_no_line(page: PreparedPage) -> str:
    """Return why nothing was read on a page, and what to do about it.

    Args:
        page: The page as prepared for the first pass; see `prepare_page`.
    """
    height, width = page.gray.shape
    if min(height, width) < 2 * SMALL:
        return (
            f"The picture is only {width} by {height} pixels, too few for a line of writing. "
            "Take it again, larger."
        )
    if np.percentile(page.gray, 95) < DARK:
        return "The picture is too dark to find writing on it. Take it again with more light."
    marks = _mark_height(page.ink)
    if not marks:
        return (
            "Nothing that could be letters stands out from the paper: the page is empty, or its "
            "ink is too faint. Take the picture closer, or with more light."
        )
    if marks < SMALL:
        return (
            "What stands out is too small to be letters that can be read. Cut the picture down "
            "to a part of the page, or take it closer."
        )
    if marks > LARGE * min(page.ink.shape):
        return (
            "What stands out is too large to be lines of letters. Show the page from farther "
            "away, on plain paper and without what lies around it."
        )
    return (
        "There is something on the picture, but it does not look like lines of handwriting. Cut "
        "it down to the writing, and turn it upright."
    )


def _mark_height(ink: np.ndarray) -> float:
    """Return how high the marks are that hold half of the ink, 0 where there are none.

    Ruled lines are no marks.
    """
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats(np.uint8(ink > 127), connectivity=8)
    ruled = (stats[:, cv2.CC_STAT_WIDTH] > ink.shape[1] / 2) & (
        stats[:, cv2.CC_STAT_HEIGHT] < SMALL
    )
    stats = stats[1:][~ruled[1:]]
    areas, heights = stats[:, cv2.CC_STAT_AREA], stats[:, cv2.CC_STAT_HEIGHT]
    if not len(areas):
        return 0.0
    return float(np.quantile(heights, 0.5, weights=areas, method="inverted_cdf"))
