"""One run: its configuration, its curves, its predictions, kept here and mirrored to W&B."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, Self

from shared.experiments.tracking.history import History, Record, pack_image, plain, read
from shared.paths import locked, my_directory, write_atomically

Mode = Literal["offline", "online", "off"]
MAX_ARTIFACT = 64_000_000  # Bytes; a run is a record, not a backup


class Run:
    """A run that writes down what happens, as a context manager or with `finish`.

    Attributes:
        folder: Where the run lives; `run.jsonl` in it is the whole story.
        config: The configuration it was started with.
        resumed: Whether an earlier, unfinished run of this name goes on.
    """

    def __init__(
        self,
        project: str,
        name: str,
        config: Mapping[str, Any],
        *,
        group: str = "",
        wandb: Mode = "offline",
        resume: bool = False,
        folder: Path | str | None = None,
    ) -> None:
        """Start a run, or go on with one.

        Args:
            project: What the runs that are compared have in common, such as "characters".
            name: Name of this run within the project.
            config: Every setting that made the run what it is.
            group: What belongs together within a project, such as the seeds of one setting.
            wandb: Mirror to Weights & Biases: "offline" writes files that `wandb sync` sends
                later, "online" sends now and needs `wandb login` first, "off" does neither.
            resume: Go on with an unfinished run of this name.
            folder: Where to keep it; by default `my/runs/PROJECT/NAME`.

        Raises:
            FileExistsError: A run of this name exists and cannot or shall not go on, or another
                process is at work on it.
        """
        self.project, self.name = _file_name(project), _file_name(name)
        self.group, self.config = group, dict(config)
        self.folder = Path(folder) if folder else runs_folder(self.project) / self.name
        self._lock = ExitStack()
        try:
            self._lock.enter_context(locked(self.folder / "run.lock", shared=True))
        except TimeoutError as error:
            raise FileExistsError(
                f"The run {self.name!r} is being written by another process ({error}). Wait for "
                "its end, or choose another name."
            ) from None
        self._history = History(self.folder / "run.jsonl")
        earlier = self._history.earlier
        self.resumed = bool(earlier)
        if earlier and (refusal := self._refusal(earlier, resume)):
            self._history.close()
            self._lock.close()
            raise FileExistsError(f"The run called {self.name!r} {refusal}")
        spent = max((record.get("seconds", 0.0) for record in earlier), default=0.0)
        self._began = time.monotonic() - spent
        self._cpu_began = time.process_time()
        self._over = False
        self._mirror = None
        self.id = (earlier[0].get("id") if earlier else None) or uuid.uuid4().hex[:8]
        if wandb != "off":
            from shared.experiments.tracking.mirror import Mirror

            self._mirror = Mirror(wandb, self.folder)
            for record in earlier:
                self._mirror.write(record)
        if earlier:
            self._write({"kind": "resume", "time": _now()})
        else:
            start = {"kind": "start", "version": 1, "time": _now(), "id": self.id}
            start |= {"project": self.project, "name": self.name, "group": group}
            self._write({**start, "config": self.config})

    def log(self, step: int, /, **values: float) -> None:
        """Write down numbers reached after `step` updates; a later entry replaces an earlier."""
        entry = {"kind": "metrics", "step": int(step), "seconds": self._seconds()}
        self._write({**entry, "values": values})

    def predictions(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write down what the model said about examples.

        Args:
            table: Name of the examples, such as "validation".
            rows: `text` and `prediction` each, and where useful `image`, uint8 (height, width),
                `writer`, and numbers of your own.
        """
        stored = []
        for row in rows:
            if not {"text", "prediction"} <= set(row):
                raise ValueError(
                    f"A row of predictions needs 'text' and 'prediction'; it has {sorted(row)}."
                )
            image = row.get("image")
            kept = {key: value for key, value in row.items() if key != "image"}
            stored.append(kept if image is None else {**kept, "image": pack_image(image)})
        self._write({"kind": "predictions", "table": table, "rows": stored})

    def artifact(self, name: str, content: bytes | Path) -> Path:
        """Keep a file with the run, such as its weights, and its checksum in the history."""
        payload = content.read_bytes() if isinstance(content, Path) else bytes(content)
        if len(payload) > MAX_ARTIFACT:
            raise ValueError(
                f"The artifact {name!r} has {len(payload) / 1e6:.0f} MB; a run keeps at most "
                f"{MAX_ARTIFACT / 1e6:.0f} MB a file. Keep it elsewhere and log its path."
            )
        path = write_atomically(self.folder / "artifacts" / _file_name(name), payload)
        details = {"sha256": hashlib.sha256(payload).hexdigest(), "bytes": len(payload)}
        record = {"kind": "artifact", "file": f"artifacts/{path.name}", **details}
        self._write(record)
        return path

    def finish(self, /, **summary: float) -> None:
        """End the run with the numbers that it is judged by; a second call does nothing."""
        self.end("finished", summary)

    def end(self, state: str, summary: Mapping[str, float] | None = None, error: str = "") -> None:
        """End the run in a state of your choice.

        Args:
            state: "finished", "stopped" (early, on purpose), "failed", or "paused" (to go on).
            summary: The numbers that it is judged by.
            error: What went wrong.
        """
        if self._over:
            return
        end = {"kind": "end", "time": _now(), "seconds": self._seconds(), "state": state}
        end |= {"cpu_seconds": round(time.process_time() - self._cpu_began, 3)}
        end |= {"summary": dict(summary or {})} | ({"error": error} if error else {})
        self._write(end, durable=True)
        self._over = True
        self._history.close()
        self._lock.close()
        if self._mirror is not None:
            self._mirror.close()

    def __enter__(self) -> Self:
        """Return the run."""
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Finish the run; what was raised inside is written down and raised on."""
        if error is None:
            self.finish()
        else:
            self.end("failed", error=f"{type(error).__name__}: {error}")

    def _refusal(self, earlier: list[Record], resume: bool) -> str:
        """Return why an earlier run of this name cannot go on, or nothing."""
        state = earlier[-1].get("state", "unfinished")
        before, now = earlier[0].get("config", {}), plain(self.config)
        if not resume:
            return (
                f"exists ({state}, {self.folder}). Choose another name, or go on with it by "
                "resume=True."
            )
        if state in ("finished", "stopped"):
            return (
                f"is over ({state}), so there is nothing to resume. Choose another name, or "
                f"delete {self.folder}."
            )
        if other := [key for key in {**before, **now} if before.get(key) != now.get(key)]:
            return (
                f"was started with {other[0]} = {before.get(other[0])!r}, not "
                f"{now.get(other[0])!r}. A run keeps its configuration: choose another name."
            )
        return ""

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _write(self, record: Record, durable: bool = False) -> None:
        if self._over:
            raise ValueError(
                f"The run {self.name!r} is finished. Start another name, or log before `finish`."
            )
        record = self._history.append(record, durable)
        if self._mirror is not None:
            self._mirror.write(record)


def runs_folder(project: str = "") -> Path:
    """Return the folder of a project's runs, or of all projects."""
    folder = my_directory() / "runs"
    return folder / _file_name(project) if project else folder


def publish(folder: Path | str, wandb: Mode = "offline", **about: str) -> str:
    """Write a run that was kept here alone to Weights & Biases; return the name of its folder.

    Args:
        folder: The run's folder.
        wandb: See `Run`.
        about: What W&B shall call it, where that is not what the history says: `name`, `group`,
            `project`.
    """
    from shared.experiments.tracking.mirror import Mirror

    records, mirror = read(Path(folder) / "run.jsonl"), Mirror(wandb, Path(folder))
    for record in records:
        if record["kind"] == "start":  # A run that was resumed since is another one to W&B
            times = sum(one["kind"] == "resume" for one in records)
            record = {**record, **about, "id": f"{record['id']}-{times}"}
        mirror.write(record)
    mirror.close()
    return mirror.directory.name if mirror.directory else ""


def _file_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._=,+ -]{0,119}", name):
        raise ValueError(
            f"{name!r} cannot be the name of a folder. Use letters, digits, spaces and . _ - = , + "
            "and begin with a letter or a digit."
        )
    return name


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
