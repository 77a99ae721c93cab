"""The one door to Weights & Biases: offline unless a person asked, and never waiting for long.

Offline, everything is written below `my/wandb`; `wandb sync my/wandb/wandb/offline-run-*` sends
it later. The history of the run stays the source: what W&B has is written from its records.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import Any

from shared.experiments.tracking.history import Record, unpack_image
from shared.paths import my_directory

START_SECONDS = 30


class Mirror:
    """Writes the records of one run to Weights & Biases.

    A difficulty there never stops a run: it is said once, and the history goes on.

    Attributes:
        mode: "online" or "offline", whichever it came to; "off" if W&B could not start.
        directory: The folder of the W&B run, once it is open.
    """

    def __init__(self, mode: str, folder: Path) -> None:
        if mode not in ("offline", "online"):
            raise ValueError(f"W&B can be 'offline', 'online' or 'off'; {mode!r} was given.")
        self.mode, self.folder = mode, folder
        self.directory: Path | None = None
        self._run: Any = None

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
            print(f"W&B stopped ({type(error).__name__}: {error}); the local history goes on.")

    def close(self) -> None:
        """Finish the W&B run; offline at once, online within W&B's own bound."""
        if self._run is not None:
            with contextlib.suppress(Exception):
                self._run.finish()
            self._run = None

    def _open(self, start: Record) -> None:
        wandb = _import()
        home = my_directory() / "wandb"
        options = {"project": start["project"], "name": start["name"], "id": start["id"]}
        options |= {"group": start["group"] or None, "config": start["config"]}
        options |= {"dir": str(home), "resume": "allow", "settings": _settings(wandb)}
        try:
            self._run = wandb.init(**options, mode=self.mode)
        except Exception as error:
            if self.mode == "offline":
                raise
            self.mode = "offline"
            print(
                f"W&B could not go online ({str(error).splitlines()[0]}), so this run is written "
                "offline. If you have not yet, log in once with `wandb login` in a terminal. Send "
                f"the run later: wandb sync {home / 'wandb'}/offline-run-*"
            )
            options["id"] += "-offline"  # The first id may still be held by the failed start
            self._run = wandb.init(**options, mode="offline")
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


def _import() -> Any:
    """Import W&B, quiet and offline, and return the module.

    The variables are set before the import, because W&B reads them then; those that a person
    has set are left alone.
    """
    home = my_directory() / "wandb"
    home.mkdir(parents=True, exist_ok=True)
    wanted = {"MODE": "offline", "SILENT": "true", "ERROR_REPORTING": "false"}
    wanted |= {"DATA_DIR": str(home / "staging"), "CACHE_DIR": str(home / "cache")}
    for name, value in wanted.items():
        os.environ.setdefault(f"WANDB_{name}", value)
    import wandb

    logging.getLogger("wandb").setLevel(logging.ERROR)
    return wandb


def _settings(wandb: Any) -> Any:
    """Return settings that bound every wait, as far as this version of W&B knows them."""
    wanted = {"init_timeout": START_SECONDS, "login_timeout": START_SECONDS, "silent": True}
    wanted |= {"finish_timeout": 60, "console": "off", "x_disable_stats": True}
    wanted |= {"disable_git": True, "disable_code": True, "reinit": "create_new"}
    known = getattr(wandb.Settings, "model_fields", {})
    return wandb.Settings(**{key: value for key, value in wanted.items() if key in known})


def _table(wandb: Any, rows: list[dict[str, Any]]) -> Any:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    pictures = [
        {**row, "image": wandb.Image(unpack_image(row["image"]))} if "image" in row else row
        for row in rows
    ]
    data = [[row.get(key) for key in columns] for row in pictures]
    return wandb.Table(columns=columns, data=data)
