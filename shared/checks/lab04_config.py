"""Lab 4: a configuration that notices typing mistakes (exercise 4.1)."""

from __future__ import annotations

import difflib

from shared.checks.compare import show
from shared.checks.exercise import Case, Exercise

DEFAULTS = {"network": "cnn", "learning_rate": 0.004, "updates": 100, "augment": True}


def complete_config(defaults: dict, changes: dict) -> dict:
    """Return a whole configuration, or refuse an unknown setting by name."""
    for name in changes:
        if name not in defaults:
            near = difflib.get_close_matches(name, defaults, n=1, cutoff=0)
            raise KeyError(f"there is no setting {name!r}; did you mean {near[0]!r}?")
    return {**defaults, **changes}


def probe_mistake(function, inputs: dict) -> list:
    """Make a mistake and return what comes of it: kind of exception and its words."""
    try:
        answer = function(dict(inputs["defaults"]), dict(inputs["changes"]))
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["nothing", show(answer)]


def _mistaken(inputs: dict) -> str:
    return f"complete_config(defaults, {show(inputs['changes'])})"


def judge_refused(inputs: dict, answer: object) -> str | None:
    """A KeyError came, and it names the unknown setting."""
    if not isinstance(answer, list) or len(answer) != 2:
        return f"{_mistaken(inputs)} gave {show(answer)}, expected a KeyError."
    (wrong,) = set(inputs["changes"]) - set(inputs["defaults"])
    kind, words = answer
    if kind == "nothing":
        return f"{_mistaken(inputs)} gave {words}, expected a KeyError that names {wrong!r}."
    if kind != "KeyError":
        return f"{_mistaken(inputs)} raised {kind}: {words}; expected a KeyError."
    if wrong not in words:
        return f"{_mistaken(inputs)} raised a KeyError that does not name {wrong!r}: {words}"
    return None


def judge_nearest(inputs: dict, answer: object) -> str | None:
    """The message names the setting that was meant, and not all of them."""
    if not isinstance(answer, list) or len(answer) != 2 or answer[0] == "nothing":
        return f"{_mistaken(inputs)} raised nothing, expected a KeyError with a suggestion."
    named = [name for name in inputs["defaults"] if name in answer[1]]
    if named != [inputs["meant"]]:
        said = ", ".join(named) or "no setting at all"
        return f"{_mistaken(inputs)} suggests {said}; expected {inputs['meant']} alone."
    return None


def probe_inputs(function, inputs: dict) -> list:
    """Change one setting and return what became of the inputs."""
    defaults, changes = dict(inputs["defaults"]), dict(inputs["changes"])
    answer = function(defaults, changes)
    if isinstance(answer, dict):
        answer["updates"] = -1  # Whoever gets a configuration may change theirs
    return [defaults, changes]


def judge_inputs(inputs: dict, answer: object) -> str | None:
    """Neither dictionary has changed."""
    for name, now in zip(("defaults", "changes"), answer, strict=True):
        if now != inputs[name]:
            return (
                f"After a call, and a change to what it returned, `{name}` is {show(now)}, but it "
                f"was {show(inputs[name])}."
            )
    return None


COMPLETE_CONFIG = Exercise(
    id="lab04.complete_config",
    kind="implement",
    title="Complete a configuration",
    reference=complete_config,
    doc="Defaults, changes, and no typing mistake unnoticed.",
    cases=(
        Case(
            "fills in the defaults",
            1,
            {"defaults": DEFAULTS, "changes": {"updates": 20, "augment": False}},
            hint="Start from a copy of the defaults and let the changes replace its entries.",
        ),
        Case(
            "refuses an unknown setting by name",
            1,
            {"defaults": DEFAULTS, "changes": {"updates": 5, "lerning_rate": 0.1}},
            probe=probe_mistake,
            judge=judge_refused,
            hint="raise KeyError(f'...') for a name in changes that is not in defaults.",
        ),
        Case(
            "suggests the nearest right one",
            1,
            {"defaults": DEFAULTS, "changes": {"netwrk": "mlp"}, "meant": "network"},
            probe=probe_mistake,
            judge=judge_nearest,
            hint="difflib.get_close_matches(name, defaults, n=1) gives a list of the best match.",
        ),
        Case(
            "leaves its inputs as they were",
            1,
            {"defaults": DEFAULTS, "changes": {"network": "mlp"}},
            probe=probe_inputs,
            judge=judge_inputs,
            hint="Build a new dictionary, as in {**defaults, **changes}; update() changes the old.",
        ),
    ),
)
