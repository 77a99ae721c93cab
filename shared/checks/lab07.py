"""Exercises of Lab 7: labels that can be trusted, and data that can be found again."""

from __future__ import annotations

from shared.checks.lab07_agreement import TEXT_AGREEMENT
from shared.checks.lab07_choices import (
    DIAGNOSE_LABELS,
    GUESS_MISSES,
    GUESS_RATE,
    RIGHT_CONVERSION,
    SPEND_HOURS,
)
from shared.checks.lab07_groups import LEAK_GROUPS
from shared.checks.lab07_schema import LINE_PROBLEMS
from shared.checks.lab07_testing import CHECK_EXPORT

EXERCISES = (
    GUESS_RATE,
    LINE_PROBLEMS,
    RIGHT_CONVERSION,
    CHECK_EXPORT,
    TEXT_AGREEMENT,
    GUESS_MISSES,
    DIAGNOSE_LABELS,
    LEAK_GROUPS,
    SPEND_HOURS,
)
