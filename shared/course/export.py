"""Export a line reader and a detector into model files that are served without TensorFlow.

Converts both to ONNX, compares them with the notebook's models on the frozen lines and pages,
calibrates the confidence, records what normal traffic looks like, and writes everything into the
two files. Nothing is written if the exported model reads differently.

Examples:
  labs export                                 the shipped models, into my/service/models
  labs export --line my/models/line_mine.weights.h5 --name line_mine
  labs export --quantize recurrent            int8 weights for the LSTM, and what that costs
  labs export --fast                          little traffic: for trying things out
  labs export --litert                        a file for small devices, too
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
from pathlib import Path
from typing import Any

from shared.course.outline import CourseError
from shared.paths import my_directory, write_atomically

NEEDED = ("onnx", "onnxruntime", "tf2onnx")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs export`."""
    parser.add_argument("--line", default="line_small", help="name or weights of the line reader")
    parser.add_argument("--detector", default="detector_small", help="the same of the detector")
    parser.add_argument("--name", default=None, help="name of the exported line reader")
    parser.add_argument("--out", type=Path, default=None, help="default: my/service/models")
    parser.add_argument("--quantize", choices=["recurrent", "all"], help="int8 weights")
    parser.add_argument("--litert", action="store_true", help="write NAME.tflite, too")
    parser.add_argument("--fast", action="store_true", help="little traffic, rough measurements")


def run(arguments: argparse.Namespace) -> int:
    """Convert, compare, measure, write, and return the exit status."""
    from shared.export.parity import line_parity, page_parity
    from shared.lines import frozen_lines
    from shared.pages import frozen_pages
    from shared.recognizer import LineDetector, LineTextRecognizer, PageReader

    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(
            f"Exporting needs {', '.join(missing)}, which this environment lacks. Install the "
            'extra with `python -m pip install -e ".[export]"`.'
        )
    from shared.export.conversion import convert_detector, convert_line
    from shared.export.runtime import load_model
    from shared.service.measuring import Sizes, measure

    name = arguments.name or Path(arguments.line).name.removesuffix(".weights.h5")
    reader, detector = (
        LineTextRecognizer.load(arguments.line),
        LineDetector.load(arguments.detector),
    )
    line, found = convert_line(reader, name), convert_detector(detector)
    detector_name = Path(arguments.detector).name.removesuffix(".weights.h5")
    lines, pages = frozen_lines(), frozen_pages("photo")[: 2 if arguments.fast else 10]
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "line.onnx", Path(folder) / "detector.onnx"
        files[0].write_bytes(line)
        files[1].write_bytes(found)
        model = load_model(*files)
        of_lines = line_parity(reader, model.recognizer, lines.images)
        both = PageReader(detector, reader)
        of_pages = page_parity(both, model.reader, [page.image for page in pages])
        print(f"parity: {of_lines.inputs} lines, largest difference {of_lines.largest:.1e}, "
              f"{of_lines.same_texts:.0%} same texts; {of_pages.inputs} pages, "
              f"{of_pages.largest:.1e}, {of_pages.same_texts:.0%}")  # fmt: skip
        if not of_lines.holds or not of_pages.holds:
            raise CourseError(
                "The exported model does not read what the notebook's model reads, so nothing was "
                "written. Report this with the versions of tensorflow, tf2onnx and onnxruntime."
            )
        parity: dict[str, Any] = {"lines": of_lines.as_dict(), "pages": of_pages.as_dict()}
        if arguments.quantize:
            line, parity["quantized"] = _quantized(line, arguments.quantize, model, lines, folder)
            files[0].write_bytes(line)
            model = load_model(*files)
        sizes = Sizes(64, 4, 32, 32) if arguments.fast else Sizes()
        measured = measure(model, sizes, say=lambda text: print(f"  {text}", flush=True))
    return _write(arguments, name, detector_name, line, found, {**measured, "parity": parity})


def _quantized(line: bytes, recipe: str, model: Any, lines: Any, folder: str) -> tuple[bytes, dict]:
    """Return the int8 file, and what it costs beside the float32 one."""
    from shared.export.parity import line_parity
    from shared.export.quantization import quantize
    from shared.export.runtime import OnnxLineTextRecognizer

    small = quantize(line, recipe)
    path = Path(folder) / "small.onnx"
    path.write_bytes(small)
    other = OnnxLineTextRecognizer.load(path)
    parity = line_parity(model.recognizer, other, lines.images)
    rates = [reader.error_rate(lines) for reader in (model.recognizer, other)]
    print(
        f"int8 ({recipe}): {len(line) / 1e6:.2f} -> {len(small) / 1e6:.2f} MB, character error "
        f"rate {rates[0]:.2%} -> {rates[1]:.2%}, {1 - parity.same_texts:.0%} of texts changed"
    )
    cost = {"recipe": recipe, "cer_float32": round(rates[0], 4), "cer_int8": round(rates[1], 4)}
    return small, {**parity.as_dict(), **cost}


def _write(
    arguments: argparse.Namespace, name: str, detector_name: str, line: bytes, found: bytes,
    measured: dict[str, Any],
) -> int:  # fmt: skip
    """Put what was measured into the files, write them, and say what they promise."""
    import onnx

    from shared.export.model_file import KEY, Description, describe

    properties = {p.key: p.value for p in onnx.load_from_string(line).metadata_props}
    description = Description.from_json(properties[KEY], name).with_measurements(**measured)
    out = arguments.out or my_directory() / "service" / "models"
    paths = [
        write_atomically(out / f"{name}.onnx", describe(line, description)),
        write_atomically(out / f"{detector_name}.onnx", found),
    ]
    if arguments.litert:
        from shared.export.small_device import convert_for_small_devices
        from shared.recognizer import LineTextRecognizer

        content = convert_for_small_devices(LineTextRecognizer.load(arguments.line).network)
        paths.append(write_atomically(out / f"{name}.tflite", content))
    sure = measured["confidence"]["measured"]
    print(
        f"confidence: accepting {sure['coverage']:.0%} of the lines leaves "
        f"{sure['cer_accepted']:.1%} errors in them, against {sure['cer_all']:.1%} in all; "
        f"calibration error "
        f"{sure['calibration_error_before']:.3f} -> {sure['calibration_error']:.3f}, of which "
        f"{sure['calibration_error_by_chance']:.3f} is chance"
    )
    for kind, reference in measured["reference"].items():
        rate = reference["measured"]
        print(f"drift, {kind}s: {rate['rate']:.1%} of {rate['windows']} normal windows alarm")
    for path in paths:
        print(f"Wrote {path}, {path.stat().st_size / 1e6:.2f} MB.")
    return 0
