"""Answers to the exercises of Lab 3: wrong ones with the cases they must fail, and right ones."""

from shared.tests.catalogue import (
    lab03_beam,
    lab03_forward,
    lab03_labels,
    lab03_lines,
    lab03_paths,
    lab03_plateau,
    lab03_stretch,
    lab03_training,
)

SETUP = """
import numpy as np
from shared.ctc import backward, extend_label, forward, log_softmax
"""

_PARTS = (
    lab03_lines,
    lab03_paths,
    lab03_labels,
    lab03_forward,
    lab03_plateau,
    lab03_training,
    lab03_stretch,
    lab03_beam,
)

WRONG = {name: answers for part in _PARTS for name, answers in part.WRONG.items()}
RIGHT = {name: answers for part in _PARTS for name, answers in part.RIGHT.items()}
