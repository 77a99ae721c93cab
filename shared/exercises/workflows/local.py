"""Run the commands of a workflow here, in a clean copy of a project and a bare environment.

What only GitHub has (actions, the web, `gh`) is named and left out. Packages are not installed:
the Python that runs the notebook has them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from shared.exercises.workflows.problems import needs
from shared.exercises.workflows.reading import Step, Workflow

SECONDS = 60.0
_INSTALLS = re.compile(r"^\s*(?:python -m )?(?:uv )?pip install\b")
_REMOTE = re.compile(r"\b(?:gh|curl|wget|git (?:push|fetch|clone|pull))\b")


@dataclass(frozen=True)
class StepResult:
    """What came of one step.

    Attributes:
        job: Name of the job.
        step: Name of the step.
        state: "ok", "failed", "left out" (only GitHub has it) or "not run" (its `if` says no).
        text: The end of what it printed, or why it was left out.
    """

    job: str
    step: str
    state: str
    text: str = ""


def run_locally(
    workflow: Workflow, project: Path, event: str = "pull_request", seconds: float = SECONDS
) -> list[StepResult]:
    """Run the jobs of a workflow, each in a fresh copy, the first entry of a matrix alone.

    Args:
        workflow: What to run.
        project: Folder that is copied for each job; it stays as it is.
        event: What started it.
        seconds: Time limit of each step.
    """
    results: list[StepResult] = []
    failed: set[str] = set()
    for name in _in_order(workflow):
        job = workflow.jobs[name]
        blocked = failed & set(needs(job))
        if not _condition(str(job.get("if", "")), event, bool(blocked)):
            results.append(StepResult(name, "(all steps)", "not run", _reason(blocked)))
            if blocked:
                failed.add(name)
            continue
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            here = list(_run_job(workflow, name, project, Path(folder), event, seconds))
        results += here
        if any(one.state == "failed" for one in here):
            failed.add(name)
    return results


def _run_job(
    workflow: Workflow, name: str, project: Path, folder: Path, event: str, seconds: float
) -> Iterator[StepResult]:
    copy = folder / "copy"
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    shutil.copytree(project, copy, ignore=ignored)
    matrix = (workflow.jobs[name].get("strategy") or {}).get("matrix")
    values = {
        f"matrix.{key}": str(options[0])
        for key, options in (matrix if isinstance(matrix, dict) else {}).items()
        if isinstance(options, list) and options
    }
    values |= {"github.event_name": event, "runner.os": "Linux", "github.token": ""}
    failed = False
    for step in workflow.steps(name):
        if not _condition(step.condition, event, failed):
            yield StepResult(name, step.name, "not run", _reason(failed))
            continue
        result = _run_step(workflow, step, copy, folder, values, seconds)
        failed |= result.state == "failed" and not step.content.get("continue-on-error")
        yield result


def _run_step(
    workflow: Workflow, step: Step, copy: Path, folder: Path, values: dict, seconds: float
) -> StepResult:
    if step.action:
        what = "this copy is clean" if step.action == "actions/checkout" else "only GitHub has it"
        return StepResult(step.job, step.name, "left out", what)
    script = _fill(step.run, values)
    lines = script.splitlines()
    if all(_INSTALLS.match(line) for line in lines if line.strip()):
        return StepResult(step.job, step.name, "left out", "packages are here already")
    if _REMOTE.search(script):
        return StepResult(step.job, step.name, "left out", "it would leave this machine")
    bash = shutil.which("bash")
    if bash is None:
        return StepResult(step.job, step.name, "left out", "there is no bash here")
    kept = "\n".join(line for line in lines if not _INSTALLS.match(line))
    environment = _environment(workflow, step, folder, values)
    try:
        done = subprocess.run(
            [bash, "-e", "-c", kept], cwd=copy, env=environment, capture_output=True, text=True,
            errors="replace", timeout=seconds, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        state = "failed" if done.returncode else "ok"
        text = done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        state, text = "failed", f"It took longer than {seconds:g} seconds and was stopped."
    return StepResult(step.job, step.name, state, text[-2000:].strip())


def _environment(workflow: Workflow, step: Step, folder: Path, values: dict) -> dict[str, str]:
    """Return an environment made from nothing: no token of this machine gets in."""
    python = str(Path(sys.executable).parent)
    path = os.pathsep.join([python, *filter(None, [os.environ.get("PATH", "")])])
    found = {"PATH": path, "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}
    found |= {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    found |= {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1"}
    found["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # A fresh machine has no plugins of yours
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ENV"):
        file = folder / name.lower()
        file.touch()
        found[name] = str(file)
    for place in (workflow.content, workflow.jobs[step.job], step.content):
        if isinstance(place.get("env"), dict):
            found |= {str(k): _fill(str(v), values) for k, v in place["env"].items()}
    return found


def _fill(text: str, values: dict[str, Any]) -> str:
    """Put in what an expression stands for; a secret has no value here."""
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda m: str(values.get(m[1], "")), text)


def _condition(text: str, event: str, failed: bool) -> bool:
    """Read the conditions that a small workflow needs: status functions and the event."""
    text = re.sub(r"\$\{\{|\}\}", "", text).strip()
    for sign, name in re.findall(r"github\.event_name\s*([=!]=)\s*['\"](\w+)['\"]", text):
        if (name == event) != (sign == "=="):
            return False
    if re.search(r"always\(\)|!\s*cancelled\(\)", text):
        return True
    return failed if "failure()" in text else not failed


def _reason(failed: Any) -> str:
    return "something before it failed" if failed else "its condition says no"


def _in_order(workflow: Workflow) -> list[str]:
    """Return the jobs so that each comes after those it needs; there is no order in a circle."""
    try:
        order = TopologicalSorter({name: needs(job) for name, job in workflow.jobs.items()})
        return [name for name in order.static_order() if name in workflow.jobs]
    except CycleError:
        return []
