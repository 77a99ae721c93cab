"""Where files live: the course's data, and what the learner makes."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """Return the root of the repository checkout, or None in an installed package."""
    root = _PACKAGE.parent
    return root if any((root / name).exists() for name in ("pyproject.toml", ".git")) else None


def _find_data() -> Path:
    root = checkout()
    return root / "data" if root else _PACKAGE / "data"


#: Folder with the shipped models and samples: `data/` of the checkout or the packaged copy
DATA = _find_data()


def data_file(name: str) -> Path:
    """Return the path of a shipped file.

    Args:
        name: Path below the data folder, for example `"models/line_small.weights.h5"`.

    Raises:
        FileNotFoundError: The file is missing; the message says where it should be.
    """
    path = DATA / name
    if not path.is_file():
        raise FileNotFoundError(
            f"The course file {name!r} is missing: it should be at {path}. "
            "Restore it with `git checkout -- data` in a clone, or install the package again."
        )
    return path


def my_directory() -> Path:
    """Return the folder for everything the learner makes, creating it if needed.

    The environment variable `HANDWRITING_MY` names another folder; without it the folder is
    `my/` in the checkout, or in the current folder where the package is installed.

    Raises:
        NotADirectoryError: The name is taken by a file.
    """
    setting = os.environ.get("HANDWRITING_MY")
    path = Path(setting).expanduser() if setting else (checkout() or Path.cwd()) / "my"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(
            f"Your own files belong in the folder {path}, but a file has that name. "
            "Move the file away or set HANDWRITING_MY to another folder."
        ) from None
    return path


def write_atomically(path: Path | str, content: bytes | str) -> Path:
    """Write a file so that a reader finds the old content or the new, never a part.

    Args:
        path: File to write; its folder is created.
        content: Bytes, or text that is stored as UTF-8.

    Returns:
        The path written.

    Raises:
        OSError: Nothing was written; a full disk is named as such.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    payload = content.encode("utf-8") if isinstance(content, str) else bytes(content)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        replace_atomically(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            raise OSError(
                errno.ENOSPC,
                f"The disk is full: {path} needs {len(payload):,} bytes and was left as it was. "
                "Free some space and run this again",
            ) from error
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def replace_atomically(part: Path, path: Path) -> None:
    """Move a finished temporary file onto its final name.

    The mode follows the user's umask, because temporary files are private by default.
    """
    umask = os.umask(0)
    os.umask(umask)
    part.chmod(0o666 & ~umask)
    part.replace(path)
