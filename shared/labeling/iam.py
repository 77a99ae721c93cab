"""Reading the IAM handwriting database from where a user has it.

Its layout (Marti and Bunke 2002, "The IAM-database: an English sentence database for offline
handwriting recognition", IJDAR 5, pages 39-46): `ascii/` holds lists of lines, words and forms,
`xml/` one file a form, and `lines/a01/a01-000u/a01-000u-00.png` the images. In a line's text a `|`
stands for the gap between two words or signs. The database is registered to its users and is not
part of this course; nothing here fetches it.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from shared.labeling.label_files import decode
from shared.labeling.records import LabelError
from shared.labeling.validation import Problem

NO_SPACE_BEFORE = set(".,;:!?)")
NO_SPACE_AFTER = set("(")
KINDS = {"lines": 9, "words": 9}  # Fields of an entry, the text being the last


class IamEntry(NamedTuple):
    """A line or a word of the database.

    Attributes:
        id: Such as `a01-000u-00`, or `a01-000u-00-00` for a word.
        form: The page it stands on, such as `a01-000u`.
        writer: Number of the writer, or None where no list names it.
        ok: Whether the database calls its segmentation right; of the others most are usable.
        box: Left, top, right, bottom on the form, in pixels.
        text: What it says, with spaces where a person puts them.
        image: Its image; it may be missing or damaged, see `check_images`.
    """

    id: str
    form: str
    writer: str | None
    ok: bool
    box: tuple[float, float, float, float]
    text: str
    image: Path


class Iam(NamedTuple):
    """What was read from the database.

    Attributes:
        entries: Lines or words, in the order of the list.
        problems: Lines of the list that could not be understood.
    """

    entries: list[IamEntry]
    problems: list[Problem]


def read_iam(root: Path | str, kind: str = "lines") -> Iam:
    """Read the list of lines or of words.

    Args:
        root: The folder that holds `ascii`, `xml` and `lines` or `words`.
        kind: `"lines"` or `"words"`.

    Raises:
        FileNotFoundError: The list is not there; the message says what belongs where.
        LabelError: Another kind, or a list of another encoding.
    """
    if kind not in KINDS:
        raise LabelError(f"The kind {kind!r} is unknown; use 'lines' or 'words'.")
    root = Path(root)
    path = _found(root, f"{kind}.txt")
    writers = read_writers(root)
    texts = _texts_of_xml(root) if kind == "lines" else {}
    entries, problems = [], []
    for number, row in _rows(path):
        try:
            entry = _entry(row, kind, root, writers)
        except ValueError as error:
            message = f"Line {number} of {path.name} was left out: {error}"
            problems.append(Problem("error", "bad_entry", path.name, None, message))
            continue
        # The transcription of the form keeps the spaces that the list has lost
        entries.append(entry._replace(text=texts.get(entry.id, entry.text)))
    return Iam(entries, problems)


def read_writers(root: Path | str) -> dict[str, str]:
    """Return the writer of every form, from `forms.txt` and, where that lacks one, from `xml/`.

    Raises:
        LabelError: The two name different writers for a form.
    """
    root = Path(root)
    writers: dict[str, str] = {}
    listing = _find(root, "forms.txt")
    for _, row in _rows(listing) if listing else ():
        fields = row.split()
        if len(fields) >= 2:
            writers[fields[0]] = fields[1]
    for path in _xml_files(root):
        form = _form(path)
        if form is None:
            continue
        name, writer = form.get("id") or path.stem, form.get("writer-id")
        if writer and writers.get(name, writer).lstrip("0") != writer.lstrip("0"):
            raise LabelError(
                f"The form {name} is by writer {writers[name]} in {listing.name} and by {writer} "
                f"in {path.name}. A split by writers needs one answer: mend one of the files."
            )
        if writer:
            writers.setdefault(name, writer)
    return writers


def readable_text(text: str) -> str:
    """Return a list's text as a person writes it: `|` is a gap, signs stand close to their word.

    Which of two quotation marks opens cannot be told from the list alone: they alternate.

    Example:
        >>> readable_text('He|said|,|"|go|!|"|(|twice|)')
        'He said, "go!" (twice)'
    """
    result = ""
    glued = True  # No gap before the next token
    quoted = False
    for token in html.unescape(text).split("|"):
        if not token:
            continue
        closes = token in NO_SPACE_BEFORE or token == "..." or (token == '"' and quoted)
        result += token if glued or closes else f" {token}"
        glued = token in NO_SPACE_AFTER or (token == '"' and not quoted)
        quoted ^= token == '"'
    return result


def check_images(entries: list[IamEntry]) -> tuple[list[IamEntry], list[Problem]]:
    """Return the entries whose image can be read to its end, and what is wrong with the others.

    Every image is decoded; two of the real words are damaged, which a look at the size misses.
    """
    from shared.recognizer import UnreadableImageError, open_page_image

    good, problems = [], []
    for entry in entries:
        try:
            open_page_image(entry.image)
        except FileNotFoundError:
            message = f"The image {entry.image.name} is missing in {entry.image.parent}."
            problems.append(Problem("error", "missing_image", entry.form, entry.id, message))
        except UnreadableImageError as error:
            problems.append(Problem("error", "unreadable_image", entry.form, entry.id, str(error)))
        else:
            good.append(entry)
    return good, problems


def read_split(path: Path | str) -> list[str]:
    """Return the ids of forms or lines in an official list such as `trainset.txt`, in order.

    Raises:
        FileNotFoundError: There is no such list.
    """
    return [row.split()[0] for _, row in _rows(Path(path))]


def split_iam(
    entries: list[IamEntry], lists: dict[str, list[str]]
) -> tuple[dict[str, list[IamEntry]], list[Problem]]:
    """Return the entries by the part of a split, and check that no writer is in two parts.

    Args:
        entries: Lines or words.
        lists: For every part the ids of its forms, or of its lines.

    Returns:
        The entries of each part, and a note on those that are in no part.

    Raises:
        LeakError: A writer, or an id, is in two parts.
        LabelError: An entry of a part has no writer, so that nothing could be promised.
    """
    from shared.labeling.splits import LeakError

    part_of: dict[str, str] = {}
    for part, names in lists.items():
        for name in names:
            if part_of.setdefault(name, part) != part:
                raise LeakError(f"{name} is in two parts of the split, {part_of[name]} and {part}.")
    parts: dict[str, list[IamEntry]] = {part: [] for part in lists}
    seen: dict[str, tuple[str, str]] = {}
    without = []
    for entry in entries:
        line = "-".join(entry.id.split("-")[:3])
        part = next((part_of[k] for k in (entry.id, line, entry.form) if k in part_of), None)
        if part is None:
            without.append(entry.id)
            continue
        if entry.writer is None:
            raise LabelError(f"{entry.id} has no writer in forms.txt or xml/, so it may leak.")
        other, form = seen.setdefault(entry.writer, (part, entry.form))
        if other != part:
            raise LeakError(
                f"Writer {entry.writer} is in two parts: {other} ({form}) and {part} "
                f"({entry.form}). Use lists that are disjoint by writer."
            )
        parts[part].append(entry)
    problems = []
    if without:
        message = f"{len(without)} entries are in no part of the split, {without[0]} first."
        problems.append(Problem("warning", "in_no_part", "", None, message))
    return parts, problems


def _entry(row: str, kind: str, root: Path, writers: dict[str, str]) -> IamEntry:
    # A word: id status gray x y w h tag text; a line: id status gray components x y w h text
    fields = row.split(maxsplit=KINDS[kind] - 1)
    if len(fields) < KINDS[kind]:
        raise ValueError(f"it has {len(fields)} of {KINDS[kind]} fields: {row[:60]!r}")
    name, status = fields[:2]
    if status not in ("ok", "er", "err"):
        raise ValueError(f"its flag is {status!r}, not 'ok' or 'err'")
    first = 4 if kind == "lines" else 3
    left, top, width, height = (float(field) for field in fields[first : first + 4])
    pieces = name.split("-")
    if len(pieces) < (3 if kind == "lines" else 4):
        raise ValueError(f"{name!r} is no id such as a01-000u-00")
    form = "-".join(pieces[:2])
    image = root / kind / pieces[0] / form / f"{name}.png"
    box = (left, top, left + width, top + height)
    text = readable_text(fields[-1])
    return IamEntry(name, form, writers.get(form), status == "ok", box, text, image)


def _rows(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of the rows that are neither empty nor a comment."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no list {path}.")
    for number, row in enumerate(decode(path.read_bytes(), path.name).splitlines(), 1):
        # A comment is "#" or "#---"; an entry never begins with it, though its text may
        if row.strip() and not row.startswith("#"):
            yield number, row.strip()


def _find(root: Path, name: str) -> Path | None:
    return next((path for path in (root / "ascii" / name, root / name) if path.is_file()), None)


def _found(root: Path, name: str) -> Path:
    path = _find(root, name)
    if path is None:
        raise FileNotFoundError(
            f"There is no {name} in {root / 'ascii'}. The IAM database has to be unpacked so that "
            f"{root.name}/ascii/lines.txt, {root.name}/xml/ and {root.name}/lines/ exist; it is "
            "free for research after registration with its makers."
        )
    return path


def _xml_files(root: Path) -> list[Path]:
    return sorted((root / "xml").glob("*.xml"))


def _form(path: Path) -> ET.Element | None:
    try:
        form = ET.fromstring(path.read_bytes())
    except ET.ParseError as error:
        raise LabelError(f"{path.name} is no XML: {error}. Unpack it again.") from None
    return form if form.tag == "form" else None


def _texts_of_xml(root: Path) -> dict[str, str]:
    """Return the text of every line as the forms' files give it, entities resolved."""
    texts = {}
    for path in _xml_files(root):
        form = _form(path)
        for line in form.iter("line") if form is not None else ():
            # The parser resolves &quot; once; the files hold some that were escaped twice
            text = html.unescape(line.get("text") or "")
            if line.get("id") and text:
                texts[line.get("id")] = re.sub(r"\s+", " ", text).strip()
    return texts
