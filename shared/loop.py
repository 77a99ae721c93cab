"""The training loop: one update, batch after batch, in a run to be watched, stopped and resumed.

Read it from the top: `compile_update` changes a network by one batch, `Training._loop` takes one
after the other, and the rest of `Training` keeps what comes out and shows how far it is.
"""

from __future__ import annotations

import io
import json
import sys
import threading
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from shared.paths import free_name, write_atomically

if TYPE_CHECKING:
    import keras


def compile_update(
    network: keras.Model, optimizer: keras.Optimizer, loss: Callable[..., Any]
) -> Callable[[Sequence[np.ndarray], float], float]:
    """Return a compiled function (batch, learning rate) -> loss that changes the network.

    A batch begins with images, uint8, which the network sees as float32 from 0 to 1; `loss` is
    called with the logits and the rest of the batch, and returns one loss per example.
    """
    from shared.backend import tf

    @tf.function
    def update(images: Any, *targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = network(tf.cast(images, tf.float32) / 255.0, training=True)
            value = tf.reduce_mean(loss(logits, *targets))
        variables = network.trainable_variables
        gradients = tape.gradient(value, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return value

    @cache
    def compiled(*kinds: tuple[int, np.dtype]) -> Any:  # Any batch size and width
        targets = [tf.TensorSpec([None] * ndim, dtype) for ndim, dtype in kinds]
        return update.get_concrete_function(tf.TensorSpec(network.input_shape, tf.uint8), *targets)

    def take_update(batch: Sequence[np.ndarray], rate: float) -> float:
        optimizer.learning_rate.assign(rate)
        take = compiled(*((part.ndim, part.dtype) for part in batch[1:]))
        return float(take(*map(tf.convert_to_tensor, batch)))

    return take_update


def make_optimizer(network: keras.Model, learning_rate: float) -> keras.Optimizer:
    """Return Adam that clips each variable's gradient to length 1."""
    from shared.backend import keras

    optimizer = keras.optimizers.Adam(learning_rate, clipnorm=1.0)
    optimizer.build(network.trainable_variables)
    return optimizer


def one_cycle(update: int, updates: int, peak: float = 4e-3, warm_up: float = 0.15) -> float:
    """Return the learning rate of an update: a linear rise, then half a cosine to zero."""
    rise = max(1.0, warm_up * updates)
    if update < rise:
        return peak * (update + 1) / rise
    return peak * 0.5 * (1 + np.cos(np.pi * (update - rise) / max(1.0, updates - rise)))


class Snapshot(NamedTuple):
    """What the network said about each watched image: logits float32 (frames, classes)."""

    update: int
    logits: tuple[np.ndarray, ...]


@dataclass(eq=False)
class Training:
    """A fixed number of updates, taken in the background: `start`, `wait`, `stop`.

    It keeps a `history` of `update`, `loss` and `learning_rate`, its `evaluations`, each with its
    `update`, and `snapshots` for the replay.

    Args:
        take_update: Takes a batch and a learning rate, changes the network, returns the loss.
        batches_from: Returns the batches from an update number on, so that a run can resume.
        schedule: Returns the learning rate of an update, counted from 0.
        updates: How many updates to take in all.
        variables: Network and optimizer variables, saved in checkpoints.
        evaluate: Measures the network, for example its error rate, after `evaluate_at` updates.
        watch: Returns the logits of the watched images, kept after `watch_at` updates.
        checkpoint: File to resume from, saved every `checkpoint_every` updates and at each end.
        settings: What tells this run from another; another run's checkpoint is set aside (.old).
    """

    take_update: Callable[[Any, float], float]
    batches_from: Callable[[int], Iterator[Any]]
    schedule: Callable[[int], float]
    updates: int
    variables: Sequence[Any] = ()
    evaluate: Callable[[], dict[str, float]] | None = None
    evaluate_at: Sequence[int] = ()
    watch: Callable[[], tuple[np.ndarray, ...]] | None = None
    watch_at: Sequence[int] = ()
    checkpoint: Path | str | None = None
    checkpoint_every: int = 100
    settings: dict[str, Any] = field(default_factory=dict)
    _at_work: ClassVar[dict[Path, Training]] = {}  # The last run of each checkpoint

    def __post_init__(self) -> None:
        if self.updates < 1:
            raise ValueError(f"A training needs at least one update, not {self.updates}.")
        self.checkpoint = Path(self.checkpoint).resolve() if self.checkpoint else None
        self.history: dict[str, list[float]] = {"update": [], "loss": [], "learning_rate": []}
        self.evaluations: list[dict[str, float]] = []
        self.snapshots: list[Snapshot] = []
        self.done, self.seconds = 0, 0.0
        self._identity = json.dumps({**self.settings, "updates": self.updates}, sort_keys=True)
        self._recent: deque[float] = deque(maxlen=50)  # Seconds an update, of late
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._error: BaseException | None = None

    def _loop(self) -> None:
        """Learn from one batch after the other until all updates are taken or `stop` is called."""
        if self.done == 0 and self.checkpoint and self.checkpoint.exists():
            self._resume()
        self._look()
        for batch in islice(self.batches_from(self.done), self.updates - self.done):
            begun, rate = time.perf_counter(), self.schedule(self.done)
            loss = self.take_update(batch, rate)
            if not np.isfinite(loss):
                raise FloatingPointError(
                    f"The loss became {loss} at update {self.done + 1}, which spoils the network. "
                    "Build it anew and train with a lower learning rate; if that does not help, "
                    "look for NaN in the images and check the labels of that batch."
                )
            self.done += 1
            for values, value in zip(self.history.values(), (self.done, loss, rate), strict=True):
                values.append(value)
            self._look()
            self._recent.append(time.perf_counter() - begun)
            self.seconds += self._recent[-1]
            stopping = self.finished or self._stop.is_set()
            if self.checkpoint and (stopping or self.done % self.checkpoint_every == 0):
                self._save()
            if stopping:
                break

    def _look(self) -> None:
        """Take a snapshot and measure, where it is time; a resumed run does neither twice."""
        seen = {snapshot.update for snapshot in self.snapshots}
        if self.watch and self.done in {*self.watch_at} - seen:
            self.snapshots.append(Snapshot(self.done, self.watch()))
        measured = {evaluation["update"] for evaluation in self.evaluations}
        if self.evaluate and self.done in {*self.evaluate_at} - measured:
            self.evaluations.append({"update": self.done, **self.evaluate()})

    def start(self) -> Training:
        """Begin, or go on after `stop`, in the background; return at once."""
        if self.running:
            return self
        if self.checkpoint:  # A cell that is run again must not leave two threads on one file
            older, self._at_work[self.checkpoint] = self._at_work.get(self.checkpoint), self
            if older is not None and older is not self and older.running:
                older._stop.set()
                older._thread.join()
        self._stop.clear()
        self._recent.clear()
        self._error = None
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)
        self._thread.start()
        return self

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as error:  # Raised again in the thread that waits
            self._error = error

    def stop(self) -> Training:
        """Stop after the current update and keep what was learned; `start` goes on."""
        self._stop.set()
        return self._join()

    def wait(self) -> Training:
        """Block until the training is over, showing progress; raise what ended it, if anything."""
        if self._thread is None:
            self.start()
        progress = ProgressLine()
        while self.running:
            self._thread.join(0.5)
            progress.show(self.describe())
        progress.show(self.describe(), last=True)
        return self._join()

    def _join(self) -> Training:
        if self._thread is not None:
            self._thread.join()
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self

    @property
    def running(self) -> bool:
        """Whether the background thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def finished(self) -> bool:
        """Whether all updates were taken."""
        return self.done >= self.updates

    def describe(self) -> str:
        """Return the state of the training as one sentence."""
        loss = self.history["loss"][-20:]
        mean = f", loss {np.mean(loss):.2f}" if loss else ""
        if self.finished:
            return f"Trained {self.updates:,} updates in {duration(self.seconds)}{mean}."
        begun, recent = f"Update {self.done:,} of {self.updates:,}{mean}", [*self._recent]
        if not self.running:
            return f"{begun}, stopped."
        if len(recent) < 4:
            return f"{begun}, starting ..."
        rest = (self.updates - self.done) * np.median(recent)  # The first one compiles
        return f"{begun}, about {duration(rest)} left ..."

    def _save(self) -> None:
        """Write everything into one file, whole or not at all."""
        state = {"done": self.done, "seconds": self.seconds, "settings": self._identity}
        state |= {"history": self.history, "evaluations": self.evaluations}
        state["snapshots"] = [(kept.update, len(kept.logits)) for kept in self.snapshots]
        arrays = {f"variable{i}": np.asarray(v) for i, v in enumerate(self.variables)}
        for i, snapshot in enumerate(self.snapshots):
            arrays |= {f"snapshot{i}_{j}": one for j, one in enumerate(snapshot.logits)}
        buffer = io.BytesIO()
        np.savez(buffer, state=np.array(json.dumps(state)), **arrays)
        write_atomically(self.checkpoint, buffer.getvalue())

    def _resume(self) -> None:
        """Go on from the checkpoint; set aside one that is damaged or another run's."""
        try:
            with np.load(self.checkpoint) as stored:
                state = json.loads(str(stored["state"]))
                if state["settings"] != self._identity:
                    raise KeyError("another run")
                values = [stored[f"variable{i}"] for i in range(len(self.variables))]
                self.snapshots = [
                    Snapshot(update, tuple(stored[f"snapshot{i}_{j}"] for j in range(count)))
                    for i, (update, count) in enumerate(state["snapshots"])
                ]
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile):
            aside = self.checkpoint.with_name(f"{self.checkpoint.name}.old")
            self.checkpoint.replace(free_name(aside))
            return
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        self.done, self.seconds = state["done"], state["seconds"]
        self.history, self.evaluations = state["history"], state["evaluations"]


class ProgressLine:
    """One line of plain text that replaces itself: in a notebook, on a terminal, in a log."""

    _handle, _printed = None, 0.0

    def show(self, text: str, last: bool = False) -> None:
        """Replace the line; in a log file, print it every 30 seconds and at the end."""
        ipython = sys.modules.get("IPython")
        if hasattr(ipython and ipython.get_ipython(), "kernel"):
            from IPython.display import display

            show = self._handle.update if self._handle else partial(display, display_id=True)
            self._handle = show({"text/plain": text}, raw=True) or self._handle
        elif sys.stdout.isatty():
            print(f"\r{text:<79}", end="\n" if last else "", flush=True)
        elif last or time.monotonic() - self._printed > 30:
            self._printed = time.monotonic()
            print(text, flush=True)


def duration(seconds: float) -> str:
    """Return a time as a person would say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
