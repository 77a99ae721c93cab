"""Wrong and right answers to the exercises of the fixture lab."""

SETUP = "import math\n\nimport numpy as np\n"

_MERGES, _APART = "merges repeats", "a blank keeps doubles apart"
_RANDOM = "fifty random paths"
_SMALL, _FAR, _NOTHING = "small numbers", "far below zero", "nothing plus nothing"
_FRAMES = "enough frames at the least cost"

WRONG = {
    "lab90.blank_share": [
        ("per cent", "def blank_share():\n    return 80", {"a share between 0 and 1"}),
        ("text", "def blank_share():\n    return 'most'", {"a share between 0 and 1"}),
    ],
    "lab90.collapse": [
        (
            "drops blanks first",
            """
def collapse(path, blank=0):
    path = [symbol for symbol in path if symbol != blank]
    return [s for i, s in enumerate(path) if i == 0 or s != path[i - 1]]
""",
            {_APART, _RANDOM},
        ),
        (
            "does not merge",
            "def collapse(path, blank=0):\n    return [s for s in path if s != blank]",
            {_MERGES, _RANDOM},
        ),
        (
            "keeps blanks",
            """
def collapse(path, blank=0):
    return [s for i, s in enumerate(path) if i == 0 or s != path[i - 1]]
""",
            {_MERGES, _APART, _RANDOM},
        ),
        (
            "every symbol once",
            "def collapse(path, blank=0):\n"
            "    return [s for s in dict.fromkeys(path) if s != blank]",
            {_APART, _RANDOM},
        ),
        ("nothing returned", "def collapse(path, blank=0):\n    pass", {_MERGES, _APART, _RANDOM}),
        (
            "changes its input",
            """
def collapse(path, blank=0):
    for i in range(len(path) - 1, 0, -1):
        if path[i] == path[i - 1]:
            del path[i]
    return [s for s in path if s != blank]
""",
            {_MERGES},
        ),
    ],
    "lab90.faulty_line": [
        ("counts from zero", "def faulty_line():\n    return 0", {"names the line at fault"}),
        ("names text", "def faulty_line():\n    return 'three'", {"names the line at fault"}),
    ],
    "lab90.log_add": [
        (
            "through probabilities",
            "def log_add(left, right):\n    return math.log(math.exp(left) + math.exp(right))",
            {_FAR, _NOTHING},
        ),
        ("adds", "def log_add(left, right):\n    return left + right", {_SMALL, _FAR}),
        ("larger one", "def log_add(left, right):\n    return max(left, right)", {_SMALL, _FAR}),
        (
            "nan for nothing",
            "def log_add(left, right):\n    high = max(left, right)\n"
            "    return float(high + np.log(np.exp(left - high) + np.exp(right - high)))",
            {_NOTHING},
        ),
        (
            "forgets the larger",
            "def log_add(left, right):\n"
            "    high = max(left, right)\n    if high == -math.inf:\n        return high\n"
            "    return math.log(math.exp(left - high) + math.exp(right - high))",
            {_SMALL, _FAR},
        ),
    ],
    "lab90.stride": [
        ("in pixels", "def stride():\n    return 32", {_FRAMES}),
        ("text", "def stride():\n    return 'four'", {_FRAMES}),
    ],
}

RIGHT = {
    "lab90.blank_share": [
        ("half", "def blank_share():\n    return 0.5"),
        ("a numpy number", "def blank_share():\n    return np.float32(0.25)"),
        ("a whole number", "def blank_share() -> float:\n    return 1"),
    ],
    "lab90.collapse": [
        (
            "groupby",
            """
from itertools import groupby

def collapse(path, blank=0):
    return [symbol for symbol, _ in groupby(path) if symbol != blank]
""",
        ),
        (
            "a loop",
            """
def collapse(path, blank=0):
    labels, before = [], None
    for symbol in path:
        if symbol != before and symbol != blank:
            labels.append(symbol)
        before = symbol
    return tuple(labels)
""",
        ),
        (
            "an array",
            """
def collapse(path, blank=0):
    path = np.asarray(path)
    starts = np.concatenate([[True], path[1:] != path[:-1]])
    return path[starts & (path != blank)]
""",
        ),
    ],
    "lab90.faulty_line": [
        ("a number", "def faulty_line():\n    return 3"),
        ("a numpy number", "def faulty_line():\n    return np.int64(3)"),
        ("an argument with a default", "def faulty_line(line=2):\n    return line + 1"),
    ],
    "lab90.log_add": [
        ("numpy", "def log_add(left, right):\n    return np.logaddexp(left, right)"),
        (
            "log1p",
            "def log_add(left, right):\n    low, high = sorted([left, right])\n"
            "    return high if low == -math.inf else high + math.log1p(math.exp(low - high))",
        ),
        (
            "a scalar array",
            "def log_add(left, right):\n    return np.logaddexp(np.array(left), right)",
        ),
    ],
    "lab90.stride": [
        ("a number", "def stride():\n    return 4"),
        ("a power", "def stride():\n    return 2 ** 2"),
        ("a numpy number", "def stride():\n    return np.int32(4)"),
    ],
}
