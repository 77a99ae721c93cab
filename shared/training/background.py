"""A training that runs in a thread of this process while you read on."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shared.paths import write_atomically
from shared.training.progress import ProgressLine, duration


@dataclass(frozen=True)
class Snapshot:
    """What the network said about the watched images after some updates.

    `logits` holds one float32 array (frames, classes) per watched image.
    """

    update: int
    logits: tuple[np.ndarray, ...]


_AT_WORK: dict[Path, Training] = {}  # By checkpoint


class Training:
    """A fixed number of updates, taken in the background.

    Attributes:
        history: Lists of equal length: `update`, `loss`, `learning_rate`.
        evaluations: One dictionary per evaluation, with its `update`.
        snapshots: See `Snapshot`.
    """

    def __init__(
        self,
        take_update: Callable[[Any, float], float],
        batches_from: Callable[[int], Iterator[Any]],
        schedule: Callable[[int], float],
        updates: int,
        variables: Sequence[Any] = (),
        evaluate: Callable[[], dict[str, float]] | None = None,
        evaluate_at: Sequence[int] = (),
        watch: Callable[[], tuple[np.ndarray, ...]] | None = None,
        watch_at: Sequence[int] = (),
        checkpoint: Path | str | None = None,
        checkpoint_every: int = 100,
        settings: dict[str, Any] | None = None,
    ) -> None:
        """Prepare a training; `start` begins it.

        Args:
            take_update: Takes a batch and a learning rate, changes the network, returns the loss.
            batches_from: Returns the batches from an update number on, so that a run can resume.
            schedule: Returns the learning rate of an update, counted from 0.
            updates: How many updates to take in all.
            variables: Network and optimizer variables, saved in checkpoints.
            evaluate: Measures the network, for example its error rate.
            evaluate_at: After how many updates to measure.
            watch: Returns the logits of the watched images.
            watch_at: After how many updates to take a snapshot.
            checkpoint: File to resume from, and to save to; None keeps nothing.
            checkpoint_every: Updates between two savings.
            settings: Whatever tells this run from another; a checkpoint of another run is set
                aside and not used.
        """
        if updates < 1:
            raise ValueError(f"A training needs at least one update; {updates} were asked for.")
        self.updates = int(updates)
        self.done = 0
        self.history: dict[str, list[float]] = {"update": [], "loss": [], "learning_rate": []}
        self.evaluations: list[dict[str, float]] = []
        self.snapshots: list[Snapshot] = []
        self.seconds = 0.0
        self._take_update, self._batches_from, self._schedule = take_update, batches_from, schedule
        self._variables = list(variables)
        self._evaluate, self._evaluate_at = evaluate, set(evaluate_at)
        self._watch, self._watch_at = watch, set(watch_at)
        self._checkpoint = Path(checkpoint) if checkpoint else None
        self._checkpoint_every = checkpoint_every
        self._settings = json.dumps({**(settings or {}), "updates": self.updates}, sort_keys=True)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._error: BaseException | None = None

    # Running

    def start(self) -> Training:
        """Begin, or go on after `stop`, in the background; return at once."""
        if self.running:
            return self
        if self._checkpoint:
            # A cell that is run again must not leave two threads on one checkpoint
            older = _AT_WORK.get(self._checkpoint.resolve())
            if older is not None and older is not self and older.running:
                older._stop.set()
                older._thread.join()
            _AT_WORK[self._checkpoint.resolve()] = self
        self._stop.clear()
        self._error = None
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """Whether the background thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def finished(self) -> bool:
        """Whether all updates were taken."""
        return self.done >= self.updates

    def stop(self) -> Training:
        """Stop after the current update and keep what was learned; `start` goes on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._raise_error()
        return self

    def wait(self) -> Training:
        """Block until the training is over, showing progress.

        Raises:
            Exception: Whatever ended the training in the background.
        """
        if self._thread is None:
            self.start()
        progress = ProgressLine()
        while self._thread.is_alive():
            self._thread.join(0.5)
            progress.show(self.describe())
        if self._error is None:
            progress.show(self.describe(), last=True)
        self._raise_error()
        return self

    def describe(self) -> str:
        """Return the state of the training as one sentence."""
        loss = self.history["loss"][-20:]
        mean = f", loss {np.mean(loss):.2f}" if loss else ""
        if self.finished:
            return f"Trained {self.updates:,} updates in {duration(self.seconds)}{mean}."
        begun = f"Update {self.done:,} of {self.updates:,}{mean}"
        if not self.running:
            return f"{begun}, stopped."
        if self._took < 3:
            return f"{begun}, starting ..."
        rest = (self.updates - self.done) * self._spent / self._took
        return f"{begun}, about {duration(rest)} left ..."

    _took, _spent = 0, 0.0  # Updates of this start and their seconds, for the estimate

    def _raise_error(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _run(self) -> None:
        try:
            if self.done == 0:
                self._resume()
            if self.done == 0:
                self._look()
            self._took, self._spent, first = 0, 0.0, True
            batches = self._batches_from(self.done) if not self.finished else iter(())
            while not self.finished and not self._stop.is_set():
                begun = time.perf_counter()
                rate = self._schedule(self.done)
                loss = float(self._take_update(next(batches), rate))
                if not np.isfinite(loss):
                    raise FloatingPointError(
                        f"The loss became {loss} at update {self.done + 1}. "
                        "Lower the learning rate, or check the labels of that batch."
                    )
                self.done += 1
                for name, value in zip(self.history, (self.done, loss, rate), strict=True):
                    self.history[name].append(value)
                self._look()
                elapsed = time.perf_counter() - begun
                self.seconds += elapsed
                if not first:  # The first update compiles, and says nothing about the rest
                    self._took, self._spent = self._took + 1, self._spent + elapsed
                first = False
                if self.done % self._checkpoint_every == 0 or self.finished:
                    self._save()
            if self._stop.is_set():
                self._save()
        except BaseException as error:  # Raised again in the thread that waits
            self._error = error

    def _look(self) -> None:
        # A run stopped before its first update looks at update 0 again: once is enough
        seen = {snapshot.update for snapshot in self.snapshots}
        if self._watch and self.done in self._watch_at and self.done not in seen:
            self.snapshots.append(Snapshot(self.done, self._watch()))
        measured = {evaluation["update"] for evaluation in self.evaluations}
        if self._evaluate and self.done in self._evaluate_at and self.done not in measured:
            self.evaluations.append({"update": self.done, **self._evaluate()})

    # Checkpoints

    def _save(self) -> None:
        if self._checkpoint is None:
            return
        state = {"done": self.done, "seconds": self.seconds, "history": self.history}
        state |= {"evaluations": self.evaluations, "settings": self._settings}
        arrays = {f"variable{i}": np.asarray(v) for i, v in enumerate(self._variables)}
        for i, snapshot in enumerate(self.snapshots):
            for j, logits in enumerate(snapshot.logits):
                arrays[f"snapshot{i}_{j}"] = logits
        state["snapshots"] = [(kept.update, len(kept.logits)) for kept in self.snapshots]
        buffer = io.BytesIO()
        np.savez(buffer, state=np.array(json.dumps(state)), **arrays)
        write_atomically(self._checkpoint, buffer.getvalue())

    def _resume(self) -> None:
        if self._checkpoint is None or not self._checkpoint.exists():
            return
        try:
            with np.load(self._checkpoint) as stored:
                state = json.loads(str(stored["state"]))
                if state["settings"] != self._settings:
                    raise KeyError("another run")
                values = [stored[f"variable{i}"] for i in range(len(self._variables))]
                self.snapshots = [
                    Snapshot(update, tuple(stored[f"snapshot{i}_{j}"] for j in range(count)))
                    for i, (update, count) in enumerate(state["snapshots"])
                ]
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile):
            # Another run's file, or a damaged one: keep it, begin anew
            self._checkpoint.replace(self._checkpoint.with_name(self._checkpoint.name + ".old"))
            return
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)
        self.done, self.seconds = state["done"], state["seconds"]
        self.history, self.evaluations = state["history"], state["evaluations"]
