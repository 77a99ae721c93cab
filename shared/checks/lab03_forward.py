"""Lab 3, sitting B: the forward algorithm, and a judge that recognizes usual mistakes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from shared import ctc
from shared.checks.compare import close, show
from shared.checks.exercise import Case, Exercise

NAME = "forward_log_probability"


def forward_log_probability(log_probs, label, blank=0) -> float:
    """Return the log-probability of a label, -inf when it does not fit."""
    return ctc.forward(log_probs, label, blank)[1]


def random_log_probs(rng: np.random.Generator, num_frames: int, num_classes: int) -> np.ndarray:
    """Return (num_frames, num_classes) log-probabilities without ties."""
    return ctc.log_softmax(1.5 * rng.normal(size=(num_frames, num_classes)))


def problem(num_frames: int, num_classes: int, labels: list, blank: int = 0):
    """Return a function of the seed that makes inputs with several labels."""
    return lambda seed: {
        "log_probs": random_log_probs(np.random.default_rng(seed), num_frames, num_classes),
        "labels": labels,
        "blank": blank,
    }


def impossible_classes(seed: int) -> dict:
    """Return inputs in which some classes cannot occur: their log-probability is -inf."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(7, 4))
    for frame, symbol in ((0, 0), (2, 3), (3, 0), (5, 1), (6, 0)):
        logits[frame, symbol] = -np.inf
    return {"log_probs": ctc.log_softmax(logits), "labels": [[1, 2], [3, 3], [2]], "blank": 0}


def long_line(seed: int) -> dict:
    """Return 400 frames and a label of 60 letters, a tenth of them doubled."""
    rng = np.random.default_rng(seed)
    label = rng.integers(1, 12, 60)
    label[10::10] = label[9:-1:10]
    return {
        "log_probs": random_log_probs(rng, 400, 12),
        "labels": [label.tolist()],
        "blank": 0,
    }


def each_label(function, inputs):
    """Call the answer with each label, and with the blank where it is not 0."""
    blank = [inputs["blank"]] if inputs["blank"] else []
    return [function(inputs["log_probs"], label, *blank) for label in inputs["labels"]]


def frame_by_frame(function, inputs):
    """Call the answer with the first frame, the first two, and so on, for each label."""
    log_probs, blank = inputs["log_probs"], inputs["blank"]
    return [
        [function(log_probs[: t + 1], label, blank) for t in range(len(log_probs))]
        for label in inputs["labels"]
    ]


def judge_label(log_probs: np.ndarray, label: list, blank: int, got: object) -> str | None:
    """Compare one number, and name the mistake that leads to it if it is a known one."""
    expected = ctc.forward(log_probs, label, blank)[1]
    frames = f"{len(log_probs)} frame{'s' if len(log_probs) > 1 else ''}"
    call = f"{NAME}({frames} of {log_probs.shape[1]} classes, {show(label)}, blank={blank})"
    message = close(got, expected, call, rtol=1e-7)
    if message is None:
        return None
    if not isinstance(got, int | float):
        return message
    if not got <= -700 and not expected <= -700 and got <= 0:
        message += f" As probabilities: {_probability(got)} instead of {_probability(expected)}."
    elif np.isneginf(got) and -np.inf < expected < -700:
        message += " If you multiply probabilities: so many of them make 0 in float64."
    if np.isfinite(got):
        mistakes = known_mistakes(log_probs, label, blank).items()
        named = [clause for clause, value in mistakes if close(got, value, "", rtol=1e-7) is None]
        if 1 <= len(named) <= 2:  # More would be no help
            message += f" Your number is what comes out when {', or when '.join(named)}."
    return message


def judge_labels(inputs: dict, answer: object) -> str | None:
    """Report the first label whose number is wrong."""
    for label, got in zip(inputs["labels"], answer, strict=True):
        message = judge_label(inputs["log_probs"], label, inputs["blank"], got)
        if message:
            return message
    return None


def judge_frames(inputs: dict, answer: object) -> str | None:
    """Report the smallest number of frames at which a number is wrong."""
    log_probs = inputs["log_probs"]
    for t in range(len(log_probs)):
        for label, row in zip(inputs["labels"], answer, strict=True):
            message = judge_label(log_probs[: t + 1], label, inputs["blank"], row[t])
            if message:
                before = f" (t = 0 to {t - 1} are right)" if t else ""
                return f"{message} The first wrong frame is t = {t}{before}."
    return None


def known_mistakes(log_probs: np.ndarray, label: list, blank: int) -> dict[str, float]:
    """Return what usual mistakes make of a problem, by a clause that describes each."""
    states, can_skip = ctc.extend_label(label, blank)
    letters = np.arange(len(states)) % 2 == 1
    right = sum_paths(log_probs, states, can_skip)
    merged = [label[0], *(b for a, b in pairwise(label) if a != b)] if label else []
    return {
        "the loss is returned: its sign is opposite": -right,
        "paths begin in the first blank only": sum_paths(log_probs, states, can_skip, first=1),
        "paths end in the last blank only": sum_paths(log_probs, states, can_skip, last=1),
        "the best path is taken instead of the sum": sum_paths(
            log_probs, states, can_skip, join=np.max
        ),
        "the blank between equal letters may be skipped": sum_paths(log_probs, states, letters),
        "no blank may be skipped": sum_paths(log_probs, states, letters & False),
        "a blank may be skipped to, too": sum_paths(log_probs, states, letters | True),
        "no state may last longer than a frame": sum_paths(log_probs, states, can_skip, stay=False),
        "there is no blank before the first letter": sum_paths(
            log_probs, states[1:], can_skip[1:], first=1
        ),
        "there is no blank after the last letter": sum_paths(
            log_probs, states[:-1], can_skip[:-1], last=1
        ),
        "equal letters of the label are merged first": forward_log_probability(
            log_probs, merged, blank
        ),
        "class 0 is taken for the blank": sum_paths(
            log_probs, np.where(letters, states, 0), can_skip
        ),
        "the sum is divided by the number of letters": right / max(len(label), 1),
        "logits are expected: every column is normalized over time": sum_paths(
            log_probs - np.logaddexp.reduce(log_probs, axis=0), states, can_skip
        ),
    }


def sum_paths(
    log_probs, states, can_skip, first=2, last=2, stay=True, join=np.logaddexp.reduce
) -> float:
    """Run the forward algorithm with something changed."""
    alpha = np.full(len(states), -np.inf)
    if not len(states):
        return -np.inf
    alpha[:first] = log_probs[0, states[:first]]
    for frame in log_probs[1:]:
        arrivals = np.full((3, len(states)), -np.inf)
        if stay:
            arrivals[0] = alpha
        arrivals[1, 1:] = alpha[:-1]
        arrivals[2, 2:] = np.where(can_skip, np.r_[-np.inf, -np.inf, alpha][: len(alpha)], -np.inf)[
            2:
        ]
        alpha = join(arrivals, axis=0) + frame[states]
    return float(join(alpha[-last:], axis=0))


def _probability(log_p: float) -> str:
    return f"{np.exp(min(float(log_p), 700.0)):.4g}"


FORWARD_LOG_PROBABILITY = Exercise(
    id=f"lab03.{NAME}",
    kind="implement",
    title="Sum over every path",
    reference=forward_log_probability,
    refuse=(
        ctc.forward,
        ctc.loss_and_grad,
        ctc.batch_loss_and_grad,
        ctc.posteriors,
        ctc.label_table,
    ),
    doc="The log-probability of a label, for a word and for a line.",
    cases=(
        Case(
            "one frame",
            1,
            problem(1, 4, [[], [2]]),
            probe=each_label,
            judge=judge_labels,
            hint="With one frame there is one path: the letter itself, or a blank.",
        ),
        Case(
            "five frames, letters that differ",
            2,
            problem(5, 4, [[3], [1, 2], [2, 1, 3], [1, 2, 1]]),
            probe=frame_by_frame,
            judge=judge_frames,
            hint="Begin in state 0 or 1; stay, step, or skip; end in one of the last two states.",
        ),
        Case(
            "seven frames, equal letters",
            2,
            problem(7, 3, [[1, 1], [2, 2, 1], [1, 1, 1]]),
            probe=frame_by_frame,
            judge=judge_frames,
            hint="The blank between equal letters may not be skipped: ask can_skip.",
        ),
        Case(
            "no letters",
            1,
            problem(5, 3, [[]]),
            probe=each_label,
            judge=judge_labels,
            hint="The empty label has a single path, all blanks, and a single state.",
        ),
        Case(
            "a label that does not fit is impossible",
            1,
            problem(4, 4, [[1, 2, 3, 1, 2], [1, 1, 2, 2]]),
            probe=each_label,
            judge=judge_labels,
            hint="No path means probability 0, whose logarithm is -inf, neither 0 nor an error.",
        ),
        Case(
            "another class as the blank",
            1,
            problem(5, 4, [[0, 1], [0, 0]], blank=3),
            probe=each_label,
            judge=judge_labels,
            hint="Hand `blank` on to extend_label; class 0 may be a letter.",
        ),
        Case(
            "classes that cannot occur",
            1,
            impossible_classes,
            probe=each_label,
            judge=judge_labels,
            hint="A log-probability may be -inf, and -inf minus -inf is not a number: "
            "np.logaddexp knows that.",
        ),
        Case(
            "400 frames",
            1,
            long_line,
            probe=each_label,
            judge=judge_labels,
            hint="Stay in logarithms all the way: a probability of 400 factors is 0 in float64.",
        ),
    ),
)
