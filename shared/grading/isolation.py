"""The strongest walls that this machine offers around a process that runs what was handed in.

Each form is tried once: what a distribution forbids, or a container does not let in, is passed
over for the next one. In every form time, memory, size of files and number of processes are
limited.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from shared.paths import DATA

_ROOT = Path(__file__).resolve().parents[2]
_HIDDEN = ("/home", "/root", "/tmp", "/var/tmp", "/run", "/mnt", "/media", "/srv")
_OUTGOING = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ")  # Of no harm
_TMP_BYTES = 200_000_000
_ENTER = ("--user", "--map-root-user", "--net", "--ipc", "--pid", "--fork", "--kill-child")


@dataclass(frozen=True)
class Isolation:
    """One form of isolation.

    Attributes:
        name: What the table of points says.
        words: What it keeps away, and what it does not.
        command: Returns what stands before a command, given the folder where that may write.
    """

    name: str
    words: str
    command: Callable[[str], list[str]]

    def walls(self, folder: str) -> tuple[list[str], dict[str, str]]:
        """Return the command and the few variables that come along, for `worker.Worker`."""
        kept = {name: os.environ[name] for name in _OUTGOING if name in os.environ}
        return self.command(folder), kept | {"HOME": folder}


def best(private: Iterable[Path] = ()) -> Isolation:
    """Return the strongest form that works here.

    Args:
        private: Folders to hide besides those of the users, such as what others handed in.
    """
    return _best(tuple(str(path) for path in private))


@functools.cache
def _best(private: tuple[str, ...]) -> Isolation:
    forms = (
        Isolation(
            "bubblewrap",
            "no network, no other process, no files of yours",
            functools.partial(_bubblewrap, private),
        ),
        Isolation(
            "namespaces",
            "no network and no other process, but what you can read it can read",
            lambda folder: ["unshare", *_ENTER, "--mount-proc"],
        ),
    )
    plain = Isolation(
        "plain process",
        "it can read your files and reach the network: grade as a user who has nothing to lose, "
        "or in a container",
        lambda folder: [],
    )
    return next(filter(_works, forms), plain)


def _works(form: Isolation) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        command = form.command(folder)
        if not shutil.which(command[0]):
            return False
        program = [sys.executable, "-c", "import shared.checks.worker"]
        environment = os.environ | {"PYTHONPATH": str(_ROOT)}
        done = subprocess.run(
            [*command, *program], env=environment, capture_output=True, cwd=folder, check=False
        )
        return done.returncode == 0


def _bubblewrap(private: tuple[str, ...], folder: str) -> list[str]:
    command = ["bwrap", "--die-with-parent", "--unshare-all", "--new-session"]
    command += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    for path in (*_HIDDEN, os.path.expanduser("~"), *private):
        if os.path.isdir(path):
            command += ["--size", str(_TMP_BYTES), "--tmpfs", path]
    # Python, its packages and the course may lie in a folder that is hidden
    needed = {str(_ROOT), sys.prefix, sys.base_prefix, os.path.dirname(sys.base_prefix), *sys.path}
    for path in sorted(filter(os.path.isdir, needed)):
        if not Path.home().is_relative_to(path):
            command += ["--ro-bind", path, path]
    for path in (_ROOT / "solutions", _ROOT / "shared/tests", _ROOT / ".git", _ROOT / "my"):
        if path.is_dir():
            command += ["--tmpfs", str(path)]
    empty = Path(folder, "answers.json")
    empty.write_text("{}", encoding="utf-8")
    command += ["--ro-bind", str(empty), str(DATA / "answers.json")]
    return [*command, "--bind", folder, folder, "--chdir", folder]
