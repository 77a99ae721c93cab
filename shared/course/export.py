"""Export a line reader and a detector into model files that are served without TensorFlow.

Converts both to ONNX and compares them with the notebook's models on the frozen lines and pages.
Nothing is written if the exported model reads differently by more than rounding.
The confidence is the one in the reader's card, and what normal traffic looks like is that of the
shipped reader, as the file says; `python data/make/measure_traffic.py FILE` measures another's.

Examples:
  labs export                                 the shipped models, into my/service/models
  labs export --out data/models               the same, as the files that the course ships
  labs export --line my/models/line_mine.weights.h5 --name line_mine
  labs export --quantize recurrent            int8 weights for the LSTM, and what that costs
  labs export --fast                          compared on few pages: for trying things out
"""

from __future__ import annotations

import argparse
from pathlib import Path

from shared.course.outline import CourseError, needed
from shared.paths import my_directory, write_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs export`."""
    parser.add_argument("--line", default="reader", help="name or weights of the line reader")
    parser.add_argument("--detector", default="detector_small", help="the same of the detector")
    parser.add_argument("--name", default=None, help="name of the exported line reader")
    parser.add_argument("--out", type=Path, default=None, help="default: my/service/models")
    parser.add_argument("--quantize", choices=["recurrent", "all"], help="int8 weights")
    parser.add_argument("--fast", action="store_true", help="compare few pages")


def run(arguments: argparse.Namespace) -> int:
    """Convert, compare, measure, write, and return the exit status."""
    needed("export", "onnx", "onnxruntime", "tf2onnx")
    from shared.pages import LineDetector
    from shared.recognizer import LineTextRecognizer
    from shared.service.exporting.making import ParityError, make_model_files

    reader = LineTextRecognizer.load(arguments.line)
    detector = LineDetector.load(arguments.detector)
    names = [arguments.name or _name(arguments.line), _name(arguments.detector)]
    few = {"num_pages": 2} if arguments.fast else {}
    try:
        contents = make_model_files(reader, detector, names[0], arguments.quantize, **few)
    except ParityError as error:
        raise CourseError(str(error)) from error
    out = arguments.out or my_directory() / "service" / "models"
    for name, content in zip(names, contents, strict=True):
        path = write_atomically(out / f"{name}.onnx", content)
        print(f"Wrote {path}, {len(content) / 1e6:.2f} MB.")
    return 0


def _name(weights: str) -> str:
    return Path(weights).name.removesuffix(".weights.h5")
