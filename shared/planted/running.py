"""Run tests against the course's code, patched or not, in processes of their own."""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shared
from shared.checks.portable import holds_judges

SECONDS = 10.0  # For one test on one variant
_START_SECONDS = 60.0
_COMMAND = "from shared.planted.server import main; main(once={})"


class RunError(RuntimeError):
    """Tests could not be run at all; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """What came of one test on one variant.

    Attributes:
        outcome: "passed", "failed" (an AssertionError), "error" (another exception), "stub",
            "judge" (it calls the reference), "time" or "died".
        detail: What the exception said.
        cheats: "inspects", "patches" or "leaves", if it looked at the code under test, changed
            it, or reached out of its process.
    """

    outcome: str
    detail: str = ""
    cheats: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        """Whether a test runner would show green."""
        return self.outcome == "passed"


class Runner:
    """A warm process that forks for every variant; without forks, a process for every run."""

    def __init__(self, fork: bool | None = None) -> None:
        """Prepare; nothing is started before the first run.

        Args:
            fork: Whether to fork; by default where the system can. The results are the same.
        """
        self._fork = hasattr(os, "fork") if fork is None else fork
        self._process: subprocess.Popen | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)

    def run(
        self,
        tests: Sequence[str],
        patches: Sequence[Mapping[str, str]] = (),
        seed: int = 0,
        seconds: float = SECONDS,
    ) -> list[Outcome]:
        """Run tests, as `pack_test` packed them, on the code with some patches.

        Args:
            tests: They run one after the other in one process, backwards for odd seeds.
            patches: Module, function and source of each; none for the code as it is.
            seed: Seeds `random` and `np.random` before each test.
            seconds: Time for each test.

        Raises:
            RunError: The process could not be started.
        """
        request = {"patches": list(patches), "seed": seed, "seconds": seconds}
        if self._fork:
            return self._ask(request | {"tests": list(tests)}, seconds * len(tests) + 5)
        outcomes = []
        for test in tests:
            outcomes += self._ask(request | {"tests": [test]}, seconds + 5)
            self.close()
        return outcomes

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()

    def _ask(self, request: dict[str, Any], seconds: float) -> list[Outcome]:
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process and self._process.stdin
        found: dict[int, Outcome] = {}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            while not (entry := self._read(seconds + _START_SECONDS)).get("end"):
                cheats = tuple(map(str, entry["cheats"]))
                found[entry["test"]] = Outcome(entry["outcome"], entry["detail"], cheats)
        except TimeoutError:
            self.close()
            missing = Outcome("time")
        except (OSError, EOFError, KeyError, ValueError):
            self.close()
            missing = Outcome("died")
        return [found.get(k) or missing for k in range(len(request["tests"]))]

    def _read(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if not line:
            raise EOFError
        return json.loads(line)

    def _start(self) -> None:
        self.close()
        root = Path(shared.__file__).resolve().parents[1]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")])),
            **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")},
        }
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-c", _COMMAND.format(not self._fork)],
                cwd=self._folder.name,
                env=environment,
                encoding="utf-8",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise RunError(f"The process that runs tests could not be started: {error}.") from error
        self._lines = queue.Queue()
        threading.Thread(
            target=_pass_on, args=(self._process.stdout, self._lines), daemon=True
        ).start()


def _pass_on(pipe: Any, lines: queue.Queue[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in pipe:
            lines.put(line)
    lines.put("")


def pack_test(test: Callable[[], Any]) -> str:
    """Return a test function, with the helpers and values it uses, as text that can be sent.

    Raises:
        RunError: Something it uses cannot be sent, such as a loaded network.
    """
    import cloudpickle

    module = sys.modules.get(getattr(test, "__module__", None) or "")
    judges = module is not None and holds_judges(module.__name__)
    try:
        if judges:  # Importable here, but not there
            cloudpickle.register_pickle_by_value(module)
        return base64.b64encode(cloudpickle.dumps(test)).decode("ascii")
    except Exception as error:  # Whatever an object raises that is no value
        raise RunError(
            f"Your test uses something that cannot be sent to another process ({error}). "
            "Make it inside the test, or use numbers, arrays and functions."
        ) from None
    finally:
        if judges:
            cloudpickle.unregister_pickle_by_value(module)


_runner: Runner | None = None


def shared_runner() -> Runner:
    """Return the runner that this process keeps warm."""
    global _runner
    if _runner is None:
        _runner = Runner()
        atexit.register(_runner.close)
    return _runner
