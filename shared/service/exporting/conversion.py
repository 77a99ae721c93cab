"""From a Keras network to ONNX, with any batch size and any width of the image."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.service.exporting.model_file import Description, describe

if TYPE_CHECKING:
    import keras
    import onnx

    from shared.pages import LineDetector
    from shared.recognizer import LineTextRecognizer

INPUT = "ink"
OUTPUTS = {"line": "logits", "detector": "maps"}
#: Names of the axes that are free, input first
AXES = {
    "line": (("lines", None, "width", None), ("lines", "frames", None)),
    "detector": (("pages", "height", "width", None), ("pages", "map_height", "map_width", None)),
}
WORTH_HALVING = 256  # Numbers; below that a node costs more than it saves


def convert(network: keras.Model, task: str) -> bytes:
    """Return a network as ONNX, from uint8 ink (batch, height, width, 1) to float32.

    The division by 255 is part of the file, so that no caller can forget it.

    Args:
        network: From float images 0 to 1.
        task: `"line"` or `"detector"`; names the axes.

    Raises:
        ModuleNotFoundError: The extra `export` is not installed.
    """
    import onnx

    from shared.backend import keras

    height = network.input_shape[1]  # Of a line; a page may have any
    ink = keras.Input((height, None, 1), dtype="uint8", name=INPUT)
    scaled = keras.ops.cast(ink, "float32") / 255.0
    whole = keras.Model(ink, network(scaled, training=False))
    whole(np.zeros((1, height or 32, 64, 1), np.uint8))  # Keras exports what has been called
    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "network.onnx"
        whole.export(path, format="onnx", verbose=False)
        model = onnx.load(path)
    _named(model, task)
    halve(model)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def convert_line(reader: LineTextRecognizer, name: str = "reader") -> bytes:
    """Return a line reader as a model file's bytes, not measured yet."""
    description = Description(
        "line", name, str(reader.card.get("sha256", "")), alphabet=reader.alphabet.characters,
        preparation=reader.preparation.version, card=_short(reader.card),
    )  # fmt: skip
    return describe(convert(reader.network, "line"), description)


def convert_detector(detector: LineDetector, name: str = "detector_small") -> bytes:
    """Return a line detector as a model file's bytes.

    Raises:
        ValueError: Its network says classes, and a service needs baselines.
    """
    if detector.kind != "baseline":
        raise ValueError(
            f"The detector is of the kind {detector.kind!r}, which knows no baselines; a service "
            "needs the kind 'baseline', such as detector_small."
        )
    card = _short(detector.card)
    description = Description("detector", name, str(card.get("sha256", "")), card=card)
    return describe(convert(detector.network, "detector"), description)


def _short(card: dict[str, Any]) -> dict[str, Any]:
    """Leave out the curve of the training, which the weights' own card keeps."""
    return {key: value for key, value in card.items() if key != "history"}


def _named(model: onnx.ModelProto, task: str) -> None:
    """Give the output and the free axes names that a person understands."""
    old, new = model.graph.output[0].name, OUTPUTS[task]
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [new if name == old else name for name in names]
    model.graph.output[0].name = new
    for value, names in zip((model.graph.input[0], model.graph.output[0]), AXES[task], strict=True):
        for axis, name in zip(value.type.tensor_type.shape.dim, names, strict=True):
            if name:
                axis.dim_param = name


def halve(model: onnx.ModelProto) -> None:
    """Store float32 weights as float16 where that is exact, so that the file is half as large.

    The shipped reader's weights were rounded to float16 when they were released, so most of them
    lose nothing. What does lose (convolutions, which the converter multiplies by their
    normalization) stays float32: a file never reads differently because it is small. A `Cast` node
    makes float32 of the rest; ONNX Runtime folds it away when it loads the file.
    """
    import onnx
    from onnx import numpy_helper

    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT:
            continue
        values, name = numpy_helper.to_array(weight), weight.name
        with np.errstate(over="ignore"):  # What is too large for a half is not equal to it
            half = values.astype(np.float16)
        if values.size < WORTH_HALVING or not np.array_equal(half, values):
            continue
        weight.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
        casts.append(
            onnx.helper.make_node("Cast", [weight.name], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the converter, which logs each of its passes and warns about NumPy's names."""
    from shared.backend import quiet_descriptor

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), quiet_descriptor():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
