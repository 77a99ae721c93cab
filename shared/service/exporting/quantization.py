"""Eight bits instead of thirty-two: a smaller file, and what that costs in errors.

Dynamic quantization stores weights as int8 and scales each activation as it comes, so it needs no
data. On a CPU without an integer unit for convolutions it can be slower than float32: measure.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import replace
from pathlib import Path

from shared.service.exporting.halves import restore
from shared.service.exporting.model_file import KEY, Description, describe

#: Which operators compute with 8 bits
RECIPES = {"recurrent": ("MatMul", "LSTM"), "all": ("MatMul", "LSTM", "Conv")}


def quantize(model: bytes, recipe: str = "recurrent") -> bytes:
    """Return a line reader's model file with int8 weights, one scale per output channel.

    Args:
        model: Bytes of a float32 model file.
        recipe: A key of `RECIPES`: "recurrent" keeps the convolutions exact, "all" is smallest.

    Raises:
        ValueError: There is no such recipe.
    """
    if recipe not in RECIPES:
        raise ValueError(f"There is no recipe {recipe!r}; choose one of {', '.join(RECIPES)}.")
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    properties = {p.key: p.value for p in onnx.load_from_string(model).metadata_props}
    description = Description.from_json(properties.get(KEY), "the model")
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # It recommends a pass that changes nothing here
    try:
        with tempfile.TemporaryDirectory() as folder:
            before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
            before.write_bytes(restore(model))
            quantize_dynamic(
                before, after, op_types_to_quantize=list(RECIPES[recipe]), per_channel=True,
                weight_type=QuantType.QInt8,
            )  # fmt: skip
            content = after.read_bytes()
    finally:
        logger.setLevel(level)
    return describe(content, replace(description, precision=f"int8 {recipe}"))
