"""Run notebooks in a folder and a `my/` of their own, so that nothing of yours is touched."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.course.outline import CourseError

CELL_TIMEOUT = 1200
#: Jupyter warns about its own socket at every start; a reader of a log can do nothing about it
KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=40"]


@contextmanager
def fresh_folder(**settings: str) -> Iterator[Path]:
    """Give an empty working folder, with `my/` inside, to every process started meanwhile.

    Args:
        settings: Further environment variables for that time.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        (folder / "my").mkdir()
        changes = {"HANDWRITING_MY": str(folder / "my"), "WANDB_MODE": "offline", **settings}
        if emnist := os.environ.get("HANDWRITING_EMNIST"):  # May be relative to where you stand
            changes["HANDWRITING_EMNIST"] = str(Path(emnist).expanduser().resolve())
        before = {key: os.environ.get(key) for key in changes}
        os.environ.update(changes)
        try:
            yield folder
        finally:
            for key, value in before.items():
                if value is None:
                    os.environ.pop(key, None)
                else:
                    os.environ[key] = value


def execute(notebook: dict[str, Any], say: Any = print) -> dict[str, Any]:
    """Execute a notebook from top to bottom and return it with its outputs.

    Args:
        notebook: The notebook as stored; it is not changed.
        say: Called with a line of progress after every tenth cell.

    Raises:
        CourseError: A cell failed, or the notebook tools are not installed.
    """
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    except ImportError as error:
        raise CourseError(
            'Running a lab needs the notebook tools: pip install -e ".[notebooks]"'
        ) from error

    total = len(notebook["cells"])

    def progress(cell: Any, cell_index: int) -> None:
        if cell_index % 10 == 0:
            say(f"  cell {cell_index + 1} of {total}")

    node = nbformat.from_dict(copy.deepcopy(notebook))
    for cell in node.cells:
        cell.source = "".join(cell.source)
    with fresh_folder() as folder:
        client = NotebookClient(
            node,
            kernel_name="python3",
            timeout=CELL_TIMEOUT,
            record_timing=False,
            extra_arguments=KERNEL_ARGUMENTS,
            resources={"metadata": {"path": str(folder)}},
            on_cell_start=progress,
        )
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise CourseError(f"The notebook stopped: {error}") from error
    result = _lines(node)
    for cell, original in zip(result["cells"], notebook["cells"], strict=True):
        cell["source"] = original["source"]
    return result


def _lines(node: Any) -> dict[str, Any]:
    """Return a notebook as it is stored: multi-line strings split into lines."""
    import json

    import nbformat

    return json.loads(nbformat.writes(node, version=4))
