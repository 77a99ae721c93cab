"""Run the explorer's scripts in Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from shared.explorer.live import read_front

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


def run_javascript(files: tuple[str, ...], body: str, data: object) -> object:
    """Return what `body`, a function's body that sees `data`, returns after the scripts."""
    program = (
        f"{read_front(*files)}\nconst data = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"process.stdout.write(JSON.stringify((() => {{ {body} }})()));"
    )
    done = subprocess.run(
        [NODE, "-e", program], input=json.dumps(data), capture_output=True, text=True,
        check=False, timeout=60, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
