"""Versions of a data set with DVC and git, and the same by our own snapshots where DVC is absent.

DVC keeps a folder's files in a cache by their hash and writes a small file beside it that names
them; git keeps the versions of that small file. So a tag in git brings back gigabytes. The remote
here is a folder; with another address it is a server, and nothing else changes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from shared.labeling.label_files import read_labels
from shared.labeling.records import LabeledLine, LabelSet
from shared.labeling.snapshots import SnapshotStore, Version, VersionError, check_tag
from shared.labeling.tool_environments import DVC, find_tool, has_tool, plain_environment
from shared.paths import my_directory, write_atomically

PATIENCE = 600  # Seconds of one command


class DvcStore:
    """Versions of the files of one folder, kept by DVC and git.

    The folder's parent becomes a git repository of its own if it is in none but this course's.

    Args:
        data: The data set's folder.
        remote: A folder for `push` and `pull`; beside the data if not given.

    Raises:
        ToolMissingError: DVC is not installed.
        VersionError: git is not installed, or the repository cannot be made.
    """

    kind = "DVC"

    def __init__(self, data: Path | str, remote: Path | str | None = None) -> None:
        self.data = Path(data).resolve()
        self.root = self.data.parent
        self.remote = Path(remote or self.root / f".{self.data.name}-dvc-remote").resolve()
        self._dvc = str(find_tool(DVC))
        self._git = shutil.which("git") or ""
        if not self._git:
            raise VersionError("git is not installed, and DVC keeps its versions in git.")
        if not (self.root / ".dvc").is_dir():
            self._begin()

    def _begin(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        if not (self.root / ".git").exists():
            # No template: hooks of the user's other repositories have no place here
            self._call_git("init", "--quiet", "--template=", "--initial-branch=main")
        self.remote.mkdir(parents=True, exist_ok=True)
        self._call_dvc("init", "--quiet", "--force")
        self._call_dvc("config", "core.analytics", "false")
        self._call_dvc("config", "core.check_update", "false")
        self._call_dvc(
            "remote", "add", "--quiet", "--force", "--default", "remote", str(self.remote)
        )

    def save(self, tag: str, note: str = "") -> Version:
        """Keep the folder as it is now: `dvc add`, `git commit`, `git tag`.

        Raises:
            VersionError: The tag is taken by other data or no name, or there is no data.
        """
        check_tag(tag)
        if not self.data.is_dir() or not any(self.data.iterdir()):
            raise VersionError(f"There is no file in {self.data}, so there is nothing to save.")
        if tag in self.tags():
            return self._saved_again(tag)
        self._call_dvc("add", "--quiet", self.data.name)
        self._call_git("add", "--", self._file, ".gitignore", ".dvc/config", ".dvc/.gitignore")
        self._call_git("commit", "--quiet", "--allow-empty", "-m", f"{tag}: {note or 'labels'}")
        self._call_git("tag", tag)
        return self.version(tag)

    def _saved_again(self, tag: str) -> Version:
        """Return the version of a tag if the folder holds its data, whatever is checked out."""
        pointer = self.root / self._file
        before = pointer.read_text(encoding="utf-8")
        self._call_dvc("add", "--quiet", self.data.name)
        if pointer.read_text(encoding="utf-8") != self._pointer(tag):
            write_atomically(pointer, before)  # A refused save leaves no trace
            raise VersionError(
                f"There is a version {tag!r} already, of other data; a tag never moves. "
                "Take another name."
            )
        # git has to be where the folder is, or the next checkout would think it is there already
        self._call_git("checkout", "--quiet", "--force", tag)
        return self.version(tag)

    def tags(self) -> list[str]:
        """Return the names of the versions, oldest first."""
        return self._call_git("tag", "--sort=creatordate").split()

    def version(self, tag: str) -> Version:
        """Return what is known about a version."""
        pointer = self._pointer(tag)
        fields = dict(
            row.strip().removeprefix("- ").split(": ", 1)
            for row in pointer.splitlines()
            if ": " in row
        )
        said = self._call_git("log", "-1", "--format=%s", tag).strip()
        note = said.removeprefix(f"{tag}: ")
        return Version(tag, note, fields["md5"], int(fields.get("nfiles", 1)))

    def checkout(self, tag: str) -> Version:
        """Bring a version back: `git checkout TAG`, `dvc checkout`.

        Raises:
            VersionError: There is no such version; the folder holds what is in no version; or the
                cache has lost a file.
        """
        self._pointer(tag)
        lost = (
            f"DVC's cache has lost files, so {tag!r} cannot be brought back. Your folder was left "
            f"as it is; pull() brings them back from the remote, and checkout({tag!r}) works then."
        )
        states = self._states()
        if "not in cache" in states:
            raise VersionError(lost)
        if states - {"deleted"}:
            raise VersionError(
                f"{self.data.name} was changed after its last version, and that would be lost. "
                "Save it under a tag of its own, then check out."
            )
        before = self._call_git("rev-parse", "HEAD").strip()
        self._call_git("checkout", "--quiet", tag)
        try:
            self._call_dvc("checkout", "--quiet")
        except VersionError as error:
            self._call_git("checkout", "--quiet", before)
            with contextlib.suppress(VersionError):
                self._call_dvc("checkout", "--quiet")
            raise VersionError(lost) from error
        return self.version(tag)

    def labels(self, tag: str, name: str = "labels.json") -> LabelSet:
        """Return the labels of a version without checking it out: `dvc get`."""
        self._pointer(tag)
        with tempfile.TemporaryDirectory(dir=self.root, prefix=".labels-") as folder:
            target = Path(folder) / "labels.json"
            words = (f"{self.data.name}/{name}", "--rev", tag, "--quiet", "--out", str(target))
            self._call_dvc("get", str(self.root), *words)
            return read_labels(target)

    def changed(self) -> bool:
        """Return whether the folder differs from the version that is checked out."""
        return bool(self._states() - {"not in cache"})

    def _states(self) -> set[str]:
        """Return what `dvc status` says about the folder: nothing where it is as it was saved."""
        if not (self.root / self._file).is_file():
            return {"new"} if self.data.is_dir() and any(self.data.iterdir()) else set()
        status = json.loads(self._call_dvc("status", "--json", self._file) or "{}")
        parts = [part for stage in status.values() for part in stage if isinstance(part, dict)]
        return {state for part in parts for outs in part.values() for state in outs.values()}

    def verify(self) -> list[str]:
        """Return what the remote lacks or the cache has lost, for every version."""
        status = self._call_dvc("status", "--cloud", "--all-tags", "--json")
        words = {"new": "is not on the remote", "missing": "is gone from cache and remote",
                 "deleted": "is gone from the cache"}  # fmt: skip
        return [
            f"{name} {words.get(state, state)}"
            for name, state in json.loads(status or "{}").items()
        ]

    def push(self) -> None:
        """Copy to the remote what it lacks, for every version."""
        self._call_dvc("push", "--quiet", "--all-tags")

    def pull(self) -> None:
        """Bring back from the remote what cache and folder have lost, for every version.

        Raises:
            VersionError: The remote lacks it, too.
        """
        self._call_dvc("fetch", "--quiet", "--all-tags")
        self._call_dvc("checkout", "--quiet")

    @property
    def _file(self) -> str:
        return f"{self.data.name}.dvc"

    def _pointer(self, tag: str) -> str:
        if check_tag(tag) not in self.tags():
            there = ", ".join(self.tags()) or "none"
            raise VersionError(f"There is no version {tag!r}; there are: {there}.")
        return self._call_git("show", f"{tag}:{self._file}")

    def _call_dvc(self, *words: str) -> str:
        settings = my_directory() / "tools" / "dvc-settings"
        environment = plain_environment(
            DVC_NO_ANALYTICS="1",
            DVC_GLOBAL_CONFIG_DIR=str(settings),
            DVC_SYSTEM_CONFIG_DIR=str(settings),
            DVC_SITE_CACHE_DIR=str(settings / "site-cache"),
        )
        return self._call([self._dvc, *words], environment)

    def _call_git(self, *words: str) -> str:
        identity = ["-c", "user.name=learner", "-c", "user.email=learner@localhost",
                    "-c", "commit.gpgsign=false", "-c", "core.hooksPath="]  # fmt: skip
        return self._call([self._git, *identity, *words], plain_environment())

    def _call(self, words: list[str], environment: dict[str, str]) -> str:
        # A notebook may run inside another repository's hook, which leaves its own folder here
        clean = {n: v for n, v in environment.items() if not n.startswith("GIT_")}
        done = subprocess.run(
            words, cwd=self.root, env=clean, capture_output=True, text=True, encoding="utf-8",
            errors="replace", timeout=PATIENCE, check=False,
        )  # fmt: skip
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-600:]
            raise VersionError(f"`{Path(words[0]).name} {' '.join(words[-3:])}` failed: {said}")
        return done.stdout


def open_store(data: Path | str, kind: str = "auto") -> DvcStore | SnapshotStore:
    """Return versions of a folder: by DVC where it is installed, else by snapshots.

    Args:
        data: The data set's folder; a folder keeps the kind it began with.
        kind: `"auto"`, `"dvc"` or `"snapshots"`.

    Raises:
        ToolMissingError: DVC was asked for, or began with, and is not installed.
        VersionError: Another kind.
    """
    if kind not in ("auto", "dvc", "snapshots"):
        raise VersionError(f"The kind {kind!r} is unknown; use 'auto', 'dvc' or 'snapshots'.")
    snapshots = SnapshotStore(data)
    begun = (Path(data).resolve().parent / f"{Path(data).name}.dvc").is_file()
    if kind == "snapshots" or (kind == "auto" and not begun and snapshots.tags()):
        return snapshots
    if kind == "dvc" or begun or (has_tool(DVC) and shutil.which("git")):
        return DvcStore(data)
    return snapshots


class Change(NamedTuple):
    """One difference between two versions of labels.

    Attributes:
        page: The image.
        line: The line's id, or None where a page came or went.
        kind: `"added"`, `"removed"`, `"text"`, `"box"` or `"status"`, the first that applies.
        before: The line before, or None.
        after: The line after, or None.
    """

    page: str
    line: str | None
    kind: str
    before: LabeledLine | None
    after: LabeledLine | None


def changes(before: LabelSet, after: LabelSet) -> list[Change]:
    """Return in which lines two versions of labels differ, page by page."""
    old = {page.image: page for page in before.pages}
    new = {page.image: page for page in after.pages}
    found = []
    for image in dict.fromkeys([*old, *new]):
        if image not in new or image not in old:
            kind = "removed" if image in old else "added"
            found.append(Change(image, None, kind, None, None))
            continue
        first = {line.id: line for line in old[image].lines}
        second = {line.id: line for line in new[image].lines}
        for line_id in dict.fromkeys([*first, *second]):
            a, b = first.get(line_id), second.get(line_id)
            if a != b:
                found.append(Change(image, line_id, _kind(a, b), a, b))
    return found


def _kind(before: LabeledLine | None, after: LabeledLine | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    if before.text != after.text:
        return "text"
    return "box" if (before.box, before.baseline) != (after.box, after.baseline) else "status"


def forget_cache(store: DvcStore | SnapshotStore) -> Path:
    """Move a store's cache out of the way, as a broken disk would, and return where it went.

    This is for a lesson: the remote is untouched, and `pull` repairs what is missing.
    """
    cache = store.root / ".dvc" / "cache" if store.kind == "DVC" else store.store / "objects"
    if not cache.is_dir():
        raise VersionError("There is no cache to lose: save a version first.")
    number = 1
    while (lost := cache.with_name(f"{cache.name}-lost-{number}")).exists():
        number += 1
    os.replace(cache, lost)
    return lost
