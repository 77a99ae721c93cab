"""Builders of exercises: a function to write, an answer in a word, a test to write.

A lab module in `shared/exercises` reads as a list of what is asked: each exercise is built by one
call that names its cases, the mistakes that are known, and the sentence that each of them gets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.checks.answers import answer
from shared.checks.compare import close, equal, number_between, show, whole_number
from shared.checks.exercise import Case, Exercise
from shared.checks.planted.running import run_variants
from shared.checks.planted.scoring import make_inputs, make_judge

Judge = Callable[[Any, Any], str | None]


def ask(
    exercise_id: str, title: str, *cases: Case, kind: str = "implement", **settings: Any
) -> Exercise:
    """Ask for a function, whose reference is the answer of the lab's solution.

    Args:
        exercise_id: Such as "lab03.collapse".
        title: What the report calls it.
        *cases: What is asked of the function.
        kind: One of `KINDS`.
        **settings: Further attributes of `Exercise`, such as `save_to`; `reference` where the
            shared module has that very function.
    """
    own = answer(exercise_id)
    reference = settings.pop("reference", None) or own
    if reference is not own:  # Who takes the solution's function has not answered either
        settings["refuse"] = (*settings.get("refuse", ()), own)
    return Exercise(exercise_id, kind, title, reference, cases, **settings)


def guess(
    exercise_id: str, title: str, low: float, high: float, *, hint: str, case: str = ""
) -> Exercise:
    """Ask for a number before it is known; every number of the range earns the point.

    Args:
        exercise_id: Such as "lab07.guess_rate".
        title: What the report calls it.
        low: The smallest number that may be guessed.
        high: The largest; whole numbers are asked for where the solution guesses one.
        hint: What a guess looks like.
        case: What is asked, where "a number from 0 to 100" does not say it.
    """
    reference = answer(exercise_id)
    whole = isinstance(reference(), int)
    accept = whole_number if whole else number_between
    asked = case or f"a {'whole ' if whole else ''}number from {low} to {high}"

    def judge(inputs: dict, got: Any) -> str | None:
        wrong = accept(got, low, high, f"{reference.__name__}()")
        if wrong is None and (low, whole) == (0, False) and high >= 100 and 0 < got < 1:
            return f"{reference.__name__}() gave {show(got)}, expected percent: {show(100 * got)}."
        return wrong

    return ask(exercise_id, title, Case(asked, judge=judge, hint=hint), kind="predict")


def choose(
    exercise_id: str,
    title: str,
    options: Sequence[Any],
    objections: Mapping[Any, str] | Callable[[Any], str],
    *,
    case: str,
    hint: str,
    kind: str = "review",
    offered: str = "",
) -> Exercise:
    """Ask for one of several options; the right one is what the solution returns.

    Args:
        exercise_id: Such as "lab07.right_conversion".
        title: What the report calls it.
        options: Letters in one text, whose case does not matter, or numbers.
        objections: By wrong option, what goes on from "..., but"; or a function of the option
            that returns all that goes on, its first comma included.
        case: What is asked.
        hint: How to find out.
        kind: "review" or "decide".
        offered: How a message lists the options, where it is not as a list.
    """
    call, right = f"{exercise_id.partition('.')[2]}()", answer(exercise_id)()
    letters = isinstance(options, str)
    listed = f"the letters {', '.join(options)}" if letters else offered or show(list(options))
    if not callable(objections) and {right, *objections} != set(options):
        raise ValueError(f"{exercise_id} needs an objection to each option but {right!r}.")

    def judge(inputs: dict, got: Any) -> str | None:
        said = got.strip().upper() if letters and isinstance(got, str) else got
        choice = next((one for one in options if close(said, one, "") is None), None)
        if isinstance(said, bool) or choice is None:
            return f"{call} gave {show(got)}, expected one of {listed}."
        if choice == right:
            return None
        against = objections(choice) if callable(objections) else f", but {objections[choice]}"
        return f"{call} gave {show(choice)}{against}."

    return ask(exercise_id, title, Case(case, judge=judge, hint=hint, points=2), kind=kind)


def diagnose(
    exercise_id: str,
    title: str,
    clues: Mapping[str, str],
    names: Mapping[str, str] | Sequence[str],
    *,
    case: str,
    objection: str,
    example: str = "like",
    kind: str = "debug",
) -> Exercise:
    """Ask what is wrong with each of several things: a dictionary, or a list in their order.

    Args:
        exercise_id: Such as "lab07.diagnose_labels".
        title: What the report calls it.
        clues: By the key of each thing, the hint to it.
        names: What can be wrong; where it is a mapping, with what each would show.
        case: The name of a case, with {} for the key.
        objection: What goes on from "... is 'name'", with {sign} for what that would show and
            {key} for the thing.
        example: "like" or "such as", before the example of a dictionary.
        kind: "debug" or "review".
    """
    call, right = exercise_id.partition(".")[2], answer(exercise_id)()
    wanted = f"a dict {example} {{'A': ...}}"
    if listed := not isinstance(right, dict):
        right, wanted = dict(zip(clues, right, strict=True)), f"names for {', '.join(clues)}"
    signs = names if isinstance(names, Mapping) else dict.fromkeys(names, "")

    def judge_of(key: str) -> Judge:
        there = f"For {case.format(key)} {call}() gave" if listed else f"{call}()[{key!r}] is"

        def judge(inputs: dict, got: Any) -> str | None:
            if not isinstance(got, list if listed else dict) or listed and len(got) != len(clues):
                return f"{call}() gave {show(got)}, expected {wanted}."
            given = got[[*clues].index(key)] if listed else got.get(key)
            said = " ".join(given.lower().split()) if isinstance(given, str) else given
            if not isinstance(said, str) or said not in signs:
                return f"{there} {show(given)}, expected one of {tuple(signs)}."
            if said == right[key]:
                return None
            return f"{there} {said!r}{objection.format(sign=signs[said], key=key)}."

        return judge

    cases = (Case(case.format(key), judge=judge_of(key), hint=clues[key]) for key in clues)
    return ask(exercise_id, title, *cases, kind=kind)


def accepts(
    case: str, implementation: Callable, what: str = "", *, hint: str, also: Sequence[Callable] = ()
) -> Case:
    """Ask of a test that the learner wrote that a right function passes.

    Args:
        case: A clause for the tick list.
        implementation: The function; it runs where the test runs.
        what: What it is in words; by default its docstring says so, as in "A rate that is right."
        hint: Why a test may refuse it.
        also: Further right functions, for tests that ask for more than is promised; their
            docstrings say what they are.
    """
    return _put_to_test(case, (implementation, *also), "passes", what, hint)


def refuses(case: str, implementation: Callable, what: str = "", *, hint: str) -> Case:
    """Ask of a test that the learner wrote that a wrong function fails it; as `accepts`."""
    return _put_to_test(case, (implementation,), "fails", what, hint)


def notices(bug: str, case: str, hint: str) -> Case:
    """Ask of a test that it notices a seeded fault, and that right code, however written, passes.

    Args:
        bug: The name of one of `planted.bugs.BUGS`.
        case: A clause for the tick list.
        hint: How to notice it.
    """
    return Case(case, make_inputs(bug), probe=run_variants, judge=make_judge(bug), hint=hint)


_SHOULD = {"passes": "accept", "fails": "refuse"}
_DID = {"passes": "accepted it", "fails": "refused it"}


def _put_to_test(
    case: str, implementations: tuple[Callable, ...], wanted: str, what: str, hint: str
) -> Case:
    first_words = ((one.__doc__ or "").partition("\n")[0].rstrip(".") for one in implementations)
    described = [words[:1].lower() + words[1:] for words in first_words]
    described[0] = what or described[0]

    def probe(test: Callable, inputs: dict) -> list:
        for tried, implementation in enumerate(implementations):
            number = tried
            try:
                test(implementation)
                outcome = "passes"
            except NotImplementedError:
                raise
            except Exception as error:
                if wanted == "passes" and not isinstance(error, AssertionError):
                    raise  # On right code it is the test's own fault, and shown as such
                outcome = "fails"  # A test runner shows red for any exception
            if outcome != wanted:
                break
        return [outcome, number]

    def judge(inputs: dict, got: Any) -> str | None:
        outcome, number = got if isinstance(got, list) and len(got) == 2 else (got, 0)
        if equal(outcome, wanted, "") is None:
            return None
        did = _DID.get(outcome) if isinstance(outcome, str) else None
        did = did or f"gave {show(outcome)}"
        given = described[number] if number in range(len(described)) else described[0]
        return f"Given {given}, your test {did}; it should {_SHOULD[wanted]} it."

    return Case(case, probe=probe, judge=judge, hint=hint)
