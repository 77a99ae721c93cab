"""Trials on a Ray cluster: one task each, with the journal and the results at the driver.

joblib's backend for Ray is one pool, and a process that it loses takes the trials of all others
along; a task is lost alone. Tasks share their processes, so TensorFlow loads once in each. No
shared file system is needed: a trial writes on its own machine, and its files come home.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.backend import cpu_count
from shared.experiments.local import THREADS
from shared.experiments.storage import journal_file
from shared.experiments.study import StudyError
from shared.experiments.trial import Order, work
from shared.paths import my_directory, write_atomically

KEPT = ("run.jsonl", "log.txt", "artifacts/*")  # What comes home from a trial


class JournalAtDriver:
    """Optuna's journal as workers on other machines see it: an actor beside the driver has it.

    Optuna asks two methods of a journal, so these two are what crosses the network, inside Ray
    and under its token.
    """

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append records."""
        import ray

        ray.get(self._actor.append_logs.remote(logs))

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        """Return the records from a number on."""
        import ray

        return ray.get(self._actor.read_logs.remote(log_number_from))


class _Keeper:
    """The actor beside the driver."""

    def __init__(self, path: Path) -> None:
        self._journal = journal_file(path)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self._journal.append_logs(logs)

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        return list(self._journal.read_logs(log_number_from))


class RayWorkers:
    """Tasks of a Ray cluster, which is started on this machine or joined.

    Args:
        journal: The study's journal on this machine.
        workers: How many trials at once; by default as many as the cluster has processors.
        threads: Processors that each trial takes.
        address: The cluster to join, such as "auto"; None starts Ray here.

    Raises:
        StudyError: Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(
        self, journal: Path, workers: int | None, threads: int, address: str | None
    ) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
            from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
        except ImportError:
            raise StudyError(
                "The engine 'ray' needs Ray: pip install -e '.[parallel]'. The engine 'local' "
                "runs the same study without it."
            ) from None
        self._ray, self._own = ray, not ray.is_initialized()
        if self._own:
            _connect(ray, workers and workers * threads, address)
        total = int(ray.cluster_resources().get("CPU", 1))
        self.workers = min(workers or total, max(1, total // threads))
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        keeper = ray.remote(_Keeper).options(num_cpus=0, scheduling_strategy=here)
        self._keeper = keeper.remote(journal)
        environment = dict.fromkeys(THREADS, str(threads)) | {"MPLBACKEND": "agg"}
        self._task = ray.remote(_in_task).options(
            num_cpus=threads, max_retries=0, runtime_env={"env_vars": environment}
        )
        self._at_work: set[Any] = set()

    def run(self, order: Order, until: float) -> str:
        """Run a trial to its end, from any thread; see `LocalWorkers.run`."""
        history = order.folder / "run.jsonl"
        earlier = history.read_bytes() if history.exists() else b""
        reference = self._task.remote(order, earlier, self._keeper)
        self._at_work.add(reference)
        try:
            left = until - time.time()
            files = self._ray.get(reference, timeout=None if left == float("inf") else left)
        except Exception as error:  # Ray has many classes for a lost worker
            self._ray.cancel(reference, force=True)
            return _said(error)
        finally:
            self._at_work.discard(reference)
        for name, content in sorted(files.items(), reverse=True):  # The history comes last
            write_atomically(order.folder / name, content)
        return ""

    def close(self) -> None:
        """End what was started: Ray itself only where it was started or joined here."""
        for reference in list(self._at_work):
            self._ray.cancel(reference, force=True)
        self._ray.kill(self._keeper)
        if self._own:
            self._ray.shutdown()


def _connect(ray: Any, processors: int | None, address: str | None) -> None:
    options: dict[str, Any] = {"address": address}
    if address is None:
        options = {"num_cpus": processors or cpu_count(), "object_store_memory": 100_000_000}
        options["include_dashboard"] = False
    try:
        ray.init(**options, log_to_driver=False, logging_level="error")
    except Exception as error:
        ray.shutdown()
        raise StudyError(
            f"Ray at {address or 'this machine'} does not answer ({_said(error)}). A first start "
            "is slow: try once more. A cluster needs `ray start --head`, and its token on every "
            "machine: .github/CLUSTER.md says how."
        ) from error


def _in_task(order: Order, earlier: bytes, keeper: Any) -> dict[str, bytes]:
    """Run one trial on whatever machine this is, and return the files that it keeps."""
    try:
        order.scratch.mkdir(parents=True, exist_ok=True)
    except OSError:  # Another machine: the checkpoints stay there
        scratch = my_directory() / "studies" / order.study.name / "scratch" / order.one.id
        order = replace(order, scratch=scratch)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if earlier:
            (folder / "run.jsonl").write_bytes(earlier)
        work(replace(order, folder=folder), JournalAtDriver(keeper))
        paths = [path for pattern in KEPT for path in folder.glob(pattern)]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _said(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"[:300]
