"""Run a notebook with papermill in an empty folder and a `my/` of its own, and watch its memory."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.course.notebooks import load
from shared.course.outline import needed

CELL_TIMEOUT = 1200
#: Jupyter warns about its own socket at every start, and after Ctrl-C its kernel shows a traceback
#: about that; a reader can do nothing about either. What a cell raises is in the notebook.
KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=50"]


@dataclass(frozen=True)
class Execution:
    """What one run of a notebook gave.

    Attributes:
        notebook: With its outputs; as it was where it could not run.
        errors: A sentence for each; none if all is well.
        seconds: How long it took.
        peak_bytes: Most memory of all its processes together.
    """

    notebook: dict[str, Any]
    errors: list[str]
    seconds: float
    peak_bytes: int


def execute(path: Path, title: str, parameters: dict[str, Any] | None = None) -> Execution:
    """Execute a notebook from top to bottom; a cell that fails is a result, too.

    Args:
        path: The notebook, which is not changed.
        title: Stands before the progress.
        parameters: Replace the defaults of the cell tagged `parameters`.

    Raises:
        CourseError: The notebook is missing, or papermill is not installed.
    """
    needed("notebooks", "jinja2", "papermill", "psutil")
    import papermill

    notebook, errors = load(path), []
    pause = 0.1 if sys.stderr.isatty() else 20
    with fresh_folder() as place, PeakMemory() as memory:
        output, begun = place / "executed.ipynb", time.perf_counter()
        try:
            papermill.execute_notebook(
                str(path),
                str(output),
                parameters=parameters or {},
                kernel_name="python3",
                cwd=str(place),
                progress_bar={"desc": title, "leave": False, "mininterval": pause},
                execution_timeout=CELL_TIMEOUT,
                extra_arguments=KERNEL_ARGUMENTS,
            )
        except papermill.PapermillExecutionError as error:
            errors.append(f"cell {error.exec_count} raised {error.ename}: {error.evalue}")
        except Exception as error:  # papermill has no class for a dead kernel or a time-out
            errors.append(f"{type(error).__name__}: {error}")
        seconds = time.perf_counter() - begun
        if output.is_file():
            notebook = load(output)
    errors += widget_errors(notebook)
    if notebook["metadata"].get("papermill", {}).get("exception") and not errors:
        errors.append("papermill recorded an exception without naming it")
    return Execution(notebook, errors, seconds, memory.peak)


def widget_errors(notebook: dict[str, Any]) -> list[str]:
    """Return the errors of widget callbacks; an execution that hit one still ends well."""
    models = [
        model.get("state", {})
        for bundle in notebook["metadata"].get("widgets", {}).values()
        for model in bundle.get("state", {}).values()
    ]
    outputs = [output for state in models for output in state.get("outputs") or []]
    return [
        f"a widget raised {output['ename']}: {output['evalue']}"
        for output in outputs
        if output.get("output_type") == "error"
    ]


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """Give an empty working folder, with `my/` inside, to every process started meanwhile."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        (folder / "my").mkdir()
        changes = {"HANDWRITING_MY": str(folder / "my"), "WANDB_MODE": "offline"}
        before = dict(os.environ)
        os.environ.update(changes)
        try:
            yield folder
        finally:
            for key in changes:
                del os.environ[key]
            os.environ.update({key: before[key] for key in changes if key in before})


class PeakMemory(threading.Thread):
    """Measure the peak of all processes below this one together, while a `with` block runs.

    Attributes:
        peak: In bytes.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._over = threading.Event()

    def __enter__(self) -> PeakMemory:
        """Begin to watch."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """Look four times a second."""
        import psutil

        this = psutil.Process()
        while not self._over.wait(0.25):
            total = 0
            for child in this.children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.Error:
                    continue  # A process that ended between the two calls takes nothing
            self.peak = max(self.peak, total)
