"""Grade many notebooks: two at a time, each in a process of its own, each only once.

What a notebook earned is kept under the hash of its answers, of the lab, of the machinery and of
the seed, and each exercise beside the hash of its checks. So a run that was cut off goes on where
it was, a second run grades what is new or asked otherwise now, and whoever handed in the same
answers gets the same points without another run.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import json
import re
import runpy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

import shared
from shared.checks.answers import programs
from shared.checks.exercise import PUBLIC_SEED, Exercise, load_lab
from shared.checks.labs import Lab
from shared.checks.verdict import CaseResult, Result
from shared.grading.folder import Submission
from shared.grading.isolation import best
from shared.grading.runner import grade
from shared.grading.submission import NotebookError, with_helpers
from shared.paths import write_atomically

#: Words in a notebook that a person should look at: where the course keeps its own answers
_SUSPICIOUS = re.compile(r"answers\.json|solutions[/\\.]|shared\.exercises|shared\.checks\.answers")


@dataclass(frozen=True)
class Graded:
    """A submission and what it earned.

    Attributes:
        submission: Whose it is.
        exercises: For each exercise its id, title, state, points, note, and cases.
        trouble: Why it was not graded, or nothing.
        same_as: Other learners with exactly these answers.
        look_at: What in the file names the course's own answers.
        isolation: What stood around it while it ran.
        handed_in: What `labs hand-in` noted, "tries" and "guesses" by name of the answer; it is
            the learner's own word.
    """

    submission: Submission
    exercises: tuple[dict[str, Any], ...] = ()
    trouble: str = ""
    same_as: tuple[str, ...] = ()
    look_at: tuple[str, ...] = ()
    handed_in: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    isolation: str = ""

    @property
    def points(self) -> float:
        """Points earned."""
        return sum(exercise["points"] for exercise in self.exercises)

    @property
    def possible(self) -> float:
        """Points of the lab."""
        return sum(exercise["possible"] for exercise in self.exercises)


def grade_all(
    submissions: Sequence[Submission],
    pristine: Mapping[Lab, Path],
    kept: Path,
    seed: int = PUBLIC_SEED,
    workers: int = 2,
    more: Path | None = None,
    private: tuple[Path, ...] = (),
) -> Iterator[Graded]:
    """Yield each submission with what it earned, as soon as that is known.

    Args:
        submissions: See `folder.collect`.
        pristine: The labs as they were given out.
        kept: Folder of what was graded already.
        seed: Seed of the inputs.
        workers: Notebooks at a time.
        more: A Python file of cases that only the grader has; see `with_cases`.
        private: Folders that no notebook may see.
    """
    sharing: dict[tuple[str, str], list[Submission]] = {}
    for one in submissions:
        if one.trouble and not one.digest:
            yield Graded(one, trouble=one.trouble)
        else:
            sharing.setdefault((one.lab.name, one.digest), []).append(one)
    labs = {same[0].lab for same in sharing.values()}
    versions = {lab: version(lab, pristine[lab], seed, more) for lab in labs}
    files = {
        key: kept / f"{key[0]}-{_hash(key[1] + versions[same[0].lab])[:24]}.json"
        for key, same in sharing.items()
    }
    asked = {lab: checks_of(load_lab(lab.number)) for lab in labs}
    known = {
        key: found
        for key, same in sharing.items()
        if (found := _read(files[key])) and found["checks"] == asked[same[0].lab]
    }
    jobs = (
        delayed(_grade_one)(key, same[0], pristine[same[0].lab], files[key], seed, more, private)
        for key, same in sharing.items()
        if key not in known
    )
    fresh = Parallel(workers, return_as="generator_unordered")(jobs)
    for key, kept_one, trouble in chain(((key, found, "") for key, found in known.items()), fresh):
        same = sharing[key]
        exercises, isolation = tuple(kept_one.get("exercises", ())), kept_one.get("isolation", "")
        for one in same:
            others = tuple(other.learner for other in same if other is not one)
            why = trouble or one.trouble
            yield Graded(one, exercises, why, others, *_look_at(one.path), isolation)


def with_cases(exercises: Sequence[Exercise], more: Path | None) -> list[Exercise]:
    """Return exercises with the cases that a file of the grader adds to them.

    Args:
        exercises: Of one lab.
        more: A Python file that binds CASES: by the id of an exercise, a list of `Case`. It is
            never sent to where answers run.

    Raises:
        NotebookError: The file does not run, or has no such table.
    """
    if more is None:
        return list(exercises)
    try:
        cases = runpy.run_path(str(more))["CASES"]
        return [replace(one, cases=(*one.cases, *cases.get(one.id, ()))) for one in exercises]
    except Exception as error:  # Whatever the instructor's file raises
        raise NotebookError(f"{more} gives no cases ({type(error).__name__}: {error}).") from None


def version(lab: Lab, pristine: Path, seed: int, more: Path | None = None) -> str:
    """Return what all points of a lab depend on beside answers and `checks_of`, as a hash."""
    root = Path(shared.__file__).parent
    files = [pristine, *sorted((root / "checks").rglob("*.py"))]
    files += sorted((root / "exercises").rglob("*[!0-9].py"))  # What the labs' own modules use
    files += [root / "grading/runner.py", root / "grading/submission.py"]
    files += [more] if more else []
    content = b"\0".join(path.read_bytes() for path in files)
    answers = {key: one for key, one in programs().items() if key[3:5] == lab.name[:2]}
    return _hash(content + json.dumps([seed, answers]).encode())


def checks_of(exercises: Sequence[Exercise]) -> dict[str, str]:
    """Return by id a hash of the statement that builds an exercise, and of all that it uses."""
    module = importlib.import_module(f"shared.exercises.lab{exercises[0].lab:02}")
    text = Path(module.__file__).read_text(encoding="utf-8")
    named = {value.id: name for name, value in vars(module).items() if isinstance(value, Exercise)}
    known = set(dir(builtins))
    return {one.id: _hash(with_helpers(named[one.id], [text], known)) for one in exercises}


def _hash(content: bytes | str) -> str:
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


def _read(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return content if isinstance(content["checks"], dict) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # What is damaged is made anew
        return None


def _grade_one(
    key: tuple[str, str],
    one: Submission,
    pristine: Path,
    file: Path,
    seed: int,
    more: Path | None,
    private: tuple[Path, ...],
) -> tuple[tuple[str, str], dict[str, Any], str]:
    """Grade one notebook in a process of joblib, and keep what it earned."""
    isolation, before = best(private), _read(file) or {"checks": {}, "exercises": []}
    try:
        exercises = with_cases(load_lab(one.lab.number), more)
        checks = checks_of(exercises)
        earlier = {record["id"]: record for record in before["exercises"]}
        known = {
            same.id: from_record(same, earlier[same.id])
            for same in exercises
            if before["checks"].get(same.id) == checks[same.id]
        }
        results = grade(one.path, pristine, exercises, seed, isolation=isolation, known=known)
    except Exception as error:  # One notebook's trouble is its own; the next one is graded
        return key, {}, f"{type(error).__name__}: {error}"
    record = {
        "isolation": isolation.name,
        "checks": checks,
        "exercises": list(map(as_record, results)),
    }
    write_atomically(file, json.dumps(record))
    return key, record, ""


def as_record(result: Result) -> dict[str, Any]:
    """Return a result as JSON holds it, without what only the judge knows."""
    exercise = result.exercise
    return {
        "id": exercise.id,
        "title": exercise.title,
        "kind": exercise.kind,
        "state": result.state,
        "points": result.points,
        "possible": exercise.points,
        "note": result.note,
        "cases": [asdict(case) for case in result.cases],
    }


def from_record(exercise: Exercise, record: Mapping[str, Any]) -> Result:
    """Return the result that `as_record` wrote down."""
    cases = tuple(CaseResult(**case) for case in record["cases"])
    return Result(exercise, record["state"], cases, record["note"])


def _look_at(path: Path) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return what a person should look at, and what `labs hand-in` noted."""
    notebook = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    own = "\n".join(
        "".join(cell["source"])
        for cell in cells
        if not {"setup", "needs"} & set(cell.get("metadata", {}).get("tags", ()))
    )
    noted = notebook.get("metadata", {}).get("handed in")
    noted = noted if isinstance(noted, dict) else {}
    parts = {part: noted.get(part) for part in ("tries", "guesses")}
    handed_in = {part: found for part, found in parts.items() if isinstance(found, dict)}
    return tuple(sorted(set(_SUSPICIOUS.findall(own)))), handed_in
