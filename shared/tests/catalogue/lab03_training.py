"""Answers to the exercises of Lab 3, sitting C."""

from shared.tests.catalogue.lab03_changes import changed, every

RUNS = (
    "def diagnose_loss():\n    return ('blank', 'plateau', 'double softmax', 'padding', 'stride')"
)
CHECK = """
def check_padding(read_batch_error):
    paths = [[1, 0, 2, 3, 3, 3], [4, 0, 5, 0, 5, 6]]
    labels = [[1, 2, 0, 0], [4, 5, 5, 5]]
    error = read_batch_error(paths, [3, 6], labels, [2, 4])
    assert abs(error - 1 / 6) < 1e-9, error
"""
PERFECT = """
def check_padding(read_batch_error):
    paths = [[1, 0, 2, 3, 3, 3], [4, 0, 5, 0, 5, 6]]
    labels = [[1, 2, 0, 0], [4, 5, 5, 6]]
    assert read_batch_error(paths, [3, 6], labels, [2, 4]) == 0
"""
TWO_BATCHES = """
def check_padding(read_batch_error):
    alone = read_batch_error(np.array([[3, 3, 0, 1]]), [4], np.array([[3, 2, 1]]), [3])
    paths = np.array([[3, 3, 0, 1, 2, 2, 0], [1, 0, 2, 0, 1, 0, 2]])
    labels = np.array([[3, 2, 1, 0, 0], [1, 2, 1, 2, 2]])
    both = read_batch_error(paths, [4, 7], labels, [3, 5])
    assert abs(alone - 1 / 3) < 1e-6
    assert abs(both - 2 / 8) < 1e-6
"""
NAMED = """
def check_padding(read_batch_error):
    import math

    error = read_batch_error(
        paths=[[2, 2, 0, 1, 1, 1, 1], [1, 0, 0, 2, 0, 0, 3], [3, 2, 2, 2, 2, 2, 2]],
        num_frames=[4, 7, 1],
        labels=[[2, 1, 0], [1, 2, 2], [3, 0, 0]],
        num_labels=[2, 3, 1],
    )
    if not math.isclose(error, 1 / 6):
        raise AssertionError(f"{error} instead of 1/6")
"""

WRONG = {
    "lab03.diagnose_loss": [
        (
            "two exchanged: B and C",
            changed(RUNS, "'plateau', 'double softmax'", "'double softmax', 'plateau'"),
            {"run B", "run C"},
        ),
        (
            "two exchanged: A and D",
            changed(RUNS, "'blank'", "'x'", "'padding'", "'blank'", "'x'", "'padding'"),
            {"run A", "run D"},
        ),
        (
            "two exchanged: D and E",
            changed(RUNS, "'padding', 'stride'", "'stride', 'padding'"),
            {"run D", "run E"},
        ),
        (
            "in the order of the list",
            "def diagnose_loss():\n"
            "    return ('padding', 'double softmax', 'blank', 'stride', 'plateau')",
            every("lab03.diagnose_loss"),
        ),
        (
            "one name for all",
            "def diagnose_loss():\n    return ['plateau'] * 5",
            every("lab03.diagnose_loss") - {"run B"},
        ),
        (
            "four names",
            "def diagnose_loss():\n    return ('blank', 'plateau', 'padding', 'stride')",
            every("lab03.diagnose_loss"),
        ),
        ("a dict", "def diagnose_loss():\n    return {'A': 'blank'}", every("lab03.diagnose_loss")),
        ("own words", changed(RUNS, "'stride'", "'too few frames'"), {"run E"}),
        ("a number among them", changed(RUNS, "'blank'", "0"), {"run A"}),
    ],
    "lab03.choose_stride": [
        ("a stride between", "def choose_stride():\n    return 6", every("lab03.choose_stride")),
        ("one", "def choose_stride():\n    return 1", every("lab03.choose_stride")),
        ("text", "def choose_stride():\n    return 'four'", every("lab03.choose_stride")),
        ("several", "def choose_stride():\n    return [2, 4]", every("lab03.choose_stride")),
    ],
    "lab03.check_padding": [
        (
            "a perfect batch",
            PERFECT,
            {"catches a denominator with padding in it", "catches a mean of the lines' rates"},
        ),
        (
            "a perfect batch padded with blanks",
            changed(PERFECT, "3, 3, 3]", "0, 0, 0]"),
            {
                "catches padded frames that are read",
                "catches a denominator with padding in it",
                "catches a mean of the lines' rates",
            },
        ),
        (
            "frames padded with blanks",
            changed(CHECK, "3, 3, 3]", "0, 0, 0]"),
            {"catches padded frames that are read"},
        ),
        (
            "a batch without padding",
            """
def check_padding(read_batch_error):
    error = read_batch_error([[1, 0, 2], [1, 2, 0]], [3, 3], [[1, 2], [1, 3]], [2, 2])
    assert abs(error - 1 / 4) < 1e-9
""",
            {
                "catches padded frames that are read",
                "catches label padding that counts as letters",
                "catches a denominator with padding in it",
                "catches a mean of the lines' rates",
            },
        ),
        (
            "a batch of one line",
            """
def check_padding(read_batch_error):
    error = read_batch_error([[1, 0, 2, 3]], [3], [[1, 3, 0]], [2])
    assert abs(error - 1 / 2) < 1e-9
""",
            {
                "catches padded frames that are read",
                "catches frames that are cut off",
                "catches a mean of the lines' rates",
            },
        ),
        (
            "asserts nothing",
            changed(CHECK, "    assert abs(error - 1 / 6) < 1e-9, error\n", ""),
            every("lab03.check_padding")
            - {"accepts a right function", "accepts a right function that rounds differently"},
        ),
        (
            "refuses everything",
            "def check_padding(read_batch_error):\n    assert False, 'padding'",
            {"accepts a right function", "accepts a right function that rounds differently"},
        ),
        (
            "asks for an error above zero",
            changed(CHECK, "abs(error - 1 / 6) < 1e-9", "error > 0"),
            every("lab03.check_padding")
            - {"accepts a right function", "accepts a right function that rounds differently"},
        ),
        (
            "expects the mean of the rates",
            changed(CHECK, "1 / 6", "1 / 8"),
            {
                "accepts a right function",
                "accepts a right function that rounds differently",
                "catches a denominator with padding in it",
                "catches a mean of the lines' rates",
            },
        ),
        (
            "compares exactly",
            changed(TWO_BATCHES, "abs(alone - 1 / 3) < 1e-6", "alone == 1 / 3"),
            {"accepts a right function that rounds differently"},
        ),
        (
            "asks for a Python float",
            changed(CHECK, "abs(", "type(error) is float and abs("),
            {"accepts a right function that rounds differently"},
        ),
        (
            "returns instead of asserting",
            changed(
                CHECK, "assert abs(error - 1 / 6) < 1e-9, error", "return abs(error - 1 / 6) < 1e-9"
            ),
            every("lab03.check_padding")
            - {"accepts a right function", "accepts a right function that rounds differently"},
        ),
        (
            "as many frames as letters",
            """
def check_padding(read_batch_error):
    paths = [[1, 2, 3, 3], [4, 5, 6, 4]]
    labels = [[1, 2, 0, 0], [4, 5, 6, 5]]
    assert abs(read_batch_error(paths, [2, 4], labels, [2, 4]) - 1 / 6) < 1e-9
""",
            {"catches frames that are cut off"},
        ),
        (
            "catches what it meets",
            """
def check_padding(read_batch_error):
    try:
        paths = [[1, 0, 2, 3, 3, 3], [4, 0, 5, 0, 5, 6]]
        error = read_batch_error(paths, [3, 6], [[1, 2, 0, 0], [4, 5, 5, 5]], [2, 4])
        assert abs(error - 1 / 6) < 1e-9
    except AssertionError:
        print("padding counts")
""",
            every("lab03.check_padding")
            - {"accepts a right function", "accepts a right function that rounds differently"},
        ),
    ],
}

RIGHT = {
    "lab03.diagnose_loss": [
        ("tuple", RUNS),
        ("list", changed(RUNS, "(blank".replace("(", "('"), "['blank", "stride')", "stride']")),
        ("capitals", changed(RUNS, "'plateau'", "'Plateau '")),
    ],
    "lab03.choose_stride": [
        ("number", "def choose_stride():\n    return 4"),
        ("numpy", "def choose_stride():\n    return np.int64(4)"),
        (
            "computed",
            """
def choose_stride():
    lines = ((104, 14), (88, 13), (25, 7), (72, 9))
    return max(s for s in (2, 4, 8, 16) if all(-(-w // s) >= n for w, n in lines))
""",
        ),
    ],
    "lab03.check_padding": [
        ("one assertion", CHECK),
        ("two batches of arrays", TWO_BATCHES),
        ("by name, three lines", NAMED),
    ],
}
