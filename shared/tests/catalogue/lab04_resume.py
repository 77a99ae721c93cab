"""Answers to exercise 4.4, a test for runners: wrong ones, and right ones."""

GOOD = "accepts a good runner"
REPEATS = "refuses one that repeats finished trials"
FORGETS = "refuses one that forgets earlier results"
DIES = "refuses one that dies with a trial"
COUNTS = "refuses a crash that counts as finished"
SKIPS = "refuses one that leaves out a trial"


ASSERTS = ("'a' not in called", "results == {'a': 'old', 'b': 'new b', 'c': 'new c'}")


def resume(trials='["a", "bad", "b", "c"]', done='{"a": "old"}', crash='"bad"',
           asserts=ASSERTS):  # fmt: skip
    """Return a check_resume with one part replaced."""
    lines = "".join(f"    assert {one}\n" for one in asserts)
    return f"""
def check_resume(runner):
    called = []

    def train(name):
        called.append(name)
        if name == {crash}:
            raise RuntimeError("crash")
        return "new " + name

    results = runner({trials}, {done}, train)
{lines}"""


WRONG = {
    "lab04.check_resume": [
        ("asserts nothing", resume(asserts=("True",)), {REPEATS, FORGETS, DIES, COUNTS, SKIPS}),
        ("refuses everything", "def check_resume(runner):\n    assert False", {GOOD}),
        (
            "demands an order",
            resume(
                asserts=(
                    "called == ['bad', 'b', 'c']",
                    "results.get('a') == 'old'",
                    "'bad' not in results",
                )
            ),
            {GOOD},
        ),
        (
            "nothing was finished before",
            resume(done="{}", asserts=("results == {'a': 'new a', 'b': 'new b', 'c': 'new c'}",)),
            {REPEATS, FORGETS},
        ),
        (
            "no trial crashes",
            resume(
                crash="'nobody'",
                asserts=(
                    "'a' not in called",
                    "results == {'a': 'old', 'bad': 'new bad', 'b': 'new b', 'c': 'new c'}",
                ),
            ),
            {DIES, COUNTS},
        ),
        ("the crash comes last", resume(trials='["a", "b", "c", "bad"]'), {DIES, SKIPS}),
        ("counts the results alone", resume(asserts=("len(results) == 3",)), {REPEATS}),
        (
            "looks at the calls alone",
            resume(asserts=("sorted(called) == ['b', 'bad', 'c']",)),
            {FORGETS, COUNTS},
        ),
        (
            "forgets what was old",
            resume(
                asserts=(
                    "'a' not in called",
                    "results.get('b') == 'new b'",
                    "results.get('c') == 'new c'",
                    "'bad' in called",
                    "'bad' not in results",
                )
            ),
            {FORGETS},
        ),
    ],
}

RIGHT = {
    "lab04.check_resume": [
        ("compares everything", resume()),
        (
            "several small asserts",
            resume(
                asserts=(
                    "set(called) == {'bad', 'b', 'c'}",
                    "len(called) == 3",
                    "results['a'] == 'old'",
                    "'bad' not in results",
                    "set(results) == {'a', 'b', 'c'}",
                )
            ).replace("results['a'] ==", "results.get('a') =="),
        ),
        (
            "many trials",
            """
def check_resume(runner):
    names = [f"trial {k}" for k in range(12)]
    done = {name: -1 for name in names[:4]}
    seen = {}

    def train(name):
        seen[name] = seen.get(name, 0) + 1
        if name in names[5::3]:
            raise ValueError(name)
        return len(name)

    results = runner(list(names), dict(done), train)
    for name in names:
        if name in done:
            assert name not in seen and results.get(name) == -1
        else:
            assert seen.get(name) == 1
            assert (name in results) == (name not in names[5::3])
""",
        ),
    ],
}
