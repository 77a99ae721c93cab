"""Where files live: the course's data, and what the learner makes."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

_PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """Return the root of the repository checkout, or None in an installed package."""
    root = _PACKAGE.parent
    return root if any((root / name).exists() for name in ("pyproject.toml", ".git")) else None


#: Folder with the shipped models and samples: `data/` of the checkout or the packaged copy
DATA = (checkout() or _PACKAGE) / "data"


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


def sample(name: str) -> Any:
    """Return recorded numbers of the course: what `data/samples/NAME.json` holds.

    Args:
        name: Name without its ending, for example `"ladder"`; `data/README.md` lists them.
    """
    return json.loads(data_file(f"samples/{name}.json").read_text(encoding="utf-8"))


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
        umask = os.umask(0)  # The only way to read it is to set it
        os.umask(umask)
        part.chmod(0o666 & ~umask)  # A temporary file is private by default
        part.replace(path)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise OSError(
            errno.ENOSPC,
            f"The disk is full: {path} needs {len(payload):,} bytes and was left as it was. "
            "Free some space and run this again",
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def free_name(path: Path) -> Path:
    """Return a path, or with `-2`, `-3` ... behind it, whichever nothing lies at yet."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


#: What a file system says that has no locks, some network drives among them
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)


@contextlib.contextmanager
def locked(path: Path | str, seconds: float = 0.0, *, shared: bool = False) -> Iterator[None]:
    """Hold a file as a lock; the system releases it when the process ends, however it ends.

    Args:
        path: The file; it is created, with its folder, and stays.
        seconds: How long to wait for another process.
        shared: Whether this process may hold it several times.

    Raises:
        TimeoutError: Another process holds it; the message names it where it is known.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, fallback_to_soft=False, is_singleton=shared)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(lock.acquire(timeout=seconds))
        except Timeout:
            holder = ""
            with contextlib.suppress(OSError):  # Windows does not let anybody read a locked file
                holder = path.read_text(encoding="utf-8")
            raise TimeoutError(f"{path} is held by {holder or 'another process'}") from None
        except (OSError, NotImplementedError) as error:
            if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
                raise
            # A file system without locks: better one writer too many than none
        else:
            with contextlib.suppress(OSError):
                path.write_text(
                    f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8"
                )
        yield
