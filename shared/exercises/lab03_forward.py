"""The forward algorithm of Lab 3: what it is tried on, and a judge that knows usual mistakes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from shared import ctc
from shared.checks.compare import close, show


def random_log_probs(rng: np.random.Generator, num_frames: int, num_classes: int) -> np.ndarray:
    """Return (num_frames, num_classes) log-probabilities without ties."""
    return ctc.log_softmax(1.5 * rng.normal(size=(num_frames, num_classes)))


def labels_in(num_frames: int, num_classes: int, labels: list, blank: int = 0) -> Callable:
    """Return a function of the seed that makes frames, to ask several labels of them."""
    return lambda seed: {
        "log_probs": random_log_probs(np.random.default_rng(seed), num_frames, num_classes),
        "labels": labels,
        "blank": blank,
    }


def impossible_classes(seed: int) -> dict:
    """Return frames in which some classes cannot occur: their log-probability is -inf."""
    logits = np.random.default_rng(seed).normal(size=(7, 4))
    for frame, symbol in ((0, 0), (2, 3), (3, 0), (5, 1), (6, 0)):
        logits[frame, symbol] = -np.inf
    return {"log_probs": ctc.log_softmax(logits), "labels": [[1, 2], [3, 3], [2]], "blank": 0}


def long_line(seed: int) -> dict:
    """Return 400 frames and a label of 60 letters, a tenth of them doubled."""
    rng = np.random.default_rng(seed)
    label = rng.integers(1, 12, 60)
    label[10::10] = label[9:-1:10]
    log_probs = random_log_probs(rng, 400, 12)
    return {"log_probs": log_probs, "labels": [label.tolist()], "blank": 0}


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


def judge_labels(inputs: dict, answer: object) -> str | None:
    """Report the first label whose number is wrong."""
    pairs = zip(inputs["labels"], answer, strict=True)
    log_probs, blank = inputs["log_probs"], inputs["blank"]
    said = (judge_label(log_probs, label, blank, got) for label, got in pairs)
    return next(filter(None, said), None)


def judge_frames(inputs: dict, answer: object) -> str | None:
    """Report the smallest number of frames at which a number is wrong."""
    log_probs = inputs["log_probs"]
    for t in range(len(log_probs)):
        for label, row in zip(inputs["labels"], answer, strict=True):
            message = judge_label(log_probs[: t + 1], label, inputs["blank"], row[t], row[-1],
                                  log_probs)  # fmt: skip
            if message:
                before = f" (t = 0 to {t - 1} are right)" if t else ""
                return f"{message} The first wrong frame is t = {t}{before}."
    return None


def judge_label(
    log_probs: np.ndarray,
    label: list,
    blank: int,
    got: object,
    later: object = None,
    later_log_probs: np.ndarray | None = None,
) -> str | None:
    """Compare one number, and name the mistake that leads to it if it is a known one.

    Args:
        log_probs: (num_frames, num_classes).
        label: Classes.
        blank: Class of the blank.
        got: The answer.
        later: The answer for more frames, which the same mistake has to explain, if there are any.
        later_log_probs: Those frames.
    """
    expected = ctc.forward(log_probs, label, blank)[1]
    frames = f"{len(log_probs)} frame{'s' if len(log_probs) > 1 else ''}"
    arguments = f"{frames} of {log_probs.shape[1]} classes, {show(label)}, blank={blank}"
    message = close(got, expected, f"forward_log_probability({arguments})", rtol=1e-7)
    if message is None:
        return None
    if not isinstance(got, int | float):
        return message
    if np.isfinite(got) and close(got, expected, "", rtol=2e-6) is None:
        return f"{message} It is right to the seven digits of float32: compute in float64."
    if not got <= -700 and not expected <= -700 and got <= 0:
        message += f" As probabilities: {_probability(got)} instead of {_probability(expected)}."
    elif np.isneginf(got) and -np.inf < expected < -700:
        message += " If you multiply probabilities: so many of them make 0 in float64."
    if np.isfinite(got):
        named = explaining(got, log_probs, label, blank)
        if named and later_log_probs is not None:
            at_the_end = explaining(later, later_log_probs, label, blank)
            named = [name for name in named if name in at_the_end]
        if 1 <= len(named) <= 2:  # More would be no help
            message += f" Your number is what comes out when {', or when '.join(named)}."
    return message


def explaining(got: object, log_probs: np.ndarray, label: list, blank: int) -> list[str]:
    """Return the mistakes that lead to a number."""
    mistakes = known_mistakes(log_probs, label, blank).items()
    return [name for name, value in mistakes if close(got, value, "", rtol=1e-7) is None]


def known_mistakes(log_probs: np.ndarray, label: list, blank: int) -> dict[str, float]:
    """Return what usual mistakes make of a problem, by a clause that describes each."""
    states, can_skip = ctc.extend_label(label, blank)
    letters = np.arange(len(states)) % 2 == 1
    right = sum_paths(log_probs, states, can_skip)
    merged = [label[0], *(b for a, b in pairwise(label) if a != b)] if label else []
    over_time = log_probs - np.logaddexp.reduce(log_probs, axis=0)
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
        "equal letters of the label are merged first": ctc.forward(log_probs, merged, blank)[1],
        "class 0 is taken for the blank": sum_paths(
            log_probs, np.where(letters, states, 0), can_skip
        ),
        "the sum is divided by the number of letters": right / max(len(label), 1),
        "logits are expected: every column is normalized over time": sum_paths(
            over_time, states, can_skip
        ),
    }


def sum_paths(
    log_probs: np.ndarray,
    states: np.ndarray,
    can_skip: np.ndarray,
    first: int = 2,
    last: int = 2,
    stay: bool = True,
    join: Callable = np.logaddexp.reduce,
) -> float:
    """Run the forward algorithm with something changed.

    Args:
        log_probs: (num_frames, num_classes).
        states: (num_states,) the class of each state.
        can_skip: (num_states,) whether a state may follow the one two before it.
        first: In how many of the first states a path may begin.
        last: In how many of the last states a path may end.
        stay: Whether a state may last longer than a frame.
        join: How the ways into a state become one number.
    """
    if not len(states):
        return -np.inf
    alpha = np.full(len(states), -np.inf)
    alpha[:first] = log_probs[0, states[:first]]
    for frame in log_probs[1:]:
        before = np.concatenate([[-np.inf, -np.inf], alpha])
        same = alpha if stay else np.full(len(states), -np.inf)
        skip = np.where(can_skip, before[:-2], -np.inf)
        skip[:2] = -np.inf
        alpha = join(np.stack([same, before[1:-1], skip]), axis=0) + frame[states]
    return float(join(alpha[-last:], axis=0))


def _probability(log_p: float) -> str:
    return f"{np.exp(min(float(log_p), 700.0)):.4g}"
