"""Labeling: from photographs of handwriting to checked, versioned data.

`records` says what labels are, `validation` what is wrong with some; the other modules make them,
exchange them with other programs, measure how good they are, and keep their versions. A name is
loaded when it is first asked for.
"""

from shared import lazy_names

_HOMES = {
    **dict.fromkeys(
        ("Agreement", "adjudicate", "agreement", "disagreements", "paired_lines"), "agreeing"
    ),
    **dict.fromkeys(("doubts", "expected_precision", "precision_at", "ranked"), "label_errors"),
    **dict.fromkeys(("format_labels", "read_labels", "write_labels"), "label_files"),
    **dict.fromkeys(
        ("LabelError", "LabelSet", "LabeledLine", "LabeledPage", "label_set"),
        "records",
    ),
    **dict.fromkeys(("Problem", "validate"), "validation"),
    **dict.fromkeys(("DVC", "LABEL_STUDIO", "has_tool"), "tool_environments"),
    "Terminal": "terminal",
    "changes": "differences",
    "cut_lines": "line_images",
    "label_pages": "widget",
    "near_duplicates": "duplicates",
    "page_of": "page_files",
    "to_tasks": "label_studio",
    "write_datasheet": "datasheet",
}  # fmt: skip

__all__, __getattr__ = lazy_names(__name__, _HOMES)
