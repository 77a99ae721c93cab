"""Ask a kept library whether GitHub knows the keys of a workflow; nothing leaves this machine."""

from __future__ import annotations

import functools
import importlib.util
from collections import Counter
from typing import Any

from shared.exercises.workflows.reading import read_workflow


def schema_problem(text: str) -> str | None:
    """Return the first thing in a workflow that its schema does not allow, or None.

    check-jsonschema brings the schema along. Where it is not installed, as on Colab, nothing is
    looked at and None comes back; `schema_installed` says which it is.

    Args:
        text: YAML.

    Raises:
        WorkflowError: It is no workflow at all.
    """
    content = read_workflow(text).content
    if not schema_installed():
        return None
    for error in _validator().iter_errors(content):
        found = _deepest(error)
        return f"{found.json_path.removeprefix('$.')}: {found.message[:200]}."
    return None


def _deepest(error: Any) -> Any:
    """Return what is wrong in the alternative that fits best: the one with fewest errors."""
    while error.context:
        counts = Counter(one.relative_schema_path[0] for one in error.context)
        fewest = min(counts, key=counts.__getitem__)
        error = next(one for one in error.context if one.relative_schema_path[0] == fewest)
    return error


@functools.cache
def _validator() -> Any:
    from check_jsonschema.builtin_schemas import get_builtin_schema
    from jsonschema.validators import validator_for

    schema = get_builtin_schema("vendor.github-workflows")
    return validator_for(schema)(schema)


def schema_installed() -> bool:
    """Return whether check-jsonschema is there."""
    return importlib.util.find_spec("check_jsonschema") is not None
