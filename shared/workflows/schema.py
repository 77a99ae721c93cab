"""Ask a kept library whether GitHub knows the keys of a workflow; nothing leaves this machine."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def schema_problem(text: str) -> str | None:
    """Return the first thing in a workflow that its schema does not allow, or None.

    check-jsonschema brings the schema along. Where it is not installed, as on Colab, nothing is
    looked at and None comes back; `schema_installed` says which it is.

    Args:
        text: YAML.
    """
    if not schema_installed():
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workflow.yml"
        path.write_text(text, encoding="utf-8")
        words = [sys.executable, "-m", "check_jsonschema", "-o", "json"]
        words += ["--builtin-schema", "vendor.github-workflows", str(path)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return f"The schema could not be asked: {done.stderr.strip()[:200]}"
    for error in said.get("errors", ()):
        best = error.get("best_deep_match") or error
        return f"{best['path'].removeprefix('$.')}: {best['message']}."
    return next((str(error) for error in said.get("parse_errors", ())), None)


def schema_says(text: str) -> str:
    """Return what the schema says, or that nobody could be asked."""
    if not schema_installed():
        return "nobody was asked: pip install check-jsonschema"
    return schema_problem(text) or "all keys are known"


def schema_installed() -> bool:
    """Return whether check-jsonschema is there."""
    return importlib.util.find_spec("check_jsonschema") is not None
