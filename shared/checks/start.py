"""The first call of a lab: which versions run, and what is missing, in words."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
import textwrap

from shared.checks.notebook import session
from shared.paths import my_directory

#: What the labs import, and what they cannot do without it
_NEEDED = {
    "numpy": "nothing works without it",
    "tensorflow": "networks cannot be built or trained",
    "keras": "networks cannot be built or trained",
    "matplotlib": "pictures cannot be drawn",
    "ipywidgets": "demos stay still pictures",
}
#: What single labs import besides, and what they cannot do without it
_NEEDED_BY = {
    9: {
        **dict.fromkeys(("fastapi", "uvicorn", "pydantic_settings"), "the service cannot start"),
        "prometheus_fastapi_instrumentator": "the service cannot start",
        "onnxruntime": "the service cannot read",
        **dict.fromkeys(("onnx", "tf2onnx"), "no model file can be written"),
        "mangum": "the serverless handler cannot run",
    }
}


#: Where `begin(..., drive=True)` connects a person's Google Drive on Colab
_DRIVE = "/content/drive"
_KEPT = "What you make is kept in your Google Drive, in the folder handwriting-labs."
_LOST = "What you make is lost when Colab disconnects: download my/, or call begin with drive=True."


def begin(lab: int, drive: bool = False) -> None:
    """Print the versions a lab runs on and what is missing; load nothing heavy.

    Args:
        lab: Number of the lab; checks start afresh for it.
        drive: Whether `my/` is in your Google Drive on Colab, which asks before it connects.

    Raises:
        ValueError: The number is no lab's.
    """
    if not isinstance(lab, int) or isinstance(lab, bool) or not 1 <= lab <= 9:
        raise ValueError(f"begin({lab!r}) names no lab; give a number from 1 to 9.")
    for exercise_id in [key for key in session if key.startswith(f"lab{lab:02}.")]:
        del session[exercise_id]
    if drive and in_colab():
        from google.colab import drive as google_drive

        google_drive.mount(_DRIVE)
        os.environ["HANDWRITING_MY"] = f"{_DRIVE}/MyDrive/handwriting-labs"
    versions, missing = [f"Python {platform.python_version()}"], []
    for name, consequence in {**_NEEDED, **_NEEDED_BY.get(lab, {})}.items():
        if importlib.util.find_spec(name) is None:
            missing.append((name, consequence))
        elif name in _NEEDED:
            versions.append(f"{name} {_version(name)}")
    ran = f"Lab {lab} runs on {', '.join(versions)}{' in Colab' if in_colab() else ''}."
    print(textwrap.fill(ran, 96))
    for name, consequence in missing:
        print(f"Missing: {name}, so {consequence}. Install it with: pip install {name}")
    try:
        folder = my_directory()
        if not os.access(folder, os.W_OK):
            print(f"Nothing can be kept: the folder {folder} is not writable.")
    except OSError as error:
        print(f"Nothing can be kept: {error}")
    if in_colab():
        print(_KEPT if drive else _LOST)


def in_colab() -> bool:
    """Return whether this is a Google Colab notebook."""
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


def _version(name: str) -> str:
    for distribution in (name, f"{name}-cpu"):  # TensorFlow comes under two names
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(distribution)
    return "of unknown version"
