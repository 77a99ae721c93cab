"""Fit the reader's confidence on real development lines, and keep the numbers in its card.

    python data/make/fit_confidence.py --data FOLDER
    labs export --out data/models

Lines: `val` of Copiste d'un jour and of the Lathrop letters, and the development half of the CSAFE
pages; no reader learned from their writers. French is read greedily, English with the language
model. Every figure that is kept is of writers whom the numbers behind it were not fitted on: five
folds of writers for the weights, and the threshold of each fold from the other four. Then weights
and thresholds are fitted once more on all. Limits come from lines that are read well; a threshold
is never below what an image that is no upright line reached.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from real_lines import csafe_pages, real_lines

from shared.metrics import align, bootstrap_interval, edit_distance
from shared.pages import PageReader, open_page_image, prepare_page
from shared.pages.clutter import clutter
from shared.pages.confidence import LEAST_ACCEPTED, NEVER, Evidence, Promise, evidence
from shared.paths import DATA, write_atomically
from shared.service.acceptance import LEAST_CHARACTERS, Limits
from shared.service.confidence import (
    calibration_error,
    chance_error,
    conformal_threshold,
    fit_weights,
)
from shared.service.reading import turned_sureness

FOLDS, SEED = 5, 1
AT_MOST = {"characters": 0.02, "lines": 0.1}  # The first decides what a service accepts
READ_WELL = 0.1  # Largest error rate of a line that the limits are learned from
ODD_WIDTHS = 0.01  # Share of lines read well whose width may be called odd
NEARLY_TURNED = 0.02  # Share of them that may be called upside down
TURNED_LINES, PICTURES = 400, 400
ABOVE = 0.001  # How far a threshold lies above the surest of them
CSAFE = "CSAFE handwriting samples, read to fit the confidence; no image of them is passed on"


class ReadLine(NamedTuple):
    """A line that was read: `wrong` edits against a truth of `size` characters."""

    source: str
    writer: str
    text: str
    wrong: int
    size: int
    known: Evidence | None
    turned: float


def read_lines(reader: PageReader, data: Path) -> Iterator[ReadLine]:
    """Read the development lines."""
    lines = reader.recognizer
    for source, decoder in (("copiste", lines.decode), ("lathrop", lines.decoder)):
        images, texts, writers = real_lines(data, source, "val")
        prepared = [lines.preparation.prepare(image) for image in images]
        every = zip(prepared, lines.logits_many(prepared), texts, writers, strict=True)
        for image, logits, text, writer in every:
            said = decoder(logits)
            yield _line(reader, source, writer, logits, image, said, (text, None))
    for path, text, writer in zip(*csafe_pages(data, "development"), strict=True):
        page = prepare_page(open_page_image(path))
        _, images = reader.cut_lines(page, reader.detector.maps(page).lines())
        all_logits = lines.logits_many(images)
        said = [lines.decoder(logits) for logits in all_logits]
        shares = share_out(" ".join(text.split()), said)
        for image, logits, one, share in zip(images, all_logits, said, shares, strict=True):
            yield _line(reader, "csafe", writer, logits, image, one, share)


def _line(
    reader: PageReader, source: str, writer: str, logits: np.ndarray, image: np.ndarray,
    said: str, truth: tuple[Any, int | None],
) -> ReadLine:  # fmt: skip
    text, wrong = truth
    size = text if wrong is not None else len(text)
    wrong = edit_distance(text, said) if wrong is None else wrong
    known = evidence(reader.recognizer, logits, image, said)
    turned = turned_sureness(reader.recognizer, image)
    return ReadLine(source, writer, said, wrong, size, known, turned)


def share_out(text: str, lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return each line's part of a page's text without line breaks: characters, and edits.

    Args:
        text: The page's.
        lines: What was read, in order.
    """
    whole = " ".join(lines)
    owners = [k for k, line in enumerate(lines) for _ in f"{line} "][: len(whole)]
    sizes, wrong = np.zeros((2, len(lines)), dtype=int)
    place = 0
    for operation, expected, found in align(text, whole):
        owner = owners[min(place, len(owners) - 1)]
        sizes[owner] += len(expected)
        wrong[owner] += operation != "equal"
        place += len(found)
    return list(zip(sizes.tolist(), wrong.tolist(), strict=True))


def read_no_lines(reader: PageReader, data: Path) -> Iterator[ReadLine]:
    """Read images that are no upright line: lines and pages turned, and pieces of pictures."""
    lines, rng = reader.recognizer, np.random.default_rng(SEED)
    images = [
        image for name in ("copiste", "lathrop") for image in real_lines(data, name, "val")[0]
    ]
    chosen = [images[k] for k in rng.permutation(len(images))[:TURNED_LINES]]
    others = [np.rot90(image, quarters).copy() for image in chosen for quarters in (1, 2, 3)]
    others += [_piece(255 - clutter(rng), rng) for _ in range(PICTURES)]
    prepared = []
    for image in others:
        try:
            prepared.append(lines.preparation.prepare(image))
        except ValueError:  # No ink: refused before anything is read
            continue
    for path in csafe_pages(data, "development").paths:
        gray = prepare_page(open_page_image(path)).gray
        for quarters in (1, 2, 3):
            page = prepare_page(np.rot90(gray, quarters).copy())
            prepared += reader.cut_lines(page, reader.detector.maps(page).lines())[1]
    for image, logits in zip(prepared, lines.logits_many(prepared), strict=True):
        yield _line(reader, "none", "", logits, image, lines.decoder(logits), (0, 0))


def _piece(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = (int(rng.integers(20, size + 1)) for size in picture.shape)
    top, left = (
        int(rng.integers(size - part + 1))
        for size, part in zip(picture.shape, (height, width), strict=True)
    )
    return picture[top : top + height, left : left + width].copy()


def choose_limits(lines: Sequence[ReadLine]) -> Limits:
    """Return the limits that nearly all lines keep that are read well."""
    well = [
        line
        for line in lines
        if line.known and line.wrong <= READ_WELL * line.size
        and len(line.text.replace(" ", "")) >= LEAST_CHARACTERS
    ]  # fmt: skip
    widths = [line.known.width for line in well]
    narrowest, widest = np.quantile(widths, [ODD_WIDTHS / 2, 1 - ODD_WIDTHS / 2])
    ahead = [line.known.log_p / line.known.length - line.turned for line in well]
    least = max(0.0, float(np.quantile(ahead, NEARLY_TURNED)))
    return Limits(round(float(narrowest), 3), round(float(widest), 3), round(least, 4))


def keeps(limits: Limits, line: ReadLine) -> bool:
    """Return whether no limit speaks against a line."""
    doubt = limits.doubt(line.text, line.known)
    return doubt is None and not limits.may_be_turned(line.known, line.turned)


def fit(lines: Sequence[ReadLine], others: Sequence[ReadLine]) -> dict[str, Any]:
    """Return what the card says of confidence."""
    lines = [line for line in lines if line.known and line.size]
    features = np.array([line.known.features for line in lines])
    wrong = np.array([min(line.wrong, line.size) for line in lines])
    sizes = np.array([line.size for line in lines])
    right = wrong == 0
    writers = [f"{line.source} {line.writer}" for line in lines]
    names = np.random.default_rng(SEED).permutation(sorted(set(writers))).tolist()
    folds = np.array([names.index(writer) % FOLDS for writer in writers])
    sure = np.empty(len(lines))
    for fold in range(FOLDS):
        weights = fit_weights(features[folds != fold], right[folds != fold])
        sure[folds == fold] = _sigmoid(features[folds == fold], weights)
    weights = fit_weights(features, right)
    limits = choose_limits(lines)
    allowed = np.array([keeps(limits, line) for line in lines])
    passed = [line.known.features for line in others if keeps(limits, line)]
    surest = float(_sigmoid(np.array(passed), weights).max()) if passed else 0.0
    promises = []
    for counted, at_most in AT_MOST.items():
        losses = (wrong, sizes) if counted == "characters" else (~right, np.ones(len(lines), int))
        promises.append(
            _promise(counted, at_most, sure, allowed, losses, folds, writers, surest + ABOVE)
        )
    measured = {
        "lines": len(lines),
        "writers": len(names),
        "cer": round(float(wrong.sum() / sizes.sum()), 4),
        "right": round(float(right.mean()), 4),
        "calibration_error": round(calibration_error(sure, right), 4),
        "calibration_error_by_chance": round(chance_error(sure), 4),
        "sources": {
            source: {
                "lines": int(its.sum()),
                "right": round(float(right[its].mean()), 4),
                "mean_confidence": round(float(sure[its].mean()), 4),
            }
            for source in ("copiste", "lathrop", "csafe")
            for its in [np.array([line.source == source for line in lines])]
        },
        "no_lines": {
            "images": len(others),
            "within_limits": len(passed),
            "surest": round(surest, 4),
        },
    }
    return {
        "weights": [round(float(weight), 5) for weight in weights],
        "promises": [promise.__dict__ for promise in promises],
        "limits": limits.__dict__,
        "measured": measured,
        "attribution": "The first and third line of this card, and " + CSAFE,
        "command": "python data/make/fit_confidence.py --data DATA",
    }


def _promise(
    counted: str, at_most: float, sure: np.ndarray, allowed: np.ndarray,
    losses: tuple[np.ndarray, np.ndarray], folds: np.ndarray, writers: list[str], floor: float,
) -> Promise:  # fmt: skip
    """Choose a threshold, and measure it with each fold's lines under that of the other folds."""

    def threshold(chosen: np.ndarray) -> float:
        chosen = chosen & allowed
        if not chosen.any():
            return NEVER
        return max(conformal_threshold(sure[chosen], *(x[chosen] for x in losses), at_most), floor)

    accepted = np.zeros(len(sure), bool)
    for fold in range(FOLDS):
        accepted |= allowed & (folds == fold) & (sure >= threshold(folds != fold))
    bad, sizes = (x[accepted].astype(int) for x in losses)
    its = [writer for writer, kept in zip(writers, accepted, strict=True) if kept]
    bound = bootstrap_interval(bad, sizes, its, SEED)[1] if its else 1.0
    enough = accepted.sum() >= LEAST_ACCEPTED
    return Promise(
        counted, at_most, round(threshold(allowed), 5) if enough else NEVER, int(accepted.sum()),
        len(sure), round(float(bad.sum() / max(1, sizes.sum())), 4), round(bound, 4),
    )  # fmt: skip


def _sigmoid(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(features @ weights[:-1] + weights[-1], -500, 500)))


def main() -> None:
    """Write `confidence` into the card of `data/models/reader.weights.h5`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with real data")
    options = parser.parse_args()
    reader = PageReader.load()
    lines = list(read_lines(reader, options.data))
    print(f"{len(lines)} lines are read", flush=True)
    fitted = fit(lines, list(read_no_lines(reader, options.data)))
    path = DATA / "models" / "reader.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    write_atomically(path, json.dumps({**card, "confidence": fitted}, indent=2) + "\n")
    print(json.dumps(fitted["measured"], indent=1))
    for promise in fitted["promises"]:
        print(f"{Promise(**promise)}; wrong {promise['wrong']:.1%}, up to {promise['bound']:.1%}")


if __name__ == "__main__":
    main()
