"""Lab 8: a guess, six tests that prove nothing, forty runs to read, and a size to choose."""

from __future__ import annotations

from collections.abc import Callable

from shared.checks.compare import show, whole_number
from shared.checks.exercise import Case, Exercise
from shared.checks.lab08_history import HABITS


def guess_caught() -> int:
    """Guess how many of the thirty-six bugs the tests of earlier labs catch."""
    return 5


GUESS_CAUGHT = Exercise(
    id="lab08.guess_caught",
    kind="predict",
    title="Guess what is caught",
    reference=guess_caught,
    doc="Any whole number from 0 to 36 earns the point.",
    cases=(
        Case(
            "a whole number from 0 to 36",
            1,
            judge=lambda inputs, answer: whole_number(answer, 0, 36, "guess_caught()"),
            hint="Return one whole number such as 12; every guess in the range earns the point.",
        ),
    ),
)

#: What can be wrong with a test that is green, and two faults that none of the six has
FAULTS = (
    "expects a wrong answer",
    "looks at nothing",
    "never reached",
    "passes without the code",
    "tests training data",
    "tolerates everything",
    "depends on another test",
    "needs the network",
)


def name_faults() -> dict[str, str]:
    """Name why each of six tests is green."""
    return {
        "A": "looks at nothing",
        "B": "expects a wrong answer",
        "C": "never reached",
        "D": "tolerates everything",
        "E": "tests training data",
        "F": "passes without the code",
    }


_WHY = {
    "expects a wrong answer": "a number that somebody copied from a run, and that is not right",
    "looks at nothing": "a loop or a comparison over an empty list",
    "never reached": "an assertion behind the end of the function",
    "passes without the code": "an exception that is caught, so that nothing can fail",
    "tests training data": "lines that the reader has learned from",
    "tolerates everything": "a tolerance that any number meets",
    "depends on another test": "something that another test left behind",
    "needs the network": "a download, or an address",
}
_TEST_CLUES = {
    "A": "How many files does the pattern find? Count them.",
    "B": "Work the rate out by hand: edits over characters of the reference.",
    "C": "Follow the test line by line; at which line does it end?",
    "D": "What does a tolerance of infinity let through?",
    "E": "Which lines did the table come from, and which lines are scored?",
    "F": "What happens if the function is deleted?",
}
_RUN_CLUES = {
    "A": "Is there a rule in the red runs of test A, or only chance?",
    "B": "When did test B turn red, and did it ever turn back?",
    "C": "In five runs the reader's weights were missing. What did test C say?",
    "D": "Hold the red runs of test D beside the load of the machine.",
}
_SIGNS = {
    "broken by one change": "green up to one run, and red in every run after it",
    "flaky": "red and green in turn, whatever the code and the machine do",
    "measures the machine": "red in the runs in which the machine was busy",
    "never fails": "green even when the reader's weights were missing",
    "leans on another test": "red in exactly the runs in which another test is red",
    "fails at night": "red at the same hour of every day",
}


def judge_choice(
    name: str, key: str, options: tuple[str, ...], right: str, signs: dict[str, str]
) -> Callable[[dict, object], str | None]:
    """Return the judge of one entry of a diagnosis."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, dict):
            return f"{name}() gave {show(answer)}, expected a dict like {{'A': ...}}."
        value = answer.get(key)
        said = " ".join(value.lower().split()) if isinstance(value, str) else value
        if not isinstance(said, str) or said not in options:
            return f"{name}()[{key!r}] is {show(value)}, expected one of {options}."
        if said == right:
            return None
        return f"{name}()[{key!r}] is {said!r}. That would show {signs[said]}; {key} does not."

    return judge


NAME_FAULTS = Exercise(
    id="lab08.name_faults",
    kind="review",
    title="Six tests that prove nothing",
    reference=name_faults,
    doc="Why is each of six green tests worth nothing?",
    cases=tuple(
        Case(
            f"names test {key}",
            1,
            judge=judge_choice("name_faults", key, FAULTS, name_faults()[key], _WHY),
            hint=clue,
        )
        for key, clue in _TEST_CLUES.items()
    ),
)


def diagnose_history() -> dict[str, str]:
    """Name the habit of each of four tests."""
    return {
        "A": "flaky",
        "B": "broken by one change",
        "C": "never fails",
        "D": "measures the machine",
    }


DIAGNOSE_HISTORY = Exercise(
    id="lab08.diagnose_history",
    kind="debug",
    title="Read forty runs",
    reference=diagnose_history,
    doc="What is wrong with each of four tests, from its history.",
    cases=tuple(
        Case(
            f"names test {key}",
            1,
            judge=judge_choice("diagnose_history", key, HABITS, diagnose_history()[key], _SIGNS),
            hint=clue,
        )
        for key, clue in _RUN_CLUES.items()
    ),
)

#: Lines in the gate's test set, false alarms in 100 equal readers, misses in 100 worse ones,
#: minutes of a run (made up for the exercise)
SIZES = ((30, 31, 22, 1), (100, 17, 11, 3), (300, 9, 4, 9), (1000, 5, 1, 30), (3000, 4, 0, 90))
CHANGES, WORSE = 40, 4  # In a month, and how many of them are worse
ALARM_MINUTES, MISS_MINUTES = 30, 600


def choose_lines() -> int:
    """Return the number of test lines that costs least in a month."""
    return 300


def monthly_minutes(lines: int) -> float:
    """Return what a gate of that size costs in a month: runs, false alarms and misses."""
    _, alarms, misses, minutes = next(row for row in SIZES if row[0] == lines)
    cost = CHANGES * minutes + (CHANGES - WORSE) * alarms / 100 * ALARM_MINUTES
    return cost + WORSE * misses / 100 * MISS_MINUTES


def judge_lines(inputs: dict, answer: object) -> str | None:
    """Show what the choice costs, and that another costs less."""
    offered = [row[0] for row in SIZES]
    number = answer if isinstance(answer, int | float) and not isinstance(answer, bool) else None
    if number not in offered:
        return f"choose_lines() gave {show(answer)}, expected one of {show(offered)}."
    if number == choose_lines():
        return None
    return (
        f"choose_lines() gave {show(answer)}, which costs {monthly_minutes(number):,.0f} minutes "
        "a month; another row of the table costs less."
    )


CHOOSE_LINES = Exercise(
    id="lab08.choose_lines",
    kind="decide",
    title="Choose the size of a gate",
    reference=choose_lines,
    options=tuple(row[0] for row in SIZES),
    doc="The number of test lines that costs least in a month.",
    cases=(
        Case(
            "the least cost",
            2,
            judge=judge_lines,
            hint="40 runs, false alarms among 36 equal readers at 30 minutes, and misses among 4 "
            "worse ones at 600 minutes, for every row.",
        ),
    ),
)
