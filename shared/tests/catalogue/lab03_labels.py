"""Answers to the exercises of Lab 3, sitting B: counting paths, and states."""

from shared.tests.catalogue.lab03_changes import changed, every

COUNT = """
def count_paths(num_frames, label):
    states = [0] + [state for symbol in label for state in (symbol, 0)]
    ways = [int(s < 2) for s in range(len(states))]
    for _ in range(num_frames - 1):
        before = ways
        ways = [sum(before[max(s - 1, 0) : s + 1]) for s in range(len(states))]
        for s in range(3, len(states), 2):
            if states[s] != states[s - 2]:
                ways[s] += before[s - 2]
    return sum(ways[-2:])
"""
FORMULA = """
from math import comb

def count_paths(num_frames, label):
    repeats = sum(a == b for a, b in zip(label, label[1:]))
    free = num_frames + len(label) - repeats
    return comb(free, 2 * len(label)) if num_frames >= len(label) + repeats else 0
"""
LISTED = """
from itertools import groupby, product

def count_paths(num_frames, label):
    total = 0
    for path in product([0, *sorted(set(label))], repeat=num_frames):
        total += [symbol for symbol, _ in groupby(path) if symbol] == list(label)
    return total
"""
EXTEND = """
def extend_label(label, blank=0):
    states = np.full(2 * len(label) + 1, blank)
    states[1::2] = label
    can_skip = np.zeros(len(states), dtype=bool)
    can_skip[3::2] = states[3::2] != states[1:-2:2]
    return states, can_skip
"""
EXTEND_LOOP = """
def extend_label(label, blank=0):
    states, can_skip = [blank], [False]
    for i, symbol in enumerate(label):
        states += [symbol, blank]
        can_skip += [i > 0 and symbol != label[i - 1], False]
    return states, can_skip
"""

WRONG = {
    "lab03.count_paths": [
        (
            "skips into the last state, by a negative index",
            """
def count_paths(num_frames, label):
    states = [0]
    for symbol in label:
        states += [symbol, 0]
    ways = [1 if s < 2 else 0 for s in range(len(states))]
    for _ in range(num_frames - 1):
        ways = [
            ways[s]
            + (ways[s - 1] if s else 0)
            + (ways[s - 2] if states[s] and states[s] != states[s - 2] else 0)
            for s in range(len(states))
        ]
    return sum(ways[-2:])
""",
            {"two symbols in four frames"},
        ),
        (
            "chooses frames for symbols",
            "from math import comb\n\ndef count_paths(num_frames, label):"
            "\n    return comb(num_frames, len(label))",
            every("lab03.count_paths") - {"no symbols, and one frame"},
        ),
        (
            "ignores equal neighbors",
            changed(FORMULA, "a == b", "False"),
            {"equal neighbors", "too few frames", "fifty symbols in 100 frames, exactly"},
        ),
        (
            "forgets that some do not fit",
            changed(COUNT, "return sum(ways[-2:])", "return max(sum(ways[-2:]), 1)"),
            {"too few frames"},
        ),
        (
            "never skips a blank",
            changed(COUNT, "states[s] != states[s - 2]", "False"),
            every("lab03.count_paths") - {"no symbols, and one frame", "too few frames"},
        ),
        (
            "never stays",
            changed(COUNT, "max(s - 1, 0) : s + 1", "max(s - 1, 0) : s"),
            every("lab03.count_paths") - {"too few frames"},
        ),
        (
            "ends in the last blank only",
            changed(COUNT, "ways[-2:]", "ways[-1:]"),
            every("lab03.count_paths") - {"too few frames"},
        ),
        (
            "begins in the first blank only",
            changed(COUNT, "s < 2", "s < 1"),
            every("lab03.count_paths") - {"too few frames"},
        ),
        (
            "counts in 64 bits",
            changed(
                COUNT,
                "ways = [int(s < 2) for s in range(len(states))]",
                "ways = np.array([int(s < 2) for s in range(len(states))])",
                "ways = [sum(before[max(s - 1, 0) : s + 1]) for s in range(len(states))]",
                "ways = before + np.concatenate([[0], before[:-1]])",
                "return sum(ways[-2:])",
                "return int(ways[-2:].sum())",
            ),
            {"fifty symbols in 100 frames, exactly"},
        ),
        (
            "counts in floats",
            changed(COUNT, "int(s < 2)", "float(s < 2)"),
            {"fifty symbols in 100 frames, exactly"},
        ),
        ("lists every path", LISTED, {"fifty symbols in 100 frames, exactly"}),
        (
            "counts a symbol that comes back as a repeat",
            changed(
                FORMULA,
                "sum(a == b for a, b in zip(label, label[1:]))",
                "len(label) - len(set(label))",
            ),
            {"equal letters that are apart"},
        ),
        (
            "leaves the blank out",
            """
from math import comb

def count_paths(num_frames, label):
    return comb(num_frames - 1, len(label) - 1) if label else 1
""",
            every("lab03.count_paths") - {"no symbols, and one frame"},
        ),
    ],
    "lab03.extend_label": [
        (
            "no blank at the beginning",
            changed(EXTEND, "return states, can_skip", "return states[1:], can_skip[1:]"),
            every("lab03.extend_label"),
        ),
        (
            "no blank at the end",
            changed(EXTEND, "return states, can_skip", "return states[:-1], can_skip[:-1]"),
            every("lab03.extend_label"),
        ),
        (
            "skips between equal letters",
            changed(EXTEND, "states[3::2] != states[1:-2:2]", "True"),
            {"stops at the blank between equal letters", "thirty random labels"},
        ),
        (
            "skips into every letter that differs from the last one of all",
            changed(EXTEND_LOOP, "i > 0 and ", ""),
            {
                "skips between letters that differ",
                "stops at the blank between equal letters",
                "thirty random labels",
            },
        ),
        (
            "skips into blanks, too",
            changed(EXTEND_LOOP, "label[i - 1], False]", "label[i - 1], True]"),
            {
                "skips between letters that differ",
                "stops at the blank between equal letters",
                "thirty random labels",
            },
        ),
        (
            "skips only between equal letters",
            changed(EXTEND, "!=", "=="),
            {
                "skips between letters that differ",
                "stops at the blank between equal letters",
                "thirty random labels",
            },
        ),
        (
            "skips to the first letter",
            changed(EXTEND_LOOP, "i > 0 and symbol", "i == 0 or symbol"),
            {
                "skips between letters that differ",
                "stops at the blank between equal letters",
                "thirty random labels",
            },
        ),
        (
            "never skips",
            changed(EXTEND, "states[3::2] != states[1:-2:2]", "False"),
            {
                "skips between letters that differ",
                "stops at the blank between equal letters",
                "thirty random labels",
            },
        ),
        (
            "takes class 0 for the blank",
            changed(EXTEND, ", blank)\n", ", 0)\n"),
            {"takes any class as the blank", "thirty random labels"},
        ),
        (
            "merges equal letters first",
            changed(
                EXTEND,
                "    states =",
                "    label = [s for i, s in "
                "enumerate(label) if i == 0 or s != label[i - 1]]\n    states =",
            ),
            {
                "stops at the blank between equal letters",
                "takes any class as the blank",
                "thirty random labels",
            },
        ),
        (
            "looks one state back",
            changed(
                EXTEND,
                "can_skip[3::2] = states[3::2] != states[1:-2:2]",
                "can_skip[1:] = states[1:] != states[:-1]",
            ),
            {
                "skips between letters that differ",
                "stops at the blank between equal letters",
                "thirty random labels",
            },
        ),
        (
            "marks where a skip starts",
            changed(EXTEND, "can_skip[3::2]", "can_skip[1:-2:2]"),
            {
                "skips between letters that differ",
                "stops at the blank between equal letters",
                "thirty random labels",
            },
        ),
        (
            "cannot take an empty label",
            changed(EXTEND_LOOP, "    for i", "    label[0]\n    for i"),
            {"no symbols: one blank"},
        ),
        (
            "skips only upward",
            changed(EXTEND, "!=", ">"),
            {"skips between letters that differ", "thirty random labels"},
        ),
    ],
}

RIGHT = {
    "lab03.count_paths": [
        ("table", COUNT),
        ("formula", FORMULA),
        (
            "recursion",
            """
from functools import cache

def count_paths(num_frames, label):
    @cache
    def ways(frames, letters, ends_in_letter):
        if frames == 0:
            return int(letters == 0 and not ends_in_letter)
        if not ends_in_letter:
            return ways(frames - 1, letters, False) + ways(frames - 1, letters, True)
        if letters == 0:
            return 0
        total = ways(frames - 1, letters, True) + ways(frames - 1, letters - 1, False)
        if letters > 1 and label[letters - 1] != label[letters - 2]:
            total += ways(frames - 1, letters - 1, True)
        return total
    return ways(num_frames, len(label), False) + ways(num_frames, len(label), True)
""",
        ),
        (
            "object array",
            changed(
                COUNT,
                "ways = [int(s < 2) for s in range(len(states))]",
                "ways = np.array([int(s < 2) for s in range(len(states))], dtype=object)",
            ),
        ),
    ],
    "lab03.extend_label": [
        ("slices", EXTEND),
        ("lists", EXTEND_LOOP),
        (
            "tuple of numbers",
            changed(
                EXTEND_LOOP,
                "return states, can_skip",
                "return [tuple(states), np.array(can_skip, dtype=int)]",
            ),
        ),
    ],
}
