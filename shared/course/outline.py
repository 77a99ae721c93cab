"""The nine labs, where their files live, and where the repository can be fetched."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from shared import paths
from shared.checks.labs import LABS, Lab

#: Where README, badges and the first cell on Colab find the course; change both here, then build
REPOSITORY = "https://github.com/handwriting-labs/handwriting-labs"
TAG = "main"


class CourseError(Exception):
    """A mistake that its message explains; the command line prints it without a traceback."""


def needed(extra: str, *packages: str) -> None:
    """Do nothing if all packages are there.

    Raises:
        CourseError: Some are missing; the message says which extra of the course brings them.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(
            f"This needs {', '.join(missing)}, which this environment lacks. Install the extra "
            f'with `python -m pip install -e ".[{extra}]"`.'
        )


@dataclass(frozen=True)
class Course:
    """The folders of one course; tests make a small one of their own."""

    labs: Path
    solutions: Path
    outline: tuple[Lab, ...] = LABS

    def available(self) -> tuple[Lab, ...]:
        """Return the labs that exist, in order: those with a source or a learner's notebook."""
        return tuple(
            lab
            for lab in self.outline
            if (self.solutions / lab.source).is_file() or (self.labs / lab.notebook).is_file()
        )

    def find(self, numbers: list[str]) -> tuple[Lab, ...]:
        """Return the labs meant by words such as `3`, `03` or `03_line_text_recognizer`.

        Args:
            numbers: What the person typed; an empty list means every lab that exists.

        Raises:
            CourseError: A word names no lab, or a lab that does not exist yet.
        """
        available = self.available()
        chosen = []
        for word in numbers:
            known = [lab for lab in self.outline if word in _spellings(lab)]
            if not known:
                raise CourseError(
                    f"No lab is called {word!r}. Give a number from 1 to {len(self.outline)}, "
                    "or the name of its notebook."
                )
            if known[0] not in available:
                ready = ", ".join(str(lab.number) for lab in available) or "none yet"
                raise CourseError(
                    f"Lab {known[0].number}, {known[0].title}, is not written yet. "
                    f"Labs that exist: {ready}."
                )
            chosen.extend(known)
        return tuple(chosen) or available


def _spellings(lab: Lab) -> set[str]:
    return {str(lab.number), f"{lab.number:02}", lab.name, lab.notebook, lab.source}


def this_course() -> Course:
    """Return the course of this checkout, or the labs packed into the installed wheel."""
    root = paths.checkout()
    if root is None:
        return Course(labs=paths.DATA / "labs", solutions=paths.DATA / "solutions")
    return Course(labs=root / "labs", solutions=root / "solutions")
