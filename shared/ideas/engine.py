"""The ideas as a function for `shared.experiments`: in parallel, with early stopping, on a cluster.

Example:
    >>> from shared.experiments import Study, run_study
    >>> study = Study(
    ...     "contexts", "shared.ideas.engine:train", metric="cer", goal="min",
    ...     space={"context": ["lstm", "gru"]}, seeds=[0, 1],
    ... )
    >>> runs = run_study(study)  # doctest: +SKIP
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from shared.experiments.settings import Setting, with_settings
from shared.ideas.configuration import CHOICES, RANGES, Configuration


def _settings() -> dict[str, Setting]:
    found = {}
    for field in dataclasses.fields(Configuration):
        if field.name != "seed":  # The engine gives each trial its seed
            low, high = RANGES.get(field.name, (None, None))
            choices = CHOICES.get(field.name, ())
            found[field.name] = Setting(field.default, low, high, choices)
    return found


@with_settings(**_settings())
def train(config: dict[str, Any], trial: Any) -> dict[str, float]:
    """Run one trial, report its validation error rate, and keep its whole record."""
    from shared.ideas.trial import run_trial

    record = run_trial(
        Configuration.of(**config, seed=trial.seed),
        trial.folder / "checkpoint.npz",
        lambda update, measured: trial.report(update, **measured),
    )
    trial.artifact("record.json", json.dumps(record).encode("utf-8"))
    rates = {"cer": record["cer"]["validation"], "test_cer": record["cer"]["test"]}
    return {**rates, "cpu_seconds": record["cpu_seconds"], "parameters": record["parameters"]}
