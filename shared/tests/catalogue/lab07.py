"""Wrong and right answers to the exercises of Lab 7."""

from shared.tests.catalogue.lab07_labels import RIGHT as LABELS_RIGHT
from shared.tests.catalogue.lab07_labels import WRONG as LABELS_WRONG
from shared.tests.catalogue.lab07_testing import RIGHT as TESTING_RIGHT
from shared.tests.catalogue.lab07_testing import WRONG as TESTING_WRONG

SETUP = "import numpy as np\nfrom shared.metrics import edit_distance\n"

PERCENT, SNIPPET, WAY = (
    "a number from 0 to 100",
    "names the right snippet",
    "fewest wrong labels within the budget",
)
FILE = "names file {}".format


def answer(name: str, value: object) -> str:
    """Return a function without arguments that returns a value."""
    return f"def {name}():\n    return {value!r}"


def files(**changes: object) -> str:
    """Return an answer to diagnose_labels with some files changed."""
    right = {
        "A": "letters mistyped",
        "B": "texts one line too high",
        "C": "x and y exchanged",
        "D": "boxes in percent",
    }
    return answer("diagnose_labels", right | changes)


WRONG = {
    **LABELS_WRONG,
    **TESTING_WRONG,
    "lab07.guess_rate": [
        ("text", answer("guess_rate", "12 %"), {PERCENT}),
        ("below nothing", answer("guess_rate", -1), {PERCENT}),
        ("above everything", answer("guess_rate", 120.0), {PERCENT}),
    ],
    "lab07.guess_misses": [
        ("text", answer("guess_misses", "half"), {PERCENT}),
        ("a list", answer("guess_misses", [30]), {PERCENT}),
        ("above everything", answer("guess_misses", 101), {PERCENT}),
    ],
    "lab07.right_conversion": [
        ("all of them", answer("right_conversion", "ABCD"), {SNIPPET}),
        ("a number", answer("right_conversion", 3), {SNIPPET}),
    ],
    "lab07.diagnose_labels": [
        ("two exchanged", files(C="boxes in percent", D="x and y exchanged"),
         {FILE("C"), FILE("D")}),
        ("mistyped everywhere", files(B="letters mistyped"), {FILE("B")}),
        ("another page", files(B="texts of another page"), {FILE("B")}),
        ("nothing wrong with A", files(A="right"), {FILE("A")}),
        ("another word", files(D="percent"), {FILE("D")}),
        ("one file left out", files(C=None), {FILE("C")}),
        ("a list", answer("diagnose_labels", ["right"] * 4),
         {FILE("A"), FILE("B"), FILE("C"), FILE("D")}),
    ],
    "lab07.spend_hours": [
        ("a sentence", answer("spend_hours", "look at the doubtful"), {WAY}),
        ("minutes", answer("spend_hours", 525), {WAY}),
    ],
}  # fmt: skip

RIGHT = {
    **LABELS_RIGHT,
    **TESTING_RIGHT,
    "lab07.guess_rate": [
        ("float", answer("guess_rate", 12.5)),
        ("whole", answer("guess_rate", 20)),
        ("numpy", "def guess_rate():\n    return np.float64(9.9)"),
    ],
    "lab07.guess_misses": [
        ("float", answer("guess_misses", 33.3)),
        ("none", answer("guess_misses", 0)),
        ("all", answer("guess_misses", 100)),
    ],
    "lab07.right_conversion": [
        ("capital", answer("right_conversion", "C")),
        ("small letter", answer("right_conversion", "c")),
        ("with spaces", answer("right_conversion", " C ")),
    ],
    "lab07.diagnose_labels": [
        ("as named", files()),
        ("capitals", files(A="Letters mistyped", C="X and Y exchanged")),
        ("spaces", files(D=" boxes  in percent ")),
    ],
    "lab07.spend_hours": [
        ("capital", answer("spend_hours", "C")),
        ("small letter", answer("spend_hours", "c")),
        (
            "computed",
            """
def spend_hours():
    ways = {"A": (100, 36), "B": (1680, 6), "C": (525, 20), "D": (1500, 115)}
    return min((way for way in ways if ways[way][0] <= 600), key=lambda way: ways[way][1])
""",
        ),
    ],
}
