"""Learning: batches, one compiled update, and trainings that run in the background."""

from shared.training.background import Snapshot, Training
from shared.training.batching import (
    Batch,
    assemble,
    batches,
    frame_classes,
    pad_images,
    vary_line,
    width_batches,
)
from shared.training.of_characters import train_character_network, vary_character
from shared.training.of_lines import snapshot_updates, train_line_network
from shared.training.progress import ProgressLine, duration
from shared.training.updating import compile_update, make_optimizer, one_cycle

__all__ = [
    "Batch",
    "ProgressLine",
    "Snapshot",
    "Training",
    "assemble",
    "batches",
    "compile_update",
    "duration",
    "frame_classes",
    "make_optimizer",
    "one_cycle",
    "pad_images",
    "snapshot_updates",
    "train_character_network",
    "train_line_network",
    "vary_character",
    "vary_line",
    "width_batches",
]
