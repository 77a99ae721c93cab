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
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.course import gate, report
from shared.course.execute import CELL_TIMEOUT, KERNEL_ARGUMENTS, fresh_folder
from shared.course.memory import PeakMemory
from shared.course.outline import Course, CourseError, Lab, this_course
from shared.paths import my_directory, write_atomically

MEMORY_LIMIT = 2.5e9
#: Labs that may take more: the notebook of Lab 4 has two workers with TensorFlow beside it
LARGER_LIMITS = {4: 3.5e9}


@dataclass
class Result:
    """What one run of one lab gave."""

    lab: Lab
    folder: str
    seconds: float
    peak_bytes: int | None
    notebook: dict[str, Any]
    errors: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> list[str]:
        """Return the text of the cells tagged `number`."""
        return [
            text
            for cell in self.notebook["cells"]
            if "number" in cell["metadata"].get("tags", [])
            for text in report.texts(cell)
        ]


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
    results = []
    for lab in labs:
        print(f"Lab {lab.number}, {lab.title} ...", file=sys.stderr, flush=True)
        results.append(run_lab(lab, folder, fast=arguments.fast, own=own))
        print(_line(results[-1]), flush=True)
    target = arguments.report or my_directory() / "report.html"
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
    parameters = (small_parameters(gate.load(path)) if fast else {}) | (own or {})
    with fresh_folder() as place, PeakMemory() as memory:
        start = time.perf_counter()
        notebook, failures = _papermill(path, place, parameters, lab)
        seconds = time.perf_counter() - start
    errors = failures + gate.widget_errors(notebook)
    if notebook["metadata"].get("papermill", {}).get("exception") and not errors:
        errors.append("papermill recorded an exception without naming it")
    limit = LARGER_LIMITS.get(lab.number, MEMORY_LIMIT)
    if memory.peak is not None and memory.peak > limit:
        errors.append(
            f"took {memory.peak / 1e9:.1f} GB of memory, at most {limit / 1e9:.1f} GB are "
            "promised to a learner"
        )
    return Result(lab, folder.name, seconds, memory.peak, notebook, errors)


def small_parameters(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the small parameters that a lab carries for quick runs."""
    return {
        name: value
        for cell in notebook["cells"]
        for name, value in cell["metadata"].get("fast", {}).items()
    }


def _papermill(
    path: Path, place: Path, parameters: dict[str, Any], lab: Lab
) -> tuple[dict[str, Any], list[str]]:
    try:
        import papermill
    except ImportError as error:
        raise CourseError(
            "Running a lab needs papermill. Install the notebook tools: "
            'pip install -e ".[notebooks]"'
        ) from error
    output = place / "executed.ipynb"
    live = sys.stderr.isatty()
    progress = {"desc": f"Lab {lab.number}", "leave": False, "mininterval": 0.1 if live else 20}
    errors = []
    try:
        papermill.execute_notebook(
            str(path), str(output), parameters=parameters, kernel_name="python3",
            cwd=str(place), progress_bar=progress, execution_timeout=CELL_TIMEOUT,
            extra_arguments=KERNEL_ARGUMENTS,
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        errors.append(f"cell {error.exec_count} raised {error.ename}: {error.evalue}")
    except Exception as error:  # A dead kernel or a time-out has no class of its own in papermill
        errors.append(f"{type(error).__name__}: {error}")
    return (gate.load(output) if output.is_file() else gate.load(path)), errors


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _line(result: Result) -> str:
    memory = "      " if result.peak_bytes is None else f"{result.peak_bytes / 1e9:4.1f} GB"
    state = "FAILED" if result.errors else "green "
    lines = [f"{state} {result.lab.name:32} {result.seconds:6.0f} s {memory}"]
    lines += [f"       {line}" for text in result.numbers for line in text.splitlines()]
    lines += [f"       error: {error}" for error in result.errors]
    return "\n".join(lines)
