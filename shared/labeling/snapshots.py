"""Versions of a data set without any tool: the idea behind DVC, small enough to read.

Every file is stored once under the SHA-256 of its bytes. A version is a list of names and hashes.
Going to a version copies its files back; what two versions share is stored once. DVC does the same
and more: it works with git, shares a cache between projects and speaks to many kinds of storage.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

from shared.labeling.label_files import decode, parse_labels
from shared.labeling.page_files import image_sha256
from shared.labeling.records import LabelSet
from shared.paths import write_atomically

TAG = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


class VersionError(RuntimeError):
    """A version cannot be saved or brought back; nothing was lost."""


class Version(NamedTuple):
    """A saved state of a data set.

    Attributes:
        tag: Its name, such as `"v1"`.
        note: What a person said about it.
        identity: A hash over all files; equal data has an equal one.
        files: How many files it has.
    """

    tag: str
    note: str
    identity: str
    files: int


class SnapshotStore:
    """Versions of the files of one folder.

    Example:
        >>> store = SnapshotStore("my/data")  # doctest: +SKIP
        >>> store.save("v1", "as first labeled")  # doctest: +SKIP
        >>> store.checkout("v1")  # doctest: +SKIP
    """

    kind = "snapshots"

    def __init__(self, data: Path | str, store: Path | str | None = None,
                 remote: Path | str | None = None) -> None:  # fmt: skip
        """Name the folders; nothing is written before the first version is saved.

        Args:
            data: The data set's folder.
            store: Where versions are kept; beside the data if not given.
            remote: A second place, on another disk at best, for `push` and `pull`.
        """
        self.data = Path(data)
        beside = self.data.parent / f".{self.data.name}-versions"
        self.store = Path(store) if store else beside
        self.remote = Path(remote) if remote else beside.with_name(f".{self.data.name}-remote")

    def save(self, tag: str, note: str = "") -> Version:
        """Keep the folder as it is now.

        Raises:
            VersionError: The tag is taken by other data or no name, or there is no data.
        """
        check_tag(tag)
        files = self._now()
        if not files:
            raise VersionError(f"There is no file in {self.data}, so there is nothing to save.")
        listing = self._listing(tag)
        if listing.exists():
            if self._read(tag)["files"] == files:
                return self.version(tag)
            raise VersionError(
                f"There is a version {tag!r} already, of other data; a tag never moves. "
                "Take another name."
            )
        for name, identity in files.items():
            target = self._object(self.store, identity)
            if not target.exists():
                write_atomically(target, (self.data / name).read_bytes())
        # Last, so that a version that is listed is whole
        content = {"tag": tag, "note": note, "files": files}
        write_atomically(listing, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        return self.version(tag)

    def tags(self) -> list[str]:
        """Return the names of the versions, oldest first."""
        listings = (self.store / "versions").glob("*.json")
        return [path.stem for path in sorted(listings, key=lambda path: path.stat().st_mtime_ns)]

    def version(self, tag: str) -> Version:
        """Return what is known about a version."""
        content = self._read(tag)
        return Version(tag, content["note"], _identity(content["files"]), len(content["files"]))

    def checkout(self, tag: str) -> Version:
        """Bring a version back: its files are copied, files of other versions are removed.

        Raises:
            VersionError: There is no such version; a file in the folder is saved nowhere and would
                be lost; or the store has lost a file.
        """
        wanted = self._read(tag)["files"]
        self._require(wanted, tag)
        now = self._now()
        lost = [
            name
            for name, identity in now.items()
            if wanted.get(name) != identity and not self._object(self.store, identity).exists()
        ]
        if lost:
            raise VersionError(
                f"{len(lost)} files are in no version and would be lost, {lost[0]!r} first. "
                "Save them under a tag of their own, then check out."
            )
        for name, identity in wanted.items():
            if now.get(name) != identity:
                content = self._object(self.store, identity).read_bytes()
                write_atomically(self.data / name, content)
        for name in now.keys() - wanted.keys():
            (self.data / name).unlink()
        return self.version(tag)

    def labels(self, tag: str, name: str = "labels.json") -> LabelSet:
        """Return the labels of a version without checking it out."""
        files = self._read(tag)["files"]
        if name not in files:
            raise VersionError(f"The version {tag!r} has no file {name!r}.")
        self._require({name: files[name]}, tag)
        content = self._object(self.store, files[name]).read_bytes()
        return parse_labels(decode(content, f"{name} of {tag}"), f"{name} of {tag}")

    def changed(self, tag: str) -> list[str]:
        """Return the files in which the folder differs from a version: changed, new or gone."""
        wanted, now = self._read(tag)["files"], self._now()
        return sorted(n for n in wanted.keys() | now.keys() if wanted.get(n) != now.get(n))

    def verify(self) -> list[str]:
        """Return what is wrong with the store: every file is read and hashed again."""
        found = []
        for tag in self.tags():
            for name, identity in self._read(tag)["files"].items():
                path = self._object(self.store, identity)
                if not path.exists():
                    found.append(f"{name} of {tag} is gone from the store")
                elif image_sha256(path) != identity:
                    found.append(f"{name} of {tag} is damaged in the store")
        return found

    def push(self) -> int:
        """Copy to the remote what it lacks, and return how many files that were."""
        return _copy_missing(self.store, self.remote)

    def pull(self) -> int:
        """Bring back from the remote what the store has lost or holds damaged.

        Returns:
            How many files came back.

        Raises:
            VersionError: Nothing was ever pushed.
        """
        if not self.remote.is_dir():
            raise VersionError(
                f"There is no remote at {self.remote}: nothing was pushed. Push after every save, "
                "to another disk at best."
            )
        for path in (self.store / "objects").glob("*/*"):
            if image_sha256(path) != path.parent.name + path.name:
                path.unlink()
        return _copy_missing(self.remote, self.store)

    def _require(self, files: dict[str, str], tag: str) -> None:
        bad = [
            name
            for name, identity in files.items()
            if not self._object(self.store, identity).exists()
            or image_sha256(self._object(self.store, identity)) != identity
        ]
        if bad:
            raise VersionError(
                f"The store has lost {len(bad)} of {len(files)} files of {tag!r}, {bad[0]!r} "
                "first, or they are damaged. Your folder was left as it is; pull() brings them "
                "back from the remote."
            )

    def _now(self) -> dict[str, str]:
        """Return name and hash of every file, hidden ones (unfinished writes) left out."""
        return {
            path.relative_to(self.data).as_posix(): image_sha256(path)
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def _listing(self, tag: str) -> Path:
        return self.store / "versions" / f"{tag}.json"

    def _read(self, tag: str) -> dict:
        try:
            return json.loads(self._listing(check_tag(tag)).read_text(encoding="utf-8"))
        except FileNotFoundError:
            there = ", ".join(self.tags()) or "none"
            raise VersionError(f"There is no version {tag!r}; there are: {there}.") from None

    @staticmethod
    def _object(root: Path, identity: str) -> Path:
        return root / "objects" / identity[:2] / identity[2:]


def check_tag(tag: str) -> str:
    """Return a tag that can be the name of a file and of a git tag.

    Raises:
        VersionError: It cannot.
    """
    if not TAG.fullmatch(tag) or ".." in tag or tag.endswith((".", ".lock")):
        raise VersionError(
            f"{tag!r} cannot name a version; use letters, digits, dots and dashes, such as v1."
        )
    return tag


def _identity(files: dict[str, str]) -> str:
    import hashlib

    listed = "\n".join(f"{identity}  {name}" for name, identity in sorted(files.items()))
    return hashlib.sha256(listed.encode("utf-8")).hexdigest()


def _copy_missing(source: Path, target: Path) -> int:
    count = 0
    # Objects first: a listing must never name what is not there
    for pattern in ("objects/*/*", "versions/*.json"):
        for path in sorted(source.glob(pattern)):
            copy = target / path.relative_to(source)
            if not copy.exists() and not path.name.startswith("."):
                copy.parent.mkdir(parents=True, exist_ok=True)
                part = copy.with_name(f".{copy.name}.part")
                shutil.copy2(path, part)
                os.replace(part, copy)
                count += 1
    return count
