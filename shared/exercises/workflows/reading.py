"""Read the text of a GitHub workflow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LIMIT = 40_000  # Characters; GitHub takes more, and nobody reads that


class WorkflowError(ValueError):
    """A text is no workflow; the message says what is missing."""


@dataclass(frozen=True)
class Step:
    """One step of a job, with its place."""

    job: str
    position: int
    content: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the step, or what it does."""
        said = self.content.get("name") or self.action or self.run.strip().split("\n")[0]
        return str(said) or f"step {self.position + 1}"

    @property
    def action(self) -> str:
        """The action without its version, such as "actions/checkout"; empty for a command."""
        return str(self.content.get("uses", "")).partition("@")[0]

    @property
    def version(self) -> str:
        """What stands behind the @ of an action."""
        return str(self.content.get("uses", "")).partition("@")[2]

    @property
    def run(self) -> str:
        """The commands, or nothing."""
        return str(self.content.get("run", ""))

    @property
    def settings(self) -> dict[str, Any]:
        """What stands under `with`."""
        found = self.content.get("with")
        return found if isinstance(found, dict) else {}

    @property
    def condition(self) -> str:
        """What stands under `if`, without the braces of an expression."""
        return re.sub(r"\$\{\{|\}\}", "", str(self.content.get("if", ""))).strip()


@dataclass(frozen=True)
class Workflow:
    """A workflow that has at least jobs with steps."""

    content: dict[str, Any]

    @property
    def triggers(self) -> dict[str, Any]:
        """What starts it, by event."""
        found = self.content["on"]
        if isinstance(found, str):
            return {found: None}
        return dict.fromkeys(map(str, found)) if isinstance(found, list) else dict(found)

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """Jobs by name."""
        return self.content["jobs"]

    def steps(self, job: str | None = None) -> Iterator[Step]:
        """Yield the steps of one job, or of all."""
        for name, content in self.jobs.items():
            if job in (None, name):
                for position, step in enumerate(content.get("steps", ())):
                    yield Step(name, position, step)


def read_workflow(text: str) -> Workflow:
    """Parse a workflow.

    Args:
        text: YAML.

    Raises:
        WorkflowError: It is no YAML, or has no triggers or no jobs with steps.
    """
    import yaml

    if not isinstance(text, str) or not text.strip():
        raise WorkflowError(f"A workflow is text; {type(text).__name__} was given.")
    if len(text) > LIMIT:
        raise WorkflowError(f"The text has {len(text):,} characters; {LIMIT:,} are the most.")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise WorkflowError("Write it without YAML aliases (*name).")
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        what = getattr(error, "problem", None) or str(error)
        raise WorkflowError(f"This is no YAML, {where}{what}. Indent by two spaces.") from None
    if not isinstance(content, dict):
        raise WorkflowError("A workflow begins with keys such as `name:`, `on:` and `jobs:`.")
    if True in content:  # YAML 1.1 takes the word `on` for a truth value; GitHub does not
        content["on"] = content.pop(True)
    for key in ("on", "jobs"):
        if not content.get(key):
            raise WorkflowError(f"The key `{key}:` is missing or empty.")
    if not isinstance(content["jobs"], dict) or not isinstance(content["on"], str | list | dict):
        raise WorkflowError("`jobs:` holds one key for each job, `on:` the events that start it.")
    for name, job in content["jobs"].items():
        if not isinstance(job, dict) or not isinstance(job.get("steps"), list):
            raise WorkflowError(f"The job {name!r} has no list of `steps:`.")
        for step in job["steps"]:
            if not isinstance(step, dict) or ("run" in step) == ("uses" in step):
                raise WorkflowError(
                    f"Every step of {name!r} needs either `run:` or `uses:`, and not both."
                )
    return Workflow(content)
