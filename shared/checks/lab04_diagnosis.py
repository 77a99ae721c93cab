"""Lab 4: what curves of a study betray, and a study that is unfair (exercises 4.5 and 4.6)."""

from __future__ import annotations

from shared.checks.compare import show
from shared.checks.exercise import Case, Exercise

#: What a learner chooses from; two are left over
EVENTS = (
    "healthy",
    "diverged",
    "stopped early",
    "resumed from its checkpoint",
    "restarted without its checkpoint",
    "logged in percent",
)


def diagnose_runs() -> dict[str, str]:
    """Name what happened to each of the four runs."""
    return {
        "A": "restarted without its checkpoint",
        "B": "stopped early",
        "C": "diverged",
        "D": "logged in percent",
    }


_CLUES = {
    "A": "Run A: accuracy falls back in the middle to where it began, and rises at the same pace.",
    "B": "Run B: the curve ends at a third of the updates, at a low value, and nothing is wrong.",
    "C": "Run C: accuracy drops to 1/62, a blind guess, and never leaves it.",
    "D": "Run D: read the numbers on its vertical axis.",
}


def judge_run(run: str):
    """Return the judge of one run."""

    def judge(inputs: dict, answer: object) -> str | None:
        if not isinstance(answer, dict):
            return f"diagnose_runs() gave {show(answer)}, expected a dict such as {{'A': ...}}."
        name = answer.get(run)
        said = " ".join(name.lower().split()) if isinstance(name, str) else name
        if not isinstance(said, str) or said not in EVENTS:
            return f"diagnose_runs()[{run!r}] is {show(name)}, expected one of {EVENTS}."
        if said != diagnose_runs()[run]:
            return f"diagnose_runs()[{run!r}] is {said!r}, but the curve says something else."
        return None

    return judge


DIAGNOSE_RUNS = Exercise(
    id="lab04.diagnose_runs",
    kind="debug",
    title="Diagnose four runs",
    reference=diagnose_runs,
    doc="What happened, read from the curves alone.",
    cases=tuple(
        Case(f"names run {run}", 1, judge=judge_run(run), hint=clue) for run, clue in _CLUES.items()
    ),
)


def find_unfair_study() -> str:
    """Name the study whose winner cannot be trusted."""
    return "C"


_FAIR = {
    "A": "both settings are tried with the same three seeds, and means are compared",
    "B": "the test set is read once, after validation has chosen",
    "D": "the other settings get as many updates, only the rule ends hopeless ones early",
}


def judge_unfair(inputs: dict, answer: object) -> str | None:
    """Accept the letter C in any case."""
    letter = answer.strip().upper() if isinstance(answer, str) else answer
    if isinstance(letter, str) and letter == "C":
        return None
    if isinstance(letter, str) and letter in _FAIR:
        return f"find_unfair_study() gave {letter!r}, but there {_FAIR[letter]}."
    return f"find_unfair_study() gave {show(answer)}, expected one of the letters A, B, C, D."


FIND_UNFAIR_STUDY = Exercise(
    id="lab04.find_unfair_study",
    kind="review",
    title="Find the unfair study",
    reference=find_unfair_study,
    options=("A", "B", "C", "D"),
    doc="Which winner cannot be trusted?",
    cases=(
        Case(
            "names the unfair study",
            2,
            judge=judge_unfair,
            hint="Ask of each study: did the winner and the loser have the same chances?",
        ),
    ),
)
