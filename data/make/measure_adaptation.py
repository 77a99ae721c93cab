"""Measure what a few lines of a new writer teach the reader; see data/samples/adaptation.json.

The writers are those of the validation lines with enough lines of their own: in no training line,
and in no choice of a setting (that was made on writers with fewer lines). Of each, some lines are
drawn twice to learn from; the others are read before and after, greedily and, where they are
English, with the language model. Three people copied two English texts: one page is learned from,
line by line as the reader finds them, and the pages of the other text are read. What was measured
is kept: started again, it goes on.

Example:
  python data/make/measure_adaptation.py --data FOLDER --readings FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import compress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import reading_texts
from measure_hands import default_settings
from real_lines import RealLines, csafe_pages, real_lines, unlike

from shared.experiments.adaptation import Adapter, own_lines
from shared.experiments.adaptation.adapting import prepared
from shared.lines import LineSet, compose_lines
from shared.metrics import align, bootstrap_interval, edit_distance
from shared.pages import LineDetector, PageReader, prepare_page
from shared.pages.image_files import open_page_image
from shared.paths import DATA, write_atomically
from shared.preparation import Preparation
from shared.recognizer import LineTextRecognizer

RECORD = DATA / "samples" / "adaptation.json"
#: Lines to learn from; no English writer of the validation lines has sixteen and more to be read
LINES = {"lathrop": 9, "copiste": 16, "testaments": 16}
PAGES = "csafe"
ENGLISH = ("lathrop", PAGES)
LEFT = 6  # Lines that a writer needs beside those
DRAWS = 2
OTHERS = 40  # Lines by others, real ones and pens' each, for what is forgotten
SEED = 16


def writers(lines: RealLines, learned: int) -> list[str]:
    """Return who has lines enough to learn from and to be read."""
    counts = Counter(lines.writers)
    return sorted(writer for writer in counts if counts[writer] >= learned + LEFT)


def split(lines: RealLines, writer: str, learned: int, draw: int) -> tuple[list[int], list[int]]:
    """Return which lines are learned from and which are read.

    The two share no text, and no four words in a row.
    """
    members = [k for k, its in enumerate(lines.writers) if its == writer]
    order = np.random.default_rng([SEED, draw]).permutation(members).tolist()
    known = {lines.texts[k] for k in order[:learned]}
    rest = [k for k in order[learned:] if lines.texts[k] not in known]
    return order[:learned], list(compress(rest, unlike([lines.texts[k] for k in rest], known)))


def chosen(lines: RealLines, which: Sequence[int], preparation: Preparation) -> LineSet:
    """Return some lines, prepared."""
    images, texts = ([column[k] for k in which] for column in lines[:2])
    return own_lines(images, texts, lines.writers[which[0]], preparation)


class Passage(NamedTuple):
    """A text and the lines that it stands on, prepared."""

    text: str
    images: Sequence[np.ndarray]


def passages(lines: LineSet) -> list[Passage]:
    """Return each line as a passage of its own."""
    return [Passage(text, [image]) for text, image in zip(lines.texts, lines.images, strict=True)]


def page_passage(pages: PageReader, path: Path, text: str) -> Passage:
    """Return the lines that are found on a page."""
    page = prepare_page(open_page_image(path))
    _, images = pages.cut_lines(page, pages.detector.maps(page).lines())
    return Passage(" ".join(text.split()), images)


def share_out(text: str, readings: Sequence[str]) -> list[str]:
    """Return which words of a text stand on each line, by what was read of the lines.

    Example:
        >>> share_out("one two three four", ["ane twu", "thee fonr"])
        ['one two', 'three four']
    """
    words, line = text.split(), 0
    letters: list[Counter[int]] = [Counter() for _ in words]
    word = 0
    for _, expected, found in align(" ".join(words), "\n".join(readings)):
        line += found == "\n"
        word += expected == " "
        if expected not in ("", " "):
            letters[word][line] += 1
    shares: list[list[str]] = [[] for _ in readings]
    for its, each in zip(letters, words, strict=True):
        shares[its.most_common(1)[0][0]].append(each)
    return [" ".join(share) for share in shares]


def copied_pages(data: Path, pages: PageReader) -> dict[str, tuple[LineSet, list[Passage]]]:
    """Return by writer the lines of one text to learn from, and the pages of the other one."""
    groups: dict[str, dict[str, list[Path]]] = {}
    for half in ("development", "test"):
        for path, text, writer in zip(*csafe_pages(data, half), strict=True):
            groups.setdefault(writer, {}).setdefault(text, []).append(path)
    found = {}
    for writer, texts in sorted(groups.items()):
        if len(texts) != 2:
            continue
        learned, read = sorted(texts, key=lambda text: len(texts[text]))
        page = page_passage(pages, texts[learned][0], learned)
        readings = pages.recognizer.read_many(page.images)
        pairs = [
            (image, share)
            for image, share, reading in zip(
                page.images, share_out(learned, readings), readings, strict=True
            )
            if share and edit_distance(share, reading) < 0.5 * len(share)  # Else cut badly
        ]
        images, shares = zip(*pairs, strict=True)
        mine = own_lines(images, shares, writer, pages.recognizer.preparation)
        found[writer] = mine, [page_passage(pages, path, read) for path in texts[read]]
    return found


def count(
    reader: LineTextRecognizer, found: Sequence[Passage], decoders: dict[str, Any]
) -> dict[str, int]:
    """Return the edits of all passages together, by the name of the decoder."""
    edits = dict.fromkeys(decoders, 0)
    for text, images in found:
        logits = reader.logits_many(images)
        for name, decode in decoders.items():
            edits[name] += edit_distance(text, " ".join(map(decode, logits)))
    return edits


def measure(
    adapter: Adapter, mine: LineSet, left: Sequence[Passage], cell: dict[str, Any],
    others: dict[str, Sequence[Passage]],
) -> dict[str, Any]:  # fmt: skip
    """Adapt to a writer's lines and read what is left.

    Args:
        adapter: Holds the reader.
        mine: Lines to learn from.
        left: What is read.
        cell: Source, writer and draw.
        others: What others wrote, by kind.
    """
    reader = adapter.reader
    greedy = {"greedy": reader.decode}
    decoders = greedy | ({"language": reader.decoder} if cell["source"] in ENGLISH else {})
    wall, processor = time.perf_counter(), time.process_time()
    adapted = adapter.adapt(mine, seed=cell["draw"])
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return {
        **cell,
        "learned": len(mine),
        "characters": sum(len(text) for text, _ in left),
        "before": count(reader, left, decoders),
        "after": count(adapted, left, decoders),
        "others": {name: count(adapted, each, greedy)["greedy"] for name, each in others.items()},
        "seconds": round(wall, 1),
        "processor_seconds": round(processor, 1),
    }


def summary(cells: Sequence[dict[str, Any]], edits: Sequence[int]) -> dict[str, Any]:
    """Return the error rate of all lines, its interval by writers, and the writers' own rates."""
    lengths = [cell["characters"] for cell in cells]
    names = [f"{cell['source']} {cell['writer']}" for cell in cells]
    sums = {name: np.zeros(2) for name in names}
    for name, wrong, length in zip(names, edits, lengths, strict=True):
        sums[name] += wrong, length
    rates = [wrong / length for wrong, length in sums.values()]
    return {
        "cer": round(sum(edits) / sum(lengths), 4),
        "interval": [round(x, 4) for x in bootstrap_interval(edits, lengths, names, SEED)],
        "median": round(median(rates), 4),
        "upper_quartile": round(float(np.quantile(rates, 0.75)), 4),
    }


def summaries(record: dict[str, Any], peer: dict[str, Sequence[int]]) -> dict[str, Any]:
    """Return a summary of each source, and of all that learn from sixteen lines.

    Args:
        record: With its cells.
        peer: Edits of the peer on every line of a source.
    """
    groups = {
        name: [cell for cell in record["cells"] if cell["source"] == name]
        for name in (*LINES, PAGES)
    }
    groups["sixteen lines"] = [
        cell for cell in record["cells"] if LINES.get(cell["source"]) == 16
    ]  # fmt: skip
    found = {}
    for name, cells in groups.items():
        if not cells:
            continue
        scores = {
            f"{when}, {how}": summary(cells, [cell[when][how] for cell in cells])
            for how in cells[0]["before"]
            for when in ("before", "after")
        }
        if all(cell["source"] in peer for cell in cells):
            edits = [sum(peer[cell["source"]][k] for k in cell["read"]) for cell in cells]
            scores["rapidocr"] = summary(cells, edits)
        found[name] = {
            "writers": len({cell["writer"] for cell in cells}),
            "learned": median(cell["learned"] for cell in cells),
            "read": sum(len(cell["read"]) for cell in cells),
            "scores": scores,
            "others": {
                kind: {
                    "before": record["others"][kind]["cer"],
                    "after": round(
                        sum(cell["others"][kind] for cell in cells)
                        / record["others"][kind]["characters"]
                        / len(cells),
                        4,
                    ),
                }
                for kind in record["others"]
            },
            "seconds": median(cell["seconds"] for cell in cells),
            "processor_seconds": median(cell["processor_seconds"] for cell in cells),
        }
    return found


def other_lines(data: Path, preparation: Preparation) -> dict[str, list[Passage]]:
    """Return lines by real writers who are adapted to by nobody, and by pens."""
    images, texts, names = [], [], []
    for source, learned in LINES.items():
        lines = real_lines(data, source, "val")
        taken = set(writers(lines, learned))
        for image, text, writer in zip(*lines, strict=True):
            if writer not in taken:
                images.append(image)
                texts.append(text)
                names.append(writer)
    order = np.random.default_rng(SEED).permutation(len(texts))[:OTHERS]
    real = chosen(RealLines(images, texts, names), order.tolist(), preparation)
    pens = prepared(compose_lines(OTHERS, "validation", 1), preparation)
    return {"real": passages(real), "pens": passages(pens)}


def peer_edits(folder: Path, data: Path) -> dict[str, list[int]]:
    """Return the edits of RapidOCR, read by measure_reading.py, on every line of a source.

    Raises:
        SystemExit: The readings are of other lines.
    """
    rows = json.loads((folder / "rapidocr.json").read_text(encoding="utf-8"))
    found = {}
    for source in LINES:
        its = [row for row in rows if row["source"] == source]
        if [row["text"] for row in its] != real_lines(data, source, "val").texts:
            raise SystemExit(
                f"{folder / 'rapidocr.json'} has other lines of {source}; read them again: "
                "measure_reading.py --reader rapidocr --readings FOLDER."
            )
        found[source] = [edit_distance(row["text"], row["read"]) for row in its]
    return found


def command(words: Sequence[str]) -> str:
    """Return the command that was given, without the names of this machine's folders."""
    words = list(words)
    for option in ("--data", "--readings"):
        if option in words:
            words[words.index(option) + 1] = option.strip("-").upper()
    return shlex.join(["python", "data/make/measure_adaptation.py", *words])


def main(words: Sequence[str] | None = None) -> int:
    """Measure one writer and draw after the other, and keep each."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--data", type=Path, required=True, help="the folder with real data")
    parser.add_argument("--readings", type=Path, help="where RapidOCR's readings were kept")
    parser.add_argument("--model", default="reader", help="its name, or its weights")
    parser.add_argument("--minutes", type=float, default=np.inf, help="begin no writer later")
    words = list(sys.argv[1:] if words is None else words)
    arguments = parser.parse_args(words)
    if hasattr(os, "sched_setaffinity"):  # Seconds are those of two cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    begun = time.perf_counter()
    reader = LineTextRecognizer.load(arguments.model)
    adapter = Adapter(reader)
    about = {
        "sha256": reader.card["sha256"],
        "settings": default_settings(reader.preparation),
        "draws": DRAWS,
    }
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    if {key: record.get(key) for key in about} != about:
        record = {**about, "cells": []}
    others = other_lines(arguments.data, reader.preparation)
    peer = peer_edits(arguments.readings, arguments.data) if arguments.readings else {}
    record["others"] = {}
    for name, lines in others.items():
        wrong = count(reader, lines, {"": reader.decode})[""]
        length = sum(len(text) for text, _ in lines)
        record["others"][name] = {"characters": length, "cer": round(wrong / length, 4)}
    sources = {name: real_lines(arguments.data, name, "val") for name in LINES}
    done = {(cell["source"], cell["writer"], cell["draw"]) for cell in record["cells"]}
    copied = copied_pages(arguments.data, PageReader(LineDetector.load(), reader))
    todo = [(PAGES, writer, 0) for writer in copied] + [
        (source, writer, draw)
        for draw in range(DRAWS)
        for source, learned in LINES.items()
        for writer in writers(sources[source], learned)
    ]
    todo = [its for its in todo if its not in done]
    for k, (source, writer, draw) in enumerate(todo):
        if time.perf_counter() - begun > 60 * arguments.minutes:
            print(f"{len(todo) - k} of {len(todo)} are left; the same command goes on.")
            break
        if source == PAGES:
            mine, left = copied[writer]
            read = list(range(len(left)))
        else:
            learned, read = split(sources[source], writer, LINES[source], draw)
            mine = chosen(sources[source], learned, reader.preparation)
            left = passages(chosen(sources[source], read, reader.preparation))
        cell = {"source": source, "writer": writer, "draw": draw, "read": read}
        cell = measure(adapter, mine, left, cell, others)
        record["cells"].append(cell)
        record |= {
            "date": datetime.now(UTC).date().isoformat(),
            "command": command(words),
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("tensorflow", "keras", "numpy")},
            },
            "summary": summaries(record, peer),
        }
        write_atomically(RECORD, json.dumps(record, indent=1) + "\n")
        rates = [f"{cell[when]['greedy'] / cell['characters']:.1%}" for when in ("before", "after")]
        print(source, writer, *rates, f"{cell['seconds']} s", flush=True)
    record["summary"] = summaries(record, peer)
    write_atomically(RECORD, json.dumps(record, indent=1) + "\n")
    reading_texts.main()
    for name, its in record["summary"].items():
        print(f"{name}: {its['writers']} writers, {its['learned']} lines each")
        for how, score in its["scores"].items():
            low, high = score["interval"]
            print(
                f"  {how:<18}{score['cer']:6.1%} ({low:.1%} to {high:.1%}), median "
                f"{score['median']:.1%}, upper quartile {score['upper_quartile']:.1%}"
            )
        for kind, rates in its["others"].items():
            print(f"  others, {kind:<10}{rates['before']:6.1%} before, {rates['after']:.1%} after")
        print(
            f"  {its['seconds']:.0f} s on two cores, {its['processor_seconds']:.0f} s of CPU time"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
