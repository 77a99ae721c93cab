"""Which variants a test is put to, and what its outcomes are worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from shared.planted.bugs import BUGS, Bug, bugs_of, find_bug
from shared.planted.patches import Patch, function_source, rename_locals
from shared.planted.rewritings import REWRITTEN
from shared.planted.running import Outcome
from shared.planted.variants import run_suite

#: Good variants: a name, whether it is rewritten, and which other names it uses
GOOD = (("as it is", False, 0), ("as it is", False, 0), ("as it is", False, 0))
GOOD += (("renamed", False, 1), ("renamed", False, 1), ("rewritten", True, 2))
GOOD += (("rewritten", True, 3),)
TWICE = 2  # How often a test must catch a bug, so that chance earns nothing

_CHEATS = {
    "inspects": "looks at the code under test instead of running it",
    "patches": "changes the code under test",
    "leaves": "reaches out of its own process: it writes, deletes, starts a program or connects",
}


@dataclass(frozen=True)
class _Variant:
    name: str
    bug: Bug | None
    patches: tuple[Patch, ...]
    seed: int

    def plain(self) -> dict[str, Any]:
        return {"patches": [patch.plain() for patch in self.patches], "seed": self.seed}


def make_inputs(bug: str) -> Callable[[int], dict[str, Any]]:
    """Return the inputs of the case of a bug: variants without names, in an order by the seed."""

    def inputs(seed: int) -> dict[str, Any]:
        return {"variants": [variant.plain() for variant in _variants(bug, seed)], "seed": seed}

    return inputs


def make_judge(bug: str) -> Callable[[dict, Any], str | None]:
    """Return the judge of the case of a bug; it knows which variant is which."""

    def judge(inputs: dict, answer: Any) -> str | None:
        variants = _variants(bug, int(inputs["seed"]))
        try:
            outcomes = [
                Outcome(str(one["outcome"]), str(one["detail"]), tuple(one["cheats"]))
                for one in answer
            ]
        except (TypeError, KeyError):
            return "The runs of your test could not be read."
        if len(outcomes) != len(variants):
            return f"{len(outcomes)} runs came back instead of {len(variants)}."
        pairs = list(zip(variants, outcomes, strict=True))
        good = [(variant.name, outcome) for variant, outcome in pairs if variant.bug is None]
        trouble = false_alarm(good) or cheating(outcomes)
        if trouble:
            return trouble
        red = [not outcome.green for variant, outcome in pairs if variant.bug is not None]
        if all(red):
            return None
        kind = find_bug(bug).kind
        if any(red):
            return f"Your test notices only sometimes that {kind}: run twice, it was green once."
        return f"Your test stays green although {kind}."

    return judge


def cheating(outcomes: Sequence[Outcome]) -> str | None:
    """Return a sentence if a test looked at the code, changed it or left its process."""
    for outcome in outcomes:
        for kind in outcome.cheats:
            return (
                f"Your test {_CHEATS.get(kind, kind)}, so it earns nothing. "
                "Call functions, and compare what they return."
            )
    return None


def false_alarm(good: Sequence[tuple[str, Outcome]]) -> str | None:
    """Return a sentence if a test refuses right code.

    Args:
        good: Name of the variant and outcome, for every run on right code.
    """
    bad = [(name, outcome) for name, outcome in good if not outcome.green]
    if not bad:
        return None
    if any(outcome.cheats for _, outcome in bad):
        return cheating([outcome for _, outcome in bad])
    said = next((outcome.detail for _, outcome in bad if outcome.detail), "")
    said = f" It said: {said}" if said else ""
    names = {name for name, _ in bad}
    for name in names:
        results = {outcome.green for other, outcome in good if other == name}
        if len(results) == 2:
            return (
                "Your test is flaky: the same right code was green in one run and red in the "
                f"next. Seed what is random.{said}"
            )
    how = {outcome.outcome for _, outcome in bad}
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
    planted = find_bug(bug)
    good = [
        _Variant(name, None, _base(planted.area, rewritten, 10 * seed + names), number)
        for number, (name, rewritten, names) in enumerate(GOOD)
    ]
    bad = []
    for number in range(TWICE):
        patches = _base(planted.area, False, 10 * seed + 5 + number)
        patch = rename_locals(planted.patch(), 10 * seed + 5 + number)
        where = (patch.module, patch.function)
        kept = tuple(p for p in patches if (p.module, p.function) != where)
        bad.append(_Variant("bug", planted, (*kept, patch), 100 + number))
    everything = [*good, *bad]
    rng = np.random.default_rng([8, seed, *bug.encode()])
    order = rng.permutation(len(everything))
    shuffled = []
    for k in order:  # A patch that always stands last would give the bug away
        one = everything[k]
        patches = tuple(one.patches[i] for i in rng.permutation(len(one.patches)))
        shuffled.append(_Variant(one.name, one.bug, patches, one.seed))
    return tuple(shuffled)


@cache
def _base(area: str, rewritten: bool, seed: int) -> tuple[Patch, ...]:
    """Return right code for every function of an area: as it is, or written anew."""
    targets = dict.fromkeys((bug.module, bug.function) for bug in bugs_of(area))
    sources = {target: function_source(*target) for target in targets}
    if rewritten:
        sources |= {(m, f): source.strip() for m, f, source in REWRITTEN if (m, f) in sources}
    return tuple(rename_locals(Patch(*target, source), seed) for target, source in sources.items())


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
    names = list(tests)
    areas = tuple(dict.fromkeys(bug.area for bug in BUGS))
    runs: dict[str, list[tuple[str, Outcome]]] = {name: [] for name in names}
    for number, (variant, rewritten, seed) in enumerate(GOOD):
        patches = [p.plain() for area in areas for p in _base(area, rewritten, seed)]
        outcomes = run_suite(list(tests.values()), patches if seed else [], number)
        for name, outcome in zip(names, outcomes, strict=True):
            runs[name].append((variant, outcome))
    alarms = {name: false_alarm(runs[name]) for name in names}
    kept = [name for name in names if alarms[name] is None]
    caught: dict[str, list[str]] = {name: [] for name in kept}
    for bug in bugs if kept else ():
        outcomes = run_suite([tests[name] for name in kept], [bug.patch().plain()], 0)
        for name, outcome in zip(kept, outcomes, strict=True):
            if outcome.cheats:
                alarms[name] = cheating([outcome])
            elif not outcome.green:
                caught[name].append(bug.name)
    for name in kept:
        if alarms[name]:
            del caught[name]
    every = {bug for found in caught.values() for bug in found}
    return SuiteScore(
        tuple(bug.name for bug in bugs if bug.name in every),
        tuple(bug.kind for bug in bugs if bug.name not in every),
        {name: tuple(found) for name, found in caught.items()},
        {name: alarm for name, alarm in alarms.items() if alarm},
    )
