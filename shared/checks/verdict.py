"""Judge an exercise: put every case to an answer, wherever it runs, and add up the points."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.checks import compare, crossing
from shared.checks.exercise import PUBLIC_SEED, Case, Exercise
from shared.checks.probing import Reply, put

#: Puts a case with encoded inputs to the answer
Ask = Callable[[Case, str], Reply]

PASSED, WRONG, NOT_ATTEMPTED = "passed", "wrong", "not attempted"


@dataclass(frozen=True)
class CaseResult:
    """One line of a tick list; `faulty` says that the judge itself failed."""

    name: str
    points: float
    passed: bool
    message: str = ""
    hint: str = ""
    printed: str = ""
    faulty: bool = False


@dataclass(frozen=True)
class Result:
    """What an exercise earned; `note` is a sentence about the whole."""

    exercise: Exercise
    state: str
    cases: tuple[CaseResult, ...] = ()
    note: str = ""

    @property
    def points(self) -> float:
        """Points earned: the sum over the cases passed."""
        return sum(case.points for case in self.cases if case.passed)

    @property
    def possible(self) -> float:
        """Points of all cases that were asked, or of the exercise if none was."""
        return sum(case.points for case in self.cases) or self.exercise.points


def points_text(points: float) -> str:
    """Return `1 point`, `3 points` or `0.5 points`."""
    return f"{points:g} point{'' if points == 1 else 's'}"


def not_attempted(exercise: Exercise, note: str) -> Result:
    """Return the result of an exercise without an answer: no points, no fault."""
    return Result(exercise, NOT_ATTEMPTED, (), note)


def all_wrong(exercise: Exercise, message: str) -> Result:
    """Return the result of an answer that could not be called."""
    cases = tuple(
        CaseResult(case.name, case.points, False, message, case.hint) for case in exercise.cases
    )
    return Result(exercise, WRONG, cases)


def judge(
    exercise: Exercise, ask: Ask, seed: int = PUBLIC_SEED, hidden_too: bool = False
) -> Result:
    """Put the cases of an exercise to an answer.

    Args:
        exercise: What is asked.
        ask: Runs a probe where the answer lives. Nothing else touches the answer.
        seed: Seed of the inputs.
        hidden_too: Whether hidden cases are asked.
    """
    results, stubs, stopped = [], 0, ""
    for case in exercise.cases:
        if case.hidden and not hidden_too:
            continue
        if stopped:
            message = f"Not run, because the case {stopped!r} did not come to an end."
            results.append(CaseResult(case.name, case.points, False, message, case.hint))
            continue
        inputs = crossing.encode(case.make_inputs(seed))
        reply = ask(case, inputs)
        if reply.status == "reference":
            note = f"`{exercise.name}` calls `{reply.text}`, which is the answer asked for."
            return not_attempted(exercise, f"{note} Write the steps out yourself.")
        stubs += reply.status == "stub"
        stopped = case.name if reply.status in ("time", "died") else ""
        results.append(_case_result(exercise, case, inputs, reply))
    if stubs and stubs == len(results):
        return not_attempted(exercise, f"`{exercise.name}` still raises NotImplementedError.")
    passed = all(result.passed for result in results)
    return Result(exercise, PASSED if passed else WRONG, tuple(results))


def _case_result(exercise: Exercise, case: Case, inputs: str, reply: Reply) -> CaseResult:
    message, faulty = reply.text, False
    if reply.status == "stub":
        message = "This part still raises NotImplementedError."
    elif reply.status == "answer":
        message, faulty = _verdict(exercise, case, inputs, reply.text)
    arguments = crossing.decode(inputs)
    one_call = case.probe is None and isinstance(arguments, dict)
    if message and reply.status in ("error", "time", "died") and one_call:
        call = compare.call_text(exercise.name, **arguments)
        message = f"{call}: {message[0].lower()}{message[1:]}"
    failed = bool(message)
    hint, printed = (case.hint, reply.printed) if failed else ("", "")
    return CaseResult(case.name, case.points, not failed, message or "", hint, printed, faulty)


def _verdict(exercise: Exercise, case: Case, inputs: str, answer: str) -> tuple[str | None, bool]:
    judge_one = case.judge or _like_reference(exercise, case)
    try:
        asked, got = crossing.decode(inputs), crossing.decode(answer)
        if isinstance(asked, list):
            for number, pair in enumerate(zip(asked, got, strict=True), start=1):
                if message := judge_one(*pair):
                    return message + f" (Call {number} of {len(asked)}.)" * (len(asked) > 1), False
            return None, False
        return judge_one(asked, got), False
    except crossing.CrossingError as error:
        return str(error), False
    except Exception as error:  # A judge that fails must not pass the answer
        shown = compare.show(crossing.decode(answer))
        return f"{shown} could not be compared ({type(error).__name__}: {error}).", True


def _like_reference(exercise: Exercise, case: Case) -> Callable[[Any, Any], str | None]:
    def compare_with_reference(inputs: Any, answer: Any) -> str | None:
        expected = put(exercise.reference, case.probe, inputs)
        expected = crossing.decode(crossing.encode(expected))
        if case.call and isinstance(case.call, str):
            return compare.close(answer, expected, case.call)
        if case.probe and not case.call:
            return compare.close(answer, expected, f"{exercise.name}(...)")
        call = case.call or functools.partial(compare.call_text, exercise.name)
        return compare.close(answer, expected, call(**inputs))

    return compare_with_reference
