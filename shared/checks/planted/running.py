"""Run tests against the course's code, patched or not, in copies of one warm process.

Whoever writes a test sees only this module; what is planted and what it is worth stays with
`bugs` and `scoring`, which cannot be imported where a test runs.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from shared.checks.portable import pack
from shared.checks.probing import Reply
from shared.checks.worker import START_SECONDS, Worker

SECONDS = 10.0  # For one test on one variant of the code
_THERE = "shared.checks.planted.trial"


class Outcome(NamedTuple):
    """What came of one test on one variant.

    Attributes:
        outcome: "passed", "failed" (an AssertionError), "error" (another exception), "stub",
            "judge" (it calls the reference), "time" or "died".
        detail: What the exception said.
        cheats: "inspects", "patches" or "leaves", if it looked at the code under test, changed
            it, or reached out of its process.
    """

    outcome: str
    detail: str = ""
    cheats: Sequence[str] = ()

    @property
    def green(self) -> bool:
        """Whether a test runner would show green."""
        return self.outcome == "passed"


class Runner(Worker):
    """A warm process and its copies; without forks, a fresh process for every variant."""

    def __init__(self, fork: bool | None = None) -> None:
        """Prepare; nothing is started before the first run.

        Args:
            fork: Whether to fork; by default where the system can. The results are the same.
        """
        super().__init__(fork)
        self.environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}

    def run(
        self,
        tests: Sequence[str],
        patches: Sequence[Sequence[str]] = (),
        seed: int = 0,
        seconds: float = SECONDS,
    ) -> list[Outcome]:
        """Run tests on the code with some patches.

        They run one after the other in one copy. Where a test breaks its copy or changes the
        code, those behind it get another.

        Args:
            tests: Test functions without arguments, packed; backwards for odd seeds, because a
                test must not need what another left behind.
            patches: Module, function and source of each; none for the code as it is.
            seed: Seeds `random` and `np.random` before each test.
            seconds: Time for each test.
        """
        outcomes = {}
        waiting = list(range(len(tests)))[:: -1 if seed % 2 else 1]
        while waiting:
            if not self.alive:
                self.ask(f"{_THERE}:warm_up", START_SECONDS)
            with self.copy():
                self.ask(f"{_THERE}:plant", START_SECONDS, patches=list(patches))
                spoiled = False
                while waiting and not spoiled:
                    number = waiting.pop(0)
                    reply = self.ask(f"{_THERE}:run_test", seconds, test=tests[number], seed=seed)
                    outcomes[number], spoiled = _read(reply)
        return [outcomes[number] for number in range(len(tests))]


def _read(reply: Reply) -> tuple[Outcome, bool]:
    """Return what a copy says of a test, and whether nothing may run in it after that."""
    if reply.status != "answer":
        return Outcome(reply.status), True
    try:
        outcome, detail, cheats, changed = json.loads(reply.text)
        return Outcome(str(outcome), str(detail), tuple(map(str, cheats))), bool(changed)
    except (ValueError, TypeError):
        return Outcome("died"), True


def run_suite(
    tests: Sequence[Callable], patches: Sequence[Sequence[str]], seed: int = 0
) -> list[Outcome]:
    """Run tests together on one variant of the code, as a test runner would."""
    return Runner.kept().run([pack(test) for test in tests], patches, seed)


def run_variants(test: Callable, inputs: dict[str, Any]) -> list[Outcome]:
    """Run a test on every variant of the inputs; for the probe of a case.

    Args:
        test: The learner's test, as a probe gets it.
        inputs: "variants", each with "patches" and "seed".

    Returns:
        For each variant what came of it, in the same order.
    """
    packed = pack(test)
    outcomes = [
        _run_once(packed, tuple(map(tuple, variant["patches"])), variant["seed"])
        for variant in inputs["variants"]
    ]
    if all(one.outcome in ("stub", "judge", "error") for one in outcomes):
        test()  # It raises here as well, and whoever probes says at which line
    return outcomes


@functools.lru_cache(maxsize=2000)
def _run_once(packed: str, patches: tuple[tuple[str, ...], ...], seed: int) -> Outcome:
    """Good variants are the same for every bug of an area: a second run would say the same."""
    return Runner.kept().run([packed], patches, seed)[0]
