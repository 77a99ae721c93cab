"""Label files: UTF-8 JSON with one line of the file for every line of writing.

The order of pages, lines and fields is kept, numbers have at most two decimals, and what has its
default is left out. So the difference of two versions shows the labels that changed, and no more.
"""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from shared.labeling.records import LabeledLine, LabeledPage, LabelError, LabelSet, checked_labels
from shared.paths import write_atomically

_LINE, _PAGE = TypeAdapter(LabeledLine), TypeAdapter(LabeledPage)


def read_labels(path: Path | str) -> LabelSet:
    """Read a label file.

    Args:
        path: The file, or the folder that holds it as `labels.json`.

    Raises:
        FileNotFoundError: There is no such file.
        LabelError: It cannot be read without a guess: another encoding, no JSON, an unknown
            field, status or version. The message names the place.
    """
    path = Path(path)
    path = path / "labels.json" if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no label file at {path}. Label a page first, or check the name; "
            "`labs label FOLDER --propose` makes one from photographs."
        )
    return parse_labels(decode(path.read_bytes(), path.name), path.name)


def parse_labels(text: str, name: str = "the labels") -> LabelSet:
    """Return the labels in a text; `read_labels` for its format and errors."""
    try:
        return checked_labels(json.loads(text))
    except json.JSONDecodeError as error:
        raise LabelError(
            f"{name} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}. "
            "Mend that place, or go back to a version of the file that was whole."
        ) from None
    except LabelError as error:
        raise LabelError(f"{name}: {error}") from None


def write_labels(path: Path | str, labels: LabelSet) -> Path:
    """Write a label file, whole or not at all; the same labels give the same bytes.

    Args:
        path: The file; its folder is created.
        labels: What to write.
    """
    return write_atomically(path, format_labels(labels))


def format_labels(labels: LabelSet) -> str:
    """Return the text of a label file: a line of it for every page and every labeled line."""
    head = [f' "version": {labels.version}']
    head += [f' "note": {_json(labels.note)}'] if labels.note else []
    pages = ",\n".join(_format_page(page) for page in labels.pages)
    pages = f"[\n{pages}\n ]" if pages else "[]"
    return "{\n" + ",\n".join([*head, f' "pages": {pages}']) + "\n}\n"


def decode(data: bytes, name: str) -> str:
    """Return the text of a file that another program may have written.

    A byte order mark says what it is: UTF-8 or UTF-16. Everything else has to be UTF-8.

    Raises:
        LabelError: It is in another encoding; the message says in which line.
    """
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise LabelError(
            f"Line {number} of {name} is not UTF-8: byte 0x{data[error.start]:02x}. Open it with "
            "the encoding it has, often Windows-1252, and save it as UTF-8."
        ) from None


def keep_before(path: Path) -> Path:
    """Copy a file that is about to be replaced to the first free NAME.1.json, NAME.2.json, ..."""
    number = 1
    while (kept := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
        number += 1
    return write_atomically(kept, path.read_bytes())


def _format_page(page: LabeledPage) -> str:
    head = _json(_PAGE.dump_python(page, exclude={"lines"}, exclude_defaults=True))[:-1]
    lines = ",\n".join(
        f"    {_json(_LINE.dump_python(line, exclude_defaults=True))}" for line in page.lines
    )
    return f'  {head}, "lines": [\n{lines}\n  ]}}' if lines else f'  {head}, "lines": []}}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
