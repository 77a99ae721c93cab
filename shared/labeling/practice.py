"""Pages to practice on where nobody has labeled any: true labels, and annotators that err.

Everything here is simulated by the pens and says so. A simulated annotator shows what a fault in
labels does; how often people make it is measured on people.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.labeling.bias import Planted, misread
from shared.labeling.label_files import write_labels
from shared.labeling.page_files import page_of
from shared.labeling.records import LabeledLine, LabeledPage, LabelSet, label_set
from shared.paths import write_atomically

if TYPE_CHECKING:
    from shared.pages import Page

MARGIN = 3.0  # Pixels that a careful annotator leaves around the ink


def save_pages(pages: Sequence[Page], folder: Path | str, annotator: str = "pens") -> LabelSet:
    """Write composed pages as PNG files and return their true labels.

    Args:
        pages: From `compose_pages` or `write_page`.
        folder: Where `page_01.png`, `page_02.png` ... are written; a file that is there already
            with the same pixels is left alone.
        annotator: Whose labels these are.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    labeled = []
    for number, page in enumerate(pages, 1):
        path = folder / f"page_{number:02}.png"
        if not path.exists() or path.read_bytes() != _png(page.image):
            write_atomically(path, _png(page.image))
        lines = tuple(_true_line(k, page, annotator) for k in range(len(page.lines)))
        labeled.append(replace(page_of(path, folder, page.writer, lines), status="done"))
    return label_set(labeled, "written by pens; every label is true")


def add_page(label_file: Path | str, image: np.ndarray, writer: str | None = None) -> LabelSet:
    """Return the labels of a file with an open page for an image, added if it is not there.

    The image is stored beside the file under a name made of its content, so that another
    photograph becomes another page, and what was labeled stays as it is.

    Args:
        label_file: Made if there is none.
        image: uint8 (height, width).
        writer: Whose hand it is.
    """
    from shared.labeling.widget.session import LabelSession

    label_file, payload = Path(label_file), _png(image)
    path = label_file.with_name(f"page_{hashlib.sha256(payload).hexdigest()[:8]}.png")
    labels = LabelSession(label_file).labels if label_file.exists() else label_set()
    if any(page.image == path.name for page in labels.pages):
        return labels
    write_atomically(path, payload)
    labels = labels.with_page(page_of(path, path.parent, writer))
    write_labels(label_file, labels)
    return labels


def _png(image: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png")
    return buffer.getvalue()


def _true_line(index: int, page: Page, annotator: str) -> LabeledLine:
    line = page.lines[index]
    height, width = page.image.shape
    left, top, right, bottom = (float(value) for value in line.box)
    box = (max(0.0, left - MARGIN), max(0.0, top - MARGIN),
           min(float(width), right + MARGIN), min(float(height), bottom + MARGIN))  # fmt: skip
    return LabeledLine(f"l{index + 1:02}", box, line.text, "labeled", annotator=annotator)


def shift_texts(page: LabeledPage) -> LabeledPage:
    """Return a page on which every text stands one line too high, as if the first was skipped.

    The last line is called labeled all the same, and has no text.
    """
    texts = [line.text for line in page.lines[1:]] + [None]
    lines = [
        replace(line, text=text, status="labeled")
        for line, text in zip(page.lines, texts, strict=True)
    ]
    return replace(page, lines=tuple(lines))


def hurried_labels(
    truth: LabelSet, shifted: int = 2, typos: float = 0.1, seed: int = 0
) -> LabelSet:
    """Return labels as a hurried annotator leaves them.

    Args:
        truth: True labels.
        shifted: How many of the pages with most lines have their texts one line too high.
        typos: Share of the other lines that get one plausible wrong character.
        seed: Says which lines, and how they change.
    """
    longest = sorted(truth.pages, key=lambda page: -len(page.lines))[:shifted]
    rng = np.random.default_rng(seed)

    def typed(page: LabeledPage, line: LabeledLine) -> LabeledLine:
        if page in longest or rng.random() >= typos:
            return line
        return replace(line, text=misread(line.text, rng))

    labels = replace(truth.edited(typed), note="typed in a hurry (simulated)")
    for page in longest:
        labels = labels.with_page(shift_texts(page))
    return labels


def second_annotator(truth: LabelSet, seed: int = 0) -> LabelSet:
    """Return the labels of another simulated person: looser boxes, habits and slips of their own.

    They write no final punctuation, drop a line here and there, call a hard one unreadable, and
    mistype one in ten.
    """
    rng = np.random.default_rng(seed)

    def seen(page: LabeledPage, line: LabeledLine) -> LabeledLine | None:
        chance = rng.random()
        if chance < 0.04:
            return None
        box = _jittered(line.box, page, rng)
        text: str | None = line.text.rstrip(".,;:!?")
        if chance < 0.08:
            text = None
        elif chance < 0.18:
            text = misread(text, rng)
        status = "unreadable" if text is None else "labeled"
        return replace(line, box=box, text=text, status=status, annotator="second")

    return replace(truth.edited(seen), note="by a second annotator (simulated)")


def _jittered(box: tuple, page: LabeledPage, rng: np.random.Generator) -> tuple:
    height = box[3] - box[1]
    moved = np.array(box) + rng.normal(0, 0.08 * height, 4)
    limits = np.array([page.width, page.height] * 2, float)
    return tuple(np.clip(moved, 0, limits).tolist())


def checked_by_someone(
    proposals: LabelSet, planted: Sequence[Planted], missing: float, seed: int = 0
) -> LabelSet:
    """Return proposals after a simulated person has gone through them.

    Args:
        proposals: With planted errors; see `bias.plant_errors`.
        planted: What was planted.
        missing: How probable it is that the person lets an error pass: an assumption.
        seed: Of the chances.
    """
    rng = np.random.default_rng(seed)
    right = {(one.page, one.line): one.right for one in planted if rng.random() >= missing}

    def checked(page: LabeledPage, line: LabeledLine) -> LabeledLine:
        text = right.get((page.image, line.id), line.text)
        status = "labeled" if line.text else line.status
        return replace(line, text=text, status=status, annotator="simulated")

    pages = proposals.edited(checked).pages
    return replace(proposals, pages=tuple(replace(page, status="done") for page in pages))
