"""Training a line detector for a fixed number of updates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.loop import Training, compile_update, make_optimizer, one_cycle
from shared.pages.detector import LineDetector
from shared.pages.losses import baseline_loss, class_loss
from shared.pages.matching import DetectionCounts, count_hits, foreground_iou, total
from shared.pages.targets import Kind, PageBatch, page_batches, page_example

if TYPE_CHECKING:
    import keras

    from shared.pages.page import Page


def train_detector(
    network: keras.Model,
    pages: Sequence[Page] | Callable[[int], Iterator[PageBatch]],
    updates: int,
    *,
    kind: Kind = "baseline",
    batch_size: int = 8,
    learning_rate: float = 4e-3,
    seed: int = 0,
    validation: Sequence[Page] = (),
    evaluate_at: Sequence[int] = (),
    checkpoint: Path | str | None = None,
) -> Training:
    """Train a line detector in the background; `.wait()` on the result blocks until it is done.

    Args:
        network: See `networks.line_detector_network`; it is changed in place.
        pages: Pages to learn from, or a function from an update number to the batches after it.
        updates: How many batches to learn from.
        kind: `"baseline"` learns core bands and distances, `"classes"` odd and even lines.
        batch_size: Pieces of pages in a batch.
        learning_rate: Highest rate of the one-cycle schedule.
        seed: Decides which pieces are seen and how they vary.
        validation: Pages whose F1 by foreground IoU is measured.
        evaluate_at: After how many updates to measure it; by default at the end.
        checkpoint: File that lets a killed run go on.

    Raises:
        ValueError: There is no page, or the kind is unknown.
    """
    detector = LineDetector(network, kind)
    if callable(pages):
        batches_from = pages
    else:
        examples = [page_example(page) for page in pages]

        def batches_from(update: int) -> Iterator[PageBatch]:
            return page_batches(examples, batch_size, seed, kind, update)

        next(batches_from(0))  # Mistakes show here, not in the background

    optimizer = make_optimizer(network, learning_rate)
    loss = baseline_loss if kind == "baseline" else class_loss

    def evaluate() -> dict[str, Any]:
        found = total(detection_counts(detector, validation))
        return {"precision": found.precision, "recall": found.recall, "f1": found.f1}

    training = Training(
        compile_update(network, optimizer, loss),
        batches_from,
        lambda update: one_cycle(update, updates, learning_rate),
        updates,
        [*network.variables, *optimizer.variables],
        evaluate=evaluate if len(validation) else None,
        evaluate_at=evaluate_at or (updates,),
        checkpoint=checkpoint,
        settings={
            "network": network.name,
            "parameters": network.count_params(),
            "kind": kind,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "seed": seed,
        },
    )
    return training.start()


def detection_counts(detector: LineDetector, pages: Sequence[Page]) -> list[DetectionCounts]:
    """Return hits, detected and true lines of each page, matched by foreground IoU.

    Args:
        detector: Finds the lines.
        pages: Pages whose lines are known.
    """
    found = [(page, detector.detect(page.image)) for page in pages]
    return [count_hits(foreground_iou(page.owner, lines, len(page.lines))) for page, lines in found]
