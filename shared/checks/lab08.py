"""Exercises of Lab 8: tests that catch planted bugs, a gate, and a workflow that runs them."""

from __future__ import annotations

from shared.checks.lab08_choices import (
    CHOOSE_LINES,
    DIAGNOSE_HISTORY,
    GUESS_CAUGHT,
    NAME_FAULTS,
)
from shared.checks.lab08_gate import PASSES_GATE
from shared.checks.lab08_suite import TEST_BATCHES, TEST_CTC, TEST_IMAGES
from shared.checks.lab08_workflow import WRITE_WORKFLOW

EXERCISES = (
    GUESS_CAUGHT,
    NAME_FAULTS,
    TEST_CTC,
    TEST_IMAGES,
    TEST_BATCHES,
    PASSES_GATE,
    CHOOSE_LINES,
    WRITE_WORKFLOW,
    DIAGNOSE_HISTORY,
)
