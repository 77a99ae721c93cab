"""Labeling: from photographs of handwriting to checked, versioned data.

`schema` says what labels are; the other modules make them, exchange them with other programs,
measure how good they are, and keep their versions.
"""

from shared.labeling.repairing import Repair, repair, repair_file
from shared.labeling.schema import (
    SCHEMA_VERSION,
    LabeledLine,
    LabeledPage,
    LabelError,
    LabelSet,
    Problem,
    label_set,
    page_of,
    read_labels,
    validate,
    write_labels,
)
from shared.labeling.terminal import Terminal

__all__ = [
    "SCHEMA_VERSION",
    "LabelError",
    "LabelSet",
    "LabeledLine",
    "LabeledPage",
    "Problem",
    "Repair",
    "Terminal",
    "label_set",
    "page_of",
    "read_labels",
    "repair",
    "repair_file",
    "validate",
    "write_labels",
]
