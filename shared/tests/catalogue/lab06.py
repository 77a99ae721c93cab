"""Wrong and right answers to the exercises of Lab 6."""

from shared.tests.catalogue.lab06_bands import RIGHT as BANDS_RIGHT
from shared.tests.catalogue.lab06_bands import WRONG as BANDS_WRONG
from shared.tests.catalogue.lab06_boxes import RIGHT as BOXES_RIGHT
from shared.tests.catalogue.lab06_boxes import WRONG as BOXES_WRONG

SETUP = "import cv2\nimport numpy as np\n"

WHOLE, LEAST, SNIPPET = "a whole number from 0 to 100", "the least time", "names the right snippet"
RUN = "names run {}".format


def answer(name: str, value: object) -> str:
    """Return a function without arguments that returns a value."""
    return f"def {name}():\n    return {value!r}"


def runs(**changes: object) -> str:
    """Return an answer to diagnose_detectors with some runs changed."""
    right = {
        "A": "lines merged",
        "B": "class imbalance",
        "C": "masks shifted",
        "D": "ink inverted",
    }
    return answer("diagnose_detectors", right | changes)


WRONG = {
    **BOXES_WRONG,
    **BANDS_WRONG,
    "lab06.guess_lines": [
        ("half a line", answer("guess_lines", 3.5), {WHOLE}),
        ("text", answer("guess_lines", "eight"), {WHOLE}),
        ("below nothing", answer("guess_lines", -1), {WHOLE}),
    ],
    "lab06.right_matcher": [
        ("all of them", answer("right_matcher", "ABCD"), {SNIPPET}),
        ("a number", answer("right_matcher", 2), {SNIPPET}),
    ],
    "lab06.diagnose_detectors": [
        ("two exchanged", runs(C="ink inverted", D="masks shifted"), {RUN("C"), RUN("D")}),
        (
            "imbalance everywhere",
            runs(A="class imbalance", D="class imbalance"),
            {RUN("A"), RUN("D")},
        ),
        ("a fault nobody has", runs(B="learning rate too high"), {RUN("B")}),
        ("a leak", runs(C="test pages in training"), {RUN("C")}),
        ("another word", runs(A="merged"), {RUN("A")}),
        ("one run left out", runs(D=None), {RUN("D")}),
        (
            "a list",
            answer("diagnose_detectors", ["lines merged"] * 4),
            {RUN("A"), RUN("B"), RUN("C"), RUN("D")},
        ),
    ],
    "lab06.choose_threshold": [
        ("between two rows", answer("choose_threshold", 0.4), {LEAST}),
        ("text", answer("choose_threshold", "0.3"), {LEAST}),
    ],
}

RIGHT = {
    **BOXES_RIGHT,
    **BANDS_RIGHT,
    "lab06.guess_lines": [
        ("int", answer("guess_lines", 3)),
        ("a whole float", answer("guess_lines", 12.0)),
        ("numpy", "def guess_lines():\n    return np.int64(8)"),
    ],
    "lab06.right_matcher": [
        ("capital", answer("right_matcher", "B")),
        ("small letter", answer("right_matcher", "b")),
        ("with spaces", answer("right_matcher", " B ")),
    ],
    "lab06.diagnose_detectors": [
        ("as named", runs()),
        ("capitals", runs(A="Lines merged", B="Class Imbalance")),
        ("spaces", runs(C=" masks  shifted ")),
    ],
    "lab06.choose_threshold": [
        ("as listed", answer("choose_threshold", 0.3)),
        ("numpy", "def choose_threshold():\n    return np.float64(0.3)"),
        ("computed", "def choose_threshold():\n    return 3 * 0.1"),
    ],
}
