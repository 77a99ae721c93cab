"""What the learner has reached, kept in `my/progress.json`.

Every change reads the file, changes one entry and replaces the file at once, under a lock, so
that a kill at any moment or a second notebook loses nothing. A damaged file is set aside.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.checks import crossing
from shared.checks.verdict import NOT_ATTEMPTED, PASSED, Result, points_text
from shared.paths import locked, my_directory, write_atomically

_EMPTY: dict[str, Any] = {"version": 1, "exercises": {}, "guesses": {}}
_LOCK_SECONDS = 5.0


def read() -> tuple[dict[str, Any], str]:
    """Return the progress and a sentence about it, which is empty if all is well."""
    path = my_directory() / "progress.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(content[part], dict) for part in ("exercises", "guesses")):
            raise ValueError("its parts are missing")
        if not all(_is_entry(entry) for entry in content["exercises"].values()):
            raise ValueError("an entry has no points")
    except FileNotFoundError:
        return json.loads(json.dumps(_EMPTY)), ""
    except (ValueError, KeyError, TypeError) as error:
        return json.loads(json.dumps(_EMPTY)), _set_aside(path, error)
    return content, ""


def record(result: Result) -> str:
    """Keep the best result of an exercise and count the attempts up to its pass.

    Returns:
        A sentence if an earlier result was better, or if there was a difficulty.
    """
    if result.state == NOT_ATTEMPTED:
        return ""
    entry = {"state": result.state, "points": result.points, "possible": result.possible}
    entry |= {"when": time.strftime("%Y-%m-%d %H:%M:%S")}

    def change(content: dict[str, Any]) -> str:
        earlier = content["exercises"].get(result.exercise.id, {"state": "", "points": 0})
        tries = earlier.get("tries", 0) + (earlier["state"] != PASSED)
        better = earlier["points"] > entry["points"]
        content["exercises"][result.exercise.id] = (earlier if better else entry) | {"tries": tries}
        kept = f"{earlier['points']:g} of {points_text(result.possible)}"
        return f"Your earlier answer reached {kept}; they stay on record." if better else ""

    said, trouble = _update(change)
    return trouble or said


def record_guess(exercise_id: str, guess: str) -> tuple[str, str]:
    """Keep a guess, unless there is one already.

    Args:
        exercise_id: Id of the exercise.
        guess: The guess as JSON text.

    Returns:
        The first guess on record as JSON text, and a sentence if there was a difficulty.
    """

    def change(content: dict[str, Any]) -> str:
        return content["guesses"].setdefault(exercise_id, guess)

    kept, trouble = _update(change)
    return kept if isinstance(kept, str) else guess, trouble


def guess_of(exercise_id: str) -> Any:
    """Return the first recorded guess, or None."""
    text = read()[0]["guesses"].get(exercise_id)
    try:
        return None if text is None else crossing.decode(text)
    except (crossing.CrossingError, TypeError):
        return None


def _update(change: Callable[[dict[str, Any]], Any]) -> tuple[Any, str]:
    try:
        path = my_directory() / "progress.json"
        with _locked(path.with_suffix(".lock")):
            content, trouble = read()
            outcome = change(content)
            write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
            return outcome, trouble
    except OSError as error:
        reason = error.strerror or str(error)
        return None, f"This result could not be kept in my/progress.json: {reason}."


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("state"), str):
        return False
    return all(isinstance(entry.get(key), int | float) for key in ("points", "possible"))


def _set_aside(path: Path, error: Exception) -> str:
    kept = path.with_name(f"progress-damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.json")
    with contextlib.suppress(OSError):
        path.replace(kept)
        return (
            f"my/progress.json could not be read ({error}). It is kept as {kept.name}, and a new "
            "one is begun: run the check cells again to fill it."
        )
    return f"my/progress.json could not be read ({error})."


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock; whoever holds it too long does not keep a learner from an answer."""
    with contextlib.ExitStack() as lock:
        with contextlib.suppress(TimeoutError):
            lock.enter_context(locked(path, _LOCK_SECONDS))
        yield
