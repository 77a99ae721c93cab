"""The small-device path: a line reader for LiteRT, one line of a fixed width at a time.

LiteRT is for telephones and boards. Its converter does not take the LSTM with a free width (the
lists of tensors inside need Select operators that the small interpreter lacks), so the width is
fixed and a narrower line is padded, which a reader notices a little: its backward LSTM begins in
the padding.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.networks import HEIGHT, num_frames

if TYPE_CHECKING:
    import keras

WIDTH = 512


def convert_for_small_devices(network: keras.Model, width: int = WIDTH) -> bytes:
    """Return a line network as a LiteRT file for lines (1, 32, width, 1), float32 from 0 to 1."""
    from shared.backend import keras
    from shared.export.conversion import _quiet

    signature = [keras.InputSpec(shape=(1, HEIGHT, width, 1), dtype="float32")]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "line.tflite"
        network.export(path, format="litert", input_signature=signature, verbose=False)
        return path.read_bytes()


class SmallReader:
    """Runs a LiteRT file."""

    def __init__(self, content: bytes) -> None:
        """Load the file with `ai-edge-litert`, or with TensorFlow's own copy of the interpreter.

        Raises:
            ModuleNotFoundError: Neither is installed.
        """
        self._interpreter = _interpreter(content)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self.width = int(self._input["shape"][2])

    def logits(self, line: np.ndarray) -> np.ndarray:
        """Return the logits (frames, classes) of a prepared line uint8 (32, width).

        Raises:
            ValueError: The line is wider than the file takes.
        """
        if line.shape[1] > self.width:
            raise ValueError(
                f"The line is {line.shape[1]} pixels wide, and this file takes {self.width}. "
                "Cut it, or export with a larger width."
            )
        padded = np.zeros((1, HEIGHT, self.width, 1), np.float32)
        padded[0, :, : line.shape[1], 0] = line / 255.0
        self._interpreter.set_tensor(self._input["index"], padded)
        self._interpreter.invoke()
        logits = self._interpreter.get_tensor(self._output["index"])[0]
        return logits[: num_frames(line.shape[1])]


def _interpreter(content: bytes) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ModuleNotFoundError:
        from shared.backend import tf

        return tf.lite.Interpreter(model_content=content)
    return Interpreter(model_content=content)
