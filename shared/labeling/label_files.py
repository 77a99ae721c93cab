"""Label files: UTF-8 JSON with one line of the file for every line of writing.

The order of pages, lines and fields is kept, numbers have at most two decimals, and what has its
default is left out. So the difference of two versions shows the labels that changed, and no more.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from shared.labeling.records import LabeledLine, LabeledPage, LabelError, LabelSet
from shared.paths import write_atomically

MEMBERS = {
    kind: [field.name for field in fields(kind)] for kind in (LabelSet, LabeledPage, LabeledLine)
}
REQUIRED = {
    kind: [field.name for field in fields(kind) if field.default is MISSING] for kind in MEMBERS
}
BOM = b"\xef\xbb\xbf"


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
            f"There is no label file at {path}. Label a page first, or check the name."
        )
    return parse_labels(decode(path.read_bytes(), path.name), path.name)


def parse_labels(text: str, name: str = "the labels") -> LabelSet:
    """Return the labels in a text; `read_labels` for its format and errors."""
    try:
        content = json.loads(text, parse_constant=_refuse, object_pairs_hook=_without_twins)
    except json.JSONDecodeError as error:
        raise LabelError(
            f"{name} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}. "
            "Mend that place, or go back to a version of the file that was whole."
        ) from None
    except LabelError as error:
        raise LabelError(f"{name}: {error}") from None
    try:
        return _label_set(content)
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
    """Return bytes as UTF-8 text.

    Raises:
        LabelError: They are in another encoding; the message says in which line, and what it
            would say if it came from Windows.
    """
    if data.startswith(BOM):
        raise LabelError(
            f"Line 1 of {name} begins with a byte order mark (EF BB BF). Save the file as UTF-8 "
            "without BOM, or let shared.labeling.repair_file do it."
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise LabelError(
            f"Line 1 of {name} begins like UTF-16. Save the file as UTF-8, or let "
            "shared.labeling.repair_file do it."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        line = data.split(b"\n")[number - 1]
        first = error.start - (data.rfind(b"\n", 0, error.start) + 1)
        around = line[max(0, first - 12) : first + 12].decode("cp1252", "replace")
        raise LabelError(
            f"Line {number} of {name} is not UTF-8: byte 0x{data[error.start]:02x} in column "
            f"{first + 1}. Read as Windows-1252 it says ...{around}... "
            "Save the file as UTF-8, or let shared.labeling.repair_file do it."
        ) from None


def nearest(name: str, known: list[str]) -> str:
    """Return the rest of a message about an unknown name: the one that was meant, or all."""
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}."


def _format_page(page: LabeledPage) -> str:
    head = _json(_members(page, leave="lines"))[:-1]
    if not page.lines:
        return f'  {head}, "lines": []}}'
    lines = ",\n".join(f"    {_json(_members(line))}" for line in page.lines)
    return f'  {head}, "lines": [\n{lines}\n  ]}}'


def _members(record: LabeledPage | LabeledLine, leave: str = "") -> dict[str, Any]:
    required = REQUIRED[type(record)]
    values = {name: getattr(record, name) for name in MEMBERS[type(record)] if name != leave}
    return {name: _plain(v) for name, v in values.items() if v is not None or name in required}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _refuse(constant: str) -> None:
    raise LabelError(f"{constant} stands where a number belongs; nothing can lie there.")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise LabelError(f"The field {twins[0]!r} is given twice in one object; keep one of them.")
    return dict(pairs)


def _label_set(content: Any) -> LabelSet:
    version = content.get("version") if isinstance(content, dict) else None
    if version is not None:
        LabelSet(version, ())  # Another version may have other fields: say that first
    values = _checked(content, LabelSet, "the file")
    values["pages"] = tuple(
        _page(page, f"page {k}") for k, page in enumerate(_listed(values, "pages", "the file"), 1)
    )
    return LabelSet(**values)


def _page(content: Any, where: str) -> LabeledPage:
    if isinstance(content, dict) and content.get("image"):
        where = f"{where} ({content['image']!r})"
    values = _checked(content, LabeledPage, where, {"lines": []})
    lines = [
        _line(line, f"{where}, line {k}")
        for k, line in enumerate(_listed(values, "lines", where), 1)
    ]
    return _made(LabeledPage, {**values, "lines": tuple(lines)}, where)


def _line(content: Any, where: str) -> LabeledLine:
    return _made(LabeledLine, _checked(content, LabeledLine, where), where)


def _made(kind: type, values: dict[str, Any], where: str) -> Any:
    try:
        return kind(**values)
    except (LabelError, TypeError, ValueError) as error:
        raise LabelError(f"In {where}: {error}") from None


def _listed(values: dict[str, Any], name: str, where: str) -> list[Any]:
    if not isinstance(values[name], list):
        raise LabelError(f"{name!r} of {where} is no list.")
    return values[name]


def _checked(
    content: Any, kind: type, where: str, defaults: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the fields of an object, or say which one is unknown or missing."""
    if not isinstance(content, dict):
        raise LabelError(f"{where} is {type(content).__name__}, not an object with fields.")
    for name in content:
        if name not in MEMBERS[kind]:
            raise LabelError(
                f"The field {name!r} of {where} is unknown; {nearest(name, MEMBERS[kind])}"
            )
    values = {**(defaults or {}), **content}
    missing = [name for name in REQUIRED[kind] if name not in values]
    if missing:
        raise LabelError(f"{where} lacks the field {missing[0]!r}.")
    return values
