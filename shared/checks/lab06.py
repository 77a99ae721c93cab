"""Exercises of Lab 6: finding the lines of a page, and counting what was found."""

from __future__ import annotations

from shared.checks.lab06_bands import BASELINES, RECEPTIVE_FIELD, STRAIGHTEN
from shared.checks.lab06_boxes import BOX_IOU, LINE_SCORES
from shared.checks.lab06_choices import (
    CHOOSE_THRESHOLD,
    DIAGNOSE_DETECTORS,
    GUESS_LINES,
    RIGHT_MATCHER,
)
from shared.checks.lab06_testing import CHECK_LINE_SCORES

EXERCISES = (
    GUESS_LINES,
    RECEPTIVE_FIELD,
    BASELINES,
    BOX_IOU,
    LINE_SCORES,
    RIGHT_MATCHER,
    CHECK_LINE_SCORES,
    CHOOSE_THRESHOLD,
    DIAGNOSE_DETECTORS,
    STRAIGHTEN,
)
