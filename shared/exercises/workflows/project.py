"""A tiny project for trying a workflow: a module, its tests, and a report on quality."""

from __future__ import annotations

import shutil
from pathlib import Path

from shared.paths import DATA


def write_project(folder: Path | str, changes: dict[str, tuple[str, str]] | None = None) -> Path:
    """Write the project into a folder and return the folder.

    Args:
        folder: Created if needed.
        changes: For a file the text to exchange and what stands there instead: a bug.

    Raises:
        ValueError: The text to exchange does not stand in the file.
    """
    folder = Path(folder)
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(DATA / "samples" / "project", folder, ignore=ignored, dirs_exist_ok=True)
    for name, (old, new) in (changes or {}).items():
        text = (folder / name).read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{old!r} does not stand in {name}, so it cannot be exchanged.")
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return folder
