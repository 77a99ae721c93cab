"""Repairs that need no judgment, each one told; what a person has to decide is left alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from shared.alphabet import ASCII, Alphabet
from shared.labeling.label_files import decode, keep_before, parse_labels
from shared.labeling.records import LabeledLine, LabeledPage, LabelError, LabelSet, free_id
from shared.labeling.validation import describe
from shared.paths import write_atomically

Told = Callable[[str, str], None]
#: What word processors put in the place of keys; an accent is another letter and stays
TYPED = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2026": "...", "\ufb01": "fi", "\ufb02": "fl", "\u00a0": " ", "\u2009": " ",
    "\u202f": " ", "\u3000": " ", "\t": " ", "\u00ad": "", "\u200b": "", "\ufeff": "",
}  # fmt: skip


class Repair(NamedTuple):
    """One thing that was changed, with its place.

    Attributes:
        code: The problem it answers, as `validate` names it.
        page: The image.
        line: The line's id after the repair.
        message: What was there, and what is there now.
    """

    code: str
    page: str
    line: str
    message: str


def repair(label_set: LabelSet, alphabet: Alphabet = ASCII) -> tuple[LabelSet, list[Repair]]:
    """Return the labels with what can be mended without looking at the image, and what was done.

    Corners in the wrong order are swapped, boxes cut off at the edge of the page, twice-used ids
    told apart, spaces at the ends removed, and typographic signs become those of the keyboard.
    Nothing is deleted: a box outside the page, twins and empty texts are for a person.

    Args:
        label_set: Labels that `read_labels` accepted.
        alphabet: Characters that stay as they are.
    """
    done: list[Repair] = []
    taken = {page.image: {line.id for line in page.lines} for page in label_set.pages}
    seen: set[tuple[str, str]] = set()

    def mended(page: LabeledPage, line: LabeledLine) -> LabeledLine:
        def told(code: str, message: str) -> None:
            done.append(Repair(code, page.image, line.id, message))

        old = line.id
        if (page.image, old) in seen:
            line = replace(line, id=free_id(old, taken[page.image]))
            taken[page.image].add(line.id)
            told("duplicate_id", f"The second line {old!r} is called {line.id!r} now.")
        seen.add((page.image, line.id))
        box = _mended_box(line, page, told)
        return replace(line, box=box, text=line.text and _mended_text(line.text, alphabet, told))

    return label_set.edited(mended), done


def repair_file(path: Path | str) -> list[str]:
    """Bring a label file in another encoding to UTF-8, in its place, and say what was done.

    The original is kept beside it under a number. A file that is UTF-8 already is left alone.

    Raises:
        FileNotFoundError: There is no such file.
        LabelError: It would not be a label file even then; it is left as it was.
    """
    path = Path(path)
    data = path.read_bytes()
    text, done = _as_text(data)
    if not done:
        return []
    parse_labels(text, path.name)
    kept = keep_before(path)
    write_atomically(path, text)
    return [*done, f"The original is kept as {kept.name}."]


def _as_text(data: bytes) -> tuple[str, list[str]]:
    try:
        return decode(data, "the file"), []
    except LabelError:
        pass  # So it is not what it says, or says nothing: each line may be from Windows
    lines, done = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            try:
                text = line.decode("cp1252")
            except UnicodeDecodeError as error:
                raise LabelError(
                    f"Line {number} is neither UTF-8 nor Windows-1252: byte 0x"
                    f"{line[error.start]:02x} in column {error.start + 1} means nothing there."
                ) from error
            foreign = ", ".join(dict.fromkeys(describe(c) for c in text if ord(c) > 127))
            lines.append(text)
            done.append(f"Line {number} was read as Windows-1252 and holds {foreign}; look at it.")
    return "\n".join(lines), done


def _mended_box(line: LabeledLine, page: LabeledPage, told: Told) -> tuple[float, ...]:
    left, top, right, bottom = line.box
    box = min(left, right), min(top, bottom), max(left, right), max(top, bottom)
    if box != line.box:
        told("empty_box", f"The corners {line.box} were in another order: {box}.")
    inside = box[0] < page.width and box[1] < page.height and box[2] > 0 and box[3] > 0
    cut = (max(box[0], 0.0), max(box[1], 0.0))
    cut += (min(box[2], float(page.width)), min(box[3], float(page.height)))
    if inside and cut != box:
        told("over_the_edge", f"The box {box} was cut off at the edge: {cut}.")
    return cut if inside else box


def _mended_text(text: str, alphabet: Alphabet, told: Told) -> str:
    typed = "".join(c if c in alphabet else TYPED.get(c, c) for c in text)
    if typed != text:
        changed = [c for c in dict.fromkeys(text) if c not in alphabet and c in TYPED]
        named = ", ".join(f"{describe(c)} became {TYPED[c]!r}" for c in changed)
        told("unknown_character", f"In {text!r}, {named}.")
    plain = re.sub(" {2,}", " ", typed).strip(" ") or typed
    if plain != typed:
        told("stray_space", f"The spaces of {typed!r} became {plain!r}.")
    return plain
