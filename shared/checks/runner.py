"""Grade a notebook: answers run in another process, verdicts are made in this one.

The other process gets setup cells, answers, inputs and probes. It never gets a judge or a
result, so nothing that an answer patches, rebinds or prints reaches a score. An answer that
hangs or kills its process costs its own exercise; the next one goes on in a fresh process.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shared
from shared.checks import crossing
from shared.checks.exercise import PUBLIC_SEED, Case, Exercise
from shared.checks.portable import holds_judges, pack
from shared.checks.probing import STATUSES, Reply
from shared.checks.submission import Step, find_answer, read_notebook, steps
from shared.checks.verdict import PASSED, Ask, Result, all_wrong, judge, not_attempted

#: Time for a cell of the lab itself, or of an answer, to run
CELL_SECONDS = 120.0
_ROOM = 2 * crossing.LIMIT  # A reply holds an answer, with quotation marks escaped


class RunnerError(RuntimeError):
    """A cell of the lab itself failed, so nothing can be said about the answers."""


def grade(
    submission: Path | str,
    pristine: Path | str,
    exercises: Sequence[Exercise],
    seed: int = PUBLIC_SEED,
    cell_seconds: float = CELL_SECONDS,
) -> list[Result]:
    """Judge every exercise of a notebook out of process.

    Args:
        submission: The learner's notebook; only its answer cells are used.
        pristine: The lab as it was given out.
        exercises: What to judge.
        seed: Seed of the inputs.
        cell_seconds: Time limit of each cell.

    Raises:
        NotebookError: One of the files is no notebook, or the lab lacks an answer cell.
        RunnerError: A setup cell of the lab fails.
    """
    by_name = {exercise.name: exercise for exercise in exercises}
    cells = read_notebook(submission)
    plan = steps(read_notebook(pristine), by_name)
    results: dict[str, Result] = {}
    with _Worker(cell_seconds) as worker:
        for step in plan:
            exercise = by_name.get(step.answer_to or "")
            if exercise is None:
                worker.run_lab_cell(step)
            else:
                source = find_answer(cells, exercise.name)
                results[exercise.id] = _judge_answer(worker, exercise, source, seed)
    return [results[exercise.id] for exercise in exercises]


def _judge_answer(worker: _Worker, exercise: Exercise, source: str | None, seed: int) -> Result:
    bind = {"do": "bind", "name": exercise.name, "reference": pack(exercise.reference)}
    if source is None:
        worker.keep(bind)
        return not_attempted(exercise, f"The notebook has no cell that defines {exercise.name}.")
    run = {"do": "run", "source": source, "label": f"answer {exercise.name}"}
    ran = worker.send(run, worker.cell_seconds)
    if ran.status != "answer":
        result = all_wrong(exercise, f"The cell of {exercise.name} does not run. {ran.text}")
    else:
        result = judge(exercise, worker.asker(exercise), seed, hidden_too=True)
    worker.keep(run | {"otherwise": bind} if result.state == PASSED else bind)
    return result


class _Worker:
    """The other process, started anew whenever an answer has ended it."""

    def __init__(self, cell_seconds: float) -> None:
        self.cell_seconds = cell_seconds
        self._kept: list[dict[str, Any]] = []  # What a fresh process has to do first
        self._process: subprocess.Popen | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()
        self._folder.cleanup()

    def run_lab_cell(self, step: Step) -> None:
        """Run a cell of the lab itself, now and in every process that follows."""
        self.keep({"do": "run", "source": step.source, "label": step.label, "lab": True})

    def keep(self, request: dict[str, Any]) -> None:
        """Do something now, and again in every process that follows."""
        already_done = request["do"] == "run" and "otherwise" in request
        if not already_done and self._process is not None:
            self._do(request)
        self._kept.append(request)

    def asker(self, exercise: Exercise) -> Ask:
        """Return what puts a case to the answer of an exercise."""
        functions = (exercise.reference, *exercise.refuse)
        refuse = [pack(function) for function in functions if not holds_judges(function.__module__)]

        def ask(case: Case, inputs: str) -> Reply:
            probe = pack(case.probe) if case.probe else None
            request = {"do": "probe", "name": exercise.name, "inputs": inputs, "probe": probe}
            request |= {"refuse": refuse}
            return self.send(request, case.seconds or exercise.seconds)

        return ask

    def send(self, request: dict[str, Any], seconds: float) -> Reply:
        """Have something done and return what came of it; a dead or slow process is ended."""
        if self._process is None:
            self._start()
        return self._exchange(request, seconds)

    def _do(self, request: dict[str, Any]) -> None:
        reply = self._exchange(request, self.cell_seconds)
        if reply.status == "answer":
            return
        if "otherwise" in request:  # An answer that passed before; its reference stands in now
            if self._process is None:
                raise RunnerError(f"{request['label']} does not run a second time: {reply.text}")
            self._do(request["otherwise"])
            return
        what = request.get("label", f"the reference {request.get('name')}")
        raise RunnerError(f"The lab itself fails in {what}: {reply.text}")

    def _exchange(self, request: dict[str, Any], seconds: float) -> Reply:
        assert self._process and self._process.stdin
        ticket = secrets.token_hex(8)
        try:
            self._process.stdin.write(json.dumps(request | {"ticket": ticket}) + "\n")
            self._process.stdin.flush()
        except OSError:
            self._end()
            return Reply("died", "The Python process died.")
        end = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                self._end()
                return Reply("time", f"It took longer than {seconds:g} seconds and was stopped.")
            if not line:
                self._end()
                return Reply("died", "The Python process died.")
            reply = _read_reply(line, ticket)
            if reply:
                return reply

    def _start(self) -> None:
        folder = Path(self._folder.name)
        root = Path(shared.__file__).resolve().parents[1]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")])),
            "HANDWRITING_MY": str(folder / "my"),
            "MPLBACKEND": "agg",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "shared.checks.child"],
            cwd=folder,
            env=environment,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._lines = queue.Queue()
        threading.Thread(
            target=_read_lines, args=(self._process.stdout, self._lines), daemon=True
        ).start()
        for request in self._kept:
            self._do(request)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):  # What the answer started ends with it
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


def _read_lines(pipe: Any, lines: queue.Queue[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while line := pipe.readline(_ROOM):
            lines.put(line)
    lines.put("")


def _read_reply(line: str, ticket: str) -> Reply | None:
    """Return a reply, or None for anything else that reached the channel."""
    try:
        content = json.loads(line)
        if content["ticket"] != ticket or content["status"] not in STATUSES:
            return None
        return Reply(content["status"], str(content["text"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
