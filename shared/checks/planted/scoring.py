"""Which variants a test is put to, and what its outcomes are worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from shared.checks.planted.bugs import BUGS, HARMLESS, Bug, bugs_of, find_bug
from shared.checks.planted.patches import Patch, function_source, rename_locals, substitute
from shared.checks.planted.running import Outcome, run_suite

#: Good variants: a name, whether it is rewritten, and which other names it uses
GOOD = (
    *[("as it is", False, 0)] * 3,
    *[("renamed", False, 1)] * 2,
    *[("rewritten", True, 2), ("rewritten", True, 3)],
)
TWICE = 2  # How often a test must catch a bug, so that chance earns nothing

_CHEATS = {
    "inspects": "looks at the code under test instead of running it",
    "patches": "changes the code under test",
    "leaves": "reaches out of its own process: it writes, deletes, starts a program or connects",
}


class _Variant(NamedTuple):
    name: str
    patches: tuple[Patch, ...]
    seed: int


def make_inputs(bug: str) -> Callable[[int], dict[str, Any]]:
    """Return the inputs of the case of a bug: variants without names, in an order by the seed."""

    def inputs(seed: int) -> dict[str, Any]:
        variants = [{"patches": v.patches, "seed": v.seed} for v in _variants(bug, seed)]
        return {"variants": variants, "seed": seed}

    return inputs


def make_judge(bug: str) -> Callable[[dict, Any], str | None]:
    """Return the judge of the case of a bug; it knows which variant is which."""

    def judge(inputs: dict, answer: Any) -> str | None:
        names = [variant.name for variant in _variants(bug, int(inputs["seed"]))]
        try:
            outcomes = [Outcome(str(one), str(detail), cheats) for one, detail, cheats in answer]
        except (TypeError, ValueError):
            return "The runs of your test could not be read."
        if len(outcomes) != len(names):
            return f"{len(outcomes)} runs came back instead of {len(names)}."
        runs = list(zip(names, outcomes, strict=True))
        trouble = false_alarm([run for run in runs if run[0] != "bug"]) or cheating(outcomes)
        if trouble:
            return trouble
        green = [outcome.green for name, outcome in runs if name == "bug"]
        if not any(green):
            return None
        kind = find_bug(bug).kind
        if not all(green):
            return f"Your test notices only sometimes that {kind}: run twice, it was green once."
        return f"Your test stays green although {kind}."

    return judge


def cheating(outcomes: Sequence[Outcome]) -> str | None:
    """Return a sentence if a test looked at the code, changed it or left its process."""
    seen = [kind for outcome in outcomes for kind in outcome.cheats]
    if not seen:
        return None
    return (
        f"Your test {_CHEATS.get(seen[0], seen[0])}, so it earns nothing. "
        "Call functions, and compare what they return."
    )


def false_alarm(good: Sequence[tuple[str, Outcome]]) -> str | None:
    """Return a sentence if a test refuses right code.

    Args:
        good: Name of the variant and outcome, for every run on right code.
    """
    bad = [(name, outcome) for name, outcome in good if not outcome.green]
    cheats = cheating([outcome for _, outcome in bad])
    if not bad or cheats:
        return cheats
    said = next((f" It stops in {outcome.detail}" for _, outcome in bad if outcome.detail), "")
    names = {name for name, _ in bad}
    how = {outcome.outcome for _, outcome in bad}
    if any(outcome.green for name, outcome in good if name in names):
        return (
            "Your test is flaky: the same right code was green in one run and red in the "
            f"next. Seed what is random.{said}"
        )
    if "time" in how:
        return "Your test takes too long on right code; ten seconds are the most."
    if "died" in how:
        return "Your test ends the whole process on right code; raise an AssertionError instead."
    if "as it is" in names:
        return f"Your test refuses the course's own code, which is right.{said}"
    return (
        "Your test accepts the course's code and refuses the same thing written otherwise: it "
        f"asks for more than was promised, such as a last digit or a type.{said}"
    )


@cache
def _variants(bug: str, seed: int) -> tuple[_Variant, ...]:
    """Return right code and the bug, each several times, in an order that tells nothing."""
    planted = find_bug(bug)
    variants = [
        _Variant(name, _right(planted.area, rewritten, 10 * seed + names), number)
        for number, (name, rewritten, names) in enumerate(GOOD)
    ]
    for number in range(TWICE):
        names = 10 * seed + 5 + number
        wrong = rename_locals(planted.patch(), names)
        right = _right(planted.area, False, names)
        patches = [wrong if patch[:2] == wrong[:2] else patch for patch in right]
        variants.append(_Variant("bug", tuple(patches), 100 + number))
    rng = np.random.default_rng([8, seed, *bug.encode()])
    return tuple(variants[k] for k in rng.permutation(len(variants)))


@cache
def _right(area: str, rewritten: bool, names: int) -> tuple[Patch, ...]:
    """Return right code for every function of an area, as it is or written otherwise."""
    targets = dict.fromkeys((bug.module, bug.function) for bug in bugs_of(area))
    patches = {target: Patch(*target, function_source(*target)) for target in targets}
    if rewritten:
        others = (change for change in HARMLESS if change[:2] in targets)
        patches |= {change[:2]: substitute(*change) for change in others}
    return tuple(rename_locals(patch, names, rewritten) for patch in patches.values())


@dataclass(frozen=True)
class SuiteScore:
    """What a whole suite is worth.

    Attributes:
        caught: Names of the bugs that some test notices.
        missed: Kinds of the bugs that none notices.
        by_test: Names of the bugs that each test notices.
        false_alarms: For each test that was set aside, the sentence that says why.
    """

    caught: tuple[str, ...]
    missed: tuple[str, ...]
    by_test: dict[str, tuple[str, ...]]
    false_alarms: dict[str, str]

    @property
    def score(self) -> int:
        """Bugs caught; none if any test refuses right code."""
        return 0 if self.false_alarms else len(self.caught)


def score_suite(tests: Mapping[str, Callable], bugs: Sequence[Bug] = BUGS) -> SuiteScore:
    """Run tests together on right code and on every bug.

    A test that refuses right code, looks at it or changes it is set aside and named.

    Args:
        tests: Test functions without arguments, by name.
        bugs: What is planted, one at a time.
    """
    areas = dict.fromkeys(bug.area for bug in BUGS)
    runs: dict[str, list[tuple[str, Outcome]]] = {name: [] for name in tests}
    for number, (variant, rewritten, names) in enumerate(GOOD):
        patches = [p for area in areas for p in _right(area, rewritten, names)] if names else []
        outcomes = run_suite(list(tests.values()), patches, number)
        for name, outcome in zip(tests, outcomes, strict=True):
            runs[name].append((variant, outcome))
    alarms = {name: alarm for name in tests if (alarm := false_alarm(runs[name]))}
    by_test: dict[str, list[str]] = {name: [] for name in tests if name not in alarms}
    for bug in bugs if by_test else ():
        outcomes = run_suite([tests[name] for name in by_test], [bug.patch()])
        for name, outcome in zip(by_test, outcomes, strict=True):
            if outcome.cheats:
                alarms[name] = cheating([outcome])
            elif not outcome.green:
                by_test[name].append(bug.name)
    found = {name: tuple(names) for name, names in by_test.items() if name not in alarms}
    caught = {bug for names in found.values() for bug in names}
    return SuiteScore(
        tuple(bug.name for bug in bugs if bug.name in caught),
        tuple(bug.kind for bug in bugs if bug.name not in caught),
        found,
        alarms,
    )
