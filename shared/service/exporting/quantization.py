"""Eight bits instead of thirty-two: a smaller file, and what that costs in errors.

Dynamic quantization stores weights as int8 and scales each activation as it comes, so it needs no
data. On a CPU without an integer unit for convolutions it can be slower than float32: measure.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from shared.service.exporting.model_file import Description, describe

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
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    description = replace(Description.of(model, "the model"), precision=f"int8 {recipe}")
    with tempfile.TemporaryDirectory() as folder:
        given, whole, small = (
            Path(folder) / f"{name}.onnx" for name in ("given", "whole", "small")
        )
        given.write_bytes(model)
        # Weights that were halved become float32 again, which is where the next step looks
        quant_pre_process(given, whole, skip_symbolic_shape=True)
        quantize_dynamic(
            whole, small, op_types_to_quantize=list(RECIPES[recipe]), per_channel=True,
            weight_type=QuantType.QInt8,
        )  # fmt: skip
        return describe(small.read_bytes(), description)
