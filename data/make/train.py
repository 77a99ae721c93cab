"""Make the models that `data/models` ships, from a seed; a killed run goes on where it was.

Examples:
  python data/make/train.py line --updates 8000   the small line reader
  python data/make/train.py characters            the character reader
  python data/make/train.py detector              the line detector
  python data/make/train.py ladder                the nine networks of Lab 3's table
  python data/make/train.py hands                 error rate against the number of hands
  python data/make/train.py study --minutes 60    the ideas of Lab 5, as many trials as fit
  python data/make/train.py writers               the line reader adapted to each test hand
  python data/make/train.py labels                lines chosen by uncertainty or at random
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.paths import DATA, my_directory

if TYPE_CHECKING:
    from shared.lines import LineSet
    from shared.training import Batch

SHARD_LINES = 4096
VARIED = 0.8  # Share of the batches whose lines are stretched, slanted and bent


def main(words: list[str] | None = None) -> int:
    """Train what was asked for, and return the exit status."""
    from train_detector import add_detector_arguments, train_detector
    from train_hands import train_hands
    from train_labels import add_labels_arguments, train_labels
    from train_ladder import train_ladder
    from train_study import add_study_arguments, train_study
    from train_writers import add_writers_arguments, train_writers

    parser = argparse.ArgumentParser(
        prog="python data/make/train.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = parser.add_subparsers(dest="what", required=True)
    models = (
        (_add_line_arguments(kinds), train_line),
        (_add_characters_arguments(kinds), train_characters),
        (add_detector_arguments(kinds), train_detector),
    )
    for kind, _ in models:
        kind.add_argument("--seed", type=int, default=0)
        kind.add_argument("--out", type=Path, default=None, help="folder; data/models by default")
        kind.add_argument("--checkpoint", type=Path, default=None, help="default: in my/training")
    tables = (
        (add_study_arguments(kinds), train_study),
        (add_writers_arguments(kinds), train_writers),
        (add_labels_arguments(kinds), train_labels),
        (kinds.add_parser("ladder", help="Lab 3's nine networks"), lambda _: train_ladder()),
        (kinds.add_parser("hands", help="by the number of hands"), lambda _: train_hands()),
    )
    for kind, train in models + tables:
        kind.set_defaults(train=train)
    options = parser.parse_args(words)
    try:
        options.train(options)
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from the last checkpoint.")
        return 130
    return 0


def _add_line_arguments(kinds: Any) -> argparse.ArgumentParser:
    line = kinds.add_parser("line", help="the line reader, on lines composed while it trains")
    line.add_argument("--updates", type=int, default=6000, help="batches to learn from")
    line.add_argument("--context", default="lstm", choices=("lstm", "dilated", "none"))
    line.add_argument("--features", type=int, default=128, help="features of a frame")
    line.add_argument("--channels", type=int, nargs=4, default=(16, 32, 64, 96), metavar="N")
    line.add_argument("--rate", type=float, default=4e-3, help="highest learning rate")
    line.add_argument("--hands", type=int, default=96, help="writers of the training lines")
    line.add_argument("--start", default=None, metavar="MODEL", help="model to go on from")
    line.add_argument("--name", default="line_small", help="name of the model")
    return line


def _add_characters_arguments(kinds: Any) -> argparse.ArgumentParser:
    characters = kinds.add_parser("characters", help="the character reader")
    characters.add_argument("--updates", type=int, default=3000, help="batches to learn from")
    characters.add_argument("--name", default="character_small", help="name of the model")
    characters.add_argument("--per-class", type=int, default=1000, help="images of each class")
    return characters


def train_line(options: argparse.Namespace) -> dict[str, Any]:
    """Train the line reader and write weights and card."""
    from shared import pen
    from shared.backend import keras
    from shared.lines import compose_lines, frozen_lines
    from shared.networks import line_network
    from shared.recognizer import LineTextRecognizer
    from shared.training import train_line_network

    design = {
        "context": options.context,
        "features": options.features,
        "channels": list(options.channels),
    }
    keras.utils.set_random_seed(options.seed)
    network = line_network(**design)
    begun_from = None
    if options.start:
        first = LineTextRecognizer.load(options.start)
        network.set_weights(first.network.get_weights())
        begun_from = {key: first.card[key] for key in ("command", "updates", "cer", "sha256")}
    validation = compose_lines(300, "validation", 0)
    checks = {round(options.updates * share / 10) for share in range(1, 11)} - {0}
    with composer() as process:
        source = ShardBatches(process, options.seed, options.hands)
        begun = time.perf_counter()
        training = train_line_network(
            network,
            source.batches_from,
            options.updates,
            seed=options.seed,
            learning_rate=options.rate,
            validation=validation,
            evaluate_at=sorted(checks),
            checkpoint=checkpoint(options),
        )
        follow(training)
    reader = LineTextRecognizer(network)
    frozen = frozen_lines()
    hands = pen.hands("train", options.hands)
    seen = compose_lines(300, "train", 1000 * options.seed, hands)  # How the first shard begins
    card = {
        "task": "one line of handwriting to printable ASCII text",
        "network": design,
        "parameters": network.count_params(),
        "command": command(options),
        "data": f"shared.lines.compose_lines, {options.hands} training hands, "
        f"{SHARD_LINES} fresh lines a shard",
        "begun_from": begun_from,
        "seed": options.seed,
        "updates": options.updates,
        "lines_seen": options.updates * 16,
        "cer": {
            "frozen_test": round(reader.error_rate(frozen), 4),
            "validation": round(reader.error_rate(validation), 4),
            "train": round(reader.error_rate(seen), 4),
        },
        "frozen_test_held_out": held_out_rates(reader, frozen),
        "history": training.evaluations,
        **provenance(training.seconds, time.perf_counter() - begun),
    }
    path = reader.save((options.out or DATA / "models") / f"{options.name}.weights.h5", card)
    print(f"Wrote {path}; character error rates: {json.dumps(card['cer'])}.")
    checkpoint_of(options).unlink(missing_ok=True)
    return card


def composer() -> ProcessPoolExecutor:
    """Return one process that composes lines and ends when this one does, even when killed."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    def watch() -> None:
        parent_process().join()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


class ShardBatches:
    """Batches from lines that another process composes, one shard ahead of the training."""

    def __init__(
        self, composer: ProcessPoolExecutor, seed: int, hands: int, batch_size: int = 16
    ) -> None:
        """Keep the process that composes; `seed` decides every shard."""
        self.composer, self.seed, self.batch_size = composer, seed, batch_size
        self.hands = hands

    def batches_from(self, update: int) -> Iterator[Batch]:
        """Yield the batches from an update on; the same ones however often a run was killed."""
        from shared.training import assemble, width_batches

        per_shard = SHARD_LINES // self.batch_size
        shard, skip = divmod(update, per_shard)
        waiting = self._order(shard)
        while True:
            lines, waiting = waiting.result(), self._order(shard + 1)
            widths = [image.shape[1] for image in lines.images]
            order = width_batches(widths, self.batch_size, self.seed + shard)
            for index in range(per_shard):
                indices = next(order)
                if index >= skip:
                    rng = np.random.default_rng([self.seed, shard, index])
                    yield assemble(lines, indices, rng=rng if rng.random() < VARIED else None)
            shard, skip = shard + 1, 0

    def _order(self, shard: int) -> Future:
        return self.composer.submit(compose_shard, 1000 * self.seed + shard, self.hands)


def compose_shard(seed: int, hands: int) -> LineSet:
    """Compose one shard; runs in the composing process, which keeps the hands it made."""
    from shared import pen
    from shared.lines import compose_lines

    return compose_lines(SHARD_LINES, "train", seed, pen.hands("train", hands))


def train_characters(options: argparse.Namespace) -> dict[str, Any]:
    """Train the character reader on pens and write weights and card."""
    from shared.backend import keras
    from shared.lines import CLASSES_62, characters, frozen_characters
    from shared.metrics import macro_accuracy
    from shared.networks import character_cnn
    from shared.recognizer import CharacterRecognizer, character_logits
    from shared.training import train_character_network

    keras.utils.set_random_seed(options.seed)
    network = character_cnn(len(CLASSES_62))
    train = characters("train", options.per_class, options.seed)
    validation = characters("validation", 20, options.seed)
    begun = time.perf_counter()
    training = train_character_network(
        network,
        train,
        options.updates,
        seed=options.seed,
        validation=validation,
        checkpoint=checkpoint(options),
    )
    follow(training)
    frozen = frozen_characters()
    predictions = character_logits(network, frozen.images).argmax(axis=-1)
    card = {
        "task": "one character, 62 classes",
        "network": {"num_classes": len(CLASSES_62)},
        "parameters": network.count_params(),
        "command": command(options),
        "data": f"shared.lines.characters, train hands, {options.per_class} of each class",
        "seed": options.seed,
        "updates": options.updates,
        "macro_accuracy": {
            "frozen_test": round(macro_accuracy(frozen.labels, predictions), 4),
            "validation": round(training.evaluations[-1]["macro"], 4),
        },
        **provenance(training.seconds, time.perf_counter() - begun),
    }
    reader = CharacterRecognizer(network, CLASSES_62)
    path = reader.save((options.out or DATA / "models") / f"{options.name}.weights.h5", card)
    print(f"Wrote {path}; macro accuracies: {json.dumps(card['macro_accuracy'])}.")
    checkpoint_of(options).unlink(missing_ok=True)
    return card


def follow(training: Any) -> None:
    """Wait for a training; an interrupt stops it at a checkpoint."""
    try:
        training.wait()
    except KeyboardInterrupt:
        training.stop()
        raise


def held_out_rates(reader: Any, lines: LineSet) -> dict[str, float]:
    """Return the share of characters read wrong, on held-out letterforms and on the others."""
    from shared.metrics import align

    wrong = {True: 0, False: 0}
    total = {True: 0, False: 0}
    readings = reader.read_many(lines.images)
    for text, found, flags in zip(lines.texts, readings, lines.held_out, strict=True):
        steps = [step[0] for step in align(text, found) if step[0] != "insert"]
        for operation, flag in zip(steps, flags, strict=True):
            total[bool(flag)] += 1
            wrong[bool(flag)] += operation != "equal"
    names = {True: "held_out_letterforms", False: "other_letterforms"}
    return {names[key]: round(wrong[key] / max(1, total[key]), 4) for key in names}


def checkpoint_of(options: argparse.Namespace) -> Path:
    """Return the file that lets a killed run go on."""
    name = f"{options.name}_{options.seed}.checkpoint.npz"
    return options.checkpoint or my_directory() / "training" / name


def checkpoint(options: argparse.Namespace) -> Path:
    """Return that file, its folder made."""
    path = checkpoint_of(options)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def command(options: argparse.Namespace) -> str:
    """Return the command that repeats a run, for its card."""
    parts = ["python", "data/make/train.py", options.what]
    for name, value in sorted(vars(options).items()):
        if name not in ("what", "out", "checkpoint", "train") and value is not None:
            values = value if isinstance(value, (list, tuple)) else [value]
            parts += [f"--{name.replace('_', '-')}", *map(str, values)]
    return shlex.join(parts)


def provenance(seconds: float, wall: float) -> dict[str, Any]:
    """Return what a card says about when and with what a run was made."""
    return {
        "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy")},
        "python": platform.python_version(),
        "seconds": round(max(seconds, wall)),
        "date": datetime.now(UTC).date().isoformat(),
    }


if __name__ == "__main__":
    raise SystemExit(main())
