"""Measure readers on real handwriting, and keep the figures in data/samples/reading.json.

Our reader is measured with and without its language model, the peers in environments of their
own. README, Lab 5 and the model card say what is in the file: `reading_texts.py`. A reader
that is not named keeps the figures it has.

Examples:
  python data/make/measure_reading.py --data FOLDER
  python data/make/measure_reading.py --data FOLDER --reader rapidocr --python PYTHON
  python data/make/measure_reading.py --data FOLDER --gate --model new.weights.h5
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import compress
from pathlib import Path
from statistics import quantiles
from typing import Any

import numpy as np
import reading_texts
from freeze import NUM_LINES
from freeze import SEED as TEST_SEED
from PIL import Image
from real_lines import csafe_pages, real_lines, unlike_training

from shared.lines import compose_lines, frozen_lines
from shared.metrics import align, bootstrap_interval, edit_distance, word_error_rate
from shared.paths import DATA, write_atomically

RECORD = DATA / "samples" / "reading.json"
OURS = ("small", "ours", "ours_with_language")
PEERS = ("rapidocr", "tesseract")
SEED = 1
#: Characters of the invented lines that a gain elsewhere may not cost
KINDS: dict[str, Callable[[str], bool]] = {
    "digits": str.isdigit,
    "capitals": str.isupper,
    "small letters": str.islower,
    "punctuation": lambda c: not c.isalnum() and c != " ",
}


@dataclass(frozen=True)
class Source:
    """What is read: images (or image files, of pages), what they say, who wrote them.

    Where `unlike` is given, the lines that it marks are scored by themselves, too.
    """

    images: Sequence[Any]
    texts: Sequence[str]
    writers: Sequence[str]
    pages: bool = False
    unlike: Sequence[bool] | None = None


def sources(data: Path) -> dict[str, Source]:
    """Return everything that is measured, by name."""
    lines = frozen_lines()
    found = {"invented": Source(lines.images, lines.texts, lines.writers)}
    large = compose_lines(NUM_LINES, "test", TEST_SEED, height=64)  # Not squeezed into 32 rows
    found["invented_large"] = Source(large.images, large.texts, large.writers)
    for half in ("development", "test"):
        found[f"csafe_{half}"] = Source(*csafe_pages(data, half), pages=True)
    for name in ("lathrop", "copiste", "testaments"):
        lines = real_lines(data, name, "val")
        found[name] = Source(*lines, unlike=unlike_training(data, lines.texts))
    return found


def score(texts: Iterable[str], readings: Iterable[str], writers: Iterable[str]) -> dict[str, Any]:
    """Return error rates: edits of all lines over their characters, case and spaces count.

    The interval draws writers again; the quartiles are of the writers' own rates.
    """
    texts, readings, writers = list(texts), list(readings), list(writers)
    edits = [edit_distance(*pair) for pair in zip(texts, readings, strict=True)]
    lengths = [len(text) for text in texts]
    closed = [[text.replace(" ", "") for text in each] for each in (texts, readings)]
    closed_edits = sum(edit_distance(*pair) for pair in zip(*closed, strict=True))
    by_writer: dict[str, list[int]] = {}
    for writer, wrong, length in zip(writers, edits, lengths, strict=True):
        pair = by_writer.setdefault(writer, [0, 0])
        pair[0], pair[1] = pair[0] + wrong, pair[1] + length
    rates = [wrong / length for wrong, length in by_writer.values()]
    return {
        "lines": len(texts),
        "writers": len(by_writer),
        "characters": sum(lengths),
        "cer": round(sum(edits) / sum(lengths), 4),
        "interval": [round(x, 4) for x in bootstrap_interval(edits, lengths, writers, SEED)],
        "cer_without_spaces": round(closed_edits / sum(map(len, closed[0])), 4),
        "wer": round(word_error_rate(texts, readings), 4),
        "quartiles": [
            round(x, 4) for x in (quantiles(rates, n=4) if len(rates) > 1 else rates * 3)
        ],
    }


def misread_kinds(texts: Sequence[str], readings: Sequence[str]) -> dict[str, float]:
    """Return the share of the digits, capitals and so on that are changed or missing."""
    counts = {kind: [0, 0] for kind in KINDS}
    for pair in zip(texts, readings, strict=True):
        for operation, expected, _ in align(*pair):
            for kind, belongs in KINDS.items():
                if expected and belongs(expected):
                    counts[kind][0] += operation != "equal"
                    counts[kind][1] += 1
    return {kind: round(wrong / max(1, n), 4) for kind, (wrong, n) in counts.items()}


def read_ours(model: str, found: dict[str, Source], with_language: bool) -> dict[str, Any]:
    """Read everything with our reader, one line or page after the other."""
    from shared.language import BeamDecoder
    from shared.pages import LineDetector, PageReader
    from shared.pages.image_files import open_page_image
    from shared.recognizer import LineTextRecognizer

    reader = LineTextRecognizer.load(model)
    reader.decoder = BeamDecoder.load() if with_language else reader.decode
    page_reader = PageReader(LineDetector.load(), reader)

    def read_page(path: Path) -> str:
        return " ".join(page_reader.read(open_page_image(path)).text.split())

    texts, seconds, counts = {}, {"line": 0.0, "page": 0.0}, {"line": 0, "page": 0}
    for name, source in found.items():
        kind, read = ("page", read_page) if source.pages else ("line", reader.read)
        read(source.images[0])  # Compiles the network
        begun = time.process_time()
        texts[name] = [read(image) for image in source.images]
        seconds[kind] += time.process_time() - begun
        counts[kind] += len(source.images)
    weights = Path(model) if model.endswith(".h5") else DATA / "models" / f"{model}.weights.h5"
    size = weights.stat().st_size
    size += (DATA / "models" / "english.npz").stat().st_size if with_language else 0
    decoding = reader.decoder.model.card["decoder"] if with_language else None
    return {
        "texts": texts,
        "language_model": decoding,
        "seconds_a_line": seconds["line"] / counts["line"],
        "seconds_a_page": seconds["page"] / counts["page"],
        "bytes": {
            "lines": size,
            "pages": size + (DATA / "models" / "detector_small.weights.h5").stat().st_size,
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("tensorflow", "keras", "numpy")},
        },
        "model": weights.name.removesuffix(".weights.h5"),
        "sha256": reader.card["sha256"],
    }


def read_peer(name: str, python: str, found: dict[str, Source]) -> dict[str, Any]:
    """Read everything with a peer, in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        paths: dict[str, list[str]] = {}
        for source_name, source in found.items():
            paths[source_name] = [
                str(image) if source.pages else _as_png(Path(folder) / f"{source_name}_{k}", image)
                for k, image in enumerate(source.images)
            ]
        kinds = {
            kind: [p for s in found if found[s].pages == (kind == "pages") for p in paths[s]]
            for kind in ("lines", "pages")
        }
        given, out = Path(folder) / "given.json", Path(folder) / "out.json"
        given.write_text(json.dumps(kinds), encoding="utf-8")
        script = Path(__file__).with_name("peer_reading.py")
        subprocess.run([python, script, name, given, out], check=True)
        result = json.loads(out.read_text(encoding="utf-8"))
    left = {kind: iter(result.pop(kind)) for kind in ("lines", "pages")}
    texts = {
        source_name: [next(left["pages" if source.pages else "lines"]) for _ in source.images]
        for source_name, source in found.items()
    }
    return {"texts": texts, **result}


def _as_png(path: Path, image: np.ndarray) -> str:
    """Write a line dark on light, as people photograph it; the invented ones are light on dark."""
    if np.median(image) < 128:
        image = 255 - image
    Image.fromarray(image).save(path.with_suffix(".png"))
    return str(path.with_suffix(".png"))


def figures(read: dict[str, Any], found: dict[str, Source]) -> dict[str, Any]:
    """Return the scores of a reader in place of its texts."""
    texts = read.pop("texts")
    scores = {}
    for name, source in found.items():
        columns = source.texts, texts[name], source.writers
        scores[name] = score(*columns)
        if source.unlike:
            scores[f"{name}_unlike"] = score(*(compress(each, source.unlike) for each in columns))
    for name in ("invented", "invented_large"):
        scores[name]["kinds"] = misread_kinds(found[name].texts, texts[name])
    return {**read, "network_needed": False, "scores": scores}


def compare(old: dict[str, Any], new: dict[str, Any]) -> tuple[list[str], bool]:
    """Return a line per source and kind, before and after, and whether none got worse.

    Raises:
        SystemExit: The record was measured on other lines.
    """
    for name, its in new["scores"].items():
        sizes = [
            [each[key] for key in ("lines", "characters")] for each in (old["scores"][name], its)
        ]
        if sizes[0] != sizes[1]:
            raise SystemExit(
                f"The record of {name} has {sizes[0][0]} lines with {sizes[0][1]} characters, this "
                f"run {sizes[1][0]} with {sizes[1][1]}; give the data that the record is from."
            )
    pairs = {name: (old["scores"][name]["cer"], s["cer"]) for name, s in new["scores"].items()}
    for kind, after in new["scores"]["invented"]["kinds"].items():
        pairs[f"invented, {kind}"] = old["scores"]["invented"]["kinds"][kind], after
    lines = [
        f"{name:<28}{before:8.1%}{after:8.1%}{'  worse' if after > before else ''}"
        for name, (before, after) in pairs.items()
    ]
    return lines, all(after <= before for before, after in pairs.values())


def main(words: Sequence[str] | None = None) -> int:
    """Measure what is asked for; return 1 if the gate stays shut."""
    arguments = parse(words)
    if hasattr(os, "sched_setaffinity"):  # Figures are per thread; peers inherit it
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found = sources(arguments.data)
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    if arguments.gate and (missing := [name for name in arguments.reader if name not in record]):
        raise SystemExit(
            f"{RECORD} has no figures of {missing[0]}; measure it without --gate first."
        )
    passed = True
    for name in arguments.reader:
        if name in OURS:
            model = "line_small" if name == "small" else arguments.model
            read = read_ours(model, found, with_language=name == "ours_with_language")
        else:
            read = read_peer(name, arguments.python, found)
        if arguments.readings:
            _keep_readings(arguments.readings, name, read["texts"], found)
        new = {
            "date": datetime.now(UTC).date().isoformat(),
            "command": _command(words),
            **figures(read, found),
        }
        if arguments.gate:
            lines, kept = compare(record[name], new)
            print("\n".join([f"{name}: before, after", *lines]), flush=True)
            passed = passed and kept
        else:
            record[name] = new
            write_atomically(RECORD, json.dumps(record, indent=1) + "\n")
            for source, s in new["scores"].items():
                print(f"{name:<20}{source:<20}CER {s['cer']:.1%}, WER {s['wer']:.1%}", flush=True)
    if arguments.gate:
        print("The gate opens." if passed else "The gate stays shut: a source got worse.")
    else:
        reading_texts.main()
        print("Now write it into the README and the labs: .ci/check/readme.py, then labs build")
    return 0 if passed else 1


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Return what was asked for."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--data", type=Path, required=True, help="the folder with real data")
    parser.add_argument("--reader", nargs="+", default=OURS, choices=(*OURS, *PEERS))
    parser.add_argument("--model", default="reader", help="our model: a name, or its weights")
    parser.add_argument("--python", default=sys.executable, help="Python of a peer's environment")
    parser.add_argument("--readings", type=Path, metavar="FOLDER", help="keep the texts read")
    parser.add_argument(
        "--gate", action="store_true", help="compare with the record; write nothing"
    )
    arguments = parser.parse_args(words)
    if arguments.model.endswith(".h5") and not arguments.gate:
        parser.error("only a model of data/models is recorded; compare a file with --gate.")
    return arguments


def _command(words: Sequence[str] | None) -> str:
    """Return the command that was given, without the names of this machine's folders."""
    words = list(sys.argv[1:] if words is None else words)
    for option in ("--data", "--python", "--readings"):
        if option in words:
            words[words.index(option) + 1] = option.strip("-").upper()
    return shlex.join(["python", "data/make/measure_reading.py", *words])


def _keep_readings(
    folder: Path, name: str, texts: dict[str, list[str]], found: dict[str, Source]
) -> None:
    rows = [
        {"source": source, "writer": writer, "text": text, "read": read}
        for source, its in found.items()
        for writer, text, read in zip(its.writers, its.texts, texts[source], strict=True)
    ]
    write_atomically(folder / f"{name}.json", json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
