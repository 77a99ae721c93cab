"""Wrong and right answers to the exercises of Lab 1."""

SETUP = "import numpy as np\n"

PERCENT, PAIR = "a percentage from 0 to 200", "two whole numbers"
FROM_ONE, EMPTY, TEXTS, UNKNOWN = (
    "counts from 1",
    "an empty text has no labels",
    "random texts",
    "names an unknown character",
)
READS, PADDING, ONLY, BACK, INSIDE, RANGE = (
    "reads labels from 1",
    "drops padding at the end",
    "nothing but padding",
    "random texts come back",
    "refuses a zero inside",
    "refuses a label out of range",
)
SAME, SUBSTITUTED, GAP, NOTHING, THIRTY, LONG = (
    "equal texts cost nothing",
    "a substitution costs one",
    "one missing letter moves the rest",
    "nothing was read, or nothing was there",
    "thirty random pairs",
    "two texts of 300 characters",
)
UNEVEN, ABOVE, RANDOM, REFUSES = (
    "one short bad line and a long good one",
    "more edits than characters",
    "two hundred random lines",
    "refuses an empty set",
)
OURS, THEIRS, MEAN, PAD, INSERT, READ, PLACE = (
    "accepts the course's own rate",
    "accepts a right rate written otherwise",
    "refuses a mean of rates",
    "refuses counted padding",
    "refuses ignored insertions",
    "refuses division by what was read",
    "refuses comparing place by place",
)
NAME, EDITS = "the best that is quick enough", "the edits to expect"
PAGE = "page {}".format

ENCODE = """
def encode(text, characters):
    labels = []
    for character in text:
        if character not in characters:
            raise {error}
        labels.append({label})
    return {result}
"""


def encoder(
    error: str = "ValueError(f'unknown {character}')",
    label: str = "characters.index(character) + 1",
    result: str = "labels",
) -> str:
    """Return a right encoder with one part exchanged."""
    return ENCODE.format(error=error, label=label, result=result)


DECODE = """
def decode(labels, characters):
    labels = list(labels)
    {strip}
    for label in labels:
        if {bad}:
            raise ValueError(f'no label: {{label}}')
    return ''.join({letter} for label in labels)
"""
STRIP = "while labels and labels[-1] == 0: labels.pop()"


def decoder(
    strip: str = STRIP,
    bad: str = "not 1 <= label <= len(characters)",
    letter: str = "characters[label - 1]",
) -> str:
    """Return a right decoder with one part exchanged."""
    return DECODE.format(strip=strip, bad=bad, letter=letter)


DISTANCE = """
def edit_distance(reference, hypothesis):
    table = np.zeros((len(reference) + 1, len(hypothesis) + 1), int)
    {first_row}
    {first_column}
    for i, x in enumerate(reference, start=1):
        for j, y in enumerate(hypothesis, start=1):
            table[i, j] = min({ways})
    return {result}
"""


def distance(
    first_row: str = "table[0] = range(len(hypothesis) + 1)",
    first_column: str = "table[:, 0] = range(len(reference) + 1)",
    ways: str = "table[i-1, j] + 1, table[i, j-1] + 1, table[i-1, j-1] + (x != y)",
    result: str = "int(table[-1, -1])",
) -> str:
    """Return a right edit distance with one part exchanged."""
    return DISTANCE.format(first_row=first_row, first_column=first_column, ways=ways, result=result)


def stages(**changes: str) -> str:
    """Return an answer to broken_stage with some pages changed."""
    right = {"A": "decoding", "B": "lines", "C": "score", "D": "network"}
    return f"def broken_stage():\n    return {right | changes!r}"


def reader(name: object, edits: object) -> str:
    """Return an answer to choose_reader."""
    return f"def choose_reader():\n    return ({name!r}, {edits!r})"


def rate(body: str) -> str:
    """Return an answer to corpus_error_rate."""
    return f"def corpus_error_rate(edits, lengths):\n    {body}"


def test(*lines: str) -> str:
    """Return an answer to check_error_rate."""
    return "\n    ".join(["def check_error_rate(error_rate):", *lines])


BY_HAND = "assert abs(error_rate(['ab', 'c' * 40], ['ax', 'c' * 40]) - 1 / 42) < 1e-9"
LONGER = "assert abs(error_rate(['abcd'], ['abcdxx']) - 0.5) < 1e-9"
SHIFTED = "assert abs(error_rate(['abcd'], ['bcd']) - 0.25) < 1e-9"

WRONG = {
    "lab01.guess_error_rate": [
        ("text", "def guess_error_rate():\n    return '20 %'", {PERCENT}),
        ("negative", "def guess_error_rate():\n    return -5", {PERCENT}),
    ],
    "lab01.guess_shapes": [
        ("one number", "def guess_shapes():\n    return 75", {PAIR}),
        ("text", "def guess_shapes():\n    return '75 x 96'", {PAIR}),
        ("half a frame", "def guess_shapes():\n    return (75.5, 96)", {PAIR}),
    ],
    "lab01.encode": [
        ("counts from 0", encoder(label="characters.index(character)"), {FROM_ONE, TEXTS}),
        ("the computer's codes", encoder(label="ord(character) - 31"), {FROM_ONE, TEXTS}),
        (
            "in alphabetical order",
            encoder(label="sorted(characters).index(character) + 1"),
            {TEXTS},
        ),
        ("adds a blank at the end", encoder(result="labels + [0]"), {FROM_ONE, EMPTY, TEXTS}),
        (
            "drops what is unknown",
            "def encode(text, characters):\n"
            "    return [characters.index(c) + 1 for c in text if c in characters]",
            {UNKNOWN},
        ),
        ("another kind of error", encoder(error="KeyError(character)"), {UNKNOWN}),
        ("an error without a name", encoder(error="ValueError('bad text')"), {UNKNOWN}),
        (
            "find, which gives -1",
            "def encode(text, characters):\n    return [characters.find(c) + 1 for c in text]",
            {UNKNOWN},
        ),
        ("last label first", encoder(result="labels[::-1]"), {FROM_ONE, TEXTS}),
    ],
    "lab01.decode": [
        (
            "counts from 0",
            decoder(letter="characters[label % len(characters)]"),
            {READS, PADDING, BACK},
        ),
        ("keeps padding", decoder(strip="pass"), {PADDING, ONLY}),
        (
            "drops every zero",
            decoder(strip="labels = [label for label in labels if label != 0]"),
            {INSIDE},
        ),
        (
            "stops at the first zero",
            decoder(strip="labels = labels[:labels.index(0)] if 0 in labels else labels"),
            {INSIDE},
        ),
        (
            "lets a negative label count from the end",
            decoder(bad="label == 0 or label > len(characters)"),
            {RANGE},
        ),
        ("lets the list raise", decoder(bad="label < 1"), {RANGE}),
        (
            "drops one zero",
            decoder(strip="labels = labels[:-1] if labels[-1] == 0 else labels"),
            {PADDING, ONLY},
        ),
    ],
    "lab01.edit_distance": [
        (
            "ignores case and outer spaces",
            distance()
            + """

_distance = edit_distance
def edit_distance(reference, hypothesis):
    return _distance(reference.strip().lower(), hypothesis.strip().lower())
""",
            {THIRTY},
        ),
        (
            "place by place",
            """
def edit_distance(reference, hypothesis):
    wrong = sum(x != y for x, y in zip(reference, hypothesis))
    return wrong + abs(len(reference) - len(hypothesis))
""",
            {GAP, THIRTY, LONG},
        ),
        (
            "substitution costs two",
            distance(ways="table[i-1, j] + 1, table[i, j-1] + 1, table[i-1, j-1] + 2 * (x != y)"),
            {SUBSTITUTED, THIRTY, LONG},
        ),
        (
            "equal letters cost one",
            distance(ways="table[i-1, j] + 1, table[i, j-1] + 1, table[i-1, j-1] + 1"),
            {SAME, SUBSTITUTED, GAP, THIRTY, LONG},
        ),
        ("first row of zeros", distance(first_row="pass"), {NOTHING, THIRTY, LONG}),
        ("first column of zeros", distance(first_column="pass"), {GAP, NOTHING, THIRTY, LONG}),
        (
            "no insertions",
            distance(ways="table[i-1, j] + 1, table[i-1, j-1] + (x != y)"),
            {THIRTY, LONG},
        ),
        (
            "a rate instead of a count",
            distance(result="table[-1, -1] / max(1, len(reference))"),
            {SUBSTITUTED, GAP, NOTHING, THIRTY, LONG},
        ),
        (
            "letters in common",
            """
def edit_distance(reference, hypothesis):
    return max(len(reference), len(hypothesis)) - len(set(reference) & set(hypothesis))
""",
            {GAP, THIRTY, LONG},
        ),
    ],
    "lab01.corpus_error_rate": [
        (
            "mean of rates",
            rate("return sum(e / n for e, n in zip(edits, lengths)) / len(edits)"),
            {UNEVEN, ABOVE, RANDOM, REFUSES},
        ),
        (
            "cut at one",
            rate(
                "if not sum(lengths): raise ValueError('no characters')\n"
                "    return min(1.0, sum(edits) / sum(lengths))"
            ),
            {ABOVE},
        ),
        ("zero for an empty set", rate("return sum(edits) / max(1, sum(lengths))"), {REFUSES}),
        (
            "weighted mean, which an empty line spoils",
            rate(
                "lengths = np.array(lengths, float)\n"
                "    if not lengths.sum(): raise ValueError('no characters')\n"
                "    return float(np.average(np.array(edits) / lengths, weights=lengths))"
            ),
            {"two hundred random lines"},
        ),
        (
            "refuses an empty line",
            rate(
                "if not lengths or min(lengths) == 0: raise ValueError('no characters')\n"
                "    return sum(edits) / sum(lengths)"
            ),
            {"two hundred random lines"},
        ),
        (
            "divides by the lines",
            rate(
                "if not sum(lengths): raise ValueError('no characters')\n"
                "    return sum(edits) / len(edits)"
            ),
            {UNEVEN, ABOVE, RANDOM},
        ),
        (
            "percent",
            rate(
                "if not sum(lengths): raise ValueError('no characters')\n"
                "    return 100 * sum(edits) / sum(lengths)"
            ),
            {UNEVEN, ABOVE, RANDOM},
        ),
        (
            "padding counted",
            rate(
                "if not sum(lengths): raise ValueError('no characters')\n"
                "    return sum(edits) / (max(lengths) * len(lengths))"
            ),
            {UNEVEN, ABOVE, RANDOM},
        ),
    ],
    "lab01.right_rate": [
        ("a letter not offered", "def right_rate():\n    return 'E'", {"names the right snippet"}),
        ("a number", "def right_rate():\n    return 3", {"names the right snippet"}),
    ],
    "lab01.broken_stage": [
        ("A blamed on the network", stages(A="network"), {PAGE("A")}),
        ("B blamed on the network", stages(B="network"), {PAGE("B")}),
        ("C blamed on decoding", stages(C="decoding"), {PAGE("C")}),
        ("D blamed on decoding", stages(D="decoding"), {PAGE("D")}),
        ("a stage not offered", stages(A="collapse", D="frames"), {PAGE("A"), PAGE("D")}),
        (
            "everything is the network",
            stages(A="network", B="network", C="network"),
            {PAGE("A"), PAGE("B"), PAGE("C")},
        ),
        (
            "a list",
            "def broken_stage():\n    return ['decoding', 'lines', 'score', 'network']",
            set(map(PAGE, "ABCD")),
        ),
    ],
    "lab01.choose_reader": [
        ("the quickest", reader("small", 180), {NAME}),
        ("the most accurate", reader("large", 40), {NAME}),
        ("a rate instead of edits", reader("medium", 9.5), {EDITS}),
        ("a share instead of edits", reader("medium", 0.095), {EDITS}),
        ("the edits of another reader", reader("medium", 40), {EDITS}),
        ("the name alone", "def choose_reader():\n    return 'medium'", {NAME, EDITS}),
        ("in the wrong order", reader(95, "medium"), {NAME, EDITS}),
    ],
    "lab01.check_error_rate": [
        ("asserts nothing", test("error_rate(['ab'], ['ab'])"), {MEAN, PAD, INSERT, READ, PLACE}),
        (
            "only a perfect line",
            test("assert error_rate(['ab'], ['ab']) == 0"),
            {MEAN, PAD, INSERT, READ, PLACE},
        ),
        ("one line at a time", test(LONGER, SHIFTED), {MEAN, PAD}),
        ("no gap", test(BY_HAND, LONGER), {PLACE}),
        ("lengths that stay", test(BY_HAND), {INSERT, READ, PLACE}),
        (
            "too strict",
            test("assert error_rate(['ab', 'abc'], ['ab', 'abc']) == 0.1"),
            {OURS, THEIRS},
        ),
        (
            "swallows its own failure",
            test("try:", f"    {BY_HAND}", "except AssertionError:", "    pass"),
            {MEAN, PAD, INSERT, READ, PLACE},
        ),
        ("gap and mean alone", test(BY_HAND, SHIFTED), {INSERT}),
    ],
}

RIGHT = {
    "lab01.guess_error_rate": [
        ("whole", "def guess_error_rate():\n    return 20"),
        ("numpy", "def guess_error_rate():\n    return np.float64(12.5)"),
        ("over a hundred", "def guess_error_rate():\n    return 150.0"),
    ],
    "lab01.guess_shapes": [
        ("tuple", "def guess_shapes():\n    return 75, 96"),
        ("list", "def guess_shapes():\n    return [300, 26]"),
        ("array", "def guess_shapes():\n    return np.array([10, 95])"),
    ],
    "lab01.encode": [
        ("loop", encoder()),
        (
            "dictionary",
            """
def encode(text, characters):
    numbers = {character: number for number, character in enumerate(characters, 1)}
    for character in text:
        if character not in numbers:
            raise ValueError(f'{character!r} is not in the alphabet')
    return [numbers[character] for character in text]
""",
        ),
        ("array", encoder(result="np.array(labels, dtype=np.int64)")),
        ("tuple", encoder(result="tuple(labels)")),
    ],
    "lab01.decode": [
        ("loop", decoder()),
        (
            "recursive",
            """
def decode(labels, characters):
    labels = [int(label) for label in labels]
    if labels and labels[-1] == 0:
        return decode(labels[:-1], characters)
    if any(label < 1 or label > len(characters) for label in labels):
        raise ValueError(str(labels))
    return ''.join(characters[label - 1] for label in labels)
""",
        ),
        (
            "numpy",
            """
def decode(labels, characters):
    labels = np.trim_zeros(np.array(labels, dtype=int), 'b')
    if ((labels < 1) | (labels > len(characters))).any():
        raise ValueError('a label is out of range')
    return ''.join(np.array(list(characters))[labels - 1]) if len(labels) else ''
""",
        ),
    ],
    "lab01.edit_distance": [
        ("table", distance()),
        (
            "one row",
            """
def edit_distance(reference, hypothesis):
    row = list(range(len(hypothesis) + 1))
    for i, x in enumerate(reference, start=1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(hypothesis, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]
""",
        ),
        ("numpy integer", distance(result="table[-1, -1]")),
        (
            "remembered recursion",
            """
def edit_distance(reference, hypothesis):
    known = {}
    for i in range(len(reference) + 1):
        for j in range(len(hypothesis) + 1):
            if i == 0 or j == 0:
                known[i, j] = i + j
            elif reference[i - 1] == hypothesis[j - 1]:
                known[i, j] = known[i - 1, j - 1]
            else:
                known[i, j] = 1 + min(known[i - 1, j], known[i, j - 1], known[i - 1, j - 1])
    return known[len(reference), len(hypothesis)]
""",
        ),
    ],
    "lab01.corpus_error_rate": [
        (
            "sums",
            rate(
                "if sum(lengths) == 0: raise ValueError('no characters')\n"
                "    return sum(edits) / sum(lengths)"
            ),
        ),
        (
            "numpy",
            rate(
                "total = np.sum(lengths)\n"
                "    if not total: raise ValueError('no characters')\n"
                "    return np.sum(edits) / total"
            ),
        ),
        (
            "a line at a time",
            rate(
                "total = sum(lengths)\n"
                "    if not total: raise ValueError('no characters')\n"
                "    return sum(number / total for number in edits)"
            ),
        ),
    ],
    "lab01.right_rate": [
        ("letter", "def right_rate():\n    return 'C'"),
        ("small letter", "def right_rate():\n    return 'c'"),
        ("with a space", "def right_rate():\n    return ' C '"),
    ],
    "lab01.broken_stage": [
        ("dict", stages()),
        (
            "built",
            "def broken_stage():\n"
            "    return dict(zip('ABCD', ['decoding', 'lines', 'score', 'network']))",
        ),
        ("capitals", stages(A="Decoding", C="SCORE")),
    ],
    "lab01.choose_reader": [
        ("tuple", reader("medium", 95)),
        ("list", "def choose_reader():\n    return ['medium', np.int64(95)]"),
        ("computed", "def choose_reader():\n    return 'Medium', 1000 * 0.095"),
    ],
    "lab01.check_error_rate": [
        ("three examples", test(BY_HAND, LONGER, SHIFTED)),
        (
            "one call",
            test(
                "rate = error_rate(['abcd', 'efgh', 'xy'], ['bcd', 'efghij', 'xy'])",
                "assert abs(rate - 3 / 10) < 1e-6",
            ),
        ),
        (
            "rounded",
            test(
                "references = ['hello there', 'ab']",
                "assert round(error_rate(references, ['ello there', 'abab']), 4) "
                "== round(3 / 13, 4)",
            ),
        ),
    ],
}
