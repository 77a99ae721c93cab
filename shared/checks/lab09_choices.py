"""Lab 9: a guess, a review of four upload handlers, a threshold to pay for, and a diagnosis."""

from __future__ import annotations

from collections.abc import Callable

from shared.checks.compare import number_between, show
from shared.checks.exercise import Case, Exercise
from shared.checks.lab09_prices import THRESHOLDS, minutes
from shared.checks.lab09_services import FAULTS


def guess_same() -> float:
    """Guess in percent how many texts stay the same with 8 bits everywhere."""
    return 80.0


GUESS_SAME = Exercise(
    id="lab09.guess_same",
    kind="predict",
    title="Guess what eight bits change",
    reference=guess_same,
    doc="Any number from 0 to 100 earns the point.",
    cases=(
        Case(
            "a number from 0 to 100",
            1,
            judge=lambda inputs, answer: number_between(answer, 0, 100, "guess_same()"),
            hint="Return one number such as 75; every guess in the range earns the point.",
        ),
    ),
)


def cheapest_threshold() -> float:
    """Return the threshold at which 1,000 lines cost least."""
    return 0.95


def judge_threshold(inputs: dict, answer: object) -> str | None:
    """Show what the choice costs, and that another costs less."""
    offered = [row[0] for row in THRESHOLDS]
    number = answer if isinstance(answer, int | float) and not isinstance(answer, bool) else None
    if number not in offered:
        return f"cheapest_threshold() gave {show(answer)}, expected one of {show(offered)}."
    if number == cheapest_threshold():
        return None
    return (
        f"cheapest_threshold() gave {show(answer)}, which costs {minutes(number):.1f} minutes; "
        "another row of the table costs less."
    )


CHEAPEST_THRESHOLD = Exercise(
    id="lab09.cheapest_threshold",
    kind="decide",
    title="Pay for a threshold",
    reference=cheapest_threshold,
    options=tuple(row[0] for row in THRESHOLDS),
    doc="The threshold at which 1,000 lines cost least.",
    cases=(
        Case(
            "the least cost",
            2,
            judge=judge_threshold,
            hint="For every row: 0.25 minutes for each line that is not accepted, and 3 for each "
            "wrong one that is.",
        ),
    ),
)


def right_upload() -> str:
    """Name the handler that refuses everything it must refuse, in time."""
    return "B"


_UPLOAD_FAULTS = {
    "A": "it has the whole body in memory before it asks how long it is",
    "C": "it believes a header that the client wrote, and a body sent in chunks has none",
    "D": "it decodes the image before it looks at the size, which is what a bomb waits for",
}


def judge_upload(inputs: dict, answer: object) -> str | None:
    """Say what the chosen handler does wrong."""
    letter = answer.strip().upper() if isinstance(answer, str) else None
    if letter == right_upload():
        return None
    if letter in _UPLOAD_FAULTS:
        return f"right_upload() gave {letter!r}, but {_UPLOAD_FAULTS[letter]}."
    return f"right_upload() gave {show(answer)}, expected one of the letters A, B, C, D."


RIGHT_UPLOAD = Exercise(
    id="lab09.right_upload",
    kind="review",
    title="Review four upload handlers",
    reference=right_upload,
    options=("A", "B", "C", "D"),
    doc="Which of four handlers never holds more than it may?",
    cases=(
        Case(
            "names the right handler",
            2,
            judge=judge_upload,
            hint="Follow a body of 10 GB, then a file of 1 kB that unfolds to 3.6 gigapixels: "
            "where is each stopped?",
        ),
    ),
)


def diagnose_services() -> dict[str, str]:
    """Name what is wrong with each of four services."""
    return {
        "A": "queue without an end",
        "B": "loads the model each time",
        "C": "too many threads",
        "D": "keeps every image",
    }


#: What a service with this fault would show
_SIGNS = {
    "healthy": "an answer's time that stays bounded, the rest refused, and level memory",
    "keeps every image": "memory that is far higher after the test",
    "loads the model each time": "an answer of one client that takes a fifth of a second",
    "queue without an end": "nothing refused, and times that grow with the clients",
    "reads one at a time": "half the answers a second that two processors could give",
    "too many threads": "more processor time for the same answer when many ask",
}
_CLUES = {
    "A": "What does service A say to client number 512, and when?",
    "B": "Look at service B with one client alone.",
    "C": "Follow the processor time of an answer of service C from 1 client to 64.",
    "D": "All columns of service D look well but one.",
}


def judge_service(name: str) -> Callable[[dict, object], str | None]:
    """Return the judge of one service."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, dict):
            return f"diagnose_services() gave {show(answer)}, expected a dict like {{'A': ...}}."
        given = answer.get(name)
        said = " ".join(given.lower().split()) if isinstance(given, str) else given
        if not isinstance(said, str) or said not in FAULTS:
            return f"diagnose_services()[{name!r}] is {show(given)}, expected one of {FAULTS}."
        if said == diagnose_services()[name]:
            return None
        return (
            f"diagnose_services()[{name!r}] is {said!r}. That would show {_SIGNS[said]}; "
            f"service {name} does not."
        )

    return judge


DIAGNOSE_SERVICES = Exercise(
    id="lab09.diagnose_services",
    kind="debug",
    title="Diagnose four services",
    reference=diagnose_services,
    doc="What is wrong with each of four services, from its load test.",
    cases=tuple(
        Case(f"names service {name}", 1, judge=judge_service(name), hint=clue)
        for name, clue in _CLUES.items()
    ),
)
