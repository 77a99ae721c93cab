"""The file of a lab that is handed in: a learner's answers, and nothing else of theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from shared.checks import progress
from shared.checks.exercise import Exercise
from shared.grading.submission import answers_in, read_notebook
from shared.paths import write_atomically


class HandedIn(NamedTuple):
    """What the file holds: exercises answered, and cells whose outputs were left out."""

    given: list[Exercise]
    outputs: int


def hand_in(path: Path, pristine: Path, exercises: list[Exercise], target: Path) -> HandedIn:
    """Write a learner's notebook without what its cells showed; add tries and guesses.

    Args:
        path: The learner's copy.
        pristine: The notebook that it began as.
        exercises: Of that lab.
        target: Where to write.

    Raises:
        NotebookError: One of the two is no notebook.
    """
    answers = answers_in(read_notebook(path), [one.name for one in exercises])
    untouched = answers_in(read_notebook(pristine), answers)
    given = [
        one for one in exercises if answers.get(one.name) not in (None, untouched.get(one.name))
    ]
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = sum(bool(cell.get("outputs")) for cell in notebook["cells"])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        cell.pop("attachments", None)
    notebook["metadata"].pop("widgets", None)
    kept, _ = progress.read()
    tries = {one.name: kept["exercises"].get(one.id, {}).get("tries", 0) for one in given}
    guessed = (one for one in given if one.id in kept["guesses"])
    guesses = {one.name: str(progress.guess_of(one.id)) for one in guessed}
    notebook["metadata"]["handed in"] = {"tries": tries, "guesses": guesses}
    write_atomically(target, json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")
    return HandedIn(given, outputs)
