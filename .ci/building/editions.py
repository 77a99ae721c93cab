"""Make two editions of the course for a class: one without its answers, and one to grade with.

The checks of the students' edition know what the answers gave for the inputs that the labs use,
not how they are worked out. Words and letters that are right can still be found in it by who
looks for them, and so can functions that the course itself needs, such as `ctc.collapse`.
"""

from __future__ import annotations

import ast
import inspect
import json
import secrets
import shutil
from pathlib import Path
from types import FunctionType
from typing import Any

from shared.checks import crossing
from shared.checks.answers import answer, call_key, programs
from shared.checks.exercise import Case, Exercise
from shared.checks.guard import Guard, copy_function
from shared.checks.probing import Reply, attempt
from shared.checks.verdict import judge
from shared.paths import write_atomically

#: What students get of the repository, and what of that holds answers or only serves authors
GIVEN = (
    *("LICENSE", "Makefile", "README.md", "data", "environment.yml", "hatch_build.py", "labs"),
    *("pyproject.toml", "requirements.lock", "shared", ".github/CLUSTER.md", ".github/SERVICE.md"),
    *(".github/colab-constraints.txt", ".github/Containerfile"),
)
WITHHELD = ("data/answers.json", "data/make", "shared/tests")
_RUBBISH = shutil.ignore_patterns("__pycache__", ".*_cache", ".ipynb_checkpoints", "*.egg-info")
_NOT_COPIED = ("my", ".git", ".venv", "build", "dist")


class _Recorder(Guard):
    """What is called instead of an answer: it calls the answer, and keeps what came of it."""

    def __init__(self, function: FunctionType) -> None:
        super().__init__(function, [], {}, None)
        self.calls: dict[str, str] = {}

    def enter(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        bound = inspect.signature(self._function).bind(*args, **kwargs)
        bound.apply_defaults()
        key = call_key(dict(bound.arguments))
        try:
            given = self._function(*args, **kwargs)
        except Exception as error:
            self.calls[key] = f"{type(error).__name__} {error}"
            raise
        self.calls[key] = f"gave {crossing.encode(given)}"
        return given


def recorded(exercises: list[Exercise]) -> dict[str, Any]:
    """Return for each exercise what stands in the place of its answer in a students' edition.

    Args:
        exercises: All that may ask each other's answers.
    """
    solved = {one.id: copy_function(answer(one.id), one.name) for one in exercises}
    recorders = {one.id: _Recorder(answer(one.id)) for one in exercises}
    codes = {one.id: answer(one.id).__code__ for one in exercises}
    try:
        for exercise_id, recorder in recorders.items():
            answer(exercise_id).__code__ = recorder.code()
        for one in exercises:
            if not inspect.signature(solved[one.id]).parameters:  # Asked while exercises load
                _quietly(answer(one.id))

            def ask(case: Case, inputs: str, one: Exercise = one) -> Reply:
                return attempt(solved[one.id], case.probe, inputs, (), {})

            judge(one, ask)
    finally:
        for exercise_id, code in codes.items():
            answer(exercise_id).__code__ = code
    return {
        one.id: {
            "program": _without_body("\n".join(programs()[one.id]), one.name),
            "calls": recorders[one.id].calls,
        }
        for one in exercises
    }


def _quietly(function: FunctionType) -> None:
    """Call an answer without arguments; one whose value cannot cross is asked by no judge."""
    try:
        function()
    except crossing.CrossingError:
        return


def _without_body(program: str, name: str) -> list[str]:
    """Return a function of the same arguments that looks up what was recorded."""
    found = [node for node in ast.parse(program).body if getattr(node, "name", "") == name]
    (function,) = found[-1:]
    for argument in ast.walk(function.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    function.returns, function.decorator_list = None, []
    function.body = ast.parse(f"return recall(calls, {name!r}, locals())").body
    return ast.unparse(function).split("\n")


def make(root: Path, folder: Path, exercises: list[Exercise], addresses: tuple[str, str]) -> None:
    """Write `folder/students` and `folder/grader`.

    Args:
        root: The checkout.
        folder: A new folder.
        exercises: Of all labs.
        addresses: Where the course can be fetched, and where the students' edition will be.
    """
    students, grader = folder / "students", folder / "grader"
    shutil.copytree(root, grader, ignore=_but_own(root, _NOT_COPIED))
    write_atomically(grader / "data/class.json", json.dumps({"seed": secrets.randbelow(10**9)}))
    for name in GIVEN:
        source, target = root / name, students / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=_but_own(root, WITHHELD))
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    text = json.dumps(recorded(exercises), indent=1, ensure_ascii=False)
    write_atomically(students / "data/answers.json", f"{text}\n")
    old, new = (address.partition("//")[2].removesuffix("/") for address in addresses)
    if old.startswith("github.com/") and new.startswith("github.com/"):  # Badges of Colab, too
        old, new = (address.removeprefix("github.com/") for address in (old, new))
    for path in students.rglob("*.*") if old != new else ():
        if path.suffix in (".ipynb", ".py", ".md"):
            text = path.read_text(encoding="utf-8")
            write_atomically(path, text.replace(old, new))


def _but_own(root: Path, names: tuple[str, ...]) -> Any:
    """Leave out rubbish, and what lies at these places of the checkout."""

    def leave_out(folder: str, content: list[str]) -> set[str]:
        here = Path(folder).relative_to(root)
        return _RUBBISH(folder, content) | {
            one for one in content if (here / one).as_posix() in names
        }

    return leave_out
