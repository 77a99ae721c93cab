"""Wrong and right answers to the exercises of Lab 9."""

from shared.tests.catalogue.lab09_batching import RIGHT as BATCHING_RIGHT
from shared.tests.catalogue.lab09_batching import WRONG as BATCHING_WRONG
from shared.tests.catalogue.lab09_numbers import RIGHT as NUMBERS_RIGHT
from shared.tests.catalogue.lab09_numbers import WRONG as NUMBERS_WRONG
from shared.tests.catalogue.lab09_suite import RIGHT as SUITE_RIGHT
from shared.tests.catalogue.lab09_suite import WRONG as SUITE_WRONG

SETUP = """
import numpy as np
from shared.exercises.lab09_inputs import sideways, twelve_lines
from shared.preparation import PlacedLine
from shared.service import improving
from shared.service.confidence import Confidence, reject_curve
from shared.service.drift import FEATURES, Reference
from shared.service.images import decode_upload
sure = Confidence((1.0,), threshold=0.6)
placed = PlacedLine(np.zeros((32, 64), np.uint8), 5.0, 2.0, 4)
turned, twelve = sideways(), twelve_lines()
grid = np.linspace(0, 1, 65).tolist()
level = Reference(dict.fromkeys(FEATURES, grid), dict.fromkeys(FEATURES, 1.0), 1.0, 64, 4, 0.01, {})
"""

GUESS, PRICE, HANDLER = "a number from 0 to 100", "the least cost", "names the right handler"
SERVICE = "names service {}".format


def answer(name: str, value: object) -> str:
    """Return a function without arguments that returns a value."""
    return f"def {name}():\n    return {value!r}"


def services(**changes: object) -> str:
    """Return an answer to diagnose_services with some services changed."""
    right = {
        "A": "queue without an end",
        "B": "loads the model each time",
        "C": "too many threads",
        "D": "keeps every image",
    }
    return answer("diagnose_services", right | changes)


WRONG = {
    **NUMBERS_WRONG,
    **BATCHING_WRONG,
    **SUITE_WRONG,
    "lab09.guess_same": [
        ("text", answer("guess_same", "most"), {GUESS}),
        ("below nothing", answer("guess_same", -5), {GUESS}),
        ("above everything", answer("guess_same", 100.5), {GUESS}),
    ],
    "lab09.cheapest_threshold": [
        ("another number", answer("cheapest_threshold", 0.9), {PRICE}),
        ("the minutes", answer("cheapest_threshold", 161.5), {PRICE}),
        ("a row", answer("cheapest_threshold", (0.95, 450, 8)), {PRICE}),
    ],
    "lab09.right_upload": [
        ("all of them", answer("right_upload", "ABCD"), {HANDLER}),
        ("a number", answer("right_upload", 2), {HANDLER}),
    ],
    "lab09.diagnose_services": [
        ("two exchanged", services(A="too many threads", C="queue without an end"),
         {SERVICE("A"), SERVICE("C")}),
        ("nothing refused is well", services(A="healthy"), {SERVICE("A")}),
        ("one worker", services(C="reads one at a time"), {SERVICE("C")}),
        ("slow is slow", services(B="too many threads"), {SERVICE("B")}),
        ("times alone", services(D="healthy"), {SERVICE("D")}),
        ("another word", services(D="memory"), {SERVICE("D")}),
        ("one left out", services(B=None), {SERVICE("B")}),
        ("a list", answer("diagnose_services", ["healthy"] * 4),
         {SERVICE("A"), SERVICE("B"), SERVICE("C"), SERVICE("D")}),
    ],
}  # fmt: skip

RIGHT = {
    **NUMBERS_RIGHT,
    **BATCHING_RIGHT,
    **SUITE_RIGHT,
    "lab09.guess_same": [
        ("float", answer("guess_same", 81.5)),
        ("whole", answer("guess_same", 60)),
        ("numpy", "def guess_same():\n    return np.float64(99.0)"),
    ],
    "lab09.cheapest_threshold": [
        ("the number", answer("cheapest_threshold", 0.95)),
        ("numpy", "def cheapest_threshold():\n    return np.float64(0.95)"),
        (
            "computed",
            """
def cheapest_threshold():
    rows = {0.5: (900, 120), 0.7: (800, 60), 0.85: (650, 26), 0.95: (450, 8), 0.99: (200, 1)}
    return min(rows, key=lambda t: (1000 - rows[t][0]) / 4 + 3 * rows[t][1])
""",
        ),
    ],
    "lab09.right_upload": [
        ("capital", answer("right_upload", "B")),
        ("small letter", answer("right_upload", "b")),
        ("with spaces", answer("right_upload", " B ")),
    ],
    "lab09.diagnose_services": [
        ("as named", services()),
        ("capitals", services(A="Queue without an end", D="Keeps every image")),
        ("spaces", services(C=" too  many threads ")),
    ],
}
