"""Lab 4: a test for whatever runs studies, and runners that it must refuse (exercise 4.4)."""

from __future__ import annotations

from shared.checks.exercise import Case, Exercise
from shared.checks.saved_tests import meets, verdict


def check_resume(runner) -> None:
    """Assert what a resumable runner promises.

    Args:
        runner: A function of trials, earlier results and the training.

    Raises:
        AssertionError: The runner breaks a promise.
    """
    called = []

    def train(name):
        called.append(name)
        if name == "bad":
            raise RuntimeError("this trial crashes")
        return f"result of {name}"

    results = runner(["a", "bad", "b", "c"], {"a": "from yesterday"}, train)
    assert "a" not in called, "a finished trial was run again"
    assert sorted(called) == ["b", "bad", "c"], f"these were run: {called}"
    expected = {"a": "from yesterday", "b": "result of b", "c": "result of c"}
    assert results == expected, f"the results are {results}"


def good_runner(trials, done, train):
    """Run what is missing, last trial first, and survive a crash."""
    results = dict(done)
    for name in reversed(trials):
        if name not in results:
            try:
                results[name] = train(name)
            except Exception:
                continue
    return results


def repeats_everything(trials, done, train):
    """Start from the beginning, whatever is finished."""
    return good_runner(trials, {}, train)


def forgets_yesterday(trials, done, train):
    """Run what is missing and return that alone."""
    results = good_runner(trials, done, train)
    return {name: result for name, result in results.items() if name not in done}


def dies_with_a_trial(trials, done, train):
    """Stop at the first crash, and keep what there is."""
    results = dict(done)
    try:
        for name in trials:
            if name not in results:
                results[name] = train(name)
    except Exception:
        pass
    return results


def calls_a_crash_finished(trials, done, train):
    """Note a crashed trial as finished, so that it is never tried again."""
    results = good_runner(trials, done, train)
    return {name: results.get(name) for name in trials}


def forgets_the_last(trials, done, train):
    """Leave out the last of the missing trials, an error by one."""
    missing = [name for name in trials if name not in done]
    return good_runner(missing[:-1], done, train)


CHECK_RESUME = Exercise(
    id="lab04.check_resume",
    kind="implement",
    title="Test any runner",
    reference=check_resume,
    save_to="tests/test_lab04_resume.py",
    doc="A test that a forgetful runner cannot pass.",
    cases=(
        Case(
            "accepts a good runner",
            1,
            probe=lambda function, inputs: verdict(function, good_runner),
            judge=meets("passes", "a runner that keeps every promise, last trial first"),
            hint="Assert what is promised and no more: the order of trials is free.",
        ),
        Case(
            "refuses one that repeats finished trials",
            1,
            probe=lambda function, inputs: verdict(function, repeats_everything),
            judge=meets("fails", "a runner that runs finished trials again"),
            hint="Let your training write down the names it is called with, and look for a "
            "finished one among them.",
        ),
        Case(
            "refuses one that forgets earlier results",
            1,
            probe=lambda function, inputs: verdict(function, forgets_yesterday),
            judge=meets("fails", "a runner that returns the new results alone"),
            hint="Give a result from yesterday that differs from what training would return.",
        ),
        Case(
            "refuses one that dies with a trial",
            1,
            probe=lambda function, inputs: verdict(function, dies_with_a_trial),
            judge=meets("fails", "a runner that stops at the first crash"),
            hint="Let one trial in the middle raise an exception, and expect those after it.",
        ),
        Case(
            "refuses a crash that counts as finished",
            1,
            probe=lambda function, inputs: verdict(function, calls_a_crash_finished),
            judge=meets("fails", "a runner that lists a crashed trial among the results"),
            hint="The crashed trial's name may not be among the results, or it is never retried.",
        ),
        Case(
            "refuses one that leaves out a trial",
            1,
            probe=lambda function, inputs: verdict(function, forgets_the_last),
            judge=meets("fails", "a runner that leaves out the last of the missing trials"),
            hint="Compare all the names, not their number alone.",
        ),
    ),
)
