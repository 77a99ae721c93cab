"""Lab 6: a guess, a review of four matchers, a look at broken runs, and a threshold to choose."""

from __future__ import annotations

from collections.abc import Callable

from shared.checks.compare import show, whole_number
from shared.checks.exercise import Case, Exercise
from shared.checks.lab06_runs import FAULTS


def guess_lines() -> int:
    """Guess how many lines the finder of Lab 1 returns on the turned page."""
    return 4


GUESS_LINES = Exercise(
    id="lab06.guess_lines",
    kind="predict",
    title="Guess the lines found",
    reference=guess_lines,
    doc="Any whole number from 0 to 100 earns the point.",
    cases=(
        Case(
            "a whole number from 0 to 100",
            1,
            judge=lambda inputs, answer: whole_number(answer, 0, 100, "guess_lines()"),
            hint="Return one whole number such as 7; every guess in the range earns the point.",
        ),
    ),
)


def right_matcher() -> str:
    """Name the snippet that counts right lines rightly."""
    return "B"


_MATCHER_FAULTS = {
    "A": "it lets several boxes choose the same line, so a line found three times counts three "
    "times",
    "C": "it divides both boxes by their own size and place first, so every box agrees with "
    "every line",
    "D": "it gives every line the nearest box, however far away that is",
}


def _judge_matcher(inputs: dict, answer: object) -> str | None:
    letter = answer.strip().upper() if isinstance(answer, str) else None
    if letter == "B":
        return None
    if letter in _MATCHER_FAULTS:
        return f"right_matcher() gave {letter!r}, but {_MATCHER_FAULTS[letter]}."
    return f"right_matcher() gave {show(answer)}, expected one of the letters A, B, C, D."


RIGHT_MATCHER = Exercise(
    id="lab06.right_matcher",
    kind="review",
    title="Review four matchers",
    reference=right_matcher,
    options=("A", "B", "C", "D"),
    doc="Which of four snippets counts the lines that were found?",
    cases=(
        Case(
            "names the right snippet",
            2,
            judge=_judge_matcher,
            hint="Try each on a line that was found three times, and on a box at the other end "
            "of the page.",
        ),
    ),
)


def diagnose_detectors() -> dict[str, str]:
    """Name what is wrong with each of the four runs."""
    return {
        "A": "lines merged",
        "B": "class imbalance",
        "C": "masks shifted",
        "D": "ink inverted",
    }


#: What a run with this fault would show
_SIGNS = {
    "class imbalance": "a high pixel accuracy and next to no pixel called baseline",
    "ink inverted": "a page of the other polarity than in training, and paper that is called "
    "baseline",
    "lines merged": "one piece that covers the writing from its first line to its last",
    "masks shifted": "as many pieces as lines or more, each at the same distance from its line",
    "learning rate too high": "a loss that jumps instead of falling",
    "test pages in training": "test pages that come out as well as those of training",
}
_CLUES = {
    "A": "Run A calls nearly all of the writing baseline: what did its masks cover?",
    "B": "Run B is right about most pixels; ask which pixels those are.",
    "C": "Run C finds lines; lay its mask over the page.",
    "D": "Look at the page that went into run D before you look at what came out.",
}


def judge_detector(run: str) -> Callable[[dict, object], str | None]:
    """Return the judge of one run."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, dict):
            return f"diagnose_detectors() gave {show(answer)}, expected a dict like {{'A': ...}}."
        name = answer.get(run)
        said = " ".join(name.lower().split()) if isinstance(name, str) else name
        if not isinstance(said, str) or said not in FAULTS:
            return f"diagnose_detectors()[{run!r}] is {show(name)}, expected one of {FAULTS}."
        if said == diagnose_detectors()[run]:
            return None
        return (
            f"diagnose_detectors()[{run!r}] is {said!r}. That fault would show {_SIGNS[said]}; "
            f"run {run} does not."
        )

    return judge


DIAGNOSE_DETECTORS = Exercise(
    id="lab06.diagnose_detectors",
    kind="debug",
    title="Diagnose four detectors",
    reference=diagnose_detectors,
    doc="What went wrong, read from pictures and pixel accuracies.",
    cases=tuple(
        Case(f"names run {run}", 1, judge=judge_detector(run), hint=clue)
        for run, clue in _CLUES.items()
    ),
)

#: Of 1,000 lines: threshold, lines found, boxes without a line (made up for the exercise)
THRESHOLDS = ((0.1, 994, 240), (0.3, 990, 90), (0.5, 978, 30), (0.7, 955, 8), (0.9, 880, 1))
MISSED_SECONDS, INVENTED_SECONDS = 60, 5


def choose_threshold() -> float:
    """Return the threshold whose mistakes take least time to mend."""
    return 0.3


def _minutes(threshold: float) -> float:
    _, found, invented = next(row for row in THRESHOLDS if row[0] == threshold)
    return ((1000 - found) * MISSED_SECONDS + invented * INVENTED_SECONDS) / 60


def judge_threshold(inputs: dict, answer: object) -> str | None:
    """Show what the choice costs, and that another costs less."""
    offered = [row[0] for row in THRESHOLDS]
    near = [
        t
        for t in offered
        if isinstance(answer, int | float)
        and not isinstance(answer, bool)
        and abs(answer - t) < 1e-6
    ]
    if not near:
        return f"choose_threshold() gave {show(answer)}, expected one of {show(offered)}."
    if near[0] == choose_threshold():
        return None
    return (
        f"choose_threshold() gave {show(near[0])}, which costs {_minutes(near[0]):.1f} minutes; "
        "another threshold of the table costs less."
    )


CHOOSE_THRESHOLD = Exercise(
    id="lab06.choose_threshold",
    kind="decide",
    title="Choose a threshold",
    reference=choose_threshold,
    options=tuple(row[0] for row in THRESHOLDS),
    doc="The threshold whose mistakes take least time to mend.",
    cases=(
        Case(
            "the least time",
            2,
            judge=judge_threshold,
            hint="Lines missed times 60 s, plus boxes invented times 5 s, for every row.",
        ),
    ),
)
