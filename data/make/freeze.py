"""Freeze the test sets: `python data/make/freeze.py`.

To be run by a person who means to change what every number in the course is measured on. It
writes the files and prints the lines for `FROZEN` in shared/lines.py and in
shared/pages/frozen.py, and for data/README.md.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from shared import lines, pen, sentences
from shared.pages import Page, compose_pages, frozen
from shared.paths import DATA, write_atomically

SEED = 2032  # the first from 2027 on whose 300 texts differ and hold every character
SEED_OF_PAGES = 3002  # the first from 3001 on with 95 lines or more in every set
NUM_LINES = 300
PER_CLASS = 20
KINDS = ("lines", "characters", "pages")
JPEG_QUALITY = 80
HEIGHTS = ("x_height", "ascent", "descent")  # Columns of the array `heights`


def make_frozen(kinds: Sequence[str] = KINDS, folder: Path = DATA / "samples") -> dict[str, str]:
    """Write frozen test sets.

    Args:
        kinds: which of "lines", "characters" and "pages".
        folder: where the files go; existing ones are replaced, each whole or not at all.

    Returns:
        The SHA-256 over the arrays of each file.
    """
    found = {}
    if "lines" in kinds:
        made = lines.compose_lines(NUM_LINES, "test", SEED)
        check_texts(made.texts, "test")
        made.save(folder / "lines_test.npz")
        found["lines_test.npz"] = lines.content_hash(made.arrays())
    if "characters" in kinds:
        letters = lines.characters("test", PER_CLASS, SEED)
        letters.save(folder / "characters_test.npz")
        found["characters_test.npz"] = lines.content_hash(letters.arrays())
    if "pages" in kinds:
        sets = compose_frozen_pages(SEED_OF_PAGES)
        for pages in sets.values():
            check_texts([line.text for page in pages for line in page.lines], "test")
        found["pages_test.npz"] = save_pages(sets, folder / "pages_test.npz")
    return found


def check_texts(texts: list[str], split: str) -> None:
    """Assert that texts can be encoded and belong to a split.

    Raises:
        AssertionError: A text belongs to another split.
        shared.alphabet.UnknownCharacterError: A character is no printable ASCII.
    """
    from shared.alphabet import ASCII

    for text in texts:
        ASCII.encode(text)
        assert sentences.split_of(text) == split, (
            f"{text!r} belongs to the {sentences.split_of(text)} texts"
        )


def compose_frozen_pages(seed: int, count: int = 10, fewest: int = 5) -> dict[str, list[Page]]:
    """Write the pages of every frozen set.

    Args:
        seed: everything follows from it.
        count: pages of a set; its hands are taken far apart.
        fewest: lines of a page; pages with fewer would count as much as whole ones.
    """
    made = {}
    for number, (name, (grade, split)) in enumerate(frozen.SETS.items()):
        writers = pen.hands(split)
        writers = writers[:: max(1, len(writers) // count)]
        drawn = compose_pages(4 * count, grade, "test", seed + number, writers[:count])
        long = [page for page in drawn if len(page.lines) >= fewest]
        made[name] = [
            next(page for page in long if page.writer == hand.name) for hand in writers[:count]
        ]
    return made


def pack(sets: dict[str, Sequence[Page]]) -> dict[str, np.ndarray]:
    """Return pages as plain arrays, images as JPEG, everything else without loss."""
    pages = [page for group in sets.values() for page in group]
    written = [line for page in pages for line in page.lines]
    images = [
        cv2.imencode(".jpg", page.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].ravel()
        for page in pages
    ]
    return {
        "sets": np.array([name.encode() for name, group in sets.items() for _ in group], "S"),
        "grades": np.array([page.grade.encode() for page in pages], "S"),
        "writers": np.array([page.writer.encode() for page in pages], "S"),
        "jpegs": np.concatenate([np.zeros(0, np.uint8), *images]),
        "jpeg_lengths": np.array([len(image) for image in images], np.int32),
        "owners": np.concatenate([np.zeros(0, np.uint8), *(p.owner.ravel() for p in pages)]),
        "shapes": np.array([page.owner.shape for page in pages], np.int32).reshape(-1, 2),
        "num_lines": np.array([len(page.lines) for page in pages], np.int32),
        "texts": np.array([line.text.encode("ascii") for line in written], "S"),
        "baselines": np.concatenate([np.zeros((0, 2)), *(line.baseline for line in written)]),
        "baseline_lengths": np.array([len(line.baseline) for line in written], np.int32),
        "boxes": np.array([line.box for line in written]).reshape(-1, 4),
        "heights": np.array([[getattr(line, name) for name in HEIGHTS] for line in written]),
    }


def save_pages(sets: dict[str, Sequence[Page]], path: Path) -> str:
    """Write pages to an .npz file, whole or not at all, and return the hash of the arrays."""
    arrays = pack(sets)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomically(path, buffer.getvalue())
    return lines.content_hash(arrays)


def main() -> None:
    """Ask for a plain yes on the command line, write, and print the hashes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"which of {', '.join(KINDS)}")
    parser.add_argument("--yes", action="store_true", help="replace the frozen sets")
    asked = parser.parse_args()
    if unknown := set(asked.kinds) - set(KINDS):
        parser.error(f"there is no kind {', '.join(sorted(unknown))}; choose of {', '.join(KINDS)}")
    if not asked.yes:
        parser.error("this replaces the frozen test sets; say --yes if that is meant")
    for name, digest in make_frozen(asked.kinds or KINDS).items():
        print(f'    "{name}": "{digest}",')


if __name__ == "__main__":
    main()
