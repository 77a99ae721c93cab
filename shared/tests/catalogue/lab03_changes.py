"""Make a wrong answer out of a right one by exchanging some of its text."""

from shared.checks.exercise import find


def changed(source: str, *pairs: str) -> str:
    """Return the source with old, new, old, new ... exchanged.

    Raises:
        ValueError: An old text does not occur, so that the answer would stay right.
    """
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        if old not in source:
            raise ValueError(f"{old!r} does not occur in the answer.")
        source = source.replace(old, new)
    return source


def every(exercise_id: str) -> set[str]:
    """Return the names of all cases of an exercise."""
    return {case.name for case in find(exercise_id).cases}
