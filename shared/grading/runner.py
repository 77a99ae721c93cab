"""Grade a notebook: answers run in another process, verdicts are made in this one.

The other process gets setup cells, answers, inputs and probes. It never gets a judge or a
result, so nothing that an answer patches, rebinds or prints reaches a score. An answer that
hangs or kills its process costs its own exercise; the next one goes on in a fresh process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shared.checks.exercise import PUBLIC_SEED, Case, Exercise
from shared.checks.portable import pack, pack_library
from shared.checks.probing import Reply
from shared.checks.verdict import PASSED, Ask, Result, all_wrong, judge, not_attempted
from shared.checks.worker import Worker
from shared.grading.isolation import Isolation, best
from shared.grading.submission import find_answer, read_notebook, steps

#: Time for a cell of the lab itself to run, and for one of an answer, which defines a function
CELL_SECONDS = 120.0
ANSWER_SECONDS = 30.0


class RunnerError(RuntimeError):
    """A cell of the lab itself failed, so nothing can be said about the answers."""


def grade(
    submission: Path | str,
    pristine: Path | str,
    exercises: Sequence[Exercise],
    seed: int = PUBLIC_SEED,
    cell_seconds: float = CELL_SECONDS,
    isolation: Isolation | None = None,
    known: Mapping[str, Result] | None = None,
) -> list[Result]:
    """Judge every exercise of a notebook out of process.

    Args:
        submission: The learner's notebook; only its answer cells are used.
        pristine: The lab as it was given out.
        exercises: What to judge.
        seed: Seed of the inputs.
        cell_seconds: Time limit of each cell.
        isolation: What stands around the process; by default the strongest form there is.
        known: Results of earlier, by id; these answers only run, because later ones may use them.

    Raises:
        NotebookError: One of the files is no notebook, or the lab lacks an answer cell.
        RunnerError: A setup cell of the lab fails.
    """
    by_name = {exercise.name: exercise for exercise in exercises}
    cells = read_notebook(submission)
    given = read_notebook(pristine)
    plan = steps(given, by_name)
    results: dict[str, Result] = {}
    run = _Run(cell_seconds, isolation or best())
    try:
        run.keep(_Call("limit", {}, "the limits"))
        for step in plan:
            exercise = by_name.get(step.answer_to or "")
            if exercise is None:
                cell = {"source": step.source, "label": step.label}
                run.keep(_Call("run_cell", cell, step.label))
            else:
                source = find_answer(cells, exercise.name, given)
                before = (known or {}).get(exercise.id)
                results[exercise.id] = _judge_answer(run, exercise, source, seed, before)
    finally:
        run.worker.close()
    return [results[exercise.id] for exercise in exercises]


def _judge_answer(
    run: _Run, exercise: Exercise, source: str | None, seed: int, known: Result | None
) -> Result:
    name = exercise.name
    given = {"name": name, "reference": pack(exercise.reference)}
    stand_in = _Call("bind", given, f"the reference {name}")
    if source is None:
        run.keep(stand_in)
        return not_attempted(exercise, f"The notebook has no cell that defines {name}.")
    cell = _Call("run_cell", {"source": source, "label": f"answer {name}"}, f"answer {name}")
    if known:
        run.keep(*((cell, stand_in) if known.state == PASSED else (stand_in,)))
        return known
    ran = run.ask(cell, min(run.seconds, ANSWER_SECONDS))
    if ran.status != "answer":
        result = all_wrong(exercise, f"The cell of {name} does not run. {ran.text}")
    else:
        result = judge(exercise, _asker(run, exercise), seed, hidden_too=True)
    if result.state == PASSED:
        run.kept.append((cell, stand_in))
    else:
        run.keep(stand_in)
    return result


def _asker(run: _Run, exercise: Exercise) -> Ask:
    """Return what puts a case to the answer of an exercise."""
    refuse = pack_library((exercise.reference, *exercise.refuse))

    def ask(case: Case, inputs: str) -> Reply:
        probe = pack(case.probe) if case.probe else None
        given = {"name": exercise.name, "probe": probe, "inputs": inputs, "refuse": refuse}
        return run.ask(_Call("probe", given, case.name), case.seconds or exercise.seconds)

    return ask


class _Call(NamedTuple):
    """A function of `shared.checks.answering`, what it is given, and what that is in words."""

    function: str
    given: dict[str, Any]
    what: str


class _Run:
    """A worker for one notebook; what later cells need is done again in a fresh process."""

    def __init__(self, seconds: float, isolation: Isolation) -> None:
        self.seconds = seconds
        self.worker = Worker(walls=isolation.walls)
        self.worker.environment |= {"HANDWRITING_MY": f"{self.worker.folder}/my"}
        #: What was done, and for an answer what to do instead if it fails the second time
        self.kept: list[tuple[_Call, _Call | None]] = []

    def keep(self, call: _Call, instead: _Call | None = None) -> None:
        """Do something, or else what is given instead, now and in every process that follows."""
        if self.worker.alive:
            self._repeat(call, instead)
        self.kept.append((call, instead))

    def ask(self, call: _Call, seconds: float) -> Reply:
        """Have something done, after all that was kept if the process is a fresh one."""
        if not self.worker.alive:
            for kept, instead in self.kept:
                self._repeat(kept, instead)
        return self._send(call, seconds)

    def _send(self, call: _Call, seconds: float) -> Reply:
        return self.worker.ask(f"shared.checks.answering:{call.function}", seconds, **call.given)

    def _repeat(self, call: _Call, instead: _Call | None = None) -> None:
        reply = self._send(call, self.seconds)
        if reply.status == "answer":
            return
        if instead is None:
            raise RunnerError(f"The lab itself fails in {call.what}: {reply.text}")
        if not self.worker.alive:
            raise RunnerError(f"{call.what} does not run a second time: {reply.text}")
        self._repeat(instead)
