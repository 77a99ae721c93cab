"""Running a study: what is missing is run, what is finished stays, whatever happened before.

The histories of the trials keep what came out, Optuna keeps the books (which trial waits, runs or
is over, and when its pruner ends one), and joblib's processes or Ray's do the work.
"""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shared.backend import cpu_count
from shared.experiments import local, storage
from shared.experiments.study import Planned, Study, StudyError
from shared.experiments.tracking.history import free_name
from shared.experiments.tracking.records import RunRecord, load_run
from shared.experiments.tracking.run import Mode, publish
from shared.experiments.trial import LOCK_SECONDS, OVER, Order
from shared.loop import ProgressLine, duration
from shared.paths import locked

if TYPE_CHECKING:
    import optuna

WORKER_BYTES = 1.2e9  # What a worker with TensorFlow takes at work, with some room
GRACE_SECONDS = 20.0  # How long trials may go on to their next report when the budget is spent
POLL_SECONDS = 0.2


def run_study(
    study: Study,
    engine: Literal["local", "ray"] = "local",
    *,
    workers: int | None = None,
    address: str | None = None,
    wandb: Mode = "offline",
    fresh: bool = False,
    quiet: bool = False,
    after: Callable[[RunRecord], bool | None] | None = None,
) -> list[RunRecord]:
    """Run what is missing of a study and return its trials in the order of the plan.

    Called again after a kill, it goes on: finished trials are neither lost nor run twice.
    A trial that failed or was killed is tried again, from its checkpoint if it keeps one.

    Args:
        study: The study.
        engine: "local" for processes on this machine, "ray" for Ray, here or on a cluster.
        workers: How many trials at once; by default as many as processors and memory allow.
        address: A Ray cluster, such as "auto"; without it Ray is started on this machine.
        wandb: Write each trial that ends to Weights & Biases, grouped by study; see `Run`. It
            takes 0.1 to 0.2 s, while other trials are at work.
        fresh: Set an earlier study of this name aside first.
        quiet: Show no progress.
        after: Called with each trial that ends; if it returns False, no other begins.

    Raises:
        StudyError: Another study has this name, or this one is being run by another process.
        ConfigError: A configuration has an unknown setting or an impossible value.
    """
    if engine not in ("local", "ray"):
        raise StudyError(f"There are the engines 'local' and 'ray'; {engine!r} was asked for.")
    plan = study.planned()
    with only_one(study.folder):
        if fresh:
            _set_aside(study.folder)
        study.open()
        runner = _Runner(study, plan, wandb, quiet, after)
        if runner.missing:
            runner.run(_workers(engine, runner.journal, runner.missing, workers, address))
        runner.publish()
        runner.show(last=True)
    return study.results()


class _Runner:
    """Runs the trials that are missing, each from a thread that waits for its process."""

    def __init__(
        self, study: Study, plan: list[Planned], wandb: Mode, quiet: bool, after: Callable | None
    ) -> None:
        self.study, self.wandb, self.plan = study, wandb, {one.id: one for one in plan}
        self._after, self._quiet = after or (lambda _: True), quiet
        self.folder = Path(study.folder).resolve()
        self.journal = self.folder / "journal.log"
        self.done: list[RunRecord] = []
        self._at_work: set[int] = set()  # Numbers of Optuna's trials
        self._closing = self._closed = False  # No trial begins any more; workers are ended
        self._asking = threading.Lock()
        self.deadline = time.time() + (float("inf") if study.seconds is None else study.seconds)
        self._distributions = storage.distributions_of(plan)
        self.books = self._open_books()
        self._line, self._began, self._before = ProgressLine(), time.monotonic(), len(self.done)

    @property
    def missing(self) -> int:
        """How many trials are not over."""
        return len(self.plan) - len(self.done)

    def _open_books(self) -> optuna.Study:
        """Write the journal anew: first what the histories say is over, then what waits."""
        waiting = []
        for one in self.plan.values():
            run = _state(self.folder / "trials" / one.id)
            if run is not None and run.state in OVER:
                self.done.append(run)
                continue
            waiting.append(one)
            if run is not None:  # Its worker may take a moment to notice that its study was killed
                with locked(run.folder / "lock", LOCK_SECONDS):
                    pass
        self.journal.unlink(missing_ok=True)
        study = self.study
        backend = storage.journal_file(self.journal)
        books = storage.open_study(backend, study.name, study.goal, study.stop)
        for one in [*(self.plan[run.folder.name] for run in self.done), *waiting]:
            about = {"id": one.id, "label": one.label, "seed": one.seed}
            books.enqueue_trial(storage.params_of(one), about)
        for run in self.done:
            trial = books.ask(self._distributions)
            storage.replay(trial, run, study.metric)
            storage.tell(books, trial.number, run, study.metric)
        return books

    def run(self, workers: Any) -> None:
        """Run what is missing; whatever interrupts this, no worker is left behind."""
        with ThreadPoolExecutor(workers.workers) as threads:
            waiting = {threads.submit(self._one, workers) for _ in range(self.missing)}
            try:
                while waiting:
                    over, waiting = wait(waiting, POLL_SECONDS, FIRST_COMPLETED)
                    for run in [run for one in over if (run := one.result())]:
                        self.done.append(run)
                        self._closing |= self._after(run) is False
                    if over:
                        self.publish()
                    self.show()
            finally:
                self._closing = self._closed = True
                for one in waiting:
                    one.cancel()
                workers.close()

    def _one(self, workers: Any) -> RunRecord | None:
        """Run the next trial and return how it ended, or None if it did not."""
        with self._asking:
            if self._closing or time.time() > self.deadline:
                return None
            trial = self.books.ask(self._distributions)
        name = trial.user_attrs["id"]
        order = Order(
            self.study, self.plan[name], trial.number, self.deadline,
            self.folder / "trials" / name, self.folder / "scratch" / name, self.journal,
        )  # fmt: skip
        if (earlier := _state(order.folder)) is not None:
            storage.replay(trial, earlier, self.study.metric)
        self._at_work.add(trial.number)
        error = workers.run(order, self.deadline + GRACE_SECONDS)
        self._at_work.discard(trial.number)
        if error and (self._closed or time.time() > self.deadline):
            return None  # Ended from here; it goes on another time
        run = _settled(order, error)
        storage.tell(self.books, trial.number, run, self.study.metric)
        return run

    def publish(self) -> None:
        """Write the trials that ended to W&B, each once; a failed one again when it is over."""
        for run in self.done if self.wandb != "off" else ():
            mark = run.folder / "wandb.txt"
            before = mark.read_text(encoding="utf-8") if mark.exists() else ""
            if run.state != "paused" and not before.startswith(run.state):
                about = {"group": self.study.name, "name": self.plan[run.folder.name].label}
                folder = publish(run.folder, self.wandb, project="studies", **about)
                mark.write_text(f"{run.state} {folder}", encoding="utf-8")

    def show(self, last: bool = False) -> None:
        """Say how far the study is, in a line that replaces itself."""
        if self._quiet:
            return
        states = Counter("stopped early" if r.state == "stopped" else r.state for r in self.done)
        parts = [f"{states.pop('finished', 0)} of {len(self.plan)} trials finished"]
        parts += [f"{count} {state}" for state, count in states.items()]
        for one in self.books.get_trials(deepcopy=False):
            if one.number in self._at_work and not last:
                at = "starting" if one.last_step is None else f"at step {one.last_step}"
                parts.append(f"{one.user_attrs['label']} {at}")
        elapsed, now = time.monotonic() - self._began, len(self.done) - self._before
        if last:
            parts.append(duration(elapsed))
        elif now:
            parts.append(f"about {duration(elapsed / now * self.missing)} left ...")
        text = f"Study {self.study.name}: " + ", ".join(parts)
        if "ipykernel" in sys.modules:  # A page breaks a longer line in a word
            text = textwrap.fill(text, 96, subsequent_indent="  ")
        self._line.show(text, last)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a study's folder for this process; the hold ends with the process, however it ends.

    Raises:
        StudyError: Another process holds it.
    """
    with ExitStack() as lock:
        try:
            lock.enter_context(locked(folder / "study.lock"))
        except TimeoutError as error:
            raise StudyError(
                f"The study {folder.name!r} is running already: {error}. Wait for it, stop it, or "
                "choose another name."
            ) from None
        yield


def _workers(
    engine: str, journal: Path, missing: int, asked: int | None, address: str | None
) -> Any:
    wanted = min(asked or missing, missing)
    if engine == "ray":
        from shared.experiments.on_ray import RayWorkers

        # Without a cluster of its own the machine is shared as the local engine shares it
        threads = 1 if address else max(1, cpu_count() // wanted)
        return RayWorkers(journal, wanted if asked else None, threads, address)
    processors, free = cpu_count(), local.available_bytes()
    if not asked:
        wanted = max(1, min(wanted, processors, int(free // WORKER_BYTES)))
    memory = max(WORKER_BYTES, 0.9 * free / wanted)
    return local.LocalWorkers(wanted, max(1, processors // wanted), memory)


def _settled(order: Order, error: str) -> RunRecord:
    """Return how a trial ended; where its process could not write that, it is written here."""
    run = _state(order.folder)
    if run is None or run.state == "unfinished":
        order.open_run().end("failed", error=error or "it left no result")
        run = load_run(order.folder)
    return run


def _state(folder: Path) -> RunRecord | None:
    try:
        run = load_run(folder)
    except OSError:
        return None
    return run if run.config else None


def _set_aside(folder: Path) -> None:
    """Move what an earlier study left to `NAME.old`, or the next free name."""
    kept = [path for path in folder.iterdir() if path.name != "study.lock"]
    if kept:
        aside = free_name(folder.with_name(f"{folder.name}.old"))
        aside.mkdir()
        for path in kept:
            os.replace(path, aside / path.name)
        print(f"What the study {folder.name!r} had is kept in {aside.name}, beside it.")
