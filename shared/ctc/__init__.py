"""Connectionist temporal classification (CTC), written to be read next to its formulas.

NumPy in float64, natural logarithms, time first, one sequence at a time.  The letters
used throughout are those of the literature:

* `T` time steps (frames), `K` classes, `U` symbols in the label;
* `S = 2 U + 1` states: the label with a blank before, between and after its symbols;
* `r` adjacent equal pairs in the label: each needs one blank more.

Class 0 is the blank unless `blank` says otherwise.  Source of the mathematics: Graves,
Fernandez, Gomez, Schmidhuber, "Connectionist Temporal Classification", ICML 2006,
pages 369-376; the section is named at each function.
"""

from shared.ctc.alignment import ForcedAlignment, Span, alignments, forced_align, sample
from shared.ctc.collapsing import (
    check_inputs,
    collapse,
    collapse_trace,
    count_alignments,
    extend_label,
    log_softmax,
    min_frames,
)
from shared.ctc.decoding import BeamStep, Hypothesis, beam_steps, greedy, label_table
from shared.ctc.lattice import (
    LossAndGrad,
    Posteriors,
    backward,
    batch_loss_and_grad,
    forward,
    loss_and_grad,
    posteriors,
)

__all__ = [
    "BeamStep",
    "ForcedAlignment",
    "Hypothesis",
    "LossAndGrad",
    "Posteriors",
    "Span",
    "alignments",
    "backward",
    "batch_loss_and_grad",
    "beam_steps",
    "check_inputs",
    "collapse",
    "collapse_trace",
    "count_alignments",
    "extend_label",
    "forced_align",
    "forward",
    "greedy",
    "label_table",
    "log_softmax",
    "loss_and_grad",
    "min_frames",
    "posteriors",
    "sample",
]
