"""Answers to the exercises of Lab 3, sitting B: paths and labels."""

from shared.tests.catalogue.lab03_changes import changed, every

COLLAPSE = """
def collapse(path, blank=0):
    label, previous = [], blank
    for symbol in path:
        if symbol not in (blank, previous):
            label.append(symbol)
        previous = symbol
    return label
"""
GROUPS = """
from itertools import groupby

def collapse(path, blank=0):
    return [symbol for symbol, _ in groupby(path) if symbol != blank]
"""
MIN_FRAMES = """
def min_frames(label):
    repeats = sum(label[i] == label[i - 1] for i in range(1, len(label)))
    return len(label) + repeats
"""

WRONG = {
    "lab03.collapse": [
        (
            "drops blanks before merging",
            changed(GROUPS, "groupby(path)", "groupby(s for s in path if s != blank)"),
            {"a blank keeps doubles apart", "takes any class as the blank", "sixty random paths"},
        ),
        (
            "compares with the last letter kept",
            changed(COLLAPSE, "        previous = symbol\n", "            previous = symbol\n"),
            {"a blank keeps doubles apart", "takes any class as the blank", "sixty random paths"},
        ),
        (
            "does not merge",
            changed(COLLAPSE, "(blank, previous)", "(blank,)"),
            every("lab03.collapse") - {"nothing but blanks, or no step at all, is the empty label"},
        ),
        (
            "does not drop",
            "from itertools import groupby\n\ndef collapse(path, blank=0):\n"
            "    return [symbol for symbol, _ in groupby(path)]\n",
            every("lab03.collapse")
            - {"merges a long run to one", "keeps the order of the symbols"},
        ),
        (
            "merges pairs once",
            """
def collapse(path, blank=0):
    merged, i = [], 0
    while i < len(path):
        merged.append(path[i])
        i += 2 if i + 1 < len(path) and path[i] == path[i + 1] else 1
    return [symbol for symbol in merged if symbol != blank]
""",
            {"merges a long run to one", "sixty random paths"},
        ),
        (
            "takes class 0 for the blank",
            changed(GROUPS, "!= blank", "!= 0"),
            {"takes any class as the blank", "sixty random paths"},
        ),
        (
            "keeps each symbol once, sorted",
            "def collapse(path, blank=0):\n"
            "    return [int(s) for s in np.unique(path) if s != blank]\n",
            every("lab03.collapse")
            - {
                "merges a long run to one",
                "nothing but blanks, or no step at all, is the empty label",
            },
        ),
        (
            "keeps each symbol once",
            "def collapse(path, blank=0):\n"
            "    return [s for s in dict.fromkeys(path) if s != blank]\n",
            {
                "a blank keeps doubles apart",
                "keeps the order of the symbols",
                "takes any class as the blank",
                "sixty random paths",
            },
        ),
        (
            "loses the first symbol",
            """
def collapse(path, blank=0):
    return [path[t] for t in range(1, len(path)) if path[t] not in (blank, path[t - 1])]
""",
            every("lab03.collapse") - {"nothing but blanks, or no step at all, is the empty label"},
        ),
        (
            "compares the first step with the last",
            """
def collapse(path, blank=0):
    return [s for t, s in enumerate(path) if s != blank and s != path[t - 1]]
""",
            {"a blank keeps doubles apart", "sixty random paths"},
        ),
        (
            "reads before the path begins",
            """
def collapse(path, blank=0):
    label = [path[0]]
    for t in range(1, len(path)):
        if path[t] != path[t - 1]:
            label.append(path[t])
    return [symbol for symbol in label if symbol != blank]
""",
            {"nothing but blanks, or no step at all, is the empty label"},
        ),
        (
            "merges only larger symbols",
            changed(
                COLLAPSE, "symbol not in (blank, previous)", "symbol != blank and symbol > previous"
            ),
            {
                "keeps the order of the symbols",
                "takes any class as the blank",
                "sixty random paths",
            },
        ),
    ],
    "lab03.min_frames": [
        (
            "counts the symbols",
            "def min_frames(label):\n    return len(label)",
            {"one double: hello", "several equal in a row", "forty random labels"},
        ),
        (
            "a blank everywhere",
            "def min_frames(label):\n    return 2 * len(label) + 1",
            every("lab03.min_frames"),
        ),
        (
            "a blank between all",
            "def min_frames(label):\n    return max(2 * len(label) - 1, 0)",
            every("lab03.min_frames") - {"several equal in a row", "no symbols"},
        ),
        (
            "one blank is enough",
            changed(MIN_FRAMES, "+ repeats", "+ (repeats > 0)"),
            {"several equal in a row", "forty random labels"},
        ),
        (
            "counts symbols that occur twice",
            "def min_frames(label):\n    return 2 * len(label) - len(set(label))",
            {"equal symbols that are apart cost nothing", "forty random labels"},
        ),
        (
            "compares the first with the last",
            changed(MIN_FRAMES, "range(1, ", "range("),
            {
                "several equal in a row",
                "equal symbols that are apart cost nothing",
                "forty random labels",
            },
        ),
        (
            "twice the repeats",
            changed(MIN_FRAMES, "+ repeats", "+ max(2 * repeats - 1, 0)"),
            {"several equal in a row", "forty random labels"},
        ),
        (
            "counts runs of equal symbols",
            """
from itertools import groupby

def min_frames(label):
    return len(label) + sum(len(list(run)) > 1 for _, run in groupby(label))
""",
            {"several equal in a row", "forty random labels"},
        ),
        (
            "merges the label",
            "from itertools import groupby\n\ndef min_frames(label):\n"
            "    return len(list(groupby(label)))",
            {"one double: hello", "several equal in a row", "forty random labels"},
        ),
        (
            "at least one frame",
            changed(
                MIN_FRAMES, "return len(label) + repeats", "return max(len(label) + repeats, 1)"
            ),
            {"no symbols"},
        ),
        (
            "misses the last pair",
            changed(MIN_FRAMES, "len(label))", "len(label) - 1)"),
            {"several equal in a row", "forty random labels"},
        ),
    ],
}

RIGHT = {
    "lab03.collapse": [
        ("previous step", COLLAPSE),
        ("groupby", GROUPS),
        (
            "array of numpy integers",
            """
def collapse(path, blank=0):
    path = np.asarray(path, dtype=int)
    starts = np.ones(len(path), dtype=bool)
    starts[1:] = path[1:] != path[:-1]
    return path[starts & (path != blank)]
""",
        ),
        (
            "tuple",
            "def collapse(path, blank=0):\n    pairs = zip(path, [None, *path])\n"
            "    return tuple(np.int64(s) for s, before in pairs if s != before and s != blank)\n",
        ),
    ],
    "lab03.min_frames": [
        ("index", MIN_FRAMES),
        (
            "zip",
            "def min_frames(label):\n"
            "    return len(label) + sum(a == b for a, b in zip(label, label[1:]))",
        ),
        (
            "numpy",
            "def min_frames(label):\n    label = np.array(label)\n"
            "    return len(label) + np.count_nonzero(label[1:] == label[:-1])",
        ),
        (
            "groupby",
            "from itertools import groupby\n\ndef min_frames(label):\n"
            "    runs = [len(list(run)) for _, run in groupby(label)]\n"
            "    return sum(2 * n - 1 for n in runs)",
        ),
        (
            "a whole float",
            "def min_frames(label):\n    return float(len(label) + sum(np.diff(label) == 0))",
        ),
    ],
}
