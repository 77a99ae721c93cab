"""What each exercise must do, and the calls a notebook makes to find out.

A case is made of inputs, a probe that runs where the learner's code runs, and a judge that
decides. Only plain values cross between them, so the same cases serve the notebook and the
grader, which judges in a process of its own (`shared.grading.runner`).
"""

from shared.checks.notebook import check, compare_guess, predict, recorded_guess
from shared.checks.report import report
from shared.checks.start import begin

__all__ = ["begin", "check", "compare_guess", "predict", "recorded_guess", "report"]
