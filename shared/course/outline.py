"""The nine labs, where their files live, and where the repository can be fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared import paths

#: Where the first cell of a lab fetches the course on Colab; change both here, then build
REPOSITORY = "https://github.com/handwriting-labs/handwriting-labs"
TAG = "main"


class CourseError(Exception):
    """A mistake that its message explains; the command line prints it without a traceback."""


@dataclass(frozen=True)
class Lab:
    """One lab: its number, the name of its files, its title in the outline, what it does."""

    number: int
    name: str
    title: str
    summary: str = ""

    @property
    def source(self) -> str:
        """Name of the one source of both notebooks."""
        return f"{self.name}.py"

    @property
    def notebook(self) -> str:
        """Name of the notebooks in `labs/` and `solutions/`."""
        return f"{self.name}.ipynb"


LABS = (
    Lab(
        1,
        "01_codebase_walkthrough",
        "Codebase walkthrough",
        "from a page to text, every stage with a picture",
    ),
    Lab(
        2,
        "02_single_character_prediction",
        "Single-character prediction",
        "one letter at a time: baseline, MLP, CNN",
    ),
    Lab(
        3,
        "03_line_text_recognizer",
        "LineTextRecognizer",
        "whole lines: context, CTC by hand, training, decoding",
    ),
    Lab(
        4,
        "04_tools_for_experimentation",
        "Tools for experimentation",
        "configurations, tracking, runs in parallel",
    ),
    Lab(
        5,
        "05_experimentation",
        "Experimentation",
        "ideas, seeds, intervals, adapting to one writer",
    ),
    Lab(
        6,
        "06_line_detector",
        "LineDetector",
        "find the lines of a page, count what was found, read the page",
    ),
    Lab(7, "07_data", "Data", "labeling, disagreement, versions of a data set"),
    Lab(
        8,
        "08_continuous_integration",
        "Continuous integration",
        "tests that find planted bugs, workflows",
    ),
    Lab(
        9, "09_deployment", "Deployment", "a service that reads a page, and learns from corrections"
    ),
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
                    "for example `labs run 2`."
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
