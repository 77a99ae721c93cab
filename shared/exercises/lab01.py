"""Lab 1: characters and numbers, distances and rates, and where a page broke."""

from __future__ import annotations

import numpy as np

from shared.alphabet import Alphabet
from shared.checks.builders import accepts, ask, choose, diagnose, guess, refuses
from shared.checks.compare import number_between, show
from shared.checks.exercise import Case
from shared.metrics import character_error_rate, edit_distance

PRINTABLE = "".join(map(chr, range(32, 127)))

GUESS_ERROR_RATE = guess(
    "lab01.guess_error_rate",
    "Guess the first error rate",
    0,
    200,
    case="a percentage from 0 to 200",
    hint="Return one number such as 20; extra letters can push a rate above 100.",
)


def judge_shapes(inputs: dict, answer: object) -> str | None:
    """Accept two positive whole numbers."""
    pair = answer if isinstance(answer, list | tuple | np.ndarray) else ()
    numbers = list(pair)
    if len(numbers) == 2 and all(
        number_between(number, 1, 10_000, "") is None and number == int(number)
        for number in numbers
    ):
        return None
    return f"guess_shapes() gave {show(answer)}, expected two whole numbers such as (100, 50)."


GUESS_SHAPES = ask(
    "lab01.guess_shapes",
    "Guess the shape",
    Case(
        "two whole numbers",
        judge=judge_shapes,
        hint="Return (frames, classes), for example (100, 50).",
    ),
    kind="predict",
)


# Refusals: what a call gives, or "refused" and the message of its ValueError
def refusal(function, arguments):
    """Make a call and return what it gave, or ["refused", message] for a ValueError."""
    try:
        return function(*arguments.values())
    except ValueError as error:
        return ["refused", str(error)]


def judge_refusal(name: str, naming: str = ""):
    """Return a judge that a call was refused, by a message that names what was wrong."""

    def judge(arguments: dict, outcome: object) -> str | None:
        call = f"{name}({', '.join(map(repr, arguments.values()))})"
        if not isinstance(outcome, list) or len(outcome) != 2 or outcome[0] != "refused":
            return f"{call} gave {show(outcome)}, expected a ValueError."
        if naming not in str(outcome[1]):
            said = show(outcome[1])
            return f"{call} raised ValueError({said}): it should name {[naming]}."
        return None

    return judge


def random_texts(seed: int) -> tuple[list[str], str]:
    """Return twenty texts over sixty characters in an order of their own."""
    rng = np.random.default_rng(seed)
    characters = "".join(rng.permutation(list(PRINTABLE))[:60])
    texts = ["".join(rng.choice(list(characters), size)) for size in rng.integers(1, 40, 20)]
    return texts, characters


def texts_to_encode(seed: int) -> list[dict]:
    """Return a call for each random text."""
    texts, characters = random_texts(seed)
    return [{"text": text, "characters": characters} for text in texts]


def labels_to_decode(seed: int) -> list[dict]:
    """Return a call for the labels of each random text."""
    texts, characters = random_texts(seed)
    return [
        {"labels": [characters.index(one) + 1 for one in text], "characters": characters}
        for text in texts
    ]


ENCODE = ask(
    "lab01.encode",
    "Encode a text",
    Case(
        "counts from 1",
        {"text": "cab", "characters": "abc"},
        hint="0 is the blank, so the first character of the alphabet is 1.",
    ),
    Case(
        "an empty text has no labels",
        {"text": "", "characters": "abc"},
        hint="Return an empty list; do not add a blank.",
    ),
    Case(
        "random texts",
        texts_to_encode,
        hint="The order of `characters` decides, not the order of the computer's codes.",
    ),
    Case(
        "names an unknown character",
        [{"text": "café", "characters": "abcdef"}],
        probe=refusal,
        judge=judge_refusal("encode", naming="é"),
        hint="Raise ValueError with the character itself in its message.",
    ),
    refuse=(Alphabet.encode,),
)

DECODE = ask(
    "lab01.decode",
    "Decode labels",
    Case(
        "reads labels from 1",
        {"labels": [3, 1, 2], "characters": "abc"},
        hint="Label 1 is characters[0].",
    ),
    Case(
        "drops padding at the end",
        {"labels": [2, 2, 1, 0, 0, 0], "characters": "abc"},
        hint="Zeros behind the last character are padding.",
    ),
    Case(
        "nothing but padding",
        {"labels": [0, 0], "characters": "abc"},
        hint="A text may be empty.",
    ),
    Case(
        "random texts come back",
        labels_to_decode,
        hint="decode(encode(text)) is text again.",
    ),
    Case(
        "refuses a zero inside",
        [{"labels": [1, 0, 2], "characters": "abc"}],
        probe=refusal,
        judge=judge_refusal("decode"),
        hint="A blank between characters means that nobody collapsed the path; say so.",
    ),
    Case(
        "refuses a label out of range",
        [{"labels": [1, label], "characters": "abc"} for label in (4, -1)],
        probe=refusal,
        judge=judge_refusal("decode"),
        hint="A negative index would silently read from the end of the alphabet.",
    ),
    refuse=(Alphabet.decode,),
)


def misread(*pairs: tuple[str, str]) -> list[dict]:
    """Return a call for each text and its misreading."""
    return [{"reference": reference, "hypothesis": hypothesis} for reference, hypothesis in pairs]


def random_misreadings(seed: int) -> list[dict]:
    """Return thirty texts and their misreadings; few letters, so that choices abound."""
    rng = np.random.default_rng(seed)
    pairs = []
    for size in rng.integers(1, 14, 30):
        reference = list(rng.choice(list("abc"), size))
        hypothesis = list(reference)
        for _ in range(rng.integers(0, 5)):
            at = int(rng.integers(0, len(hypothesis) + 1))
            if rng.random() < 0.4:
                hypothesis.insert(at, str(rng.choice(list("abc"))))
            elif at < len(hypothesis):
                hypothesis[at : at + 1] = [] if rng.random() < 0.5 else ["d"]
        pairs.append(("".join(reference), "".join(hypothesis)))
    pairs[1:3] = [("Tea", "tea"), (" a ", "a")]
    return misread(*pairs)


def long_texts(seed: int) -> list[dict]:
    """Return two texts of 300 random letters."""
    letters = (np.random.default_rng(one).choice(list("abcd"), 300) for one in (seed, seed + 1))
    return misread(tuple(map("".join, letters)))


EDIT_DISTANCE = ask(
    "lab01.edit_distance",
    "Count the edits",
    Case(
        "equal texts cost nothing",
        misread(("line", "line")),
        hint="Where two characters agree, the diagonal step is free.",
    ),
    Case(
        "a substitution costs one",
        misread(("cat", "cut")),
        hint="A substitution is one edit, not a deletion and an insertion.",
    ),
    Case(
        "one missing letter moves the rest",
        misread(("handwriting", "andwriting")),
        hint="Comparing place by place counts every letter after a gap as wrong.",
    ),
    Case(
        "nothing was read, or nothing was there",
        misread(("abc", ""), ("", "ab")),
        hint="The first row and column of the table count up from 0.",
    ),
    Case(
        "thirty random pairs",
        random_misreadings,
        hint="Each cell is the cheapest of three ways: from above, from the left, diagonal.",
    ),
    Case(
        "two texts of 300 characters",
        long_texts,
        hint="Fill a table row by row: it is quick at any length, and it sees gaps.",
    ),
    reference=edit_distance,
)


def random_counts(seed: int) -> dict:
    """Return the edits and lengths of two hundred lines."""
    edits = np.random.default_rng(seed).integers(0, 9, 200)
    lengths = np.random.default_rng(seed + 1).integers(1, 50, 200)
    lengths[7] = 0  # A set may hold a line on which nothing is written
    return {"edits": edits.tolist(), "lengths": lengths.tolist()}


CORPUS_ERROR_RATE = ask(
    "lab01.corpus_error_rate",
    "The rate of many lines",
    Case(
        "one short bad line and a long good one",
        {"edits": [1, 0], "lengths": [2, 40]},
        hint="1 edit in 42 characters is 2.4 %; the mean of 50 % and 0 % is another number.",
    ),
    Case(
        "more edits than characters",
        {"edits": [7, 1], "lengths": [3, 1]},
        hint="A rate above 1 is right when a reader invents letters; do not cut it.",
    ),
    Case("two hundred random lines", random_counts, hint="Two sums and one division."),
    Case(
        "refuses an empty set",
        [{"edits": [], "lengths": []}, {"edits": [0], "lengths": [0]}],
        probe=refusal,
        judge=judge_refusal("corpus_error_rate"),
        hint="Without a reference character there is no rate: raise ValueError.",
    ),
)

RIGHT_RATE = choose(
    "lab01.right_rate",
    "Review four rates",
    "ABCD",
    {
        "A": "it averages the lines' own rates, so one wrong letter in a line of two counts as "
        "much as twenty in a line of forty",
        "B": "it divides by the padded width, so the rate falls when the batch holds a longer line",
        "D": "it divides by the length of what was read, so a reader that adds letters looks "
        "better",
    },
    case="names the right snippet",
    hint="Try each on a line of 2 with one error and a line of 40 without any.",
)

BROKEN_STAGE = diagnose(
    "lab01.broken_stage",
    "Which stage broke?",
    {
        "A": "Page A: collapse its path by hand and compare with the text.",
        "B": "Page B: count the lines on the page and the boxes that were found.",
        "C": "Page C: compare the text with what is written before you look at the rate.",
        "D": "Page D: the text follows from the path; is the path right?",
    },
    ("lines", "network", "decoding", "score"),
    case="page {}",
    objection=", but what went into that stage was wrong already, or what came out of it was right",
    example="such as",
)

#: Edits in 1,000 characters that each reader of the table makes
READERS = {"small": 180, "medium": 95, "large": 40}


def name_and_edits(answer: object) -> tuple[object, str | None, object]:
    """Return a reader's name as given and in small letters, None for no text, and the edits."""
    name, edits = answer if isinstance(answer, list | tuple) and len(answer) == 2 else (None, None)
    return name, name.strip().lower() if isinstance(name, str) else None, edits


def judge_reader(inputs: dict, answer: object) -> str | None:
    """Say why another reader than the medium one is not the best that is quick enough."""
    name, said, _ = name_and_edits(answer)
    if said == "medium":
        return None
    why = {
        "small": "it is quick enough, but another one that is quick enough reads better",
        "large": "it needs 40 x 95 ms = 3.8 s for the page",
    }.get(said, "expected 'small', 'medium' or 'large', and a number of edits")
    return f"choose_reader() chose {show(name if said else answer)}: {why}."


def judge_edits(inputs: dict, answer: object) -> str | None:
    """Compare the edits with those of the reader that was chosen."""
    name, said, edits = name_and_edits(answer)
    expected = READERS.get(said, READERS["medium"])
    if number_between(edits, expected - 0.5, expected + 0.5, "") is None:
        return None
    return (
        f"choose_reader() expects {show(edits)} edits in 1,000 characters from the reader "
        f"{show(name)}, expected {expected}: the rate times the characters."
    )


CHOOSE_READER = ask(
    "lab01.choose_reader",
    "Choose a reader",
    Case(
        "the best that is quick enough",
        judge=judge_reader,
        hint="2 s for 40 lines leaves 50 ms a line.",
    ),
    Case(
        "the edits to expect",
        judge=judge_edits,
        hint="A rate of 10 % means 100 edits in 1,000 characters.",
    ),
    kind="decide",
)


# A test for error rates, and rates that it must accept or refuse
def mean_of_rates(references, hypotheses):
    """A rate that averages the lines' own rates."""
    rates = [edit_distance(a, b) / len(a) for a, b in zip(references, hypotheses, strict=True)]
    return sum(rates) / len(rates)


def counts_padding(references, hypotheses):
    """A rate that divides by the padded width."""
    width = max(map(len, references))
    return sum(map(edit_distance, references, hypotheses)) / (width * len(references))


def ignores_insertions(references, hypotheses):
    """A rate that cuts what was read to the reference's length."""
    cut = [b[: len(a)] for a, b in zip(references, hypotheses, strict=True)]
    return character_error_rate(references, cut)


def divides_by_hypothesis(references, hypotheses):
    """A rate that divides by the length of what was read."""
    return sum(map(edit_distance, references, hypotheses)) / max(1, sum(map(len, hypotheses)))


def place_by_place(references, hypotheses):
    """A rate that compares place by place."""
    edits = sum(
        sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))
        for a, b in zip(references, hypotheses, strict=True)
    )
    return edits / sum(map(len, references))


def rate_line_by_line(references, hypotheses):
    """A right rate that adds up each line's share, and so rounds otherwise."""
    total = sum(map(len, references))
    return sum(edit_distance(a, b) / total for a, b in zip(references, hypotheses, strict=True))


CHECK_ERROR_RATE = ask(
    "lab01.check_error_rate",
    "Test any error rate",
    accepts(
        "accepts the course's own rate",
        character_error_rate,
        "a rate that is right",
        hint="Compare floats with a tolerance, and work the example out by hand.",
    ),
    accepts(
        "accepts a right rate written otherwise",
        rate_line_by_line,
        hint="Give two lists of texts of equal length, and no empty reference; floats need a "
        "tolerance.",
    ),
    refuses(
        "refuses a mean of rates",
        mean_of_rates,
        hint="Use two lines of different length with different rates.",
    ),
    refuses(
        "refuses counted padding",
        counts_padding,
        hint="Use references of different length in one call.",
    ),
    refuses(
        "refuses ignored insertions",
        ignores_insertions,
        hint="Let the reader add letters at the end of a line.",
    ),
    refuses(
        "refuses division by what was read",
        divides_by_hypothesis,
        hint="Use one line that was read too long or too short.",
    ),
    refuses(
        "refuses comparing place by place",
        place_by_place,
        hint="Leave out the first letter of a line: that is one edit.",
    ),
    save_to="tests/test_lab01_error_rate.py",
)
