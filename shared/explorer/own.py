"""What a learner's own functions make of the line, beside the course's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from shared import ctc
from shared.alphabet import Alphabet


def compare_own(
    functions: Sequence[Callable], log_probs: np.ndarray, label: Sequence[int], alphabet: Alphabet
) -> str:
    """Return a sentence of each function: what it finds, and ✗ where the course finds another.

    One that is not written yet is passed over, and so is a reference that stands for it.

    Args:
        functions: `collapse` and `forward_log_probability`, as Lab 3 asks for them.
        log_probs: (T, K) log-probabilities, rows normalized.
        label: The target's classes.
        alphabet: Whose characters the sentences name.

    Raises:
        ValueError: A function of another name.
    """
    path, greedy, _ = ctc.greedy(log_probs)
    text = alphabet.decode
    asked = {
        "collapse": lambda own: (text(own(path.tolist())) or "nothing", text(greedy) or "nothing"),
        "forward_log_probability": lambda own: tuple(
            f"ln p = {log_p:.4f}"
            for log_p in (own(log_probs.copy(), list(label)), ctc.forward(log_probs, label)[1])
        ),
    }
    said = []
    for function in functions:
        if hasattr(function, "__reference__"):
            continue
        name = function.__name__
        if name not in asked:
            raise ValueError(
                f"The explorer knows no function {name} of Lab 3; give your {' or '.join(asked)}."
            )
        try:
            mine, course = asked[name](function)
        except NotImplementedError:
            continue
        except Exception as error:  # Whatever a learner's function raises is told, not hidden
            said.append(f"✗ Your {name} stopped: {type(error).__name__}: {error}.")
            continue
        said.append(
            f"Your own {name} finds {mine} here." if mine == course
            else f"✗ Your {name} finds {mine} here, the course's {course}."
        )  # fmt: skip
    return " ".join(said)
