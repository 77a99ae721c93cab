"""Tools that live in environments of their own, because their packages would replace ours.

A tool is looked for in `my/tools/NAME` and then on the command path. It is installed only when a
person asks, which is also the only time that the network is used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from shared.paths import my_directory, write_atomically

COMPLETE = "complete.txt"  # Written last: an installation that was broken off lacks it


class Tool(NamedTuple):
    """A program of another environment.

    Attributes:
        name: Of its folder in `my/tools` and of its command.
        requirement: What is installed.
        size: What that takes, for people.
        option: The command that installs it.
    """

    name: str
    requirement: str
    size: str
    option: str


LABEL_STUDIO = Tool(
    "label-studio", "label-studio>=1.20,<2", "about a minute and 950 MB", "labs label --install"
)
DVC = Tool("dvc", "dvc>=3.50,<4", "about 15 seconds and 170 MB", "labs label --install dvc")
TOOLS = {tool.name: tool for tool in (LABEL_STUDIO, DVC)}


class ToolMissingError(RuntimeError):
    """A tool is not installed; the message says how to get it."""


def find_tool(tool: Tool) -> Path:
    """Return the tool's command.

    Raises:
        ToolMissingError: It is neither in `my/tools` nor on the command path.
    """
    own = _command(tool)
    if own.is_file() and (own.parents[1] / COMPLETE).is_file():
        return own
    found = shutil.which(tool.name)
    if found:
        return Path(found)
    raise ToolMissingError(
        f"{tool.name} is not installed. `{tool.option}` puts it into an environment of its own in "
        f"{_folder(tool)}; that takes {tool.size}, and the network."
    )


def has_tool(tool: Tool) -> bool:
    """Return whether the tool can be called."""
    try:
        find_tool(tool)
    except ToolMissingError:
        return False
    return True


def install_tool(tool: Tool, say: Callable[[str], None] = print) -> Path:
    """Install a tool into `my/tools` with pip, which compiles its modules for quick starts.

    Args:
        tool: What to install; nothing happens if it is complete already.
        say: Is told what is going on.

    Returns:
        The tool's command.

    Raises:
        RuntimeError: The installation failed; the message ends with what the installer said.
    """
    folder = _folder(tool)
    if (folder / COMPLETE).is_file() and _command(tool).is_file():
        say(f"{tool.name} is installed already, in {folder}.")
        return _command(tool)
    say(f"Installing {tool.requirement} into {folder}: {tool.size}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = str(_bin(tool) / ("python.exe" if os.name == "nt" else "python"))
    _run(sys.executable, "-m", "venv", "--clear", str(folder))
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", tool.requirement)
    write_atomically(folder / COMPLETE, f"{tool.requirement}\n")
    say(f"{tool.name} is installed.")
    return _command(tool)


def plain_environment(**settings: str) -> dict[str, str]:
    """Return this process's environment for a tool of another one.

    Variables that lead Python to our packages are left out, and so is the wish to write no
    bytecode, which makes every start of a large tool ten times as slow.

    Args:
        **settings: Variables to set.
    """
    leave = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in leave}
    return {**kept, **settings}


def _folder(tool: Tool) -> Path:
    return my_directory() / "tools" / tool.name


def _bin(tool: Tool) -> Path:
    return _folder(tool) / ("Scripts" if os.name == "nt" else "bin")


def _command(tool: Tool) -> Path:
    return _bin(tool) / (f"{tool.name}.exe" if os.name == "nt" else tool.name)


def _run(*words: str) -> None:
    done = subprocess.run(
        words, env=plain_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise RuntimeError(
            f"The installation failed ({Path(words[0]).name}, exit status {done.returncode}). "
            f"It needs the network once; try again when there is one. It said:\n{tail}"
        )
