"""Tests of the service that earn nothing or little, and tests that catch everything."""

from shared.exercises.lab09 import TEST_SERVICE

ALL = {case.name for case in TEST_SERVICE.cases}
WHOLE = (
    "assert [sure.decision(c) for c in (0.1, 0.6, 0.7)] == ['review', 'accept', 'accept']",
    "_, rates, _ = reject_curve(np.array([0.1, 0.8]), np.array([2, 0]), np.array([8, 8]))",
    "assert abs(rates[0]) < 1e-9 and abs(rates[1] - 2 / 16) < 1e-9",
    "assert abs(placed.column(4) - 5) < 1e-9 and abs(placed.column(14) - 10) < 1e-9",
    "assert decode_upload(turned, 10**6).shape == (60, 20)",
    "one, two = improving.split_lines(twelve)",
    "assert not set(one.texts) & set(two.texts) and len(one) + len(two) == 12",
    "assert min(level.distances(np.zeros((64, 5))).values()) > 0.9",
    "assert min(level.distances(np.ones((64, 5))).values()) > 0.9",
)


def test(*lines: str) -> str:
    """Return a test function with these lines."""
    return "def test_service():\n" + "\n".join(f"    {line}" for line in lines)


def without(*words: str) -> tuple[str, ...]:
    """Return the lines without those that hold a word."""
    return tuple(line for line in WHOLE if not any(word in line for word in words))


WRONG = {
    "lab09.test_service": [
        ("always true", test("assert sure.decision(0.5) in ('accept', 'review')"), ALL),
        ("always false", test("assert False"), ALL),
        ("golden copy", test("assert str(level.distances(np.zeros((64, 5)))) == '{}'"), ALL),
        ("exactly the bound alone", test(*without("sure."), "assert sure.decision(0.6)"),
         {"notices doubt that is accepted"}),
        ("the last point of the curve", test(*without("rates["),
                                             "assert abs(rates[-1] - 2 / 16) < 1e-9"),
         {"notices the wrong end of the reject curve"}),
        ("pixels", test(*without("turned"), "assert decode_upload(turned, 10**6).size == 1200"),
         {"notices a photograph on its side"}),
        ("a share of the lines", test(*without("texts)"), "assert 0 < len(two) < len(one)"),
         {"notices a text on both sides"}),
        ("low values alone", test(*without("np.ones")), {"notices drift both ways"}),
        ("an order of columns", test(*without("placed"),
                                     "assert placed.column(9) > placed.column(5)"),
         {"notices places in the wrong pixels"}),
        ("which lines are held back", test(*WHOLE, "assert two.texts[0] == 'text 5'"), ALL),
        ("the text of the code", test("import inspect",
                                      "assert '>=' in inspect.getsource(type(sure).decision)"),
         ALL),
        ("code of its own put in place", test("from shared.service import confidence",
                                              "confidence.reject_curve = None", *WHOLE), ALL),
    ],
}  # fmt: skip

RIGHT = {
    "lab09.test_service": [
        ("every promise", test(*WHOLE)),
        (
            "in another order, with messages",
            test(
                *(f"{line}, 'no'" if line.startswith("assert") else line for line in WHOLE[5:]),
                *WHOLE[:5],
            ),
        ),
        (
            "with random lines",
            test(
                *without("rates"),
                "rng = np.random.default_rng(4)",
                "sureness, edits = rng.random(40), rng.integers(0, 5, 40)",
                "share, rates, least = reject_curve(sureness, edits, np.full(40, 9))",
                "best = int(np.argmax(sureness))",
                "assert abs(rates[0] - edits[best] / 9) < 1e-9",
                "assert abs(rates[-1] - edits.sum() / 360) < 1e-9",
                "assert list(least) == sorted(sureness, reverse=True)",
            ),
        ),
    ],
}
