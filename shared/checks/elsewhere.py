"""Put questions to an answer in a process of its own, which can be stopped whatever it does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.checks import crossing
from shared.checks.exercise import Case, Exercise
from shared.checks.guard import ReferenceCalledError, guarded
from shared.checks.portable import NotPortableError, pack, pack_library
from shared.checks.probing import PRINTED, PRINTED_LIMIT, Reply
from shared.checks.worker import START_SECONDS, Worker

_THERE = "shared.checks.answering"


def asker(
    exercise: Exercise, function: Callable, refuse: tuple[Callable, ...], namespace: dict[str, Any]
) -> Callable[[Case, str], Reply]:
    """Return what puts a case of an exercise to an answer of this process.

    A copy of the answer is asked in a process that is ended where it takes too much time or
    memory. Of an answer that cannot be sent, because it uses an open file or a lock, every reply
    says so: here nothing could stop it.

    Args:
        exercise: What is asked.
        function: The learner's function.
        refuse: Functions that it may not call.
        namespace: Globals of the learner's code.
    """
    refused: list[str] = []
    try:
        with guarded(refuse, namespace) as refused:
            arrived = _send(Worker.kept(), exercise.name, function)
    except ReferenceCalledError:
        arrived = Reply("reference", refused[0])
    except NotPortableError as error:
        arrived = Reply("error", str(error))
    known = pack_library(refuse)

    def ask(case: Case, inputs: str) -> Reply:
        if arrived.status != "answer":
            return arrived
        probe = case.probe and pack(case.probe)
        given = {"name": exercise.name, "probe": probe, "inputs": inputs, "refuse": known}
        reply = Worker.kept().ask(f"{_THERE}:probe", case.seconds or exercise.seconds, **given)
        with contextlib.suppress(OSError):
            printed = Path(Worker.kept().folder, PRINTED).read_text("utf-8", "replace")
            reply = replace(reply, printed=printed[:PRINTED_LIMIT])
        return reply

    return ask


def elsewhere(function: Callable, arguments: dict[str, Any]) -> list:
    """Return what an answer gives in two processes in which a set of texts has another order."""
    found = []
    given = {"name": "answer", "probe": None, "inputs": crossing.encode(arguments), "refuse": []}
    for seed in "12":
        with contextlib.closing(Worker()) as worker:
            worker.environment["PYTHONHASHSEED"] = seed
            _send(worker, "answer", function)
            reply = worker.ask(f"{_THERE}:probe", 10.0, **given)
            found += [crossing.decode(reply.text)] if reply.status == "answer" else []
    return found


def _send(worker: Worker, name: str, function: Callable) -> Reply:
    """Send an answer; the reply's status is "answer" if it arrived.

    Raises:
        NotPortableError: It uses something that cannot be sent.
        ReferenceCalledError: It uses a guarded reference.
    """
    given = {"name": name, "function": pack(function)}
    if not worker.alive:
        worker.ask(f"{_THERE}:limit", START_SECONDS)
    return worker.ask(f"{_THERE}:receive", START_SECONDS, **given)
