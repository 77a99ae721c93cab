"""The one door to Weights & Biases: offline unless a person asked, and never waiting for long.

Offline, everything is written below `my/wandb`; `wandb sync my/wandb/wandb/offline-run-*` sends
it later. The history of the run stays the source: what W&B has is written from its records.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.experiments.tracking.history import Record, unpack_image
from shared.paths import my_directory

KNOCK_SECONDS = 5.0
START_SECONDS = 30


class Mirror:
    """Writes the records of one run to Weights & Biases.

    A difficulty there never stops a run: it is said once, and the history goes on.

    Attributes:
        mode: "online" or "offline", whichever it came to; "off" if W&B could not start.
        notice: What is to be said about that, or nothing.
        directory: The folder of the W&B run, once it is open.
    """

    def __init__(self, mode: str, folder: Path) -> None:
        if mode not in ("offline", "online"):
            raise ValueError(f"W&B can be 'offline', 'online' or 'off'; {mode!r} was given.")
        self.mode, self.folder, self.notice = mode, folder, ""
        self.directory: Path | None = None
        self._run: Any = None
        if mode == "online" and not reachable():
            self.mode = "offline"
            self._say(
                f"{_host()} does not answer, so this run is written offline. Send it later: "
                f"wandb sync {my_directory() / 'wandb' / 'wandb'}/offline-run-*"
            )

    def write(self, record: Record) -> None:
        """Pass one record on."""
        if self.mode == "off":
            return
        try:
            if record["kind"] == "start":
                self._open(record)
            elif self._run is not None:
                self._pass_on(record)
        except Exception as error:  # Whatever W&B raises, the training is worth more
            self.mode = "off"
            self._say(f"W&B stopped ({type(error).__name__}: {error}); the local history goes on.")

    def close(self) -> None:
        """Finish the W&B run; offline at once, online within W&B's own bound."""
        if self._run is not None:
            with contextlib.suppress(Exception):
                self._run.finish()
            self._run = None

    def _open(self, start: Record) -> None:
        wandb = door(self.mode)
        options = {"project": start["project"], "name": start["name"], "id": start["id"]}
        options |= {"group": start["group"] or None, "config": start["config"]}
        options |= {"dir": str(my_directory() / "wandb"), "resume": "allow"}
        try:
            self._run = wandb.init(**options, mode=self.mode, settings=_settings(wandb))
        except Exception as error:
            if self.mode == "offline":
                raise
            self.mode = "offline"
            self._say(
                f"W&B could not go online ({str(error).splitlines()[0]}), so this run is written "
                "offline. If you have not yet, log in once with `wandb login` in a terminal."
            )
            options["id"] += "-offline"  # The first id may still be held by the failed start
            self._run = wandb.init(**options, mode="offline", settings=_settings(wandb))
        self._run.define_metric("step")
        self._run.define_metric("*", step_metric="step")
        self.directory = Path(self._run.dir).parent

    def _pass_on(self, record: Record) -> None:
        import wandb

        if record["kind"] == "metrics":
            self._run.log({"step": record["step"], **record["values"]})
        elif record["kind"] == "predictions":
            self._run.log({record["table"]: _table(wandb, record["rows"])})
        elif record["kind"] == "artifact":
            name = f"{self._run.id}-{Path(record['file']).stem}".replace(" ", "-")
            artifact = wandb.Artifact(name, type="file")
            artifact.add_file(str(self.folder / record["file"]))
            self._run.log_artifact(artifact)
        elif record["kind"] == "end":
            self._run.summary.update({**record["summary"], "state": record["state"]})

    def _say(self, sentence: str) -> None:
        self.notice = sentence
        print(sentence)


def door(mode: str = "offline") -> Any:
    """Import W&B, quiet and offline, and return the module.

    The variables are set before the import, because W&B reads them then; those that a person
    has set are left alone.
    """
    home = my_directory() / "wandb"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("WANDB_MODE", "offline")
    os.environ.setdefault("WANDB_SILENT", "true")
    os.environ.setdefault("WANDB_DATA_DIR", str(home / "staging"))
    os.environ.setdefault("WANDB_CACHE_DIR", str(home / "cache"))
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    import wandb

    logging.getLogger("wandb").setLevel(logging.ERROR)
    return wandb


def reachable() -> bool:
    """Return whether the W&B server answers within five seconds; asks the network."""
    found = threading.Event()

    def knock() -> None:
        with contextlib.suppress(OSError):
            socket.create_connection(_address(), timeout=KNOCK_SECONDS).close()
            found.set()

    thread = threading.Thread(target=knock, daemon=True)  # A name server may keep one waiting
    thread.start()
    thread.join(KNOCK_SECONDS)
    return found.is_set()


def _host() -> str:
    return _address()[0]


def _address() -> tuple[str, int]:
    parts = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai"))
    return parts.hostname or "api.wandb.ai", parts.port or (80 if parts.scheme == "http" else 443)


def _settings(wandb: Any) -> Any:
    """Return settings that bound every wait, as far as this version of W&B knows them."""
    wanted = {"init_timeout": START_SECONDS, "login_timeout": START_SECONDS, "silent": True}
    wanted |= {"finish_timeout": 60, "console": "off", "x_disable_stats": True}
    wanted |= {"disable_git": True, "disable_code": True, "reinit": "create_new"}
    known = getattr(wandb.Settings, "model_fields", {})
    return wandb.Settings(**{key: value for key, value in wanted.items() if key in known})


def _table(wandb: Any, rows: list[dict[str, Any]]) -> Any:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    data = [
        [
            wandb.Image(unpack_image(row[key])) if key == "image" and key in row else row.get(key)
            for key in columns
        ]
        for row in rows
    ]
    return wandb.Table(columns=columns, data=data)
