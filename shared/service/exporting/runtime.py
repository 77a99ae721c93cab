"""Reading with a model file: ONNX Runtime and the notebook's own preparation, no TensorFlow.

What comes back are the classes of the notebooks, `LineTextRecognizer` and `LineDetector`; only
the step from prepared ink to numbers is another. So a page is read by the same code everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shared.alphabet import Alphabet
from shared.pages import LineDetector, PageReader
from shared.recognizer import LineTextRecognizer
from shared.service.exporting.model_file import KEY, Description, ModelFileError, file_version


class OnnxNetwork:
    """A network in ONNX Runtime, called like a compiled Keras network.

    Attributes:
        description: What the model file says about itself.
        output_shape: As Keras gives it: None where an axis is free.
    """

    def __init__(self, path: Path | str, task: str | None = None) -> None:
        """Load a model file.

        Args:
            path: The file.
            task: The task it should have.

        Raises:
            FileNotFoundError: There is no such file.
            ModelFileError: It is no model file, damaged, or for other code than this.
        """
        import onnxruntime

        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"There is no model file {path}. Make it with `labs export`.")
        options = onnxruntime.SessionOptions()
        # A service runs one call on each core instead
        options.intra_op_num_threads, options.inter_op_num_threads = 1, 1
        options.enable_cpu_mem_arena = False  # Else the widest page ever seen keeps its memory
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # The library has a class of its own for each way to fail
            raise ModelFileError(
                f"{path.name} is no ONNX network that can be loaded ({type(error).__name__}). "
                "Make it again with `labs export`."
            ) from error
        properties = self._session.get_modelmeta().custom_metadata_map
        self.description = Description.from_json(properties.get(KEY), path.name, task)
        self._input = self._session.get_inputs()[0].name
        shape = self._session.get_outputs()[0].shape
        self.output_shape = tuple(size if isinstance(size, int) else None for size in shape)

    def __call__(self, ink: np.ndarray) -> np.ndarray:
        """Return what the network says about uint8 ink (batch, height, width, 1), float32."""
        return self._session.run(None, {self._input: ink})[0]


class OnnxLineTextRecognizer(LineTextRecognizer):
    """The notebooks' line reader on ONNX Runtime."""

    def __init__(self, network: OnnxNetwork) -> None:
        described = network.description
        card = {**described.card, "preparation": described.preparation}
        super().__init__(network, Alphabet(described.alphabet), card)
        self._infer = network

    @classmethod
    def load(cls, name: Path | str) -> OnnxLineTextRecognizer:
        """Load a line reader's model file by its path; see `OnnxNetwork`."""
        return cls(OnnxNetwork(name, "line"))


class OnnxLineDetector(LineDetector):
    """The notebooks' line detector on ONNX Runtime."""

    def __init__(self, network: OnnxNetwork) -> None:
        super().__init__(network, "baseline", network.description.card)
        self._infer = network

    @classmethod
    def load(cls, name: Path | str) -> OnnxLineDetector:
        """Load a detector's model file by its path; see `OnnxNetwork`."""
        return cls(OnnxNetwork(name, "detector"))


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A line reader and a detector, loaded once and then only used.

    Attributes:
        reader: Reads whole pages, and lines with its `recognizer`.
        description: What the line reader's file says about itself.
        version: Of the line reader's file; it changes with every byte of it.
        detector_version: Of the detector's.
    """

    reader: PageReader
    description: Description
    version: str
    detector_version: str

    @property
    def recognizer(self) -> Any:
        """The line reader."""
        return self.reader.recognizer


def load_model(line: Path | str, detector: Path | str, language: bool = True) -> LoadedModel:
    """Load the two model files of a service, and try them once on an empty image.

    Args:
        line: Model file of the line reader.
        detector: Model file of the detector.
        language: Whether the language model that the line reader's card names decides, too.

    Raises:
        FileNotFoundError: A file is missing.
        ModelFileError: A file is damaged, for other code, or gives numbers that are none.
    """
    recognizer, found = OnnxLineTextRecognizer.load(line), OnnxLineDetector.load(detector)
    if not language:
        recognizer.decoder = recognizer.decode
    versions = []
    for file, one, height in (
        (line, recognizer, recognizer.preparation.height),
        (detector, found, 32),
    ):
        if not np.isfinite(one.network(np.zeros((1, height, 64, 1), np.uint8))).all():
            raise ModelFileError(
                f"{Path(file).name} gives NaN for an empty image; export it again."
            )
        versions.append(file_version(file, one.network.description.name))
    return LoadedModel(PageReader(found, recognizer), recognizer.network.description, *versions)
