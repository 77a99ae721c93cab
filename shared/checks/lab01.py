"""Exercises of Lab 1: characters and numbers, distances and rates, and where a page broke."""

from __future__ import annotations

import numpy as np

from shared.alphabet import Alphabet
from shared.checks.compare import equal, number_between, show
from shared.checks.exercise import Case, Exercise
from shared.checks.lab01_rates import CHECK_ERROR_RATE, CORPUS_ERROR_RATE, EDIT_DISTANCE
from shared.networks import num_frames

PRINTABLE = "".join(chr(code) for code in range(32, 127))


def guess_error_rate() -> float:
    """Guess the character error rate, in percent, of the shipped reader on your lines."""
    return 20.0


GUESS_ERROR_RATE = Exercise(
    id="lab01.guess_error_rate",
    kind="predict",
    title="Guess the first error rate",
    reference=guess_error_rate,
    doc="Any percentage from 0 to 200 earns the point.",
    cases=(
        Case(
            "a percentage from 0 to 200",
            1,
            judge=lambda inputs, answer: number_between(answer, 0, 200, "guess_error_rate()"),
            hint="Return one number such as 20; extra letters can push a rate above 100.",
        ),
    ),
)


def guess_shapes() -> tuple[int, int]:
    """Guess the frames and the classes that the reader gives for a line 300 pixels wide."""
    return num_frames(300), Alphabet(PRINTABLE).num_classes


def _judge_shapes(inputs: dict, answer: object) -> str | None:
    pair = answer if isinstance(answer, list | tuple | np.ndarray) else ()
    numbers = list(pair)
    if len(numbers) == 2 and all(
        number_between(number, 1, 10_000, "") is None and number == int(number)
        for number in numbers
    ):
        return None
    return f"guess_shapes() gave {show(answer)}, expected two whole numbers such as (100, 50)."


GUESS_SHAPES = Exercise(
    id="lab01.guess_shapes",
    kind="predict",
    title="Guess the shape",
    reference=guess_shapes,
    doc="Any two positive whole numbers earn the point.",
    cases=(
        Case(
            "two whole numbers",
            1,
            judge=_judge_shapes,
            hint="Return (frames, classes), for example (100, 50).",
        ),
    ),
)


def encode(text: str, characters: str) -> list[int]:
    """Return one label per character, counted from 1; 0 is the blank."""
    unknown = [character for character in text if character not in characters]
    if unknown:
        raise ValueError(f"Not in the alphabet: {unknown}")
    return [characters.index(character) + 1 for character in text]


def decode(labels: list[int], characters: str) -> str:
    """Return the text of labels; zeros at the end are padding."""
    text = list(labels)
    while text and text[-1] == 0:
        text.pop()
    if any(not 1 <= label <= len(characters) for label in text):
        raise ValueError(f"No labels of characters: {labels}")
    return "".join(characters[label - 1] for label in text)


def outcome(function, *arguments):
    """Return what a call gives, or "refused" and the message for a ValueError."""
    try:
        return function(*arguments)
    except ValueError as error:
        return ["refused", str(error)]


def _refuses(call: str, *named: str):
    """Judge that a call was refused, and that the message names what was wrong."""

    def judge(inputs: dict, answer: object) -> str | None:
        refused = isinstance(answer, list | tuple) and len(answer) == 2 and answer[0] == "refused"
        if not refused:
            return f"{call} gave {show(answer)}, expected a ValueError."
        missing = [name for name in named if name not in str(answer[1])]
        if missing:
            return f"{call} raised ValueError({show(answer[1])}): it should name {missing}."
        return None

    return judge


def _random_texts(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    characters = "".join(rng.permutation(list(PRINTABLE))[:60])
    texts = ["".join(rng.choice(list(characters), size)) for size in rng.integers(1, 40, 20)]
    return {"texts": texts, "characters": characters}


ENCODE = Exercise(
    id="lab01.encode",
    kind="implement",
    title="Encode a text",
    reference=encode,
    refuse=(Alphabet.encode,),
    doc="Characters become labels from 1; what is unknown is refused by name.",
    cases=(
        Case("counts from 1", 1, {"text": "cab", "characters": "abc"},
             hint="0 is the blank, so the first character of the alphabet is 1."),
        Case("an empty text has no labels", 1, {"text": "", "characters": "abc"},
             hint="Return an empty list; do not add a blank."),
        Case(
            "random texts",
            1,
            _random_texts,
            probe=lambda function, inputs: [
                function(text, inputs["characters"]) for text in inputs["texts"]
            ],
            judge=lambda inputs, answer: equal(
                answer,
                [encode(text, inputs["characters"]) for text in inputs["texts"]],
                "encode(text, characters) over 20 random texts",
            ),
            hint="The order of `characters` decides, not the order of the computer's codes.",
        ),
        Case(
            "names an unknown character",
            1,
            probe=lambda function, inputs: outcome(function, "caf\u00e9", "abcdef"),
            judge=_refuses("encode('caf\u00e9', 'abcdef')", "\u00e9"),
            hint="Raise ValueError with the character itself in its message.",
        ),
    ),
)

DECODE = Exercise(
    id="lab01.decode",
    kind="implement",
    title="Decode labels",
    reference=decode,
    refuse=(Alphabet.decode,),
    doc="The way back; padding falls off, impossible labels are refused.",
    cases=(
        Case("reads labels from 1", 1, {"labels": [3, 1, 2], "characters": "abc"},
             hint="Label 1 is characters[0]."),
        Case("drops padding at the end", 1, {"labels": [2, 2, 1, 0, 0, 0], "characters": "abc"},
             hint="Zeros behind the last character are padding."),
        Case("nothing but padding", 1, {"labels": [0, 0], "characters": "abc"},
             hint="A text may be empty."),
        Case(
            "random texts come back",
            1,
            _random_texts,
            probe=lambda function, inputs: [
                function([inputs["characters"].index(c) + 1 for c in text], inputs["characters"])
                for text in inputs["texts"]
            ],
            judge=lambda inputs, answer: equal(
                answer, inputs["texts"], "decode(labels, characters) of 20 encoded texts"
            ),
            hint="decode(encode(text)) is text again.",
        ),
        Case(
            "refuses a zero inside",
            1,
            probe=lambda function, inputs: outcome(function, [1, 0, 2], "abc"),
            judge=_refuses("decode([1, 0, 2], 'abc')"),
            hint="A blank between characters means that nobody collapsed the path; say so.",
        ),
        Case(
            "refuses a label out of range",
            1,
            probe=lambda function, inputs: [
                outcome(function, [1, 4], "abc"), outcome(function, [1, -1], "abc")
            ],
            judge=lambda inputs, answer: (
                _refuses("decode([1, 4], 'abc')")(inputs, answer[0])
                or _refuses("decode([1, -1], 'abc')")(inputs, answer[1])
                if isinstance(answer, list | tuple) and len(answer) == 2
                else f"decode gave {show(answer)}, expected two refusals."
            ),
            hint="A negative index would silently read from the end of the alphabet.",
        ),
    ),
)


def right_rate() -> str:
    """Name the snippet that computes a character error rate rightly."""
    return "C"


_RATE_FAULTS = {
    "A": "it averages the lines' own rates, so one wrong letter in a line of two counts "
    "as much as twenty in a line of forty",
    "B": "it divides by the padded width, so the rate falls when the batch holds a longer line",
    "D": "it divides by the length of what was read, so a reader that adds letters looks better",
}


def _judge_rate(inputs: dict, answer: object) -> str | None:
    letter = answer.strip().upper() if isinstance(answer, str) else None
    if letter == "C":
        return None
    if letter in _RATE_FAULTS:
        return f"right_rate() gave {letter!r}, but {_RATE_FAULTS[letter]}."
    return f"right_rate() gave {show(answer)}, expected one of the letters A, B, C, D."


RIGHT_RATE = Exercise(
    id="lab01.right_rate",
    kind="review",
    title="Review four rates",
    reference=right_rate,
    options=("A", "B", "C", "D"),
    doc="Which of four snippets would you publish?",
    cases=(
        Case("names the right snippet", 2, judge=_judge_rate,
             hint="Try each on a line of 2 with one error and a line of 40 without any."),
    ),
)

#: What a learner chooses from, in the order of the data
STAGES = ("lines", "network", "decoding", "score")


def broken_stage() -> dict[str, str]:
    """Name the stage that broke on each of the four pages."""
    return {"A": "decoding", "B": "lines", "C": "score", "D": "network"}


_STAGE_CLUES = {
    "A": "Page A: collapse its path by hand and compare with the text.",
    "B": "Page B: count the lines on the page and the boxes that were found.",
    "C": "Page C: compare the text with what is written before you look at the rate.",
    "D": "Page D: the text follows from the path; is the path right?",
}


def _judge_stage(page: str):
    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, dict):
            return f"broken_stage() gave {show(answer)}, expected a dict such as {{'A': ...}}."
        said = answer.get(page)
        if not isinstance(said, str) or said.strip().lower() not in STAGES:
            return f"broken_stage()[{page!r}] is {show(said)}, expected one of {STAGES}."
        if said.strip().lower() != broken_stage()[page]:
            return (
                f"broken_stage()[{page!r}] is {said!r}, but what went into that stage was wrong "
                "already, or what came out of it was right."
            )
        return None

    return judge


BROKEN_STAGE = Exercise(
    id="lab01.broken_stage",
    kind="debug",
    title="Which stage broke?",
    reference=broken_stage,
    doc="Four pages that went wrong, each at one stage.",
    cases=tuple(
        Case(f"page {page}", 1, judge=_judge_stage(page), hint=clue)
        for page, clue in _STAGE_CLUES.items()
    ),
)


def choose_reader() -> tuple[str, int]:
    """Choose the reader for 40 lines in 2 seconds, and its edits on 1,000 characters."""
    return "medium", 95


def _parts(answer: object) -> list:
    return list(answer) if isinstance(answer, list | tuple) and len(answer) == 2 else [None, None]


def _judge_name(inputs: dict, answer: object) -> str | None:
    name = _parts(answer)[0]
    said = name.strip().lower() if isinstance(name, str) else None
    if said == "medium":
        return None
    why = {
        "small": "it is quick enough, but another one that is quick enough reads better",
        "large": "it needs 40 x 95 ms = 3.8 s for the page",
    }.get(said, "expected 'small', 'medium' or 'large', and a number of edits")
    return f"choose_reader() chose {show(name if said else answer)}: {why}."


def _judge_edits(inputs: dict, answer: object) -> str | None:
    name, edits = _parts(answer)
    expected = {"small": 180, "medium": 95, "large": 40}.get(
        name.strip().lower() if isinstance(name, str) else None, 95
    )
    if number_between(edits, expected - 0.5, expected + 0.5, "") is None:
        return None
    return (
        f"choose_reader() expects {show(edits)} edits in 1,000 characters from the reader "
        f"{show(name)}, expected {expected}: the rate times the characters."
    )


CHOOSE_READER = Exercise(
    id="lab01.choose_reader",
    kind="decide",
    title="Choose a reader",
    reference=choose_reader,
    doc="The best reader that keeps to the time, and what it will cost in edits.",
    cases=(
        Case("the best that is quick enough", 1, judge=_judge_name,
             hint="2 s for 40 lines leaves 50 ms a line."),
        Case("the edits to expect", 1, judge=_judge_edits,
             hint="A rate of 10 % means 100 edits in 1,000 characters."),
    ),
)

EXERCISES = (
    GUESS_ERROR_RATE,
    GUESS_SHAPES,
    ENCODE,
    DECODE,
    EDIT_DISTANCE,
    CORPUS_ERROR_RATE,
    RIGHT_RATE,
    BROKEN_STAGE,
    CHOOSE_READER,
    CHECK_ERROR_RATE,
)
