"""Freeze the test sets: `python -m shared.course.freeze`.

To be run by a person who means to change what every number in the course is measured on. It
writes the files and prints the lines for `FROZEN` in shared/lines/composing.py and for
data/README.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from shared import lines, pen
from shared.lines import sentences
from shared.paths import DATA

SEED = 2032  # the first from 2027 on whose 300 texts differ and hold every character
NUM_LINES = 300
PER_CLASS = 20


def make_frozen(folder: Path = DATA / "samples") -> dict[str, str]:
    """Write the frozen test sets.

    Args:
        folder: where the files go; existing ones are replaced, each whole or not at all.

    Returns:
        The SHA-256 over the arrays of each file.
    """
    pen.check_hands(pen.hands("test"))
    made = {
        "lines_test.npz": lines.compose_lines(NUM_LINES, "test", SEED),
        "characters_test.npz": lines.characters("test", PER_CLASS, SEED),
    }
    sentences.check_texts(made["lines_test.npz"].texts, "test")
    for name, contents in made.items():
        contents.save(folder / name)
    return {name: lines.content_hash(contents.arrays()) for name, contents in made.items()}


def main() -> None:
    """Ask for a plain yes on the command line, write, and print the hashes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--yes", action="store_true", help="replace the frozen sets")
    if not parser.parse_args().yes:
        parser.error("this replaces the frozen test sets; say --yes if that is meant")
    for name, digest in make_frozen().items():
        print(f'    "{name}": "{digest}",')


if __name__ == "__main__":
    main()
