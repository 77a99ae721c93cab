"""Exercises of Lab 3: lines, CTC by hand, and a recognizer that can be trusted."""

from __future__ import annotations

from shared.checks.lab03_beam import PREFIX_BEAM
from shared.checks.lab03_blank import FIND_LOSS_FAULT, GREEDY_FAILS, GUESS_BLANK
from shared.checks.lab03_forward import FORWARD_LOG_PROBABILITY
from shared.checks.lab03_labels import COUNT_PATHS, EXTEND_LABEL
from shared.checks.lab03_lines import FIND_LEAK, GUESS_LADDER, PASTE_INK
from shared.checks.lab03_padding import CHECK_PADDING
from shared.checks.lab03_paths import COLLAPSE, MIN_FRAMES
from shared.checks.lab03_stretch import BACKWARD, CTC_GRADIENT
from shared.checks.lab03_training import CHOOSE_STRIDE, DIAGNOSE_LOSS

EXERCISES = (
    PASTE_INK,
    FIND_LEAK,
    GUESS_LADDER,
    COLLAPSE,
    MIN_FRAMES,
    COUNT_PATHS,
    EXTEND_LABEL,
    FORWARD_LOG_PROBABILITY,
    GREEDY_FAILS,
    GUESS_BLANK,
    FIND_LOSS_FAULT,
    DIAGNOSE_LOSS,
    CHOOSE_STRIDE,
    CHECK_PADDING,
    BACKWARD,
    CTC_GRADIENT,
    PREFIX_BEAM,
)
