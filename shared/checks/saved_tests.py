"""Judge a test that the learner wrote: it must accept right functions and refuse wrong ones."""

from __future__ import annotations

from collections.abc import Callable

from shared.checks.compare import equal, show

_DID = {"passes": "accepted it", "fails": "refused it"}
_SHOULD = {"passes": "accept", "fails": "refuse"}


def verdict(test: Callable, implementation: Callable) -> str:
    """Say whether a test accepts an implementation; for the probe of a case.

    Returns:
        "passes", or "fails" if the test raised an AssertionError. Another error is the test's
        own fault and goes on to whoever called.
    """
    try:
        test(implementation)
    except AssertionError:
        return "fails"
    return "passes"


def meets(expected: str, what: str) -> Callable[[dict, object], str | None]:
    """Return the judge of a case.

    Args:
        expected: "passes" if the test should accept the implementation, "fails" if not.
        what: The implementation in words, as in "a splitter that loses images".
    """

    def judge(inputs: dict, answer: object) -> str | None:
        if equal(answer, expected, "") is None:
            return None
        did = _DID.get(answer) if isinstance(answer, str) else None
        did = did or f"gave {show(answer)}"
        return f"Given {what}, your test {did}; it should {_SHOULD[expected]} it."

    return judge
