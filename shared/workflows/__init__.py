"""GitHub workflows: read one, say what is wrong with it, and run its steps on this machine.

`reading` parses, `problems` asks what a course about testing asks of a workflow, `schema` asks
whether GitHub knows the keys, `project` writes a tiny project, and `local` runs steps in a copy.
"""

from shared.workflows.local import StepResult, run_locally
from shared.workflows.project import write_project
from shared.workflows.reading import Workflow, WorkflowError, read_workflow
from shared.workflows.schema import schema_problem, schema_says

__all__ = [
    "StepResult",
    "Workflow",
    "WorkflowError",
    "read_workflow",
    "run_locally",
    "schema_problem",
    "schema_says",
    "write_project",
]
