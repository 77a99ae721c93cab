"""Lab 3, sitting B: where greedy decoding fails, where the blank settles, a loss with a fault."""

from __future__ import annotations

import numpy as np

from shared import ctc
from shared.checks.compare import number_between, show
from shared.checks.exercise import Case, Exercise
from shared.checks.lab03_plateau import shipped_loss


def greedy_fails() -> np.ndarray:
    """Return probabilities of two frames whose best path is not their best text."""
    return np.array([[0.6, 0.4], [0.6, 0.4]])


def matrix_of(answer: object) -> np.ndarray | str:
    """Return an answer as a (2, 2) array of probabilities, or what is wrong with it."""
    try:
        matrix = np.array(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return f"greedy_fails() gave {show(answer)}, expected a 2 x 2 array of numbers."
    if matrix.shape != (2, 2):
        return f"greedy_fails() gave the shape {matrix.shape}, expected (2, 2)."
    if not (matrix >= 0).all():
        return f"greedy_fails() gave {show(matrix)}: a probability is a number of at least 0."
    sums = matrix.sum(axis=1)
    if not np.allclose(sums, 1, rtol=0, atol=1e-6):
        return f"greedy_fails() gave {show(matrix)}: its rows sum to {show(sums)}, expected 1."
    return matrix


def judge_rows(inputs: dict, answer: object) -> str | None:
    """Accept probabilities whose rows sum to 1."""
    matrix = matrix_of(answer)
    return matrix if isinstance(matrix, str) else None


def judge_failure(inputs: dict, answer: object) -> str | None:
    """Accept a matrix whose best path belongs to the less probable of the two texts."""
    matrix = matrix_of(answer)
    if isinstance(matrix, str):
        return matrix
    call = f"greedy_fails() gave {show(matrix)}"
    if (np.abs(matrix[:, 0] - matrix[:, 1]) < 1e-6).any():
        return f"{call}: a frame gives both classes the same probability; let one win."
    empty = float(matrix[0, 0] * matrix[1, 0])
    reads_a = bool((matrix[:, 1] > matrix[:, 0]).any())
    greedy, other = (1 - empty, empty) if reads_a else (empty, 1 - empty)
    texts = ("'a'", "the empty text") if reads_a else ("the empty text", "'a'")
    if other > greedy + 1e-9:
        return None
    return (
        f"{call}: greedy decoding reads {texts[0]}, with probability {greedy:.4g}, and {texts[1]} "
        f"has {other:.4g}. Greedy decoding is right here."
    )


GREEDY_FAILS = Exercise(
    id="lab03.greedy_fails",
    kind="decide",
    title="Make greedy decoding fail",
    reference=greedy_fails,
    doc="Two frames whose best path is not their best text.",
    cases=(
        Case(
            "two rows of probabilities",
            1,
            judge=judge_rows,
            hint="One row for each frame, blank first, then a; each row sums to 1.",
        ),
        Case(
            "another text is more probable than the greedy one",
            2,
            judge=judge_failure,
            hint="Three of the four paths read a; make the fourth the best one, by little.",
        ),
    ),
)


def guess_blank() -> float:
    """Guess the probability of the blank on the plateau."""
    return 0.8


GUESS_BLANK = Exercise(
    id="lab03.guess_blank",
    kind="predict",
    title="Where does the blank settle?",
    reference=guess_blank,
    doc="Any probability earns the point.",
    cases=(
        Case(
            "a probability from 0 to 1",
            1,
            judge=lambda inputs, answer: number_between(answer, 0, 1, "guess_blank()"),
            hint="Return one number such as 0.5; every guess in the range earns the point.",
        ),
    ),
)


def find_loss_fault() -> list[int]:
    """Return a label with equal neighbors, the only kind that `shipped_loss` gets wrong."""
    return [1, 1]


def label_of(answer: object) -> list[int] | str:
    """Return an answer as a label of one to four symbols 1 to 3, or what is wrong with it."""
    expected = "expected a list of one to four class numbers from 1 to 3"
    symbols = answer.tolist() if isinstance(answer, np.ndarray) else answer
    if not isinstance(symbols, list | tuple) or not 1 <= len(symbols) <= 4:
        return f"find_loss_fault() gave {show(answer)}, {expected}."
    for symbol in symbols:
        if number_between(symbol, 1, 3, "") or symbol != int(symbol):
            return f"find_loss_fault() gave {show(answer)}: {show(symbol)} is wrong, {expected}."
    return [int(symbol) for symbol in symbols]


def judge_fits(inputs: dict, answer: object) -> str | None:
    """Accept a label for which six frames are enough."""
    label = label_of(answer)
    if isinstance(label, str):
        return label
    needed = ctc.min_frames(label)
    if needed <= 6:
        return None
    return f"find_loss_fault() gave {label}, which needs {needed} frames; there are six."


def random_frames(seed: int) -> dict:
    """Return six frames over the blank and three letters."""
    return {"log_probs": ctc.log_softmax(np.random.default_rng(seed).normal(size=(6, 4)))}


def judge_fault(inputs: dict, answer: object) -> str | None:
    """Run both losses on the label."""
    label = label_of(answer)
    if isinstance(label, str):
        return label
    faulty = shipped_loss(inputs["log_probs"], label)
    right = -ctc.forward(inputs["log_probs"], label)[1]
    if abs(faulty - right) > 1e-9:
        return None
    return (
        f"find_loss_fault() gave {label}: on six random frames shipped_loss is {faulty:.6f} "
        f"and the right loss is {right:.6f}, the same. This label does not show the fault."
    )


FIND_LOSS_FAULT = Exercise(
    id="lab03.find_loss_fault",
    kind="review",
    title="Catch a loss that shipped",
    reference=find_loss_fault,
    doc="A label that a faulty loss gets wrong.",
    cases=(
        Case(
            "a label that fits into six frames",
            1,
            judge=judge_fits,
            hint="One to four symbols, each 1, 2 or 3, and min_frames(label) at most 6.",
        ),
        Case(
            "a label whose loss is wrong",
            2,
            random_frames,
            probe=lambda function, inputs: function(),
            judge=judge_fault,
            hint="Compare shipped_loss with your own forward pass, label by label: what does the "
            "line about skipping forget to ask?",
        ),
    ),
)
