"""Put a test to one bug: several good variants and the bug, in an order that tells nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shared.planted.running import Outcome, Runner, pack_test, shared_runner

_known: dict[tuple, Outcome] = {}


def run_variants(
    test: Callable, inputs: dict[str, Any], runner: Runner | None = None
) -> list[dict[str, Any]]:
    """Run a test on every variant of the inputs; for the probe of a case.

    Args:
        test: The learner's test, as a probe gets it.
        inputs: "variants", each with "patches" and "seed".
        runner: Where to run; by default the warm process of this one.

    Returns:
        For each variant a dict of "outcome", "detail" and "cheats", in the same order.
    """
    packed = pack_test(getattr(test, "__wrapped__", test))
    runner = runner or shared_runner()
    outcomes = [_run_once(runner, packed, variant) for variant in inputs["variants"]]
    if all(one.outcome in ("stub", "judge", "error") for one in outcomes):
        test()  # It raises here as well, and whoever probes says at which line
    return [
        {"outcome": one.outcome, "detail": one.detail, "cheats": list(one.cheats)}
        for one in outcomes
    ]


def _run_once(runner: Runner, packed: str, variant: dict[str, Any]) -> Outcome:
    """Good variants are the same for every bug of an area: a second run would say the same."""
    texts = tuple(patch["source"] for patch in variant["patches"])
    key = (packed, texts, variant["seed"])
    if key not in _known:
        if len(_known) > 2000:
            _known.clear()
        _known[key] = runner.run([packed], variant["patches"], variant["seed"])[0]
    return _known[key]


def run_suite(
    tests: Sequence[Callable], patches: Sequence[dict[str, str]], seed: int = 0
) -> list[Outcome]:
    """Run tests together on one variant of the code, as a test runner would."""
    return shared_runner().run([pack_test(test) for test in tests], patches, seed)
