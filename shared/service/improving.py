"""The loop: corrections become labels, labels teach a candidate, a gate decides about it.

corrections -> labels -> adaptation -> gate -> swap. Only this module of the service needs
TensorFlow, and a service never runs it: it runs beside it, and hands over a model file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shared.labeling import LabeledLine, LabelSet
from shared.lines import LineSet
from shared.pages import prepare_page
from shared.pages.image_files import open_page_image
from shared.pages.matching import box_iou
from shared.paths import write_atomically
from shared.service.exporting.model_file import ModelFileError
from shared.service.exporting.runtime import LoadedModel, load_model
from shared.service.gate import Verdict, judge

HELD_BACK = 4  # Every fourth corrected line measures, the others teach
LEAST_LINES = 8
SAME_PLACE = 0.5  # Overlap of a corrected box with a detected line that means the same line


class NothingToLearnError(ValueError):
    """There are too few corrections to teach and to measure."""


def corrected_lines(labels: LabelSet, folder: Path | str, model: LoadedModel) -> LineSet:
    """Return the labeled lines of corrections as the reader takes them.

    A line is cut out the way the service cut it: along the baseline of the detected line that
    lies there. Where none does, its box is cut out, as for an upload of one line.

    Args:
        labels: The corrections.
        folder: Where their images are.
        model: Whose detector finds the lines.
    """
    images, texts, writers = [], [], []
    for page in labels.pages:
        labeled = [line for line in page.lines if line.status == "labeled" and line.text]
        if not labeled:
            continue
        gray = open_page_image(Path(folder) / page.image)
        for line, prepared in zip(labeled, _cut(gray, labeled, model), strict=True):
            if prepared is not None:
                images.append(prepared)
                texts.append(line.text)
                writers.append(page.writer or "unknown")
    boxes = [np.zeros((len(text), 4), np.float32) for text in texts]
    return LineSet(images, texts, writers, boxes, [np.zeros(len(text), bool) for text in texts])


def _cut(
    gray: np.ndarray, labeled: Sequence[LabeledLine], model: LoadedModel
) -> list[np.ndarray | None]:
    page, whole = prepare_page(gray), (0, 0, gray.shape[1], gray.shape[0])
    found, images = model.reader.cut_lines(page, model.reader.detector.maps(page).lines())
    overlaps = box_iou([line.box for line in found], [line.box for line in labeled])
    cut: list[np.ndarray | None] = []
    for k, line in enumerate(labeled):
        uploaded = np.allclose(line.box, whole, atol=1)  # A line that was sent as such
        if overlaps[:, k].max(initial=0) >= SAME_PLACE and not uploaded:
            cut.append(images[overlaps[:, k].argmax()])
            continue
        left, top, right, bottom = np.round(np.maximum(line.box, 0)).astype(int)
        try:
            cut.append(model.recognizer.preparation.prepare(gray[top:bottom, left:right]))
        except ValueError:  # Without ink there is nothing to learn
            cut.append(None)
    return cut


def split_lines(lines: LineSet, every: int = HELD_BACK) -> tuple[LineSet, LineSet]:
    """Return lines to learn from and lines held back; a text is on one side alone.

    Raises:
        NothingToLearnError: There are too few lines, or too few different texts.
    """
    texts = list(dict.fromkeys(lines.texts))
    if len(lines) < LEAST_LINES or len(texts) < every:
        raise NothingToLearnError(
            f"{len(lines)} corrected lines with {len(texts)} different texts are there; at least "
            f"{LEAST_LINES} lines are needed, and {every} texts. Correct some more on the page."
        )
    held_back = set(texts[every - 1 :: every])
    back = np.array([text in held_back for text in lines.texts])
    return lines[~back], lines[back]


def teach(weights: str | Path, lines: LineSet, updates: int | None = None, seed: int = 0) -> Any:
    """Return the notebook's reader after it learned corrected lines; see `experiments.adaptation`.

    Args:
        weights: The reader to begin from, by name or path.
        lines: Corrected lines to learn from.
        updates: Batches; by default what so many lines are worth.
        seed: Of the choice of lines.
    """
    from shared.experiments.adaptation import Adapter
    from shared.recognizer import LineTextRecognizer

    return Adapter(LineTextRecognizer.load(weights)).adapt(lines, updates, seed=seed)


def write_candidate(reader: Any, name: str, like: LoadedModel, folder: Path | str) -> Path:
    """Write a taught reader as a model file that the service can swap in.

    Confidence and normal traffic are those of the model it came from, and the file says so;
    `data/make/measure_traffic.py` measures the traffic anew.
    """
    from shared.service.exporting.conversion import convert_line
    from shared.service.exporting.model_file import Description, describe

    content = convert_line(reader, name)
    described = Description.of(content, name).measured_as(like.description, like.version)
    return write_atomically(Path(folder) / f"{name}.onnx", describe(content, described))


@dataclass(frozen=True)
class Improvement:
    """What one turn of the loop gave.

    Attributes:
        verdict: What the gate said.
        file: The candidate's model file, or None where the gate refused it.
        learned: Lines it learned from.
    """

    verdict: Verdict
    file: Path | None
    learned: int


def improve(
    labels: LabelSet,
    folder: Path | str,
    line: Path | str,
    detector: Path | str,
    models: Path | str,
    weights: str | Path = "reader",
    name: str = "line_corrected",
    updates: int | None = None,
    seed: int = 0,
) -> Improvement:
    """Go through the loop once, up to the model file; swapping it in is a decision of its own.

    Args:
        labels: The corrections.
        folder: Where their images are.
        line: Model file of the line reader that is served.
        detector: Model file of the detector.
        models: Folder for the candidate.
        weights: The weights that the served reader was made from.
        name: Of the candidate.
        updates: Batches to learn from.
        seed: Of the choice of lines.

    Raises:
        NothingToLearnError: Too few corrections.
        ModelFileError: The weights are not those of the served reader.
    """
    served = load_model(line, detector)
    lines = corrected_lines(labels, folder, served)
    learned, held_back = split_lines(lines)
    reader = teach(weights, learned, updates, seed)
    begun = reader.card.get("adapted", {}).get("from")
    if begun != served.description.weights_sha256:
        raise ModelFileError(
            f"The served model was not made from the weights {weights}: the candidate would be "
            "compared with a stranger. Name the weights it was exported from."
        )
    verdict = judge(served.recognizer, reader, held_back, seed=seed)
    file = write_candidate(reader, name, served, models) if verdict.passes else None
    return Improvement(verdict, file, len(learned))
