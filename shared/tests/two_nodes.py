"""Prove the way to a cluster: one study on two Ray nodes that see no network but loopback.

Run it with `python -m shared.tests.two_nodes`. It needs Linux, Ray (`pip install -e
".[parallel]"`) and the right to make a network namespace: `unshare` of util-linux, as root or
with user namespaces on. It makes a namespace whose only interface is loopback, starts a head and
a second node there with a token made for the occasion, sees that a node without the token is
refused, runs a study on both and again on the local engine, and compares the results.
It ends the processes that it started, by their groups, and no others; `ray stop` would end
every Ray process of the machine.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PORT = 6399
START_SECONDS = 180
STUDY = {
    "name": "two-nodes", "function": "shared.tests.two_nodes:integrate", "metric": "error",
    "goal": "min", "seeds": [1, 2, 3], "fixed": {"seconds": 1.0},
    "space": {"points": [1000, 10000]},
}  # fmt: skip


def integrate(config: dict[str, Any], trial: Any) -> dict[str, float]:
    """Estimate pi by chance: an experiment that any machine with numpy can do."""
    import numpy as np

    rng = np.random.default_rng(trial.seed)
    inside = 0
    for part in range(1, 5):
        x, y = rng.random((2, config["points"] // 4))
        inside += int((x * x + y * y < 1).sum())
        error = abs(16 * inside / (part * config["points"]) - np.pi)
        time.sleep(config["seconds"] / 4)  # So that both nodes get their share of the trials
        trial.report(part, error=error)
    return {"error": error, "node": _node()}


def _node() -> float:
    """Return a number for the Ray node that this process belongs to; 0 without Ray."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return 0.0
    return float(int(ray.get_runtime_context().get_node_id()[:8], 16))


def main() -> int:
    """Enter a namespace of its own, and prove it there; return the exit status."""
    if "--inside" in sys.argv:
        return prove()
    if sys.platform != "linux" or shutil.which("unshare") is None:
        print("This proof needs Linux and the command unshare.", file=sys.stderr)
        return 2
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = ["unshare", *rights, "--net", sys.executable, "-m", __spec__.name, "--inside"]
    return subprocess.run(words, check=False).returncode


def prove() -> int:
    """Start two nodes, run the study on them and here, and compare."""
    raise_loopback()
    print("interfaces:", ", ".join(name for _, name in socket.if_nameindex()))
    with tempfile.TemporaryDirectory(prefix="nodes") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        os.environ["HANDWRITING_MY"] = str(folder / "my")
        token = folder / "token"
        token.write_text(secrets.token_hex(16))
        with_token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
        os.environ.update(with_token)
        head = ["--head", f"--port={PORT}", "--node-ip-address=127.0.0.1"]
        second = [f"--address=127.0.0.1:{PORT}", "--node-ip-address=127.0.0.2"]
        stack.enter_context(node("head", folder, head))
        wait_for_port(PORT)
        (folder / "wrong").write_text(secrets.token_hex(16))
        refused = refusal(folder, second, {"RAY_AUTH_TOKEN_PATH": str(folder / "wrong")})
        print("a node with another token:", refused)
        stack.enter_context(node("second", folder, second))
        nodes = wait_for_nodes(2)
        print(f"nodes: {', '.join(nodes)}")
        return compare(folder)


def compare(folder: Path) -> int:
    """Run the same study on both engines; return 0 if all is as it should be."""
    from shared.experiments import Study, run_study

    on_ray = run_study(Study(**STUDY), "ray", address=f"127.0.0.1:{PORT}", wandb="off")
    here = Study(**STUDY, folder=folder / "local")
    local = run_study(here, "local", workers=2, wandb="off")
    nodes = {run.summary["node"] for run in on_ray}
    same = [a.curves == b.curves for a, b in zip(on_ray, local, strict=True)]
    print(f"{len(on_ray)} trials on {len(nodes)} nodes; equal to the local engine: {sum(same)}")
    fine = len(nodes) == 2 and all(same) and len(on_ray) == len(local) == 6
    print("proved" if fine else "NOT proved")
    return 0 if fine else 1


@contextlib.contextmanager
def node(name: str, folder: Path, words: list[str]) -> Iterator[subprocess.Popen]:
    """Keep a Ray node running as a process group of its own, and end that group."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            start_command(folder, words), stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
            end_children(folder)


def start_command(folder: Path, words: list[str]) -> list[str]:
    """Return the command that starts a node with one processor and stays in the foreground."""
    options = ["--num-cpus=1", "--include-dashboard=false", "--disable-usage-stats", "--block"]
    options += ["--object-store-memory=100000000", f"--temp-dir={folder / 'ray'}"]
    ray = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start"]
    return [*ray, *words, *(option for option in options if not is_heads_alone(option, words))]


def is_heads_alone(option: str, words: list[str]) -> bool:
    """Return whether an option is one that only a head takes."""
    return "--head" not in words and option.startswith(("--temp-dir", "--include-dashboard"))


def refusal(folder: Path, words: list[str], changes: dict[str, str]) -> str:
    """Start a node that must be refused; return the last line of what Ray says."""
    done = subprocess.run(
        start_command(folder, words), env={**os.environ, **changes}, check=False,
        capture_output=True, text=True, timeout=START_SECONDS, start_new_session=True,
    )  # fmt: skip
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if "oken" in line]
    if done.returncode == 0 or not said:
        raise RuntimeError(f"A node without the token was not refused: {done.stderr[-500:]}")
    return f"refused with status {done.returncode}: {said[-1][:150]}"


def end_children(folder: Path) -> None:
    """End what a node left behind: processes whose command line names our folder."""
    mark = f"{folder / 'ray'}".encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError, ValueError):
            if mark in path.read_bytes() and int(path.parent.name) != os.getpid():
                os.kill(int(path.parent.name), signal.SIGKILL)


def wait_for_port(port: int) -> None:
    """Wait until something listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.3)
    raise TimeoutError(f"nothing listens on port {port} after {START_SECONDS} seconds")


def wait_for_nodes(count: int) -> list[str]:
    """Wait until as many nodes have joined; return their addresses."""
    import ray

    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(Exception):  # The head may still be starting
            ray.init(f"127.0.0.1:{PORT}", log_to_driver=False, logging_level="error")
            alive = sorted(one["NodeManagerAddress"] for one in ray.nodes() if one["Alive"])
            if len(alive) >= count:
                ray.shutdown()
                return alive
        ray.shutdown()
        time.sleep(1)
    raise TimeoutError(f"{count} nodes did not join within {START_SECONDS} seconds")


def raise_loopback() -> None:
    """Switch the loopback interface on, as `ip link set lo up` would."""
    import fcntl

    get_flags, set_flags, up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack("16xh14x", fcntl.ioctl(control, get_flags, request))
        fcntl.ioctl(control, set_flags, struct.pack("16sh14x", b"lo", flags | up))


if __name__ == "__main__":
    raise SystemExit(main())
