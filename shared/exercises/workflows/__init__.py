"""GitHub workflows: read one, say what is wrong with it, and run its steps on this machine.

`reading` parses, `problems` asks what a course about testing asks of a workflow, `schema` asks
whether GitHub knows the keys, `project` writes a tiny project, and `local` runs steps in a copy.
"""

from shared.exercises.workflows.local import StepResult, run_locally
from shared.exercises.workflows.project import write_project
from shared.exercises.workflows.reading import Workflow, WorkflowError, read_workflow
from shared.exercises.workflows.schema import schema_problem

__all__ = [
    "StepResult",
    "Workflow",
    "WorkflowError",
    "read_workflow",
    "run_locally",
    "schema_problem",
    "write_project",
]
