"""Read the real handwriting that measures a reader, or trains one, and is not part of the course.

The folder is laid out as `real_lines/SOURCE/` (labels.json and lines_NN.npz, JPEG files end to
end) and `real_handwriting/pages/` (images and labels.json). Where it comes from: data/README.md.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

WORDS_IN_A_ROW = 4


class RealLines(NamedTuple):
    """Lines of real handwriting: uint8 (height, width) dark on light, texts in ASCII, writers."""

    images: list[np.ndarray]
    texts: list[str]
    writers: list[str]


class RealPages(NamedTuple):
    """Pages of real handwriting: image files, texts whose line breaks are not known, writers."""

    paths: list[Path]
    texts: list[str]
    writers: list[str]


def real_lines(data: Path, source: str, split: str) -> RealLines:
    """Return the lines of one source and split; the consent lines of copiste are left out.

    Args:
        data: The folder with real data.
        source: A folder of `real_lines`, such as "lathrop".
        split: "train" or "val".

    Raises:
        FileNotFoundError: The folder has no such source.
    """
    entries = [entry for entry in _labels(data, source) if entry["split"] == split]
    return RealLines(
        list(_images(data / "real_lines" / source, entries)),
        [entry["text"] for entry in entries],
        [entry["writer"] for entry in entries],
    )


def csafe_pages(data: Path, half: str) -> RealPages:
    """Return the pages of one half of the CSAFE writers, "development" or "test".

    Of the 15 writers in order, counted from 0, the 7 at odd places are for development.
    """
    folder = data / "real_handwriting" / "pages"
    labels = json.loads(_existing(folder / "labels.json").read_text(encoding="utf-8"))
    names = sorted(name for name in labels if name.startswith("csafe"))
    writers = sorted({labels[name]["writer"] for name in names})
    chosen = {"development": writers[1::2], "test": writers[0::2]}[half]
    names = [name for name in names if labels[name]["writer"] in chosen]
    return RealPages(
        [folder / name for name in names],
        [labels[name]["prompt_text_no_line_breaks"] for name in names],
        [labels[name]["writer"] for name in names],
    )


def unlike_training(data: Path, texts: Sequence[str]) -> list[bool]:
    """Return for each text whether no training line has four of its words in a row."""
    sources = sorted(path.parent.name for path in (data / "real_lines").glob("*/labels.json"))
    entries = (entry for source in sources for entry in _labels(data, source))
    return unlike(texts, (entry["text"] for entry in entries if entry["split"] == "train"))


def unlike(texts: Iterable[str], others: Iterable[str]) -> list[bool]:
    """Return for each text whether no other has four of its words in a row."""
    known = set().union(*map(_runs, others))
    return [known.isdisjoint(_runs(text)) for text in texts]


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {path}. Give the folder that holds real_lines/ and real_handwriting/; "
            "data/README.md says where they come from."
        )
    return path


def _labels(data: Path, source: str) -> list[dict[str, Any]]:
    path = _existing(data / "real_lines" / source / "labels.json")
    entries = json.loads(path.read_text(encoding="utf-8"))
    return [entry for entry in entries if not entry.get("boilerplate")]


def _images(folder: Path, entries: list[dict[str, Any]]) -> Iterable[np.ndarray]:
    shards: dict[str, tuple[bytes, np.ndarray]] = {}
    for entry in entries:
        if entry["shard"] not in shards:
            with np.load(folder / entry["shard"]) as stored:
                shards[entry["shard"]] = stored["jpeg"].tobytes(), stored["offsets"]
        content, offsets = shards[entry["shard"]]
        start, end = offsets[entry["index"] : entry["index"] + 2]
        yield np.asarray(Image.open(io.BytesIO(content[start:end])).convert("L"))


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[k : k + WORDS_IN_A_ROW]) for k in range(len(words) - WORDS_IN_A_ROW + 1)}
