"""Weights in half the bytes: as float16 in the file, float32 again once it is loaded.

The shipped reader's weights were rounded to float16 when they were released, so most of them lose
nothing. What does lose (convolutions, which the converter multiplies by their normalization) stays
float32: a model file never reads differently because it is small.
"""

from __future__ import annotations

import numpy as np

LEAST = 256  # Numbers; below that a node costs more than it saves
HALF = "_half"


def halve(network: bytes) -> bytes:
    """Store an ONNX network's float32 weights as float16, where that is exact.

    A `Cast` node makes float32 of them; ONNX Runtime folds it away when it loads the file.
    """
    import onnx
    from onnx import numpy_helper

    model, casts = onnx.load_from_string(network), []
    for weight in model.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT:
            continue
        values, name = numpy_helper.to_array(weight), weight.name
        with np.errstate(over="ignore"):  # What is too large for a half is not equal to it
            half = values.astype(np.float16)
        if values.size < LEAST or not np.array_equal(half, values):
            continue
        weight.CopyFrom(numpy_helper.from_array(half, name + HALF))
        casts.append(
            onnx.helper.make_node("Cast", [weight.name], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model.SerializeToString(deterministic=True)


def restore(network: bytes) -> bytes:
    """Return a network with its weights as float32 again, for tools that look for weights."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(network)
    halves = {weight.name: weight for weight in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        weight = halves.get(node.input[0]) if node.op_type == "Cast" else None
        if weight is None or not weight.name.endswith(HALF):
            kept.append(node)
            continue
        values = numpy_helper.to_array(weight).astype(np.float32)
        weight.CopyFrom(numpy_helper.from_array(values, node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model.SerializeToString(deterministic=True)
