"""What a workflow that tests a model should do: each function returns a sentence, or None."""

from __future__ import annotations

import re
from typing import Any

from shared.exercises.workflows.reading import Step, Workflow

_SECRET = re.compile(r"\$\{\{\s*secrets\.(\w+)")
_PRINTS = re.compile(r"\b(?:echo|printf|cat|print|tee|Write-Host)\b")
#: Text that anybody can choose who opens a pull request
_UNTRUSTED = re.compile(
    r"\$\{\{[^}]*github\.(?:head_ref|event\.(?:pull_request|issue|comment|review)[\w.]*\."
    r"(?:title|body|ref|label|name|message))"
)
_HIDES = re.compile(
    r"\|\|\s*(?:true|:|exit 0|echo)\b|;\s*(?:true|exit 0)\s*$|set \+e", re.MULTILINE
)


def unfit(workflow: Workflow) -> str | None:
    """Ask for what GitHub needs to start it at all, and for versions of actions."""
    for name, job in workflow.jobs.items():
        if not job.get("runs-on"):
            return f"The job {name!r} does not say what it runs on: `runs-on: ubuntu-latest`."
        for needed in needs(job):
            if needed not in workflow.jobs:
                return f"The job {name!r} needs {needed!r}, and there is no such job."
    for step in workflow.steps():
        if "uses" in step.content and step.version in ("", "main", "master", "HEAD"):
            return (
                f"{step.content['uses']} follows whatever its branch holds tomorrow; "
                "name a version such as @v6, or a hash."
            )
    checked_out = {step.job for step in workflow.steps() if step.action == "actions/checkout"}
    for step in test_steps(workflow):
        if step.job not in checked_out:
            return f"The job {step.job!r} tests without actions/checkout: its folder is empty."
    return None


def wrong_triggers(workflow: Workflow) -> str | None:
    """Ask for pull requests and a schedule."""
    triggers = workflow.triggers
    if "pull_request_target" in triggers:
        return "pull_request_target hands secrets to the code of strangers; use pull_request."
    if "pull_request" not in triggers:
        return f"It starts on {', '.join(triggers)}, and not on pull_request."
    times = triggers.get("schedule")
    if not isinstance(times, list) or not times:
        return "It has no schedule: what changes without you is seen by nobody."
    for entry in times:
        fields = str(entry.get("cron", "")).split() if isinstance(entry, dict) else []
        if len(fields) != 5 or not all(re.fullmatch(r"[\d*/,\-A-Za-z]+", f) for f in fields):
            return f"{entry!r} is no time: cron has five fields, as in `17 2 * * *`."
        if not fields[1].isdigit():
            return f"{entry!r} is more than once a night; its second field names the hour."
    return None


def no_matrix(workflow: Workflow) -> str | None:
    """Ask for two Python versions, as text, that are used."""
    for step in test_steps(workflow):
        job = workflow.jobs[step.job]
        matrix = (job.get("strategy") or {}).get("matrix")
        for key, values in (matrix if isinstance(matrix, dict) else {}).items():
            used = rf"\$\{{\{{\s*matrix\.{re.escape(str(key))}\s*\}}\}}"
            for other in workflow.steps(step.job):
                version = str(other.settings.get("python-version", ""))
                if other.action != "actions/setup-python" or not re.search(used, version):
                    continue
                if not isinstance(values, list) or len(set(map(str, values))) < 2:
                    return f"The matrix names {values!r}; name two versions of Python."
                if any(not isinstance(value, str) for value in values):
                    return (
                        f"The matrix names {values!r} without quotation marks: YAML reads a "
                        'number, and 3.10 becomes 3.1. Write "3.11".'
                    )
                return None
    return "No job that tests takes its python-version from a matrix: ${{ matrix.python }}."


def no_cache(workflow: Workflow) -> str | None:
    """Ask for a cache of what is installed."""
    for step in workflow.steps():
        if step.action == "actions/setup-python" and step.settings.get("cache"):
            return None
        if step.action == "actions/cache":
            if "hashFiles(" in str(step.settings.get("key", "")):
                return None
            return "The key of a cache must change with the requirements: hashFiles(...)."
    return "Nothing is cached: every run downloads everything. Set `cache: pip`."


def no_tests(workflow: Workflow) -> str | None:
    """Ask for tests whose failure counts."""
    steps = test_steps(workflow)
    if not steps:
        return "No step runs pytest."
    for step in steps:
        job = workflow.jobs[step.job]
        if step.content.get("continue-on-error") or job.get("continue-on-error"):
            return "continue-on-error turns a red test green."
        if _HIDES.search(step.run):
            return "A command behind pytest hides its exit status, so a red test looks green."
        if step.condition and "failure()" in step.condition:
            return "The tests run only after a failure."
    return None


def no_artifact(workflow: Workflow) -> str | None:
    """Ask for a report that is kept when tests fail, under a name of its own."""
    for step in workflow.steps():
        if step.action != "actions/upload-artifact":
            continue
        if step.job not in {test.job for test in test_steps(workflow)}:
            continue
        if not re.search(r"always\(\)|failure\(\)|!\s*cancelled\(\)", step.condition):
            return "The report is kept only when all is well; add `if: always()`."
        if not step.settings.get("path"):
            return "actions/upload-artifact needs a `path`."
        matrix = (workflow.jobs[step.job].get("strategy") or {}).get("matrix")
        if matrix and "matrix." not in str(step.settings.get("name", "")):
            return (
                "Every job of the matrix uploads under one name, and the second one fails: "
                "put ${{ matrix.python }} into the name."
            )
        return None
    return "The job that tests uploads no report with actions/upload-artifact."


def too_many_rights(workflow: Workflow) -> str | None:
    """Ask for rights to read, and for one to write where a comment is written."""
    top = workflow.content.get("permissions")
    if top is None:
        return "Without `permissions:` at the top, the token may do what the repository allows."
    if writes(top):
        return "The rights at the top hold for every job; let them read alone: `contents: read`."
    commenting = {step.job for step in comment_steps(workflow)}
    for name, job in workflow.jobs.items():
        rights = writes(job.get("permissions") or {})
        if rights and name not in commenting:
            return f"The job {name!r} may write {', '.join(rights)}, and comments nothing."
        if rights and set(rights) - {"pull-requests", "issues"}:
            return f"To comment, {name!r} needs `pull-requests: write`, and no more."
        if rights and any(step.job == name for step in test_steps(workflow)):
            return (
                f"The job {name!r} may write and runs the code of the pull request: "
                "comment in a job of its own."
            )
    return None


def spilled_secret(workflow: Workflow) -> str | None:
    """Ask that no secret is printed, and that no stranger's text becomes a command."""
    for step in workflow.steps():
        if _SECRET.search(step.run):
            return (
                f"In {step.name!r} a secret is pasted into a command, where a log or a process "
                "list can show it; hand it over by `env:`."
            )
        if _UNTRUSTED.search(step.run):
            return (
                f"In {step.name!r} text of the pull request becomes part of a command: whoever "
                "chooses the title chooses what runs. Hand it over by `env:`."
            )
        holders = _holders(step, workflow)
        for line in step.run.splitlines():
            printed = _PRINTS.search(line) and any(
                re.search(rf"\$\{{?{name}\b|\benviron\W+{name}\b", line) for name in holders
            )
            if printed or (holders and re.search(r"^\s*(?:env|printenv|set)\s*(?:$|\|)", line)):
                return f"{step.name!r} prints what it should keep: {line.strip()!r}."
        if holders and re.search(r"\bset -\w*x", step.run):
            return f"`set -x` in {step.name!r} prints every command with its values."
    return None


def no_comment(workflow: Workflow) -> str | None:
    """Ask for the quality of the model as a comment, after the tests."""
    steps = comment_steps(workflow)
    if not steps:
        return "No step comments on the pull request, as `gh pr comment` does."
    testing = {step.job for step in test_steps(workflow)}
    for step in steps:
        job = workflow.jobs[step.job]
        if "pull-requests" not in writes(job.get("permissions") or {}):
            return f"The job {step.job!r} comments, and has no `pull-requests: write`."
        if step.run and not _has_token(step, workflow):
            return "`gh` needs a token: env GH_TOKEN: ${{ github.token }}."
        if step.job not in testing and not needs(job):
            return f"The job {step.job!r} waits for nothing; say whose result it `needs:`."
        conditions = f"{step.condition} {job.get('if', '')}"
        if set(workflow.triggers) != {"pull_request"} and "pull_request" not in conditions:
            return (
                "At night there is no pull request to comment on: "
                "add `if: github.event_name == 'pull_request'`."
            )
    return None


def no_limit(workflow: Workflow) -> str | None:
    """Ask for a time limit of every job."""
    for name, job in workflow.jobs.items():
        minutes = job.get("timeout-minutes")
        if not isinstance(minutes, int | float) or isinstance(minutes, bool):
            return f"The job {name!r} has no `timeout-minutes`: a test that hangs runs six hours."
        if not 0 < minutes <= 120:
            return f"The job {name!r} may take {minutes} minutes; give it 1 to 120."
    return None


def test_steps(workflow: Workflow) -> list[Step]:
    """Return the steps that run pytest."""
    return [step for step in workflow.steps() if re.search(r"(?<!install )\bpytest\b", step.run)]


def comment_steps(workflow: Workflow) -> list[Step]:
    """Return the steps that write to a pull request."""
    return [
        step
        for step in workflow.steps()
        if re.search(r"\bgh pr comment\b|\bgh api\b.*comments", step.run)
        or (step.action == "actions/github-script" and "createComment" in str(step.settings))
        or re.search(r"comment", step.action)
    ]


def needs(job: dict[str, Any]) -> list[str]:
    """Return the jobs that a job waits for."""
    found = job.get("needs") or []
    return [found] if isinstance(found, str) else [str(name) for name in found]


def writes(permissions: Any) -> list[str]:
    """Return what a set of rights may write."""
    if isinstance(permissions, str):
        return ["everything"] if permissions == "write-all" else []
    if not isinstance(permissions, dict):
        return []
    return [str(name) for name, right in permissions.items() if right == "write"]


def _variables(step: Step, workflow: Workflow) -> dict[str, str]:
    found: dict[str, str] = {}
    for place in (workflow.content, workflow.jobs[step.job], step.content):
        if isinstance(place.get("env"), dict):
            found |= {str(name): str(value) for name, value in place["env"].items()}
    return found


def _holders(step: Step, workflow: Workflow) -> list[str]:
    return [
        name
        for name, value in _variables(step, workflow).items()
        if _SECRET.search(value) or "github.token" in value
    ]


def _has_token(step: Step, workflow: Workflow) -> bool:
    return bool({"GH_TOKEN", "GITHUB_TOKEN"} & set(_variables(step, workflow)))
