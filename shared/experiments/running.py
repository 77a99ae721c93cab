"""Running a study: what is missing is run, what is finished stays, whatever happened before."""

from __future__ import annotations

import os
import shutil
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, Protocol

from shared.backend import cpu_count
from shared.experiments import watching
from shared.experiments.progress import StudyProgress
from shared.experiments.study import Planned, Study, StudyError
from shared.experiments.tracking.history import History
from shared.experiments.tracking.records import RunRecord, load_run
from shared.experiments.tracking.run import Mode, publish
from shared.experiments.trial import Order
from shared.paths import locked

WORKER_BYTES = 1.2e9  # What a worker with TensorFlow takes at work, with some room
GRACE_SECONDS = 20.0  # How long trials may go on to their next report when the budget is spent
POLL_SECONDS = 0.1


class Engine(Protocol):
    """What can run trials: `local` and `on_ray` have one each."""

    name: str
    workers: int

    def free(self) -> int:
        """Return how many trials could start now."""

    def submit(self, order: Order) -> None:
        """Start a trial."""

    def finished(self) -> list[tuple[Order, str]]:
        """Return the trials that ended since the last call, each with what killed it, if so."""

    def pause(self) -> None:
        """Tell the trials at work to pause at their next report."""

    def close(self, kill: bool = False) -> None:
        """End what was started, and nothing else."""


def run_study(
    study: Study,
    engine: Literal["local", "ray"] = "local",
    *,
    workers: int | None = None,
    address: str | None = None,
    wandb: Mode = "off",
    fresh: bool = False,
    quiet: bool = False,
) -> list[RunRecord]:
    """Run what is missing of a study and return its trials in the order of the plan.

    Called again after a kill, it goes on: finished trials are neither lost nor run twice.
    A trial that failed or was killed is tried again, from its checkpoint if it keeps one.

    Args:
        study: The study.
        engine: "local" for processes on this machine, "ray" for Ray, here or on a cluster.
        workers: How many trials at once; by default as many as processors and memory allow.
        address: A Ray cluster, such as "auto"; without it Ray is started on this machine.
        wandb: Mirror each trial that ends to Weights & Biases; see `Run`.
        fresh: Set an earlier study of this name aside first.
        quiet: Show no progress.

    Raises:
        StudyError: Another study has this name, or this one is being run by another process.
        ConfigError: A configuration has an unknown setting or an impossible value.
    """
    plan = study.planned()
    with ExitStack() as lock:
        try:
            lock.enter_context(locked(study.folder / "study.lock"))
        except TimeoutError as error:
            raise StudyError(
                f"The study {study.name!r} is running already: {error}. Wait for it, or choose "
                "another name."
            ) from None
        if fresh:
            _set_aside(study.folder)
        study.open()
        (study.folder / "pause").unlink(missing_ok=True)
        runner = _Runner(study, plan, wandb, quiet)
        if runner.queue:
            wanted = min(workers or 10**9, len(runner.queue))
            runner.run(_engine(engine, wanted, workers is not None, address))
        runner.progress.show(runner.done, [], last=True)
    return study.results()


class _Runner:
    def __init__(self, study: Study, plan: list[Planned], wandb: Mode, quiet: bool) -> None:
        self.study, self.wandb = study, wandb
        self.done: list[RunRecord] = []
        self.queue: deque[Order] = deque()
        self.progress = StudyProgress(study, len(plan), quiet)
        for one in plan:
            self.progress.labels[one.id] = one.label
            order = _order(study, one)
            state = _state(order.folder)
            if state is not None and state.state in ("finished", "stopped"):
                self.done.append(state)
            else:
                self.queue.append(order)

    def run(self, engine: Engine) -> None:
        """Run the queue; whatever interrupts this, no worker is left behind."""
        deadline = time.monotonic() + (self.study.seconds or float("inf"))
        running: dict[str, Order] = {}
        kill = True
        try:
            while running or (self.queue and time.monotonic() < deadline):
                while self.queue and engine.free() > 0 and time.monotonic() < deadline:
                    order = self.queue.popleft()
                    running[order.id] = order
                    engine.submit(order)
                for order, error in engine.finished():
                    del running[order.id]
                    self._settle(order, error)
                late = time.monotonic() - deadline
                if late >= 0 and running:
                    engine.pause()
                if late > GRACE_SECONDS:
                    break
                self.progress.show(self.done, [order.folder for order in running.values()])
                time.sleep(POLL_SECONDS)
            kill = bool(running)
        finally:
            engine.close(kill)

    def _settle(self, order: Order, error: str) -> None:
        run = _state(order.folder)
        if run is None or run.state == "unfinished":
            history = History(order.folder / "run.jsonl")
            if run is None:
                history.append(_start(order))
            end = {"kind": "end", "state": "failed", "error": error or "it left no result"}
            history.append({**end, "summary": {}, "seconds": run.seconds if run else 0.0})
            history.close()
            run = load_run(order.folder)
        self.done.append(run)
        if self.wandb != "off" and run.state in ("finished", "stopped"):
            publish(order.folder, self.wandb)


def _engine(name: str, wanted: int, asked: bool, address: str | None) -> Engine:
    if name == "ray":
        from shared.experiments.on_ray import RayEngine

        # Without a cluster of its own the machine is shared as the local engine shares it
        threads = 1 if address else max(1, cpu_count() // wanted)
        return RayEngine(wanted if asked else None, threads, address)
    if name != "local":
        raise StudyError(f"There are the engines 'local' and 'ray'; {name!r} was asked for.")
    from shared.experiments.local import LocalEngine

    processors, free = cpu_count(), watching.available_bytes()
    workers = wanted
    if not asked:
        room = int(free // WORKER_BYTES) if free is not None else processors
        workers = max(1, min(wanted, processors, room))
    memory = max(WORKER_BYTES, 0.9 * free / workers) if free is not None else None
    return LocalEngine(workers, max(1, processors // workers), memory)


def _order(study: Study, one: Planned) -> Order:
    return Order(
        study.name, one.id, one.label, one.group, study.function, one.config, one.seed,
        study.metric, study.goal, study.stop, Path(study.folder).resolve(),
    )  # fmt: skip


def _state(folder: Path) -> RunRecord | None:
    try:
        run = load_run(folder)
    except OSError:
        return None
    return run if run.config else None


def _start(order: Order) -> dict:
    start = {"kind": "start", "version": 1, "time": "", "id": order.id, "project": order.study}
    start |= {"name": order.id, "group": order.group}
    return {**start, "config": {**order.config, "seed": order.seed}}


def _set_aside(folder: Path) -> None:
    """Move what an earlier study left to `NAME.old`, in place of what was there."""
    kept = [path for path in folder.iterdir() if path.name != "study.lock"]
    if kept:
        aside = folder.with_name(f"{folder.name}.old")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(exist_ok=True)
        for path in kept:
            os.replace(path, aside / path.name)
