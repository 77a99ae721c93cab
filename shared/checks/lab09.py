"""Exercises of Lab 9: eight bits, a promise and its price, uploads, batches, drift, services."""

from __future__ import annotations

from shared.checks.lab09_batching import CHECK_BATCHING, NEXT_BATCH
from shared.checks.lab09_choices import (
    CHEAPEST_THRESHOLD,
    DIAGNOSE_SERVICES,
    GUESS_SAME,
    RIGHT_UPLOAD,
)
from shared.checks.lab09_drift import LARGEST_GAP
from shared.checks.lab09_suite import TEST_SERVICE
from shared.checks.lab09_threshold import CHOOSE_THRESHOLD

EXERCISES = (
    GUESS_SAME,
    CHOOSE_THRESHOLD,
    CHEAPEST_THRESHOLD,
    RIGHT_UPLOAD,
    CHECK_BATCHING,
    NEXT_BATCH,
    LARGEST_GAP,
    TEST_SERVICE,
    DIAGNOSE_SERVICES,
)
