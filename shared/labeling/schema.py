"""The schema of labels, in one place: the records, their file, their checks, and a JSON Schema.

Other programs read `json_schema()`; it is made from the records, so that it cannot disagree.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from shared.labeling.label_files import REQUIRED, format_labels, read_labels, write_labels
from shared.labeling.page_files import image_sha256, page_of, shown_size
from shared.labeling.records import (
    LINE_STATUSES,
    PAGE_STATUSES,
    SCHEMA_VERSION,
    LabeledLine,
    LabeledPage,
    LabelError,
    LabelSet,
    label_set,
)
from shared.labeling.validation import Problem, validate

__all__ = [
    "LINE_STATUSES",
    "PAGE_STATUSES",
    "SCHEMA_VERSION",
    "LabelError",
    "LabelSet",
    "LabeledLine",
    "LabeledPage",
    "Problem",
    "format_labels",
    "image_sha256",
    "json_schema",
    "label_set",
    "page_of",
    "read_labels",
    "shown_size",
    "validate",
    "write_labels",
]

_POINT = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "str | None": {"type": ["string", "null"]},
    "int": {"type": "integer", "minimum": 1},
    "float | None": {"type": ["number", "null"]},
    "tuple[float, float, float, float]": {**_POINT, "minItems": 4, "maxItems": 4},
    "tuple[Point, ...] | None": {"type": ["array", "null"], "items": _POINT, "minItems": 2},
    "tuple[LabeledPage, ...]": {"type": "array", "items": {"$ref": "#/$defs/page"}},
    "tuple[LabeledLine, ...]": {"type": "array", "items": {"$ref": "#/$defs/line"}},
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a label file.

    It holds the form alone; what needs the image or the alphabet is in `validate`.
    """
    names = {
        "version": {"const": SCHEMA_VERSION},
        "status": {LabeledPage: {"enum": PAGE_STATUSES}, LabeledLine: {"enum": LINE_STATUSES}},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    }

    def described(kind: type) -> dict[str, Any]:
        members = {}
        for field in fields(kind):
            found = names.get(field.name, _TYPES[field.type])
            found = found.get(kind, found)
            members[field.name] = {k: [*v] if k == "enum" else v for k, v in found.items()}
        required = [name for name in REQUIRED[kind] if name != "lines"]
        return {
            "type": "object", "properties": members, "required": required,
            "additionalProperties": False,
        }  # fmt: skip

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Labels of handwritten pages, version {SCHEMA_VERSION}",
        **described(LabelSet),
        "$defs": {"page": described(LabeledPage), "line": described(LabeledLine)},
    }
