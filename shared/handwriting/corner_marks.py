"""The corner marks of a sheet in a photograph: found, told apart, and measured."""

from __future__ import annotations

import numpy as np

from shared.handwriting.sheet import CORNERS, MARK, MARK_PLACES, PROMPTS, marks
from shared.pages.preparation import resized

SIDES = (2000, 1000, 4000)  # Pixels of the longer side, tried in turn until all marks are found


def find_marks(gray: np.ndarray) -> dict[int, list[np.ndarray]]:
    """Return where corner marks are: by number the (4, 2) corners of each one found, clockwise."""
    import cv2

    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    detector = cv2.aruco.ArucoDetector(marks(), settings)
    best: dict[int, list[np.ndarray]] = {}
    for side in SIDES:
        scale = min(1.0, side / max(gray.shape))
        found, numbers, _ = detector.detectMarkers(resized(gray, scale))
        here: dict[int, list[np.ndarray]] = {}
        for number, corners in zip([] if numbers is None else numbers.ravel(), found, strict=True):
            here.setdefault(int(number), []).append((corners[0] + 0.5) / scale - 0.5)
        best = max(best, here, key=len)
        if len(best) >= len(CORNERS):
            break
    return best


def which_sheet(corners: dict[int, list[np.ndarray]]) -> tuple[int, str]:
    """Return the number of the sheet, and why it cannot be read, if that is so."""
    numbers = {mark // 4 + 1 for mark in corners}
    if not corners:
        return 0, (
            "No corner mark of a sheet was found in the photograph: lay a sheet that "
            "`labs sheet` made on a table, and photograph all of it, sharp and in even light."
        )
    if max(numbers) > len(PROMPTS):
        return 0, (
            f"The marks are those of sheet {max(numbers)}, and this course has {len(PROMPTS)}: "
            "print one with `labs sheet`, or update the course."
        )
    if len(numbers) > 1 or any(len(places) > 1 for places in corners.values()):
        return 0, "More than one sheet is in the photograph: photograph each alone."
    (number,) = numbers
    gone = [name for k, name in enumerate(CORNERS, 4 * (number - 1)) if k not in corners]
    if len(gone) > 1:
        return number, (
            f"Only {len(corners)} of the 4 corner marks {'was' if len(corners) == 1 else 'were'} "
            f"found, not {' and '.join(gone)}: photograph the whole sheet, with no finger "
            "or shadow's edge on a mark."
        )
    return number, ""


def mark_corners(place: int) -> np.ndarray:
    """Return the corners of a mark in the frame, (4, 2), clockwise from its top left."""
    return MARK_PLACES[place] + MARK * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


def softness(flat: np.ndarray, place: int, scale: int) -> float:
    """Return over how many millimeters the edges of a mark go from black to white."""
    left, top = (scale * MARK_PLACES[place]).astype(int)
    side = round(scale * MARK)
    patch = flat[top + 2 : top + side - 2, left + 2 : left + side - 2].astype(np.float32)
    contrast = np.percentile(patch, 90) - np.percentile(patch, 10)
    steepest = [np.abs(np.diff(patch, axis=axis)).max(axis=axis) for axis in (0, 1)]
    return float(max(contrast / max(np.median(s), 1e-6) for s in steepest)) / scale
