"""Make the language model of English, and tune the beam that reads with it.

    python data/make/english.py count --data FOLDER
    python data/make/english.py logits --data FOLDER --reader NAME --logits FILE
    python data/make/english.py tune --logits FILE

FOLDER holds `english_text/` (books as text files, a paragraph a line), `real_lines/` and
`real_handwriting/` (see real_lines.py). `logits` keeps what a reader says of the development
lines, so that `tune` can try many settings in about three minutes. After every new reader run
the last two again. The settings go into the model's card, where `BeamDecoder.load` finds them.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from shared.alphabet import ASCII
from shared.experiments.language_model import Level, count_model
from shared.language import STEP, TOPS, BeamDecoder, CharacterModel
from shared.metrics import character_error_rate
from shared.paths import DATA, write_atomically
from shared.sentences import sample_many

MODEL = DATA / "models" / "english.npz"
BOOKS = {
    "alice": "Lewis Carroll, Alice's Adventures in Wonderland (1865)",
    "american_adventures": "Julian Street, American Adventures (1917)",
    "pride_and_prejudice": "Jane Austen, Pride and Prejudice (1813)",
    "sherlock_holmes": "Arthur Conan Doyle, The Adventures of Sherlock Holmes (1892)",
    "tom_sawyer": "Mark Twain, The Adventures of Tom Sawyer (1876)",
    "war_of_the_worlds": "H. G. Wells, The War of the Worlds (1898)",
}
HELD_OUT = "american_adventures"  # The settings below were chosen on it; all books are counted
COUNTING = {"order": 8, "words": 0.3, "least": 1.5}
SENTENCES = 20_000  # Lines of our own: modern words, names, dates, sums, addresses
CAPITALS = 0.04  # Share of the books' lines that are counted in capitals
WEIGHTS, BONUSES = (0.5, 0.65, 0.8, 0.95, 1.1), (1.2, 1.6, 2.0, 2.4, 2.8)
BLANKS, WIDTHS = (0.0, 0.25, 0.5, 0.75, 1.0), (8, 12, 16, 24)
ENOUGH = 0.02  # A wider beam has to take away more of the errors than this


def book_lines(path: Path, seed: int) -> list[str]:
    """Return a book broken into lines as a hand breaks them, a few of them in capitals."""
    rng, lines = np.random.default_rng(seed), []
    text = path.read_text(encoding="ascii").replace("_", "").replace("--", " - ")
    for paragraph in text.splitlines():
        line, longest = "", rng.integers(20, 70)
        for word in paragraph.split():
            if line and len(line) + 1 + len(word) > longest:
                lines.append(line)
                line, longest = "", rng.integers(20, 70)
            line = f"{line} {word}".lstrip()
        lines += [line] if line else []
    return [line.upper() if rng.random() < CAPITALS else line for line in lines]


def prune(levels: list[Level], least: float) -> None:
    """Leave out runs that hardly change what the shorter context says of their texts.

    Args:
        levels: Smoothed runs; shortened in place.
        least: Nats that a run has to gain on the texts, over all its occurrences; a word's run
            has to occur more than once.
    """
    kept = [np.full(len(level.count), n == 0) for n, level in enumerate(levels)]
    for n in range(len(levels) - 1, 0, -1):
        level, before = levels[n], levels[n - 1]
        gain = level.count * np.abs(
            level.log_p - before.backoff[level.parent] - before.log_p[level.suffix]
        )
        kept[n] |= np.where(level.words, level.count > 1, gain > least)
        kept[n - 1][level.parent[kept[n]]] = True
        kept[n - 1][level.suffix[kept[n]]] = True
    for n in range(len(levels) - 1, 0, -1):
        level, before, gone = levels[n], levels[n - 1], ~kept[n]
        # What goes is handed to the back-off, which then covers more symbols than before
        shorter = np.where(level.words, 0, np.exp(before.log_p[level.suffix]))
        free = 1 - np.bincount(level.parent, shorter, len(before.count))
        lost, more = (
            np.bincount(level.parent[gone], weights[gone], len(before.count))
            for weights in (np.exp(level.log_p), shorter)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (np.exp(before.backoff) * np.maximum(free, 0) + lost) / (free + more)
        before.backoff = np.where(lost > 0, np.log(share), before.backoff)
    for n, level in enumerate(levels):
        for name, values in vars(level).items():
            setattr(level, name, values[kept[n]])
        if n:
            places = np.cumsum(kept[n - 1]) - 1
            level.parent, level.suffix = places[level.parent], places[level.suffix]


def save_model(model: CharacterModel, path: Path | str, card: dict[str, Any]) -> Path:
    """Write `NAME.npz`, logarithms rounded to `STEP`, and its card `NAME.json`."""
    arrays = dict(model.arrays)
    for name, top in TOPS.items():
        arrays[name] = np.clip(np.rint((top - arrays[name]) / STEP), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    text = json.dumps({**model.card, **card}, indent=1) + "\n"
    write_atomically(Path(path).with_suffix(".json"), text)
    return write_atomically(path, file.getvalue())


def count(data: Path) -> None:
    """Count the books and our sentences, and write model and card."""
    books = {
        name: book_lines(data / "english_text" / f"{name}.txt", seed)
        for seed, name in enumerate(sorted(BOOKS))
    }
    ours = sample_many(SENTENCES, 0, "train")
    invented = sample_many(600, 1, "validation")

    def counted(names: Iterable[str], **changes: Any) -> CharacterModel:
        lines = [line for name in names for line in books[name]]
        settings = {**COUNTING, **changes}
        least = settings.pop("least")
        return count_model(lines + ours, **settings, change=lambda levels: prune(levels, least))

    others, held_out = [name for name in books if name != HELD_OUT], books[HELD_OUT][::8]
    bits = {}
    for name, changes in {"this": {}, "without_words": {"words": 0.0}}.items():
        model = counted(others, **changes)
        bits[name] = {
            HELD_OUT: round(model.bits_per_character(held_out), 3),
            "our_validation_sentences": round(model.bits_per_character(invented), 3),
        }
    save_model(counted(books), MODEL, {
        "task": "how likely a printable ASCII character is after those before it, in English",
        "command": "python data/make/english.py count --data FOLDER",
        "counting": COUNTING,
        "texts": {
            "books": list(BOOKS.values()),
            "source": "public domain; Project Gutenberg, by way of the GITenberg repositories",
            "sentences": f"{SENTENCES:,} of shared.sentences, split train",
        },
        "bits_per_character_without_the_held_out_book": bits,
        "limits": "English only, most of it a century old. Read other languages without it.",
    })  # fmt: skip
    print(f"{MODEL}: {MODEL.stat().st_size / 1e6:.2f} MB, {json.dumps(bits)}")


def keep_logits(data: Path, name: str, path: Path) -> None:
    """Write what a reader says of the development lines: Lathrop `val`, half of the CSAFE pages."""
    from real_lines import csafe_pages, real_lines

    from shared.pages import LineDetector, PageReader
    from shared.pages.image_files import open_page_image
    from shared.pages.preparation import prepare_page
    from shared.recognizer import LineTextRecognizer

    reader = LineTextRecognizer.load(name)
    pages = PageReader(LineDetector.load(), reader)
    lines = real_lines(data, "lathrop", "val")
    found = [("lathrop", text, [one]) for text, one in zip(
        lines.texts, reader.logits_many(lines.images), strict=True)]  # fmt: skip
    development = csafe_pages(data, "development")
    for file, text in zip(development.paths, development.texts, strict=True):
        page = prepare_page(open_page_image(file))
        _, prepared = pages.cut_lines(page, pages.detector.maps(page).lines())
        found.append(("csafe", text, reader.logits_many(prepared)))
    save_logits(path, name, found)


def save_logits(path: Path, reader: str, found: list[tuple[str, str, list[np.ndarray]]]) -> None:
    """Write texts, each with its set's name and the logits of its lines."""
    lines = [one for _, _, many in found for one in many]
    records = {"reader": reader, "texts": [(name, text, len(many)) for name, text, many in found]}
    np.savez(
        path,
        records=json.dumps(records),
        logits=np.concatenate(lines),
        frames=[len(one) for one in lines],
    )


class Development:
    """The development lines as logits, and how many errors a decoder makes on them."""

    def __init__(self, path: Path) -> None:
        """Read what `save_logits` wrote."""
        with np.load(path) as file:
            records = json.loads(str(file["records"]))
            lines = iter(np.split(file["logits"], np.cumsum(file["frames"])[:-1]))
        self.reader = records["reader"]
        self.texts = [
            (name, text, [next(lines) for _ in range(count)])
            for name, text, count in records["texts"]
        ]
        self.lines = [one for _, _, many in self.texts for one in many]

    def rates(self, decoder: Any) -> dict[str, float]:
        """Return the character error rate of each set; a page's lines are joined by spaces."""
        pairs: dict[str, list[tuple[str, str]]] = {}
        for name, text, many in self.texts:
            read = " ".join(decoder(one) for one in many)
            pairs.setdefault(name, []).append((" ".join(text.split()), read))
        return {
            name: character_error_rate(*zip(*each, strict=True)) for name, each in pairs.items()
        }


def tune(path: Path) -> None:
    """Choose weight, bonus, blank and width, and write them into the card with what they gain."""
    from shared import ctc

    development, model = Development(path), CharacterModel.load(str(MODEL))
    tried: dict[str, dict[str, float]] = {}

    def rate(**settings: float) -> float:
        key = ", ".join(f"{name} {value:g}" for name, value in settings.items())
        if key not in tried:
            tried[key] = development.rates(BeamDecoder(model, **settings))
            print(key, tried[key], flush=True)
        return float(np.mean(list(tried[key].values())))

    def greedy(logits: np.ndarray) -> str:
        return ASCII.decode(ctc.greedy(ctc.log_softmax(logits))[1])

    best = {"weight": 0.8, "bonus": 2.0, "blank": 0.5, "width": 12}
    pairs = [{"weight": w, "bonus": b} for w in WEIGHTS for b in BONUSES]
    for choices in (pairs, [{"blank": x} for x in BLANKS]):
        best |= min(choices, key=lambda changes: rate(**{**best, **changes}))
    by_width = {width: rate(**{**best, "width": width}) for width in WIDTHS}
    least = min(by_width.values())
    best["width"] = min(w for w, found in by_width.items() if found <= (1 + ENOUGH) * least)
    decoder, started = BeamDecoder(model, **best), time.process_time()
    with_model = development.rates(decoder)
    milliseconds = 1000 * (time.process_time() - started) / len(development.lines)
    card = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    card["decoder"] = best
    card["tuned"] = {
        "reader": development.reader,
        "command": "python data/make/english.py tune --logits FILE",
        "lines": len(development.lines),
        "cer_greedy": {k: round(v, 4) for k, v in development.rates(greedy).items()},
        "cer": {k: round(v, 4) for k, v in with_model.items()},
        "milliseconds_a_line": round(milliseconds, 1),
        "tried": [
            f"{key}: " + ", ".join(f"{name} {value:.1%}" for name, value in rates.items())
            for key, rates in tried.items()
        ],
    }
    MODEL.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({"decoder": best, **{k: card["tuned"][k] for k in ("cer_greedy", "cer")}}))


def main() -> None:
    """Do one of the three steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("count", "logits", "tune"))
    parser.add_argument("--data", type=Path, help="folder with real data, for count and logits")
    parser.add_argument("--reader", default="line_small", help="model whose logits are kept")
    parser.add_argument("--logits", type=Path, help="file outside the repository")
    options = parser.parse_args()
    if options.step != "tune" and options.data is None:
        parser.error(f"{options.step} needs --data FOLDER.")
    if options.step != "count" and options.logits is None:
        parser.error(f"{options.step} needs --logits FILE.")
    if options.step == "count":
        count(options.data)
    elif options.step == "logits":
        keep_logits(options.data, options.reader, options.logits)
    else:
        tune(options.logits)


if __name__ == "__main__":
    main()
