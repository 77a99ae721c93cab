"""Wrong and right answers to the exercises of Lab 8."""

from shared.tests.catalogue.lab08_gate import RIGHT as GATE_RIGHT
from shared.tests.catalogue.lab08_gate import WRONG as GATE_WRONG
from shared.tests.catalogue.lab08_suite import RIGHT as SUITE_RIGHT
from shared.tests.catalogue.lab08_suite import WRONG as SUITE_WRONG
from shared.tests.catalogue.lab08_workflow import RIGHT as WORKFLOW_RIGHT
from shared.tests.catalogue.lab08_workflow import WRONG as WORKFLOW_WRONG

SETUP = """
import numpy as np

from shared import ctc
from shared.lines import LineSet
from shared.ink import to_gray
from shared.preparation import prepare_line
from shared.training import assemble, width_batches

line = np.zeros((32, 240), np.uint8)
for x in range(8, 232, 12):
    line[12:24, x : x + 4] = 255
    line[12:15, x : x + 8] = 255
    line[(2 if x < 90 else 12) : 24, x] = 255
photo = (225 - 0.75 * np.pad(line, 8)).astype(np.uint8)


def difference(first, second):
    width = min(first.shape[1], second.shape[1])
    return float(np.abs(first[:, :width].astype(float) - second[:, :width]).mean())
"""

WHOLE, COST = "a whole number from 0 to 36", "the least cost"
TEST = "names test {}".format


def answer(name: str, value: object) -> str:
    """Return a function without arguments that returns a value."""
    return f"def {name}():\n    return {value!r}"


def faults(**changes: object) -> str:
    """Return an answer to name_faults with some tests changed."""
    right = {
        "A": "looks at nothing",
        "B": "expects a wrong answer",
        "C": "never reached",
        "D": "tolerates everything",
        "E": "tests training data",
        "F": "passes without the code",
    }
    return answer("name_faults", right | changes)


def habits(**changes: object) -> str:
    """Return an answer to diagnose_history with some tests changed."""
    right = {
        "A": "flaky",
        "B": "broken by one change",
        "C": "never fails",
        "D": "measures the machine",
    }
    return answer("diagnose_history", right | changes)


WRONG = {
    **SUITE_WRONG,
    **GATE_WRONG,
    **WORKFLOW_WRONG,
    "lab08.guess_caught": [
        ("half a bug", answer("guess_caught", 2.5), {WHOLE}),
        ("text", answer("guess_caught", "all"), {WHOLE}),
        ("more than there are", answer("guess_caught", 37), {WHOLE}),
    ],
    "lab08.name_faults": [
        ("two exchanged", faults(A="never reached", C="looks at nothing"), {TEST("A"), TEST("C")}),
        (
            "left-over names",
            faults(B="depends on another test", E="needs the network"),
            {TEST("B"), TEST("E")},
        ),
        ("training data everywhere", faults(D="tests training data"), {TEST("D")}),
        ("another word", faults(F="swallows errors"), {TEST("F")}),
        ("one left out", faults(A=None), {TEST("A")}),
        ("a list", answer("name_faults", ["never reached"] * 6), {TEST(k) for k in "ABCDEF"}),
    ],
    "lab08.diagnose_history": [
        (
            "chance and machine exchanged",
            habits(A="measures the machine", D="flaky"),
            {TEST("A"), TEST("D")},
        ),
        ("a vacuous test called good", habits(C="leans on another test"), {TEST("C")}),
        ("a break called flaky", habits(B="flaky"), {TEST("B")}),
        ("nightly", habits(D="fails at night"), {TEST("D")}),
        ("another word", habits(A="random"), {TEST("A")}),
        ("text", answer("diagnose_history", "flaky"), {TEST(k) for k in "ABCD"}),
    ],
    "lab08.choose_lines": [
        ("between two rows", answer("choose_lines", 500), {COST}),
        ("text", answer("choose_lines", "300"), {COST}),
    ],
}

RIGHT = {
    **SUITE_RIGHT,
    **GATE_RIGHT,
    **WORKFLOW_RIGHT,
    "lab08.guess_caught": [
        ("int", answer("guess_caught", 12)),
        ("a whole float", answer("guess_caught", 4.0)),
        ("numpy", "def guess_caught():\n    return np.int64(9)"),
    ],
    "lab08.name_faults": [
        ("as named", faults()),
        ("capitals", faults(A="Looks at nothing", C="Never Reached")),
        ("spaces", faults(E=" tests  training data ")),
    ],
    "lab08.diagnose_history": [
        ("as named", habits()),
        ("capitals", habits(A="Flaky")),
        ("spaces", habits(B=" broken  by one change")),
    ],
    "lab08.choose_lines": [
        ("as listed", answer("choose_lines", 300)),
        ("a float", answer("choose_lines", 300.0)),
        ("numpy", "def choose_lines():\n    return np.int64(300)"),
    ],
}  # fmt: skip
