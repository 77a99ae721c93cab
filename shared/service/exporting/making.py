"""Make both model files of the service: converted, compared, and described."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.lines import frozen_lines
from shared.pages import PageReader, frozen_pages
from shared.paths import data_file
from shared.service.exporting.conversion import convert_detector, convert_line
from shared.service.exporting.model_file import Description, describe, file_version
from shared.service.exporting.parity import line_parity, page_parity
from shared.service.exporting.quantization import quantize
from shared.service.exporting.runtime import OnnxLineTextRecognizer, OnnxNetwork, load_model

if TYPE_CHECKING:
    from shared.pages import LineDetector
    from shared.recognizer import LineTextRecognizer


class ParityError(RuntimeError):
    """The exported model does not read what the notebook's model reads."""


def make_model_files(
    reader: LineTextRecognizer,
    detector: LineDetector,
    name: str,
    recipe: str | None = None,
    num_pages: int = 10,
    say: Callable[[str], None] = print,
) -> tuple[bytes, bytes]:
    """Return the files of the line reader and of the detector.

    Normal traffic is that of the shipped reader, and the file says so;
    `data/make/measure_traffic.py` measures it for another.

    Args:
        reader: The notebook's line reader.
        detector: The notebook's detector.
        name: Of the exported line reader.
        recipe: Which weights become int8, see `quantize`; none if not given.
        num_pages: How many frozen pages are compared.
        say: Told what is found.

    Raises:
        ParityError: The two models differ by more than rounding.
    """
    line, found = convert_line(reader, name), convert_detector(detector)
    lines, pages = frozen_lines(), frozen_pages("photo")[:num_pages]
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "line.onnx", Path(folder) / "detector.onnx"
        files[0].write_bytes(line)
        files[1].write_bytes(found)
        model = load_model(*files)
        of_lines = line_parity(reader, model.recognizer, lines.images)
        both = PageReader(detector, reader)
        of_pages = page_parity(both, model.reader, [page.image for page in pages])
        say(
            f"parity: {of_lines.inputs} lines, largest difference {of_lines.largest:.1e}, "
            f"{of_lines.same_texts:.0%} same texts; {of_pages.inputs} pages, "
            f"{of_pages.largest:.1e}, {of_pages.same_texts:.0%}, lines moved by up to "
            f"{of_pages.moved:.1e} x-heights"
        )
        if not of_lines.holds or not of_pages.holds:
            raise ParityError(
                "The exported model does not read what the notebook's model reads, so nothing was "
                "written. Report this with the versions of tensorflow, tf2onnx and onnxruntime."
            )
        parity: dict[str, Any] = {"lines": of_lines.as_dict(), "pages": of_pages.as_dict()}
        if recipe:
            line = quantize(line, recipe)
            files[0].write_bytes(line)
            small = OnnxLineTextRecognizer.load(files[0])
            changed = line_parity(model.recognizer, small, lines.images)
            rates = [one.error_rate(lines) for one in (model.recognizer, small)]
            say(
                f"int8 ({recipe}): {len(line) / 1e6:.2f} MB, character error rate {rates[0]:.2%} "
                f"-> {rates[1]:.2%}, {1 - changed.same_texts:.0%} of texts changed"
            )
            cost = {"cer_float32": round(rates[0], 4), "cer_int8": round(rates[1], 4)}
            parity["quantized"] = {**changed.as_dict(), "recipe": recipe, **cost}
    shipped = data_file("models/reader.onnx")
    known = OnnxNetwork(shipped, "line").description
    described = Description.of(line, name).measured_as(known, file_version(shipped, known.name))
    return describe(line, replace(described, parity=parity)), found
