"""The tests that a learner saved in earlier labs, and stand-ins where there are none."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.checks.answers import is_recorded
from shared.checks.planted.adapters import ADAPTERS
from shared.checks.portable import remember
from shared.paths import my_directory


@dataclass(frozen=True)
class SavedTest:
    """A test from an earlier lab.

    Attributes:
        lab: Number of the lab.
        name: Name of its function.
        source: "yours", or "stand-in" for the course's own.
        run: The test without arguments, on the course's code; None where the course has no
            function of that form.
        note: What was wrong with the learner's file, or empty.
    """

    lab: int
    name: str
    source: str
    run: Callable[[], None] | None
    note: str = ""


def saved_tests(folder: Path | None = None, before: int = 8) -> list[SavedTest]:
    """Return one test for each earlier lab that asks for one, the learner's own first.

    Args:
        folder: Where they are saved; `tests` in the learner's folder if not given.
        before: Labs below this number count.
    """
    from shared.checks.exercise import labs, load_lab

    folder = my_directory() / "tests" if folder is None else folder
    found = []
    for lab in (number for number in labs() if number < before):
        for exercise in load_lab(lab):
            if exercise.save_to:
                path = folder / Path(exercise.save_to).name
                found.append(_one(lab, exercise.name, path, exercise.reference))
    return found


def _one(lab: int, name: str, path: Path, reference: Callable) -> SavedTest:
    note = ""
    if path.is_file():
        try:
            function = load_function(path.read_text(encoding="utf-8"), name, f"saved_{path.stem}")
            return SavedTest(lab, name, "yours", _bound(function, name))
        except Exception as error:  # Whatever the file raises: it is the learner's
            note = f"{path.name} cannot be loaded: {type(error).__name__}: {error}"
    return SavedTest(lab, name, "stand-in", _bound(reference, name), note)


def load_function(source: str, name: str, module: str) -> Callable:
    """Run the text of a saved test and return its function.

    Raises:
        LookupError: The text defines no function of that name.
    """
    space: dict = {"__name__": module}
    remember(f"<{module}>", source)
    exec(compile(source, f"<{module}>", "exec"), space)
    if not callable(space.get(name)):
        raise LookupError(f"it defines no function {name!r}")
    return space[name]


def _bound(function: Callable, name: str) -> Callable[[], None] | None:
    if is_recorded(function):
        return None
    if name not in ADAPTERS:
        return function if not inspect.signature(function).parameters else None
    adapter = ADAPTERS[name]

    def run() -> None:
        function(adapter)

    run.__module__ = "saved_by_a_learner"  # So that it is sent with its source
    return run
