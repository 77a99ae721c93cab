"""A tiny project for trying a workflow: a module, its tests, and a report on quality."""

from __future__ import annotations

from pathlib import Path

_READING = '''"""Two functions of a reader."""


def collapse(path, blank=0):
    """Merge repeats, then drop blanks."""
    runs = [symbol for k, symbol in enumerate(path) if k == 0 or symbol != path[k - 1]]
    return [symbol for symbol in runs if symbol != blank]


def error_rate(edits, lengths):
    """Return total edits over total characters."""
    return sum(edits) / sum(lengths)
'''
_TESTS = """from reading import collapse, error_rate


def test_repeats_are_merged_before_blanks_are_dropped():
    assert collapse([1, 1, 0, 1, 2]) == [1, 1, 2]


def test_the_rate_is_of_totals():
    assert error_rate([1, 0], [2, 40]) == 1 / 42
"""
_QUALITY = '''"""Write the quality of the reader as a table, for a comment."""

from reading import error_rate

edits, lengths = [2, 0, 1, 4], [24, 31, 18, 40]
print("| test lines | characters | error rate |")
print("| --- | --- | --- |")
print(f"| {len(edits)} | {sum(lengths)} | {error_rate(edits, lengths):.1%} |")
'''
FILES = {
    "reading.py": _READING,
    "test_reading.py": _TESTS,
    "quality.py": _QUALITY,
    "requirements.txt": "pytest\n",
}


def write_project(folder: Path | str, changes: dict[str, tuple[str, str]] | None = None) -> Path:
    """Write the project into a folder and return the folder.

    Args:
        folder: Created if needed.
        changes: For a file the text to exchange and what stands there instead: a bug.

    Raises:
        ValueError: The text to exchange does not stand in the file.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        if name in (changes or {}):
            old, new = changes[name]
            if old not in text:
                raise ValueError(f"{old!r} does not stand in {name}, so it cannot be exchanged.")
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
