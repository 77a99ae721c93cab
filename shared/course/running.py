"""Run labs from end to end with papermill, one after the other, and write one HTML report.

Every lab runs in an empty folder with a fresh my/, so nothing of yours is read or written.
A lab fails if a cell fails, if a widget's callback raised, or if it took too much memory.

Examples:
  labs run                      every lab as a learner gets it, at its defaults
  labs run --fast               the same with small parameters, for a quick look
  labs run 3 --solutions        the solved Lab 3
  labs run 2 -p UPDATES 100     one parameter of your own
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.course import report
from shared.course.executing import Execution, execute
from shared.course.notebooks import load, tagged, texts
from shared.course.outline import Course, CourseError, Lab, this_course
from shared.paths import my_directory, write_atomically

#: What Ctrl-C says
STOPPED = "The report has the labs that had ended; `labs run NUMBER` runs one alone."
MEMORY_LIMIT = 2.5e9
#: Labs that may take more: the notebook of Lab 4 has two workers with TensorFlow beside it
LARGER_LIMITS = {4: 3.5e9}


@dataclass(frozen=True)
class Result(Execution):
    """What one run of one lab gave."""

    lab: Lab
    folder: str

    @property
    def numbers(self) -> list[str]:
        """Return the text of the cells tagged `number`."""
        return [text for cell in tagged(self.notebook, "number") for text in texts(cell)]

    @property
    def state(self) -> str:
        """Return "green" or "failed"."""
        return "failed" if self.errors else "green"

    @property
    def slowest(self) -> list[tuple[float, str]]:
        """Return seconds and id of the three cells that took longest."""
        cells = self.notebook["cells"]
        times = [
            (c["metadata"].get("papermill", {}).get("duration") or 0.0, c["id"]) for c in cells
        ]
        return sorted(times, reverse=True)[:3]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """Return all that its cells showed, in order."""
        return [output for cell in self.notebook["cells"] for output in cell.get("outputs", [])]

    def __str__(self) -> str:
        """Return what the command line says of it."""
        memory = f"{self.peak_bytes / 1e9:.1f} GB"
        lines = [f"{self.state:6} {self.lab.name:32} {self.seconds:6.0f} s {memory:>7}"]
        lines += [f"       {line}" for text in self.numbers for line in text.splitlines()]
        return "\n".join(lines + [f"       error: {error}" for error in self.errors])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs run`."""
    parser.add_argument("lab", nargs="*", help="numbers of labs, all of them if none is given")
    parser.add_argument("--solutions", action="store_true", help="run the solved notebooks")
    parser.add_argument("--fast", action="store_true", help="the small parameters of each lab")
    parser.add_argument(
        "-p", dest="parameters", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
        help="set a parameter; the value is read as JSON, else as text",
    )  # fmt: skip
    parser.add_argument("--report", type=Path, help="where to write (default: my/report.html)")


def run(arguments: argparse.Namespace, course: Course | None = None) -> int:
    """Run the labs asked for; return 0 only if all of them are green."""
    course = course or this_course()
    labs = course.find(arguments.lab)
    if not labs:
        raise CourseError(f"No lab was found in {course.labs}.")
    folder = course.solutions if arguments.solutions else course.labs
    own = {name: _value(text) for name, text in arguments.parameters}
    known = {lab: parameters_of(load(folder / lab.notebook)) for lab in labs}
    for name in own:
        if not any(name in parameters for parameters in known.values()):
            said = "; ".join(f"Lab {lab.number}: {', '.join(known[lab])}" for lab in labs)
            raise CourseError(f"No lab that would run has a parameter {name}. They have: {said}.")
    target = arguments.report or my_directory() / "report.html"
    results = []
    for lab in labs:
        print(f"Lab {lab.number}, {lab.title} ...", file=sys.stderr, flush=True)
        given = {name: value for name, value in own.items() if name in known[lab]}
        results.append(run_lab(lab, folder, fast=arguments.fast, own=given))
        print(results[-1], flush=True)
        # After each lab: what follows may be stopped, by a person or by a lack of memory
        write_atomically(target, report.page(results, fast=arguments.fast))
    green = sum(not result.errors for result in results)
    print(f"{green} of {len(results)} labs are green. Report: {target}")
    return int(green < len(results))


def run_lab(
    lab: Lab, folder: Path, fast: bool = False, own: dict[str, Any] | None = None
) -> Result:
    """Run one notebook of `folder` and return what happened; a failing lab is a result too.

    Args:
        lab: The lab to run.
        folder: `labs/` or `solutions/`.
        fast: Use the small parameters stored with the lab.
        own: Parameters that replace the defaults and the small ones.

    Raises:
        CourseError: The notebook is missing, or papermill is not installed.
    """
    path = folder / lab.notebook
    parameters = small_parameters(load(path)) if fast else {}
    found = execute(path, f"Lab {lab.number}", parameters | (own or {}))
    limit = LARGER_LIMITS.get(lab.number, MEMORY_LIMIT)
    if found.peak_bytes > limit:
        found.errors.append(
            f"took {found.peak_bytes / 1e9:.1f} GB of memory, at most {limit / 1e9:.1f} GB are "
            "promised to a learner"
        )
    return Result(**vars(found), lab=lab, folder=folder.name)


def parameters_of(notebook: dict[str, Any]) -> list[str]:
    """Return the names that the cell tagged `parameters` sets."""
    return [
        node.id
        for cell in tagged(notebook, "parameters")
        for node in ast.walk(ast.parse(cell["source"]))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def small_parameters(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the small parameters that a lab carries for quick runs."""
    return {
        name: value
        for cell in notebook["cells"]
        for name, value in cell["metadata"].get("fast", {}).items()
    }


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
