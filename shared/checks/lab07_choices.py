"""Lab 7: two guesses, a review of four conversions, a diagnosis, and hours to spend."""

from __future__ import annotations

from collections.abc import Callable

from shared.checks.compare import number_between, show
from shared.checks.exercise import Case, Exercise
from shared.checks.lab07_faults import FAULTS
from shared.checks.lab07_ways import BUDGET, WAYS, minutes


def guess_rate() -> float:
    """Guess the error rate, in percent, after adapting to the labels as they came."""
    return 15.0


def guess_misses() -> float:
    """Guess the share of planted errors, in percent, that you will let pass."""
    return 30.0


def _percent(name: str) -> Callable[[dict, object], str | None]:
    def judge(inputs: dict, answer: object) -> str | None:
        return number_between(answer, 0, 100, f"{name}()")

    return judge


_ANY = "Return one number such as 12.5; every guess in the range earns the point."
GUESS_RATE = Exercise(
    id="lab07.guess_rate",
    kind="predict",
    title="Guess an error rate",
    reference=guess_rate,
    doc="Any number from 0 to 100 earns the point.",
    cases=(Case("a number from 0 to 100", 1, judge=_percent("guess_rate"), hint=_ANY),),
)
GUESS_MISSES = Exercise(
    id="lab07.guess_misses",
    kind="predict",
    title="Guess what you let pass",
    reference=guess_misses,
    doc="Any number from 0 to 100 earns the point.",
    cases=(Case("a number from 0 to 100", 1, judge=_percent("guess_misses"), hint=_ANY),),
)


def right_conversion() -> str:
    """Name the snippet that turns percent into pixels and loses nothing."""
    return "C"


_CONVERSION_FAULTS = {
    "A": "it takes percent of the width for both axes, so on a tall page every box lies too high "
    "and is too flat",
    "B": "it returns a corner and a size where a box needs two corners",
    "D": "it skips turned regions without a word, so their lines are missing from the data",
}


def _judge_conversion(inputs: dict, answer: object) -> str | None:
    letter = answer.strip().upper() if isinstance(answer, str) else None
    if letter == right_conversion():
        return None
    if letter in _CONVERSION_FAULTS:
        return f"right_conversion() gave {letter!r}, but {_CONVERSION_FAULTS[letter]}."
    return f"right_conversion() gave {show(answer)}, expected one of the letters A, B, C, D."


RIGHT_CONVERSION = Exercise(
    id="lab07.right_conversion",
    kind="review",
    title="Review four conversions",
    reference=right_conversion,
    options=("A", "B", "C", "D"),
    doc="Which of four snippets brings every box home?",
    cases=(
        Case(
            "names the right snippet",
            2,
            judge=_judge_conversion,
            hint="Try each on a page of 100 by 200 pixels with a region at x 10, y 50, width 80, "
            "height 5.",
        ),
    ),
)


def diagnose_labels() -> dict[str, str]:
    """Name what is wrong with each of the four label files."""
    return {
        "A": "letters mistyped",
        "B": "texts one line too high",
        "C": "x and y exchanged",
        "D": "boxes in percent",
    }


#: What labels with this fault would show
_SIGNS = {
    "boxes in percent": "boxes that crowd into the upper left corner",
    "letters mistyped": "boxes on their lines, most losses low, and a few lines that differ from "
    "the reading in one letter",
    "right": "boxes on their lines and low losses throughout",
    "texts of another page": "high losses throughout, and readings that are nowhere among the "
    "labels",
    "texts one line too high": "boxes on their lines, high losses throughout, and in each reading "
    "the label of the line above it in the table",
    "x and y exchanged": "tall, narrow boxes where lines are wide",
}
_CLUES = {
    "A": "Most lines of file A are believed. Compare the others with what was read, letter by "
    "letter.",
    "B": "Read the labels of file B and its readings side by side: where does each reading stand "
    "among the labels?",
    "C": "Look at the shape of the boxes of file C.",
    "D": "Where on the page are all boxes of file D?",
}


def judge_file(name: str) -> Callable[[dict, object], str | None]:
    """Return the judge of one label file."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, dict):
            return f"diagnose_labels() gave {show(answer)}, expected a dict like {{'A': ...}}."
        given = answer.get(name)
        said = " ".join(given.lower().split()) if isinstance(given, str) else given
        if not isinstance(said, str) or said not in FAULTS:
            return f"diagnose_labels()[{name!r}] is {show(given)}, expected one of {FAULTS}."
        if said == diagnose_labels()[name]:
            return None
        return (
            f"diagnose_labels()[{name!r}] is {said!r}. That would show {_SIGNS[said]}; "
            f"file {name} does not."
        )

    return judge


DIAGNOSE_LABELS = Exercise(
    id="lab07.diagnose_labels",
    kind="debug",
    title="Diagnose four label files",
    reference=diagnose_labels,
    doc="What went wrong, seen from boxes, losses and readings.",
    cases=tuple(
        Case(f"names file {name}", 1, judge=judge_file(name), hint=clue)
        for name, clue in _CLUES.items()
    ),
)

def spend_hours() -> str:
    """Return the way that leaves fewest wrong labels and fits into ten hours."""
    return "C"


def judge_way(inputs: dict, answer: object) -> str | None:
    """Show what the choice costs, or that another leaves fewer wrong labels."""
    letter = answer.strip().upper() if isinstance(answer, str) else None
    if letter not in WAYS:
        return f"spend_hours() gave {show(answer)}, expected one of the letters A, B, C, D."
    if letter == spend_hours():
        return None
    spent, left = minutes(letter), WAYS[letter][-1]
    if spent > BUDGET:
        return f"spend_hours() gave {letter!r}, which takes {spent:.0f} of {BUDGET} minutes."
    return (
        f"spend_hours() gave {letter!r}, which leaves {left} wrong labels after {spent:.0f} "
        "minutes; another way that fits leaves fewer."
    )


SPEND_HOURS = Exercise(
    id="lab07.spend_hours",
    kind="decide",
    title="Spend ten hours",
    reference=spend_hours,
    options=tuple(WAYS),
    doc="The fewest wrong labels within a budget of minutes.",
    cases=(
        Case(
            "fewest wrong labels within the budget",
            2,
            judge=judge_way,
            hint="Minutes are 0.75 for each line typed, 1 for each decision, 0.5 for each look.",
        ),
    ),
)
