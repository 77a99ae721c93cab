"""The one door to TensorFlow and Keras: opened when first needed, without log lines.

Use `from shared.backend import keras` or `from shared.backend import tf`.
TensorFlow 2.21 prints to the standard error of the process while it is imported and when it
first computes, whatever its logging variables say.
Jupyter shows those lines as notebook output, so the door holds file descriptor 2 meanwhile.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_lock = threading.RLock()
_modules: dict[str, Any] = {}


def cpu_count() -> int:
    """Return how many processors this process may use, not how many the machine has."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        count = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):  # Linux
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # A container's share of processor time
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        count = min(count, max(1, round(int(quota) / int(period))))
    return count


@contextlib.contextmanager
def quiet_descriptor() -> Iterator[None]:
    """Hold back what is written to file descriptor 2; print it if the block raises."""
    sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # A process without standard error has nothing to hold back
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            held.seek(0)
            sys.stderr.write(held.read().decode("utf-8", "replace"))
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _import_tensorflow() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    tensorflow = importlib.import_module("tensorflow")
    threads = cpu_count()
    with contextlib.suppress(RuntimeError):  # Somebody used TensorFlow before us
        if "TF_NUM_INTRAOP_THREADS" not in os.environ:
            tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        if "TF_NUM_INTEROP_THREADS" not in os.environ:
            tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    for device in tensorflow.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError, ValueError):  # Leave memory to other kernels
            tensorflow.config.experimental.set_memory_growth(device, True)
    tensorflow.zeros(())  # The first operation creates the devices, and logs
    # The first integers inside a graph log one line on processors without AVX-512
    tensorflow.function(tensorflow.transpose)(tensorflow.zeros((2, 2), tensorflow.int32))
    return tensorflow


def _load(name: str) -> Any:
    with _lock:
        if name not in _modules:
            used = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
            if "keras" in sys.modules:  # Imported before by somebody else
                used = sys.modules["keras"].backend.backend()
            if used != "tensorflow":
                raise RuntimeError(
                    f"Keras computes with {used} here, and the course needs TensorFlow. Set "
                    "KERAS_BACKEND=tensorflow before Keras is first imported, and start again."
                )
            with quiet_descriptor():
                if "tf" not in _modules:
                    _modules["tf"] = _import_tensorflow()
                if name == "keras":
                    _modules["keras"] = importlib.import_module("keras")
        return _modules[name]


def __getattr__(name: str) -> Any:
    if name in ("tf", "keras"):
        return _load(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it offers tf and keras")
