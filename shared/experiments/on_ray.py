"""The engine for Ray: the same trials on this machine or on a cluster, one task each.

Trials are tasks of Ray's core and not of its package Tune: a worker process then serves many
trials, so that TensorFlow loads once, and the study's own rules, records and resuming hold on
both engines. Only the driver writes the study's folder, so no shared file system is needed.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.experiments.study import StudyError
from shared.experiments.tracking.history import History, Record, read
from shared.experiments.trial import Advice, Order, value_at, work
from shared.paths import write_atomically


class Mailbox:
    """Takes what trials report, on the driver's machine; an actor of Ray."""

    def __init__(self, rule: Any, metric: str, larger: bool) -> None:
        self._rule, self._metric, self._larger = rule, metric, larger
        self._values: dict[int, dict[str, float]] = {}
        self._letters: list[tuple[str, Record, bytes | None]] = []
        self._pause = False

    def put(self, trial: str, record: Record, payload: bytes | None) -> None:
        """Take a record of a trial."""
        self._letters.append((trial, record, payload))

    def take(self) -> list[tuple[str, Record, bytes | None]]:
        """Return what came in since the last call."""
        letters, self._letters = self._letters, []
        return letters

    def know(self, trial: str, step: int, value: float) -> None:
        """Learn a value that an earlier run of the study left."""
        self._values.setdefault(step, {})[trial] = value

    def pause(self) -> None:
        """Tell every trial to pause at its next report."""
        self._pause = True

    def advise(self, trial: str, step: int, value: float | None) -> Advice:
        """Say whether a trial that reported this value goes on."""
        if self._pause:
            return "pause"
        if self._rule is None or value is None or not self._rule.looks(step):
            return "go"
        at = self._values.setdefault(step, {})
        at[trial] = value
        others = [other for name, other in at.items() if name != trial]
        return "stop" if self._rule.stops(value, others, self._larger) else "go"


class _MailLink:
    """The link of a trial to the driver."""

    def __init__(self, mailbox: Any) -> None:
        self._mailbox = mailbox

    def advise(self, order: Order, step: int, value: float | None) -> Advice:
        """Ask the mailbox."""
        import ray

        return ray.get(self._mailbox.advise.remote(order.id, step, value))

    def record(self, order: Order, record: Record, payload: bytes | None) -> None:
        """Send a copy; the last one is waited for, so that it arrives before the trial ends."""
        import ray

        sent = self._mailbox.put.remote(order.id, record, payload)
        if record["kind"] == "end":
            ray.get(sent)


class RayEngine:
    """Runs trials as tasks of a Ray cluster, which it starts on this machine or joins."""

    name = "ray"

    def __init__(self, workers: int | None, threads: int, address: str | None) -> None:
        """Connect.

        Args:
            workers: How many trials at once; by default as many as the cluster has processors.
            threads: Processors that each trial takes.
            address: The cluster to join, such as "auto"; None starts Ray here.

        Raises:
            StudyError: Ray is not installed, or the cluster cannot be reached.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise StudyError(
                "The engine 'ray' needs Ray: pip install -e '.[parallel]'. The engine 'local' "
                "runs the same study without it."
            ) from None
        self._ray = ray
        self._own = not ray.is_initialized()
        if self._own:
            _connect(ray, workers and workers * threads, address)
        total = int(ray.cluster_resources().get("CPU", 1))
        self.workers = min(workers or 10**9, max(1, total // threads))
        self._threads = threads
        self._mailbox: Any = None
        self._tasks: dict[Any, Order] = {}
        self._histories: dict[str, History] = {}
        self._paused = False

    def free(self) -> int:
        """Return how many trials could start now."""
        return self.workers - len(self._tasks)

    def submit(self, order: Order) -> None:
        """Start a trial."""
        ray = self._ray
        if self._mailbox is None:
            self._mailbox = self._open_mailbox(order)
        self._histories[order.id] = History(order.folder / "run.jsonl")
        from shared.experiments.local import THREADS

        environment = dict.fromkeys(THREADS, str(self._threads)) | {"WANDB_MODE": "offline"}
        task = ray.remote(_in_task).options(
            num_cpus=self._threads, max_retries=0, name=f"{order.study} {order.label}",
            runtime_env={"env_vars": environment},
        )  # fmt: skip
        earlier = read(order.folder / "run.jsonl")
        self._tasks[task.remote(order, earlier, self._mailbox)] = order

    def finished(self) -> list[tuple[Order, str]]:
        """Return the trials that ended since the last call, each with what killed it, if so."""
        ray = self._ray
        if not self._tasks:
            return []
        done, _ = ray.wait(list(self._tasks), num_returns=len(self._tasks), timeout=0)
        errors = {}
        for reference in done:
            try:
                log, errors[reference] = ray.get(reference), ""
                write_atomically(self._tasks[reference].folder / "log.txt", log)
            except Exception as error:  # Ray has many classes for a lost worker
                errors[reference] = _said(error)
        self._pass_on()
        ended = []
        for reference, error in errors.items():
            order = self._tasks.pop(reference)
            self._histories.pop(order.id).close()
            ended.append((order, error))
        return ended

    def pause(self) -> None:
        """Tell every trial to pause at its next report."""
        if self._mailbox is not None and not self._paused:
            self._mailbox.pause.remote()
            self._paused = True

    def close(self, kill: bool = False) -> None:
        """End what was started: Ray itself only where this engine started or joined it."""
        if kill:
            for reference in self._tasks:
                with contextlib.suppress(Exception):
                    self._ray.cancel(reference, force=True)
            with contextlib.suppress(Exception):
                self._pass_on()
        for history in self._histories.values():
            history.close()
        if self._mailbox is not None:
            self._ray.kill(self._mailbox)
        if self._own:
            self._ray.shutdown()

    def _open_mailbox(self, order: Order) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = self._ray.get_runtime_context().get_node_id()
        mailbox = (
            self._ray.remote(Mailbox)
            .options(
                num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(here, soft=False)
            )
            .remote(order.rule, order.metric, order.goal == "max")
        )
        for path in (order.study_folder / "trials").glob("*/run.jsonl"):
            records = read(path)
            for step in {r["step"] for r in records if r["kind"] == "metrics"}:
                for value in value_at(records, step, order.metric):
                    mailbox.know.remote(path.parent.name, step, value)
        return mailbox

    def _pass_on(self) -> None:
        """Write what trials sent to their histories."""
        if self._mailbox is None:
            return
        for trial, record, payload in self._ray.get(self._mailbox.take.remote()):
            history = self._histories.get(trial)
            if history is not None:
                if payload is not None:
                    write_atomically(history.path.parent / record["file"], payload)
                history.append(record, durable=record["kind"] != "metrics")


def _connect(ray: Any, processors: int | None, address: str | None) -> None:
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "error"}
    if address is None:
        from shared.backend import cpu_count

        options |= {"num_cpus": processors or cpu_count(), "object_store_memory": 100_000_000}
    else:
        options["address"] = address
        options.pop("include_dashboard")
    try:
        ray.init(**options)
    except Exception as error:
        ray.shutdown()
        if address is None:
            raise StudyError(
                f"Ray did not start on this machine ({_said(error)}). It gives itself 30 seconds, "
                "and the first start after an installation is the slowest: try once more."
            ) from error
        raise StudyError(
            f"The Ray cluster {address!r} cannot be reached ({_said(error)}). Start it with `ray "
            "start --head`, and give every machine its token: .github/CLUSTER.md says how."
        ) from error


def _in_task(order: Order, earlier: list[Record], mailbox: Any) -> str:
    """Run one trial on whatever machine this is, and return its log."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if earlier:  # Known to the driver already, so it is not sent again
            history = History(folder / "run.jsonl")
            for record in earlier:
                history.append(record, durable=False)
            history.close()
        work(_here(order), _MailLink(mailbox), folder)
        return (folder / "log.txt").read_text(encoding="utf-8", errors="replace")[-1_000_000:]


def _here(order: Order) -> Order:
    """Return the order with a folder for checkpoints that exists on this machine."""
    try:
        order.scratch.mkdir(parents=True, exist_ok=True)
        return order
    except OSError:
        from shared.paths import my_directory

        return replace(order, study_folder=my_directory() / "studies" / order.study)


def _said(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"[:300]
