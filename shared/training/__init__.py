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
from shared.training.of_pages import found_lines, train_detector
from shared.training.page_losses import baseline_loss, class_loss, dice_loss
from shared.training.page_targets import (
    PageBatch,
    baseline_maps,
    class_maps,
    page_batches,
    page_example,
    vary_page,
)
from shared.training.progress import ProgressLine, duration
from shared.training.updating import compile_update, make_optimizer, one_cycle

__all__ = [
    "Batch",
    "PageBatch",
    "ProgressLine",
    "Snapshot",
    "Training",
    "assemble",
    "baseline_loss",
    "baseline_maps",
    "batches",
    "class_loss",
    "class_maps",
    "compile_update",
    "dice_loss",
    "duration",
    "found_lines",
    "frame_classes",
    "make_optimizer",
    "one_cycle",
    "pad_images",
    "page_batches",
    "page_example",
    "snapshot_updates",
    "train_character_network",
    "train_detector",
    "train_line_network",
    "vary_character",
    "vary_line",
    "vary_page",
    "width_batches",
]
