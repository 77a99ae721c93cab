"""Exercises of Lab 2: single characters, honest splits and honest numbers."""

from __future__ import annotations

from shared.checks.compare import number_between, show
from shared.checks.exercise import Case, Exercise
from shared.checks.lab02_check_split import CHECK_SPLIT
from shared.checks.lab02_numbers import CHOOSE_SAMPLE, CONFUSION_PAIRS, MACRO_ACCURACY
from shared.checks.lab02_splitting import SPLIT_BY_WRITER


def guess_accuracy() -> float:
    """Guess, in percent, how many of your letters the network will read."""
    return 70.0


GUESS_ACCURACY = Exercise(
    id="lab02.guess_accuracy",
    kind="predict",
    title="Guess before you train",
    reference=guess_accuracy,
    doc="Any percentage earns the point.",
    cases=(
        Case(
            "a percentage from 0 to 100",
            1,
            judge=lambda inputs, answer: number_between(answer, 0, 100, "guess_accuracy()"),
            hint="Return one number such as 70; every guess in the range earns the point.",
        ),
    ),
)


def find_leak() -> str:
    """Name the snippet that leaks test data."""
    return "C"


_NO_LEAK = {
    "A": "the mean comes from training images alone, and the test images are changed by it",
    "B": "test images are looked at only to remove their copies from the training part",
    "D": "images are repeated after the split, so that no copy crosses over",
}


def judge_leak(inputs: dict, answer: object) -> str | None:
    """Accept the letter C in any case."""
    letter = answer.strip().upper() if isinstance(answer, str) else answer
    if isinstance(letter, str) and letter == "C":
        return None
    if isinstance(letter, str) and letter in _NO_LEAK:
        return f"find_leak() gave {letter!r}, but there {_NO_LEAK[letter]}."
    return f"find_leak() gave {show(answer)}, expected one of the letters A, B, C, D."


FIND_LEAK = Exercise(
    id="lab02.find_leak",
    kind="review",
    title="Find the leak",
    reference=find_leak,
    options=("A", "B", "C", "D"),
    doc="Which preparation lets test data into training?",
    cases=(
        Case(
            "names the leaking snippet",
            2,
            judge=judge_leak,
            hint="Ask of each snippet: can one person's ink end up on both sides?",
        ),
    ),
)

#: Names a learner chooses from; `shared.checks.lab02_curves` holds the four curves
DIAGNOSES = (
    "healthy",
    "overfitting",
    "labels shuffled",
    "learning rate too high",
    "learning rate too low",
    "test images in training",
)


def diagnose_curves() -> dict[str, str]:
    """Name what happened in each of the four runs."""
    return {
        "A": "overfitting",
        "B": "learning rate too low",
        "C": "labels shuffled",
        "D": "learning rate too high",
    }


_CLUES = {
    "A": "Run A: training loss goes on falling while validation loss turns and rises.",
    "B": "Run B: both losses fall together, smoothly, and are still falling at the end.",
    "C": "Run C: training loss falls, but validation loss is never better than a blind guess.",
    "D": "Run D: both losses jump up and down together instead of falling.",
}


def judge_curve(run: str):
    """Return the judge of one run."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, dict):
            return f"diagnose_curves() gave {show(answer)}, expected a dict such as {{'A': ...}}."
        name = answer.get(run)
        said = " ".join(name.lower().split()) if isinstance(name, str) else name
        if not isinstance(said, str) or said not in DIAGNOSES:
            return f"diagnose_curves()[{run!r}] is {show(name)}, expected one of {DIAGNOSES}."
        if said != diagnose_curves()[run]:
            return f"diagnose_curves()[{run!r}] is {said!r}, but the curves say something else."
        return None

    return judge


DIAGNOSE_CURVES = Exercise(
    id="lab02.diagnose_curves",
    kind="debug",
    title="Diagnose four runs",
    reference=diagnose_curves,
    doc="What went wrong, read from the curves alone.",
    cases=tuple(
        Case(f"names run {run}", 1, judge=judge_curve(run), hint=clue)
        for run, clue in _CLUES.items()
    ),
)

EXERCISES = (
    GUESS_ACCURACY,
    SPLIT_BY_WRITER,
    FIND_LEAK,
    CHECK_SPLIT,
    DIAGNOSE_CURVES,
    MACRO_ACCURACY,
    CONFUSION_PAIRS,
    CHOOSE_SAMPLE,
)
