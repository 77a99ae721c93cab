"""Exercises of Lab 5: experiments that can be believed."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import close, number_between, show
from shared.checks.exercise import Case, Exercise
from shared.checks.lab05_decoders import SETTINGS
from shared.checks.lab05_intervals import CHECK_COMPARISON, WRITER_INTERVAL
from shared.checks.lab05_pilot import PILOT


def guess_effect() -> float:
    """Guess by how many points of error rate bending the lines changes the result."""
    return -3.0


GUESS_EFFECT = Exercise(
    id="lab05.guess_effect",
    kind="predict",
    title="Guess an effect",
    reference=guess_effect,
    doc="Any number of points from -100 to 100 earns the point.",
    cases=(
        Case(
            "points from -100 to 100",
            1,
            judge=lambda inputs, answer: number_between(answer, -100, 100, "guess_effect()"),
            hint="Return one number such as -3; below zero means fewer errors.",
        ),
    ),
)


def believe() -> str:
    """Name the comparison that holds."""
    return "B"


_FLAWS = {
    "A": "the seed was chosen by its result, so what is compared is luck",
    "C": "the winner was picked on the test lines, which flatters it there",
    "D": "the idea had twice the updates, so two things changed at once",
}


def judge_belief(inputs: dict, answer: object) -> str | None:
    """Accept the letter B in any case."""
    letter = answer.strip().upper() if isinstance(answer, str) else answer
    if isinstance(letter, str) and letter == "B":
        return None
    if isinstance(letter, str) and letter in _FLAWS:
        return f"believe() gave {letter!r}, but there {_FLAWS[letter]}."
    return f"believe() gave {show(answer)}, expected one of the letters A, B, C, D."


BELIEVE = Exercise(
    id="lab05.believe",
    kind="review",
    title="Which claim holds?",
    reference=believe,
    options=("A", "B", "C", "D"),
    doc="Three of four claims rest on a comparison that proves nothing.",
    cases=(
        Case(
            "names the claim that holds",
            2,
            judge=judge_belief,
            hint="Ask of each: what was chosen after its result was seen, and what else changed?",
        ),
    ),
)


def predict_error(updates: list[int], rates: list[float], target: int) -> float:
    """Return the error rate at a budget, along a straight line through the logarithms.

    Args:
        updates: Budgets that were tried, two or more.
        rates: The error rate at each.
        target: The budget in question.
    """
    slope, height = np.polyfit(np.log(updates), np.log(rates), 1)
    return float(np.exp(height + slope * np.log(target)))


def _judge_prediction(inputs: dict, answer: object) -> str | None:
    expected = predict_error(**inputs)
    call = f"predict_error({inputs['updates']}, {show(inputs['rates'])}, target={inputs['target']})"
    return close(answer, expected, call)


def _noisy_law(seed: int) -> dict:
    rng = np.random.default_rng([7, seed])
    updates = [100, 200, 400, 800, 1600]
    rates = [8 * n**-0.55 * float(np.exp(rng.normal(0, 0.1))) for n in updates]
    return {"updates": updates, "rates": rates, "target": 6400}


PREDICT_ERROR = Exercise(
    id="lab05.predict_error",
    kind="implement",
    title="Predict a larger budget",
    reference=predict_error,
    doc="A power law is a straight line through logarithms.",
    cases=(
        Case(
            "half the errors at four times the updates",
            1,
            {"updates": [100, 400], "rates": [0.4, 0.2], "target": 1600},
            judge=_judge_prediction,
            hint="Four times the updates halved the rate once, and will do so again: 0.1.",
        ),
        Case(
            "a target between two budgets",
            1,
            {"updates": [100, 10_000], "rates": [0.5, 0.05], "target": 1000},
            judge=_judge_prediction,
            hint="Halfway between the logarithms of the budgets is halfway between those of the "
            "rates.",
        ),
        Case(
            "three budgets in any order",
            1,
            {"updates": [900, 100, 300], "rates": [0.1, 0.4, 0.21], "target": 2700},
            judge=_judge_prediction,
            hint="Fit all points at once, with np.polyfit of degree 1 on the logarithms.",
        ),
        Case(
            "points that scatter",
            1,
            _noisy_law,
            judge=_judge_prediction,
            hint="Fit by least squares; a line through the last two points follows their noise.",
        ),
    ),
)


def diagnose_decoders() -> dict[str, str]:
    """Name how each of the four decoders is set."""
    return {
        "A": "length bonus too high",
        "B": "well tuned",
        "C": "language model trusted too much",
        "D": "length bonus missing",
    }


_CLUES = {
    "A": "Decoder A: it reads more characters than are written; look at what it puts in.",
    "B": "Decoder B: compare its error rate with those of the others.",
    "C": "Decoder C: its words are words, but not those on the paper.",
    "D": "Decoder D: letters are missing, doubled ones above all.",
}


def judge_decoder(name: str):
    """Return the judge of one decoder."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, dict):
            return f"diagnose_decoders() gave {show(answer)}, expected a dict like {{'A': ...}}."
        given = answer.get(name)
        said = " ".join(given.lower().split()) if isinstance(given, str) else given
        if not isinstance(said, str) or said not in SETTINGS:
            return f"diagnose_decoders()[{name!r}] is {show(given)}, expected one of {SETTINGS}."
        if said != diagnose_decoders()[name]:
            return f"diagnose_decoders()[{name!r}] is {said!r}, but its readings say otherwise."
        return None

    return judge


DIAGNOSE_DECODERS = Exercise(
    id="lab05.diagnose_decoders",
    kind="debug",
    title="Diagnose four decoders",
    reference=diagnose_decoders,
    doc="What is set wrongly, read from what comes out.",
    cases=tuple(
        Case(f"names decoder {name}", 1, judge=judge_decoder(name), hint=clue)
        for name, clue in _CLUES.items()
    ),
)


def choose_lines() -> int:
    """Return the fewest lines that keep the promise with certainty."""
    return 32


def judge_lines(inputs: dict, answer: object) -> str | None:
    """Say which promise the choice breaks, or that fewer would do."""
    lows = {lines: low for lines, _, low in PILOT}
    if isinstance(answer, bool) or not isinstance(answer, int | np.integer) or answer not in lows:
        return f"choose_lines() gave {show(answer)}, expected one of {', '.join(map(str, lows))}."
    if lows[int(answer)] < 0.25:
        return (
            f"choose_lines() gave {answer}: its interval reaches down to "
            f"{lows[int(answer)]:.0%}, below the 25% that are promised."
        )
    if answer > choose_lines():
        return f"choose_lines() gave {answer}: the promise holds, but fewer lines keep it, too."
    return None


CHOOSE_LINES = Exercise(
    id="lab05.choose_lines",
    kind="decide",
    title="How many lines to ask for",
    reference=choose_lines,
    options=tuple(lines for lines, _, _ in PILOT),
    doc="The fewest lines whose whole interval keeps the promise.",
    cases=(
        Case(
            "the fewest lines that are sure to be enough",
            2,
            judge=judge_lines,
            hint="A promise has to hold at the lower end of the interval, not in its middle.",
        ),
    ),
)

EXERCISES = (
    GUESS_EFFECT,
    WRITER_INTERVAL,
    BELIEVE,
    CHECK_COMPARISON,
    PREDICT_ERROR,
    DIAGNOSE_DECODERS,
    CHOOSE_LINES,
)
