"""The model of an exercise and its cases, and where to find those of a lab."""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

KINDS = ("implement", "predict", "review", "debug", "decide")

#: The seed that `check` gives to the inputs; a grader may choose another
PUBLIC_SEED = 20_240

_FOLDER = Path(__file__).parents[1] / "exercises"

#: The arguments of one call by name, or of several calls
Arguments = Mapping[str, Any] | list[dict[str, Any]]


class UnknownExerciseError(LookupError):
    """The id names no exercise; shown in a notebook as one sentence."""

    def _render_traceback_(self) -> list[str]:  # IPython shows this instead of a long traceback
        return [str(self)]


@dataclass(frozen=True)
class Case:
    """One thing an answer must get right.

    Attributes:
        name: A clause for the tick list, such as "merges repeats".
        inputs: Arguments of a call by name, a list of them for several calls, which probe and
            judge see one at a time, or a function of the seed that returns either.
        hint: One sentence shown when the case fails.
        points: What it is worth, above zero.
        probe: `probe(function, inputs) -> answer`, run where the learner's code runs;
            None makes the calls.
        judge: `judge(inputs, answer) -> None | message`, run by the grader;
            None compares with the answer of the reference.
        call: How a message names the call, where its arguments would be too long: a text for
            all of it, or a function of the arguments of one call.
        hidden: Whether only the grader runs it.
        seconds: Time limit of the probe; None takes the exercise's.
    """

    name: str
    inputs: Arguments | Callable[[int], Arguments] | None = None
    _: KW_ONLY
    hint: str
    points: float = 1
    probe: Callable[[Callable, Any], Any] | None = None
    judge: Callable[[Any, Any], str | None] | None = None
    call: str | Callable[[Any], str] = ""
    hidden: bool = False
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse a case nobody could learn from."""
        if not self.points > 0:
            raise ValueError(f"The case {self.name!r} has {self.points} points; give it some.")
        if not self.hint.strip():
            raise ValueError(f"The case {self.name!r} has no hint; write one sentence.")

    def make_inputs(self, seed: int) -> Any:
        """Return the inputs for a seed."""
        return self.inputs(seed) if callable(self.inputs) else self.inputs or {}


@dataclass(frozen=True)
class Exercise:
    """One graded exercise; its answer is the function named by the last part of the id.

    Attributes:
        id: Lab and function, such as "lab03.collapse".
        kind: One of `KINDS`.
        title: What the tick list and the report call it.
        reference: The function later cells use when the learner's is missing or wrong.
        cases: What is asked of an answer; the points are their sum.
        refuse: Further functions that would be the answer itself.
        seconds: Time limit of each probe.
        save_to: File under `my/` that keeps the source of a passed answer.
    """

    id: str
    kind: str
    title: str
    reference: Callable
    cases: tuple[Case, ...]
    refuse: tuple[Callable, ...] = ()
    seconds: float = 10.0
    save_to: str | None = None

    def __post_init__(self) -> None:
        """Refuse an exercise that could not be found, shown or guarded."""
        if not re.fullmatch(r"lab\d\d\.[a-z_][a-z0-9_]*", self.id):
            raise ValueError(f"{self.id!r} is no exercise id; write it like 'lab03.collapse'.")
        if self.kind not in KINDS:
            raise ValueError(f"{self.id} is of kind {self.kind!r}; use one of {', '.join(KINDS)}.")
        names = [case.name for case in self.cases]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{self.id} needs at least one case, and no two of the same name.")
        for function in (self.reference, *self.refuse):
            if not isinstance(function, FunctionType) or function.__closure__:
                raise TypeError(
                    f"{self.id}: {function!r} must be a plain function (def or lambda without "
                    "closure or decorator), so that calls to it can be noticed."
                )

    @property
    def name(self) -> str:
        """Name of the learner's function."""
        return self.id.partition(".")[2]

    @property
    def lab(self) -> int:
        """Number of the lab."""
        return int(self.id[3:5])

    @property
    def points(self) -> float:
        """Points of all cases together."""
        return sum(case.points for case in self.cases)


def labs() -> list[int]:
    """Return the numbers of the labs that have exercises."""
    return sorted(int(path.stem[3:]) for path in _FOLDER.glob("lab[0-9][0-9].py"))


def load_lab(number: int) -> tuple[Exercise, ...]:
    """Return the exercises of a lab, in the order of its file.

    Raises:
        UnknownExerciseError: The lab has none.
    """
    if number not in labs():
        available = ", ".join(map(str, labs())) or "none yet"
        raise UnknownExerciseError(
            f"There are no exercises for lab {number!r}. The labs with exercises: {available}."
        )
    module = importlib.import_module(f"shared.exercises.lab{number:02}")
    return tuple(value for value in vars(module).values() if isinstance(value, Exercise))


def find(exercise_id: str) -> Exercise:
    """Return the exercise with an id.

    Raises:
        UnknownExerciseError: There is none; the message suggests the nearest id.
    """
    number = re.match(r"lab(\d\d)\.", exercise_id) if isinstance(exercise_id, str) else None
    searched = [int(number[1])] if number and int(number[1]) in labs() else labs()
    exercises = {exercise.id: exercise for lab in searched for exercise in load_lab(lab)}
    if isinstance(exercise_id, str) and exercise_id in exercises:
        return exercises[exercise_id]
    near = difflib.get_close_matches(str(exercise_id), exercises, n=1, cutoff=0.5)
    advice = f"Did you mean {near[0]!r}?" if near else "Ids look like 'lab03.collapse'."
    raise UnknownExerciseError(f"There is no exercise with the id {exercise_id!r}. {advice}")
