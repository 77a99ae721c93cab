"""Make the line detector that `data/models` ships: `python data/make/train.py detector`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.paths import DATA

if TYPE_CHECKING:
    from shared.pages import LineDetector, Page
    from shared.pages.targets import PageBatch, PageExample

SHARD_PAGES = 240
USES = 4  # How often a page of a shard is shown, each time another piece of it
BATCH = 8
MIX = {"regular": 2.0, "touching": 1.5, "photo": 1.5}
ZOOM = 0.8  # Small letters come out 6 to 11 pixels high, near what the detector works at
EMPTY = 0.04
SPARSE = 0.35  # Pages of numbers and words that stand alone, the lines that are missed most
FROZEN = ("regular", "unseen", "touching", "photo")


def add_detector_arguments(kinds: Any) -> argparse.ArgumentParser:
    """Declare the arguments of `python data/make/train.py detector`."""
    parser = kinds.add_parser("detector", help="the line detector, on pages composed meanwhile")
    parser.add_argument("--updates", type=int, default=900, help="batches to learn from")
    parser.add_argument("--kind", default="baseline", choices=("baseline", "classes"))
    parser.add_argument("--channels", type=int, nargs="+", default=(16, 32, 48, 56), metavar="N")
    parser.add_argument("--rate", type=float, default=4e-3, help="highest learning rate")
    parser.add_argument(
        "--clutter", type=float, default=0.03, metavar="SHARE",
        help="share of the examples that show no writing at all",
    )  # fmt: skip
    parser.add_argument("--start", default=None, metavar="MODEL", help="model to go on from")
    parser.add_argument("--name", default="detector_small", help="name of the model")
    return parser


def train_detector(options: argparse.Namespace) -> dict[str, Any]:
    """Train the detector and write weights and card."""
    import train

    from shared.backend import keras
    from shared.networks import line_detector_network
    from shared.pages import LineDetector, compose_pages
    from shared.pages import train_detector as begin

    design = {"num_maps": 3, "channels": list(options.channels)}
    keras.utils.set_random_seed(options.seed)
    network = line_detector_network(**design)
    begun_from = None
    if options.start:
        first = LineDetector.load(options.start)
        network.set_weights(first.network.get_weights())
        told = ("command", "updates", "sha256", "begun_from", "averaged")
        begun_from = {key: first.card[key] for key in told if key in first.card}
    validation = compose_pages(24, MIX, "validation", 0)
    checks = {round(options.updates * share / 4) for share in range(1, 5)} - {0}
    with train.composer() as process:
        begun = time.perf_counter()
        training = begin(
            network,
            PageShards(process, options.seed, options.kind, options.clutter).batches_from,
            options.updates,
            kind=options.kind,
            batch_size=BATCH,
            learning_rate=options.rate,
            seed=options.seed,
            validation=validation,
            evaluate_at=sorted(checks),
            checkpoint=train.checkpoint(options),
        )
        train.follow(training)
    detector = LineDetector(network, options.kind)
    card = {
        "task": "the lines of a page of handwriting: baseline, ascent, descent, x-height",
        "kind": options.kind,
        "network": design,
        "parameters": network.count_params(),
        "command": train.command(options),
        "data": f"shared.pages.compose_pages, mix {json.dumps(MIX)}, {EMPTY:.0%} empty, "
        f"{SPARSE:.0%} sparse, training hands, {SHARD_PAGES} fresh pages a shard, "
        f"{USES} pieces of each",
        "clutter": options.clutter,
        "begun_from": begun_from,
        "seed": options.seed,
        "updates": options.updates,
        "pieces_seen": options.updates * BATCH,
        "frozen_test": frozen_scores(detector),
        "history": training.evaluations,
        **train.provenance(training.seconds, time.perf_counter() - begun),
    }
    path = detector.save((options.out or DATA / "models") / f"{options.name}.weights.h5", card)
    print(f"Wrote {path}; F1 on the frozen pages: {json.dumps(card['frozen_test'])}.")
    train.checkpoint_of(options).unlink(missing_ok=True)
    return card


def frozen_scores(detector: LineDetector) -> dict[str, dict[str, float]]:
    """Return how well the lines of each frozen test set are found."""
    from shared.pages import frozen_pages

    return {name: page_scores(detector, frozen_pages(name)) for name in FROZEN}


def page_scores(detector: LineDetector, pages: Sequence[Page]) -> dict[str, float]:
    """Return precision, recall and F1 by covered ink and by boxes, and mean average precision."""
    from shared.pages.matching import (
        box_iou,
        count_hits,
        foreground_iou,
        mean_average_precision,
        total,
    )

    detected = [detector.detect(page.image) for page in pages]
    by_ink = [
        foreground_iou(page.owner, lines, len(page.lines))
        for page, lines in zip(pages, detected, strict=True)
    ]
    by_box = [
        box_iou([line.box for line in lines], [line.box for line in page.lines])
        for page, lines in zip(pages, detected, strict=True)
    ]
    found = total([count_hits(table) for table in by_ink])
    strict = total([count_hits(table, 0.75) for table in by_ink])
    boxes = total([count_hits(table) for table in by_box])
    confidences = [[line.confidence for line in lines] for lines in detected]
    values = {
        "precision": found.precision,
        "recall": found.recall,
        "f1": found.f1,
        "f1_at_75": strict.f1,
        "mean_average_precision": mean_average_precision(by_ink, confidences),
        "box_f1": boxes.f1,
    }
    return {name: round(value, 4) for name, value in values.items()} | {"lines": found.true}


class PageShards:
    """Batches from pages that another process composes, one shard ahead of the training."""

    def __init__(
        self, composer: ProcessPoolExecutor, seed: int, kind: str, clutter: float = 0.03
    ) -> None:
        """Keep the process that composes; `seed` decides every shard."""
        self.composer, self.seed, self.kind, self.clutter = composer, seed, kind, clutter

    def batches_from(self, update: int) -> Iterator[PageBatch]:
        """Yield the batches from an update on; the same ones however often a run was killed."""
        from shared.pages import page_batches

        per_shard = SHARD_PAGES * USES // BATCH
        shard, skip = divmod(update, per_shard)
        waiting = self._order(shard)
        while True:
            examples, waiting = waiting.result(), self._order(shard + 1)
            pieces = page_batches(
                examples, BATCH, 1000 * self.seed + shard, self.kind, skip, self.clutter
            )
            for _ in range(skip, per_shard):
                yield next(pieces)
            shard, skip = shard + 1, 0

    def _order(self, shard: int) -> Future:
        return self.composer.submit(compose_shard, 1000 * self.seed + shard)


def compose_shard(seed: int, count: int = SHARD_PAGES) -> list[PageExample]:
    """Compose and prepare one shard; runs in the composing process."""
    from shared.pages import compose_pages, page_example

    pages = compose_pages(count, MIX, "train", seed, zoom=ZOOM, empty=EMPTY, sparse=SPARSE)
    order = np.random.default_rng(seed).permutation(count)
    return [page_example(pages[index]) for index in order]
