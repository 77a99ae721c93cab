"""Small label sets and page images for the tests of labeling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from shared.labeling import LabeledLine, LabeledPage, label_set, page_of, write_labels

TEXTS = (
    "Grey fog hid the quay today",
    "Who ate the last plum jam?",
    "Bring 12 eggs and a lemon",
    "We met at half past nine",
    "The kettle is on, come in!",
)


def line(line_id="l1", box=(10, 10, 90, 30), text="two words", status="labeled", **more):
    return LabeledLine(line_id, box, text, status, **more)


def page(*lines, image="pages/a.png", status="done", size=(100, 200), writer="ann", sha="ab" * 32):
    return LabeledPage(image, sha, *size, writer, status, lines)


def page_of_texts(*texts, image="pages/a.png", **more):
    """Return a page whose k-th line says the k-th text."""
    lines = [line(f"l{k}", (10, 40 * k, 390, 40 * k + 30), text) for k, text in enumerate(texts, 1)]
    return page(*lines, image=image, size=(400, 40 * len(texts) + 60), **more)


def draw_page(path: Path, texts=TEXTS, size=(640, 400)) -> list[tuple[int, int, int, int]]:
    """Write an image with printed lines, and return where they are."""
    image = np.full(size[::-1], 235, np.uint8)
    boxes = []
    for k, text in enumerate(texts):
        base = 60 + 60 * k
        cv2.putText(image, text, (30, base), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 30, 2, cv2.LINE_AA)
        (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 2)
        boxes.append((28, base - height - 4, 32 + width, base + below + 2))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return boxes


def labeled_folder(folder: Path, names=("a", "b"), status="done"):
    """Write page images and their labels into a folder, and return the labels."""
    pages = []
    for number, name in enumerate(names):
        path = folder / f"pages/{name}.png"
        texts = TEXTS[: 2 + number % 3]
        boxes = draw_page(path, texts)
        lines = tuple(
            LabeledLine(f"l{k}", box, text, "labeled", annotator="ann")
            for k, (box, text) in enumerate(zip(boxes, texts, strict=True), 1)
        )
        pages.append(replace(page_of(path, folder, f"writer_{name}", lines), status=status))
    labels = label_set(pages)
    write_labels(folder / "labels.json", labels)
    return labels
