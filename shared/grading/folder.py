"""Find out whose notebook of which lab each file in a folder is."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.checks.labs import LABS, Lab
from shared.grading.submission import NotebookError, answers_in, read_notebook

#: What learning platforms put around a name, and what is no name: Lab 3 of somebody, attempt 2
_NO_NAME = re.compile(
    r"(?i)\b(lab|labs|submission|assignment|late|attempt|copy|solution)\b|\b\d{3,}\b"
)


@dataclass(frozen=True)
class Submission:
    """One notebook that was handed in.

    Attributes:
        learner: Whose it is, as the roster writes it where there is one.
        lab: Which lab, or None where that cannot be told.
        path: The file.
        digest: SHA-256 of the answers, in order; two files with one digest answer the same.
        trouble: Why it cannot be graded, or nothing.
        older: Files of the same learner and lab that count no more.
    """

    learner: str
    lab: Lab | None
    path: Path
    digest: str = ""
    trouble: str = ""
    older: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Roster:
    """Who is in the class: the first column of a CSV file names them, the rest comes along."""

    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Roster:
        """Read a roster.

        Raises:
            NotebookError: The file cannot be read, has no rows, or names somebody twice.
        """
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                table = list(csv.DictReader(file))
        except (OSError, UnicodeError, csv.Error) as error:
            raise NotebookError(f"The roster {path} cannot be read: {error}.") from None
        rows = {next(iter(row.values())) or "": row for row in table}
        if not rows or len(rows) < len(table) or "" in rows:
            raise NotebookError(
                f"The roster {path} needs a line of headings and one line for each learner, with a "
                "name of its own in the first column."
            )
        return cls(rows)

    def spelled(self, name: str) -> str | None:
        """Return the learner whom a name in a path means, or None where that is not sure."""
        flat = "".join(_words(name))
        for one, row in self.rows.items():
            if sorted(_words(name)) in [sorted(_words(value)) for value in row.values() if value]:
                return one
        inside = [one for one in self.rows if all(word in flat for word in _words(one))]
        longest = max((len("".join(_words(one))) for one in inside), default=0)
        found = [one for one in inside if len("".join(_words(one))) == longest]
        return found[0] if len(found) == 1 else None


def collect(
    folder: Path, pristine: Mapping[Lab, Sequence[str]], roster: Roster
) -> list[Submission]:
    """Return what was handed in, one for each learner and lab; the newest file counts.

    Args:
        folder: Searched at any depth. The first folder below it that holds a file names the
            learner; a file directly in it does so by its name.
        pristine: For each lab the names of its answers.
        roster: Who is in the class; an empty one takes every name as it is.

    Raises:
        NotebookError: There is no such folder.
    """
    if not folder.is_dir():
        raise NotebookError(f"{folder} is no folder. Give the one with the notebooks handed in.")
    found: dict[tuple[str, str], list[Submission]] = {}
    for path in sorted(folder.rglob("*.ipynb"), key=lambda one: one.stat().st_mtime):
        if ".ipynb_checkpoints" not in path.parts:
            one = _submission(folder, path, pristine, roster)
            key = one.lab.name if one.lab else str(path)  # What no lab is known of stands alone
            found.setdefault((one.learner, key), []).append(one)
    return sorted(
        (Submission(**{**vars(last), "older": tuple(one.path for one in earlier)})
         for *earlier, last in found.values()),
        key=lambda one: (one.learner, one.lab.number if one.lab else 0, str(one.path)),
    )  # fmt: skip


def _submission(
    folder: Path, path: Path, pristine: Mapping[Lab, Sequence[str]], roster: Roster
) -> Submission:
    parts = path.relative_to(folder).parts
    name = parts[0] if len(parts) > 1 else path.stem
    learner = roster.spelled(name) or _plain(name)
    try:
        names = [name for of_lab in pristine.values() for name in of_lab]
        answers = answers_in(read_notebook(path), names)
    except NotebookError as error:
        return Submission(learner, _named(path), path, trouble=str(error).replace(str(path), "It"))
    share = {lab: len(set(names) & set(answers)) / len(names) for lab, names in pristine.items()}
    best = max(share, key=lambda lab: share[lab])
    if not share[best]:
        return Submission(learner, None, path, trouble="It has no answer of any lab.")
    given = sorted(set(pristine[best]) & set(answers))
    text = "\0".join(f"{name}\0{answers[name]}" for name in given)
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    trouble = "" if not roster.rows or learner in roster.rows else "The roster knows no such name."
    return Submission(learner, best, path, digest, trouble)


def _named(path: Path) -> Lab | None:
    return next((lab for lab in LABS if lab.name in path.stem), None)


def _plain(name: str) -> str:
    for lab in LABS:
        name = name.replace(lab.name, " ")
    words = _NO_NAME.sub(" ", re.sub(r"[_\W]+", " ", name)).split()
    return " ".join(word for word in words if not word.isdigit()) or name


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.lower())
