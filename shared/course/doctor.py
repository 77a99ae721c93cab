"""Say what this machine has and what is missing, in one block that can be pasted into a question.

Names of packages, sizes and this course's own folder are shown, and nothing else of yours.

Examples:
  labs doctor
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator

from shared.backend import cpu_count
from shared.course.outline import CourseError
from shared.paths import DATA, my_directory

#: What each group of packages is for; missing ones are said with the command that installs them
PACKAGES = {
    "the labs": ("tensorflow", "keras", "numpy", "matplotlib", "ipywidgets", "optuna"),
    "the notebooks": ("jupyterlab", "jupytext", "papermill", "nbval", "wandb", "fastapi"),
}
GIGABYTE = 1e9
DISK, MEMORY = 2.0, 3.5  # What a lab needs to be free, in gigabytes
PORTS = {
    8888: ("JupyterLab", "JupyterLab will take the next free port."),
    8000: ("the service", "Choose another one: labs serve --port 8001."),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no arguments: there is nothing to choose."""


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; return 1 if something of it will stop a lab."""
    stops = 0
    for name, found, advice in examine():
        print(f"{'-' if advice else '+'} {name:9} {found}")
        if advice:
            print(f"{'':11} {advice}")
            stops += advice.startswith("!")
    print("\nA line with ! will stop a lab." if stops else "\nNothing here will stop a lab.")
    return int(stops > 0)


def examine() -> Iterator[tuple[str, str, str]]:
    """Yield a name, what was found, and advice; it begins with `!` where a lab would stop."""
    yield "system", f"{platform.platform()}, {platform.machine()}, {cpu_count()} cores", ""
    version = platform.python_version()
    good = (3, 11) <= sys.version_info < (3, 14)
    yield "Python", version, "" if good else "! Use Python 3.11, 3.12 or 3.13; uv brings one."
    with contextlib.suppress(
        ImportError
    ):  # It comes with the notebooks, which are looked for below
        import psutil

        memory = psutil.virtual_memory()
        said = f"{memory.total / GIGABYTE:.1f} GB, {memory.available / GIGABYTE:.1f} free"
        low = memory.available < MEMORY * GIGABYTE
        yield "memory", said, f"A lab needs up to {MEMORY} GB: close other notebooks." * low
    yield from folder()
    for purpose, names in PACKAGES.items():
        versions = {name: installed(name) for name in names}
        lacking = [name for name, version in versions.items() if not version]
        said = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        advice = f"! {', '.join(lacking)} missing: pip install -e '.[notebooks]'" * bool(lacking)
        yield "packages", f"for {purpose}: {said or 'none'}", advice
    data = (DATA / "models").is_dir()
    yield "data", str(DATA), "" if data else "! Its models are missing: git checkout -- data"
    for port, (what, advice) in PORTS.items():
        free = may_listen(port)
        yield "port", f"{port} ({what}) {'free' if free else 'taken'}", advice * (not free)
    proxies = sorted({name.lower() for name in os.environ if name.lower().endswith("_proxy")})
    local = "127.0.0.1" in os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
    advice = "Set no_proxy=127.0.0.1,localhost if a page of the course stays empty."
    yield "proxy", ", ".join(proxies) or "none", advice * (bool(proxies) and not local)


def folder() -> Iterator[tuple[str, str, str]]:
    """Yield whether the learner's folder can be written, and how much room it has."""
    try:
        path = my_directory()
        with tempfile.TemporaryFile(dir=path):
            pass
    except (OSError, CourseError) as error:
        yield "my/", "cannot be written", f"! {error}"
        return
    room = shutil.disk_usage(path).free / GIGABYTE
    advice = f"! A lab needs {DISK} GB: free some space." * (room < DISK)
    yield "my/", f"{path}, {room:.1f} GB free", advice


def installed(name: str) -> str:
    """Return the version of a package, empty where it is missing."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def may_listen(port: int) -> bool:
    """Return whether a port of this machine is free."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
