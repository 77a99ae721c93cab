"""Wrong and right answers to the exercises of Lab 5."""

SETUP = "import numpy as np\n"

ONE, TWICE, UNEVEN, SIXTY = (
    "one draw of everybody",
    "a writer drawn twice counts twice",
    "lines of very different lengths",
    "sixty lines by six hands",
)
GOOD, MEAN, LINES, PAIRS, SIGN = (
    "accepts a good comparison",
    "refuses a mean of rates",
    "refuses an interval over lines",
    "refuses a comparison without pairs",
    "refuses a turned sign",
)
HALF, BETWEEN, ORDER, SCATTER = (
    "half the errors at four times the updates",
    "a target between two budgets",
    "three budgets in any order",
    "points that scatter",
)
NAMES = "names decoder {}".format
SURE = "the fewest lines that are sure to be enough"

INTERVAL = """
def writer_interval(extra, lengths, writers, draws):
    rates = []
    for draw in draws:
        edits = characters = 0
        for name in {names}:
            for e, n, w in zip(extra, lengths, writers):
                if w == name:
                    edits += e
                    characters += n
        rates.append({rate})
    return {end}
"""
QUANTILES = "tuple(np.quantile(rates, [0.025, 0.975]))"


def interval(names="draw", rate="edits / characters", end=QUANTILES) -> str:
    """Return a right interval with one part exchanged."""
    return INTERVAL.format(names=names, rate=rate, end=end)


TEST = """
def check_comparison(compare):
    {pooled}
    {paired}
    {clustered}
"""
POOLED = """effect, low, high = compare([4, 0], [2, 0], [10, 30], ["a", "b"], 0)
    assert abs(effect + 0.05) < 1e-6"""
PAIRED = """hard = [2, 40, 5, 30] * 8
    _, low, high = compare(hard, [h - 1 for h in hard], [50] * 32, list("abcd") * 8, 0)
    assert high < 0"""
CLUSTERED = """_, low, high = compare([1] * 80, [0, 2] * 40, [10] * 80, ["a", "b"] * 40, 0)
    assert low < -0.04 < 0.04 < high"""


def test(pooled=POOLED, paired=PAIRED, clustered=CLUSTERED) -> str:
    """Return a right test with one part exchanged."""
    return TEST.format(pooled=pooled, paired=paired, clustered=clustered)


LAW = """
def predict_error(updates, rates, target):
    x, y = {x}, {y}
    slope, height = np.polyfit(x, y, {degree})
    return {result}
"""


def law(x="np.log(updates)", y="np.log(rates)", degree="1",
        result="float(np.exp(height + slope * np.log(target)))") -> str:  # fmt: skip
    """Return a right prediction with one part exchanged."""
    return LAW.format(x=x, y=y, degree=degree, result=result)


def decoders(**names: str) -> str:
    """Return an answer to diagnose_decoders."""
    return f"def diagnose_decoders():\n    return {names!r}"


RIGHT_DECODERS = {
    "A": "length bonus too high",
    "B": "well tuned",
    "C": "language model trusted too much",
    "D": "length bonus missing",
}

WRONG = {
    "lab05.guess_effect": [
        ("above 100", "def guess_effect():\n    return 120", {"points from -100 to 100"}),
        ("text", "def guess_effect():\n    return '3 points'", {"points from -100 to 100"}),
    ],
    "lab05.writer_interval": [
        ("draws writers once each", interval(names="set(draw)"), {TWICE, SIXTY}),
        ("ignores the draws", interval(names="sorted(set(writers))"), {TWICE, UNEVEN, SIXTY}),
        ("divides by lines", interval(rate="edits / len(extra)"), {ONE, TWICE, UNEVEN, SIXTY}),
        ("smallest and largest", interval(end="(min(rates), max(rates))"), {TWICE, SIXTY}),
        ("the mean alone", interval(end="float(np.mean(rates))"), {ONE, TWICE, UNEVEN, SIXTY}),
        (
            "ends exchanged",
            interval(end="tuple(np.quantile(rates, [0.975, 0.025]))"),
            {TWICE, UNEVEN, SIXTY},
        ),
        ("90 percent", interval(end="tuple(np.quantile(rates, [0.05, 0.95]))"), {TWICE, SIXTY}),
        (
            "mean of the lines' rates",
            """
def writer_interval(extra, lengths, writers, draws):
    rates = []
    for draw in draws:
        own = [e / n for name in draw for e, n, w in zip(extra, lengths, writers) if w == name]
        rates.append(np.mean(own))
    return tuple(np.quantile(rates, [0.025, 0.975]))
""",
            {ONE, TWICE, UNEVEN, SIXTY},
        ),
    ],
    "lab05.believe": [
        ("an unknown letter", "def believe():\n    return 'E'", {"names the claim that holds"}),
        ("a number", "def believe():\n    return 2", {"names the claim that holds"}),
    ],
    "lab05.check_comparison": [
        (
            "asserts nothing",
            "def check_comparison(compare):\n    compare([1, 2], [1, 1], [10, 10], ['a', 'b'], 0)",
            {MEAN, LINES, PAIRS, SIGN},
        ),
        ("looks at the effect alone", test(paired="", clustered=""), {LINES, PAIRS}),
        ("forgets the pairs", test(paired=""), {PAIRS}),
        ("forgets the writers", test(clustered=""), {LINES}),
        (
            "the size of the effect without its sign",
            test(
                pooled=POOLED.replace("abs(effect + 0.05)", "abs(abs(effect) - 0.05)"),
                paired=PAIRED.replace("high < 0", "high * low > 0"),
            ),
            {SIGN},
        ),
        (
            "lines of equal length",
            test(
                pooled="""effect, low, high = compare(
        [4, 0], [2, 0], [20, 20], ["a", "b"], 0)
    assert abs(effect + 0.05) < 1e-6"""
            ),
            {MEAN},
        ),
        (
            "exact ends",
            test(clustered=CLUSTERED + "\n    assert (low, high) == (-0.09, 0.09)"),
            {GOOD},
        ),
        ("refuses everything", "def check_comparison(compare):\n    assert False", {GOOD}),
    ],
    "lab05.predict_error": [
        (
            "a straight line",
            law(x="updates", y="rates", result="float(height + slope * target)"),
            {HALF, BETWEEN, ORDER, SCATTER},
        ),
        (
            "logarithm of the budget alone",
            law(y="rates", result="float(height + slope * np.log(target))"),
            {HALF, BETWEEN, ORDER, SCATTER},
        ),
        (
            "logarithm of the rate alone",
            law(x="updates", result="float(np.exp(height + slope * target))"),
            {HALF, BETWEEN, ORDER, SCATTER},
        ),
        (
            "forgets to leave the logarithm",
            law(result="float(height + slope * np.log(target))"),
            {HALF, BETWEEN, ORDER, SCATTER},
        ),
        (
            "through the last two alone",
            law(x="np.log(updates[-2:])", y="np.log(rates[-2:])"),
            {ORDER, SCATTER},
        ),
        (
            "through first and last",
            law(x="np.log([updates[0], updates[-1]])", y="np.log([rates[0], rates[-1]])"),
            {ORDER, SCATTER},
        ),
        (
            "the last rate again",
            "def predict_error(updates, rates, target):\n    return rates[-1]",
            {HALF, BETWEEN, ORDER, SCATTER},
        ),
    ],
    "lab05.diagnose_decoders": [
        (
            "all healthy",
            decoders(**dict.fromkeys("ABCD", "well tuned")),
            {NAMES("A"), NAMES("C"), NAMES("D")},
        ),
        (
            "A and D exchanged",
            decoders(
                **{**RIGHT_DECODERS, "A": "length bonus missing", "D": "length bonus too high"}
            ),
            {NAMES("A"), NAMES("D")},
        ),
        (
            "B without a model",
            decoders(**{**RIGHT_DECODERS, "B": "no language model"}),
            {NAMES("B")},
        ),
        (
            "C without a model",
            decoders(**{**RIGHT_DECODERS, "C": "no language model"}),
            {NAMES("C")},
        ),
        ("own words", decoders(**{**RIGHT_DECODERS, "C": "reads rubbish"}), {NAMES("C")}),
        (
            "a list",
            "def diagnose_decoders():\n    return ['well tuned'] * 4",
            {NAMES(name) for name in "ABCD"},
        ),
    ],
    "lab05.choose_lines": [
        ("a number that was not tried", "def choose_lines():\n    return 20", {SURE}),
        ("the text", "def choose_lines():\n    return '32'", {SURE}),
    ],
}

RIGHT = {
    "lab05.guess_effect": [
        ("a float", "def guess_effect():\n    return -2.5"),
        ("an int", "def guess_effect():\n    return 4"),
        ("numpy", "def guess_effect():\n    return np.float32(0)"),
    ],
    "lab05.writer_interval": [
        ("loops", interval()),
        (
            "numpy rows",
            """
def writer_interval(extra, lengths, writers, draws):
    extra, lengths, writers = map(np.array, (extra, lengths, writers))
    rates = []
    for draw in draws:
        rows = np.concatenate([np.flatnonzero(writers == name) for name in draw])
        rates.append(extra[rows].sum() / lengths[rows].sum())
    return np.percentile(rates, 2.5), np.percentile(rates, 97.5)
""",
        ),
        (
            "a matrix of counts",
            """
def writer_interval(extra, lengths, writers, draws):
    names = sorted(set(writers))
    member = np.array([[w == name for w in writers] for name in names], float)
    counts = np.array([[list(draw).count(name) for name in names] for draw in draws], float)
    rates = (counts @ member @ np.array(extra)) / (counts @ member @ np.array(lengths))
    return list(np.quantile(rates, (0.025, 0.975)))
""",
        ),
    ],
    "lab05.believe": [
        ("capital", "def believe():\n    return 'B'"),
        ("small", "def believe():\n    return 'b'"),
        ("with a space", "def believe():\n    return ' B'"),
    ],
    "lab05.check_comparison": [
        ("three asserts", test()),
        ("another order", test(pooled=CLUSTERED, clustered=POOLED)),
        (
            "many writers",
            """
def check_comparison(compare):
    names = [f"w{k}" for k in range(10)]
    effect, low, high = compare([2] * 10, [1] * 9 + [9], [10] * 9 + [110], names, 5)
    assert abs(effect - (-2 / 200)) < 1e-9
    hard = list(range(0, 50, 5))
    _, low, high = compare(hard, [h + 1 for h in hard], [60] * 10, names, 6)
    assert abs(low - 1 / 60) < 1e-9 and abs(high - 1 / 60) < 1e-9
    writers = ["x"] * 60 + ["y"] * 60
    _, low, high = compare([3] * 120, [1] * 60 + [5] * 60, [20] * 120, writers, 7)
    assert high - low > 0.15
""",
        ),
    ],
    "lab05.predict_error": [
        ("polyfit", law()),
        (
            "base 10",
            law(
                x="np.log10(updates)",
                y="np.log10(rates)",
                result="10 ** (height + slope * np.log10(target))",
            ),
        ),
        (
            "by hand",
            """
def predict_error(updates, rates, target):
    import math
    x, y = [math.log(n) for n in updates], [math.log(r) for r in rates]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)
    return math.exp(my + slope * (math.log(target) - mx))
""",
        ),
    ],
    "lab05.diagnose_decoders": [
        ("a dict", decoders(**RIGHT_DECODERS)),
        (
            "capitals and spaces",
            decoders(**{name: f" {said.capitalize()} " for name, said in RIGHT_DECODERS.items()}),
        ),
        (
            "made with zip",
            """
def diagnose_decoders():
    return dict(zip("ABCD", ["length bonus too high", "well tuned",
                             "language model trusted too much", "length bonus missing"]))
""",
        ),
    ],
    "lab05.choose_lines": [
        ("a number", "def choose_lines():\n    return 32"),
        (
            "looked up",
            "def choose_lines():\n    from shared.paths import sample\n"
            "    return min(lines for lines, _, low in sample('pilot') if low >= 0.25)",
        ),
        ("numpy", "def choose_lines():\n    return np.int64(32)"),
    ],
}
