"""What a model file says about itself, kept inside the file so that the two cannot part."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from shared.preparation import WHOLE_LINE, preparation_of

KEY = "handwriting_labs"
FORMAT = 1


class ModelFileError(ValueError):
    """A file is no model of this course, or one that this code must not use."""


@dataclass(frozen=True)
class Description:
    """What a model file says about itself.

    Attributes:
        task: `"line"` or `"detector"`.
        name: The model's name, such as `"reader"`.
        weights_sha256: Of the `.weights.h5` file that it was made from.
        precision: `"float32"`, or which operators compute with 8 bits.
        alphabet: The line reader's characters in order of their classes from 1.
        preparation: Version of the preparation that its input needs.
        card: The model card beside the weights, with the confidence.
        reference: What normal traffic looks like, for the drift alarm.
        parity: What comparing with the notebook's model gave.
    """

    task: str
    name: str
    weights_sha256: str
    precision: str = "float32"
    alphabet: str = ""
    preparation: int = WHOLE_LINE.version
    card: dict[str, Any] = field(default_factory=dict)
    reference: dict[str, Any] = field(default_factory=dict)
    parity: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the text that a model file holds."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | None, name: str, task: str | None = None) -> Description:
        """Read what `to_json` wrote, and refuse what this code would misread.

        Args:
            text: The entry of the file's metadata, or None where there is none.
            name: Of the file, for messages.
            task: The task it should have.

        Raises:
            ModelFileError: No description, an unknown format, another preparation or task.
        """
        try:
            content = json.loads(text or "")
            version = content.pop("format")
            content.pop("confidence", None)  # Of files before the card held it
            found = cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFileError(
                f"{name} does not say what it is: its metadata has no usable entry {KEY!r} "
                f"({type(error).__name__}). Make it with `labs export`."
            ) from error
        if version != FORMAT:
            raise ModelFileError(
                f"{name} has format {version}, and this code reads format {FORMAT}. "
                "Export it again with this version of the course."
            )
        try:
            preparation_of(found.preparation)
        except ValueError as error:
            raise ModelFileError(f"{name} cannot be used: {error}, then export it again.") from None
        if task is not None and found.task != task:
            raise ModelFileError(
                f"{name} is a model for {found.task!r}, but one for {task!r} is needed."
            )
        return found

    def measured_as(self, other: Description, version: str) -> Description:
        """Return the description with what was measured on another model, and say on which."""
        card = {**self.card, "measurements_from": version}
        return replace(self, card=card, reference=other.reference)

    @classmethod
    def of(cls, model: bytes, name: str) -> Description:
        """Read the description inside a model file's bytes; see `from_json`."""
        import onnx

        properties = {p.key: p.value for p in onnx.load_from_string(model).metadata_props}
        return cls.from_json(properties.get(KEY), name)


def describe(network: bytes, description: Description) -> bytes:
    """Return an ONNX network with its description inside.

    Args:
        network: The ONNX file's bytes.
        description: What it should say; it replaces what was there.
    """
    import onnx

    model = onnx.load_from_string(network)
    onnx.helper.set_model_props(model, {KEY: description.to_json()})
    model.producer_name = KEY
    return model.SerializeToString(deterministic=True)


def file_version(path: Path | str, name: str) -> str:
    """Return a version that changes with every byte of the file, such as `reader-1a2b3c4d`."""
    return f"{name}-{hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]}"
