"""Freeze the test sets: `python data/make/freeze.py`.

To be run by a person who means to change what every number in the course is measured on. It
writes the files and prints the lines for `FROZEN` in shared/lines.py and in
shared/pages/frozen.py, and for data/README.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from shared import lines, pen, sentences
from shared.pages import Page, compose_pages, frozen
from shared.paths import DATA

SEED = 2032  # the first from 2027 on whose 300 texts differ and hold every character
SEED_OF_PAGES = 3002  # the first from 3001 on with 95 lines or more in every set
NUM_LINES = 300
PER_CLASS = 20
KINDS = ("lines", "characters", "pages")


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
        found["pages_test.npz"] = frozen.save_pages(sets, folder / "pages_test.npz")
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
