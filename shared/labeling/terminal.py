"""A terminal in a notebook: a command line, and what the program says, in its own words.

git and DVC are the ones that are installed. A person's hooks, signing keys and global settings
of DVC stay out of it, because a lesson must not depend on them, and DVC reports to nobody.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

from shared.labeling.tool_environments import TOOLS, find_tool, plain_environment
from shared.paths import my_directory

PATIENCE = 600  # Seconds of one command
#: What only a screen understands: colors and cursors, and lines that turn while one waits
_ESCAPE, _SPINNER = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), re.compile(r"(?m)^[\u2800-\u28ff].*\n?")


class CommandError(RuntimeError):
    """A program is missing, or it refused; the message has its own words."""


class Terminal:
    """Runs command lines in one folder, and prints each as it would be typed there."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def __call__(self, line: str) -> None:
        """Run a command line, and print it and its answer; see `answer`."""
        said = self.answer(line)
        print(f"$ {line}" + (f"\n{said}" if said else ""))

    def answer(self, line: str) -> str:
        """Run a command line and return what it says.

        Args:
            line: As in a POSIX shell, without pipes and variables: `git commit -m 'v1'`.

        Raises:
            ToolMissingError: The program is one that `labs label` installs, and is not there.
            CommandError: Another program is missing, or the command failed.
        """
        name, *words = shlex.split(line)
        program = find_tool(TOOLS[name]) if name in TOOLS else shutil.which(name)
        if program is None:
            raise CommandError(f"{name} is not installed; this cell needs it for `{line}`.")
        done = subprocess.run(
            [str(program), *words], cwd=self.folder, env=_environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        said = _SPINNER.sub("", _ESCAPE.sub("", done.stdout)).strip()
        if done.returncode:
            raise CommandError(f"`{line}` ended with status {done.returncode}: {said[-600:]}")
        return said


def _environment() -> dict[str, str]:
    settings = my_directory() / "tools" / "dvc-settings"
    found = plain_environment(
        DVC_NO_ANALYTICS="1",
        DVC_GLOBAL_CONFIG_DIR=str(settings),
        DVC_SYSTEM_CONFIG_DIR=str(settings),
        DVC_SITE_CACHE_DIR=str(settings / "site-cache"),
    )
    # A notebook may run inside another repository's hook, which leaves its own folder here
    found = {name: value for name, value in found.items() if not name.startswith("GIT_")}
    ours = {"commit.gpgsign": "false", "core.hooksPath": "", "advice.detachedHead": "false"}
    for number, (key, value) in enumerate(ours.items()):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**found, "GIT_CONFIG_COUNT": str(len(ours)), "GIT_PAGER": ""}
