"""Lab 3, stretch: the backward pass and the gradient of the loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shared import ctc
from shared.checks.compare import close, shape, show
from shared.checks.exercise import Case, Exercise
from shared.checks.lab03_forward import long_line, problem


def each_label(function, inputs):
    """Call the answer with each label, and with the blank where it is not 0."""
    log_probs, blank = inputs["log_probs"], [inputs["blank"]] if inputs["blank"] else []
    return [np.asarray(function(log_probs, label, *blank)) for label in inputs["labels"]]


def judge_grids(name: str, column: str, expected: Callable, last_first: bool = False) -> Callable:
    """Return a judge for arrays over time: it reports the first wrong cell with both numbers.

    Args:
        name: Name of the answer's function.
        column: Letter of the second index.
        expected: The right function.
        last_first: Whether the work begins at the last frame, so that its errors are the causes.
    """

    def judge(inputs: dict, answer: object) -> str | None:
        num_frames, num_classes = inputs["log_probs"].shape
        for label, got in zip(inputs["labels"], answer, strict=True):
            frames = f"{num_frames} frames of {num_classes} classes"
            call = f"{name}({frames}, {show(label)}, blank={inputs['blank']})"
            right = expected(inputs["log_probs"], label, inputs["blank"])
            message = shape(got, right.shape, call)
            if message:
                return message
            for t in sorted(range(num_frames), reverse=last_first):
                for place in range(right.shape[1]):
                    value = got[t][place]
                    if close(value, right[t, place].item(), "", rtol=1e-6, atol=1e-9):
                        return (
                            f"{call}: the {'last' if last_first else 'first'} wrong frame is "
                            f"t = {t}, there at {column} = {place}: {show(value)}, expected "
                            f"{show(right[t, place].item())}."
                        )
        return None

    return judge


_JUDGE_BETA = judge_grids("backward", "s", ctc.backward, last_first=True)

BACKWARD = Exercise(
    id="lab03.backward",
    kind="implement",
    title="Finish from every state",
    reference=ctc.backward,
    doc="The log-probability of the rest of the label, from each state after each frame.",
    cases=(
        Case(
            "one frame: where a path may end",
            1,
            problem(1, 4, [[], [2], [1, 2]]),
            probe=each_label,
            judge=_JUDGE_BETA,
            hint="After the last frame nothing is left: log 1 = 0 in the last two states, -inf "
            "in the others.",
        ),
        Case(
            "letters that differ",
            1,
            problem(5, 4, [[3], [1, 2], [2, 1, 2]]),
            probe=each_label,
            judge=_JUDGE_BETA,
            hint="Add the emission of frame t + 1 in the state one arrives in; that of t is not "
            "part of beta[t].",
        ),
        Case(
            "equal letters",
            1,
            problem(7, 3, [[1, 1], [2, 2, 1]]),
            probe=each_label,
            judge=_JUDGE_BETA,
            hint="A skip from s lands on s + 2, and the rule is that of the state it lands on.",
        ),
        Case(
            "another blank, no letters, and a label that does not fit",
            1,
            problem(4, 4, [[0, 0], [], [0, 1, 0, 1, 0]], blank=2),
            probe=each_label,
            judge=_JUDGE_BETA,
            hint="The empty label has one state; the label of five has no path of four frames "
            "from its first states.",
        ),
        Case(
            "400 frames",
            1,
            long_line,
            probe=each_label,
            judge=_JUDGE_BETA,
            hint="Stay in logarithms: np.logaddexp, from the last frame to the first.",
        ),
    ),
)


def ctc_gradient(logits: np.ndarray, label: list[int], blank: int = 0) -> np.ndarray:
    """Return the derivative of the CTC loss by each logit."""
    return ctc.loss_and_grad(logits, label, blank).grad


def gradient_problem(num_frames: int, num_classes: int, labels: list, blank: int = 0) -> Callable:
    """Return a function of the seed that makes logits, not normalized, and labels."""
    return lambda seed: {
        "log_probs": 2 + 1.5 * np.random.default_rng(seed).normal(size=(num_frames, num_classes)),
        "labels": labels,
        "blank": blank,
    }


_JUDGE_GRADIENT = judge_grids("ctc_gradient", "k", ctc_gradient)

CTC_GRADIENT = Exercise(
    id="lab03.ctc_gradient",
    kind="implement",
    title="The gradient of the loss",
    reference=ctc_gradient,
    refuse=(ctc.loss_and_grad, ctc.batch_loss_and_grad, ctc.posteriors),
    doc="Softmax minus posterior, for each frame and class.",
    cases=(
        Case(
            "one frame",
            1,
            gradient_problem(1, 4, [[2], []]),
            probe=each_label,
            judge=_JUDGE_GRADIENT,
            hint="With one path the posterior is 1 for its class: the gradient is the softmax, "
            "less 1 at that class.",
        ),
        Case(
            "letters that differ",
            1,
            gradient_problem(6, 4, [[1, 2], [3, 1, 2]]),
            probe=each_label,
            judge=_JUDGE_GRADIENT,
            hint="The posterior is exp(alpha + beta - log p), and log p is one number, the same "
            "at every frame.",
        ),
        Case(
            "a letter that occurs twice",
            2,
            gradient_problem(7, 3, [[1, 2, 1], [1, 1]]),
            probe=each_label,
            judge=_JUDGE_GRADIENT,
            hint="Add up all states of a class; plain fancy indexing keeps only one of them.",
        ),
        Case(
            "another class as the blank",
            1,
            gradient_problem(5, 4, [[0, 1]], blank=3),
            probe=each_label,
            judge=_JUDGE_GRADIENT,
            hint="Hand `blank` on to every function you call.",
        ),
        Case(
            "400 frames",
            1,
            long_line,
            probe=each_label,
            judge=_JUDGE_GRADIENT,
            hint="Add and subtract logarithms; take exp of the difference at the very end.",
        ),
    ),
)
