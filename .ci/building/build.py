"""Build both notebooks of a lab from its one source, or say where they have drifted.

The solved notebook is executed only when its code changed; a change of prose, or of the cell that
fetches the course on Colab, keeps the stored outputs. Use --force after a change in `shared/` that
alters what a lab prints or draws.

Examples:
  labs build                every lab whose source changed
  labs build 3 --force      execute Lab 3 again
  labs build --check        change nothing, exit with 1 if a notebook does not match its source
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from building import answers, derive, duration, outputs, source
from shared.course.executing import execute
from shared.course.notebooks import code_cells, load
from shared.course.outline import Course, CourseError, Lab, this_course
from shared.paths import write_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs build`."""
    parser.add_argument("lab", nargs="*", help="numbers of labs, all of them if none is given")
    parser.add_argument("--check", action="store_true", help="compare only; execute nothing")
    parser.add_argument("--force", action="store_true", help="execute even if no code changed")
    parser.add_argument("--answers", action="store_true", help="write data/answers.json alone")
    parser.add_argument("--draft", action="store_true", help="write without executing (a preview)")


def run(arguments: argparse.Namespace, course: Course | None = None) -> int:
    """Build or compare the labs asked for; return the exit status."""
    course = course or this_course()
    labs = course.find(arguments.lab)
    if arguments.check:
        drift = [line for lab in labs for line in dict.fromkeys(compare(course, lab))]
        drift += [f"{stale}." for stale in [answers.difference(course)] if stale]
        print("\n".join(drift) or f"{len(labs)} labs match their sources")
        return int(bool(drift))
    for lab in () if arguments.answers else labs:
        print(f"Lab {lab.number}, {lab.title}")
        build(course, lab, force=arguments.force, draft=arguments.draft)
    answers.update(course)
    return 0


def notebooks(course: Course, lab: Lab) -> tuple[dict[str, Any], dict[str, Any]]:
    """Derive (solved, learner) from the source, without executing anything."""
    path = course.solutions / lab.source
    if not path.is_file():
        raise CourseError(f"The source {path} is missing; both notebooks derive from it.")
    cells = derive.complete(course, lab, source.read(path))
    return derive.solved(cells, lab), derive.learner(cells, lab)


def build(course: Course, lab: Lab, force: bool = False, draft: bool = False) -> None:
    """Write both notebooks of a lab.

    Raises:
        CourseError: A cell failed or an output may not be stored; nothing was written.
    """
    solved, learner = notebooks(course, lab)
    path = course.solutions / lab.notebook
    kept = None if force else _stored_outputs(path, solved)
    if kept:
        print("  no code changed: outputs kept")
    elif not draft:
        kept = _executed(lab, solved)
    if kept:  # A draft has no numbers to fill in
        derive.fill_numbers(lab, kept, kept)
        derive.fill_numbers(lab, learner, kept)
    text = derive.canonical(kept or solved)
    if len(text.encode()) > outputs.MAX_BYTES:
        raise CourseError(outputs.too_large(lab.notebook, len(text.encode())))
    write_atomically(path, text)
    write_atomically(course.labs / lab.notebook, derive.canonical(learner))
    print(f"  {duration.measure(source.read(course.solutions / lab.source))}")


def _executed(lab: Lab, solved: dict[str, Any]) -> dict[str, Any]:
    """Run the solved notebook and return it with its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_atomically(Path(folder) / lab.notebook, nbformat.writes(solved))
        execution = execute(path, f"Lab {lab.number}")
    problems = execution.errors or outputs.problems(execution.notebook)
    if problems:
        raise CourseError("\n  ".join([f"{lab.source} was not written:", *problems]))
    return derive.with_outputs(solved, execution.notebook)


def _stored_outputs(path: Path, solved: dict[str, Any]) -> dict[str, Any] | None:
    """Return the solved notebook with the stored outputs if all its code is as it was."""
    try:
        stored = load(path)
    except CourseError:
        return None
    if _code(stored) != _code(solved):
        return None
    if any(cell["execution_count"] is None and cell["source"] for cell in code_cells(stored)):
        return None
    return derive.with_outputs(solved, stored)


def _code(notebook: dict[str, Any]) -> list[str]:
    """Return what the cells run here; the one that fetches the course does so on Colab alone."""
    return [cell["source"] for cell in code_cells(notebook) if cell["id"] != derive.FETCH]


def compare(course: Course, lab: Lab) -> list[str]:
    """Return where the notebooks of a lab differ from their source; executes nothing."""
    drift = []
    derived = dict(zip((course.solutions, course.labs), notebooks(course, lab), strict=True))
    for folder, expected in derived.items():
        name = f"{folder.name}/{lab.notebook}"
        try:
            stored = load(folder / lab.notebook)
            derive.fill_numbers(lab, expected, load(course.solutions / lab.notebook))
        except CourseError as error:
            drift.append(str(error))
            continue
        if place := _difference(stored, nbformat.reads(derive.canonical(expected), 4)):
            drift.append(f"{name} does not match {lab.source}: {place}. Run `labs build`.")
        elif derive.canonical(stored) != (folder / lab.notebook).read_text(encoding="utf-8"):
            drift.append(f"{name} is not in canonical form. Run `labs build {lab.number}`.")
    return drift


def _difference(stored: dict[str, Any], expected: dict[str, Any]) -> str | None:
    """Name the first place where two notebooks differ beyond outputs and counts."""
    for position, wanted in enumerate(expected["cells"]):
        if position >= len(stored["cells"]):
            return f"the cell {wanted['id']} is missing"
        found = stored["cells"][position]
        for key in ("id", "cell_type", "metadata"):
            if found.get(key) != wanted[key]:
                return f"cell {wanted['id']} has another {key}"
        if found["source"] != wanted["source"]:
            return f"cell {wanted['id']} has another text"
    if len(stored["cells"]) > len(expected["cells"]):
        return f"the cell {stored['cells'][len(expected['cells'])].get('id')} is not in the source"
    if stored["metadata"] != expected["metadata"]:
        return "the notebook's metadata differ"
    return None
