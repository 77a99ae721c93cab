"""One trial: from a configuration to the errors on every line, for a fixed number of updates."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.experiments.ideas.configuration import Configuration
from shared.experiments.ideas.networks import build_network
from shared.experiments.ideas.reading import Reader, ctc_reader
from shared.experiments.trial import TrialEnded
from shared.loop import Training, compile_update, make_optimizer, one_cycle
from shared.metrics import edit_distance
from shared.networks import FRAME_WIDTH
from shared.training import assemble, width_batches

if TYPE_CHECKING:
    from shared.experiments.trial import Trial
    from shared.lines import LineSet
    from shared.training import Batch

VALIDATION_LINES = 200
DATA_SEED = 0  # The data are the same for every seed of a trial, so that trials can be paired
CURVE_POINTS = 5
LOSS_POINTS = 40


@cache
def training_lines(count: int, hands: int) -> LineSet:
    """Compose the lines that a trial learns from: the same texts whatever the hands."""
    from shared import pen
    from shared.lines import compose_lines

    return compose_lines(count, "train", DATA_SEED, pen.hands("train", hands))


@cache
def validation_lines(count: int = VALIDATION_LINES) -> LineSet:
    """Compose the lines that choices are made by."""
    from shared.lines import compose_lines

    return compose_lines(count, "validation", DATA_SEED)


def prepare(configuration: Configuration) -> tuple[Any, Reader, Callable, list[Any]]:
    """Return the network, how it reads, how it learns, and all its variables."""
    from shared.losses import line_loss

    network = build_network(configuration)
    optimizer = make_optimizer(network, configuration.learning_rate)
    update = compile_update(network, optimizer, line_loss)
    variables = [*network.variables, *optimizer.variables]
    return network, ctc_reader(network, configuration.frame_width), update, variables


def train(config: dict[str, Any], trial: Trial, prepare: Callable = prepare) -> dict[str, float]:
    """Run one trial of a study: `idea`, and the settings of a `Configuration` without the seed.

    What `run_trial` returns is kept as the artifact `result.json`.
    """
    from shared.backend import keras

    settings = {name: value for name, value in config.items() if name != "idea"}
    try:
        result = run_trial(
            Configuration.of(**settings, seed=trial.seed),
            trial.folder / "checkpoint.npz",
            lambda update, measured: trial.report(update, **measured),
            deadline=trial.deadline,
            prepare=prepare,
        )
    finally:  # The process serves the next trial, too
        keras.utils.clear_session()
        gc.collect()
    trial.artifact("result.json", json.dumps(result).encode("utf-8"))
    numbers = {name: result[name] for name in ("parameters", "cpu_seconds")}
    return {"cer": result["cer"]["validation"], "test_cer": result["cer"]["test"], **numbers}


def run_trial(
    configuration: Configuration,
    checkpoint: Path | str | None = None,
    report: Callable[[int, dict[str, float]], None] | None = None,
    validation: LineSet | None = None,
    test: LineSet | None = None,
    deadline: float = float("inf"),
    prepare: Callable = prepare,
) -> dict[str, Any]:
    """Train one network and read the validation and the test lines with it.

    Args:
        configuration: Everything that the trial depends on.
        checkpoint: File that lets a killed trial go on.
        report: Called with the updates taken and `{"cer": ...}` on validation, a few times.
        validation: Lines to choose by; 200 composed ones if not given.
        test: Lines that nothing is chosen by; the frozen test if not given.
        deadline: In seconds since 1970; no update is taken after it.
        prepare: Makes network, reader, update and variables, if not this module's `prepare`.

    Raises:
        TrialEnded: The deadline has passed; the checkpoint lets the trial go on.

    Returns:
        What a file holds of a trial: `configuration`, `parameters`, `seconds`, `cpu_seconds`,
        `loss` and `curve` along the run, and for `validation` and `test` the `edits` of each
        line, with the `readings` of the test.
    """
    from shared.backend import keras
    from shared.lines import frozen_lines

    validation = validation_lines() if validation is None else validation
    test = frozen_lines() if test is None else test
    lines = training_lines(configuration.lines, configuration.hands)
    keras.utils.set_random_seed(configuration.seed)
    network, reader, take_update, variables = prepare(configuration)
    spent: list[float] = []  # Processor time of each update

    def timed(batch: Batch, rate: float) -> float:
        if time.time() > deadline:
            raise TrialEnded("paused")
        begun = time.process_time()
        loss = take_update(batch, rate)
        spent.append(time.process_time() - begun)
        return loss

    def evaluate() -> dict[str, float]:
        edits = count_edits(validation.texts, reader(validation.images))
        measured = {"cer": sum(edits) / sum(map(len, validation.texts))}
        if report is not None:
            report(training.done, measured)
        return measured

    updates = configuration.updates
    training = Training(
        timed,
        lambda update: _batches(lines, configuration, update),
        lambda update: learning_rate(configuration, update),
        updates,
        variables,
        evaluate=evaluate,
        evaluate_at=sorted({round(updates * k / CURVE_POINTS) for k in range(1, 6)} - {0}),
        checkpoint=checkpoint,
        checkpoint_every=20,  # At most so many updates are lost to a kill or a deadline
        settings=configuration.as_json(),
    )
    training.wait()
    readings = reader(test.images)
    test_edits = count_edits(test.texts, readings)
    validation_edits = count_edits(validation.texts, reader(validation.images))
    return {
        "configuration": configuration.as_json(),
        "parameters": network.count_params(),
        "seconds": round(training.seconds, 1),
        "cpu_seconds": round(float(np.mean(spent[1:] or [0])) * updates, 1),  # The first compiles
        "loss": _thin(training),
        "curve": [[e["update"], round(e["cer"], 4)] for e in training.evaluations],
        "validation": {"edits": validation_edits},
        "test": {"edits": test_edits, "readings": readings},
        "cer": {
            "validation": round(sum(validation_edits) / sum(map(len, validation.texts)), 4),
            "test": round(sum(test_edits) / sum(map(len, test.texts)), 4),
        },
    }


def count_edits(texts: list[str], readings: list[str]) -> list[int]:
    """Return the edits between each text and what was read."""
    return [edit_distance(text, found) for text, found in zip(texts, readings, strict=True)]


def learning_rate(configuration: Configuration, update: int) -> float:
    """Return the learning rate of an update; every schedule begins with the same rise."""
    peak, updates = configuration.learning_rate, configuration.updates
    rise = max(1.0, 0.15 * updates)
    if configuration.schedule == "one_cycle" or update < rise:
        return one_cycle(update, updates, peak)
    if configuration.schedule == "constant":
        return peak
    return peak * 0.1 ** sum(update >= share * updates for share in (0.6, 0.85))


def _batches(lines: LineSet, configuration: Configuration, update: int) -> Iterator[Batch]:
    widths = [image.shape[1] for image in lines.images]
    order = width_batches(widths, configuration.batch_size, configuration.seed)
    scale = FRAME_WIDTH // configuration.frame_width
    for index, indices in enumerate(islice(order, update, None), start=update):
        rng = np.random.default_rng([configuration.seed, index])
        varied = rng.random() < configuration.augment
        batch = assemble(lines, indices, rng=rng if varied else None)
        yield batch._replace(logit_lengths=batch.logit_lengths * scale)


def _thin(training: Training) -> list[list[float]]:
    """Return [update, mean loss] for a few dozen stretches of the run."""
    losses = training.history["loss"]
    edges = np.unique(np.linspace(0, len(losses), min(LOSS_POINTS, len(losses)) + 1).astype(int))
    pairs = zip(edges, edges[1:], strict=False)
    return [[int(b), round(float(np.mean(losses[a:b])), 4)] for a, b in pairs]
