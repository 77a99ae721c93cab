"""Planted bugs: run tests against the course's own code with one function exchanged.

`patches` makes other code for one function and puts it into a process, `running` has tests run
on it, `trial` is what happens to them there, and `watching` notices a test that looks at the code
or changes it. `bugs` holds what is wrong and what is right otherwise, `scoring` judges; neither
is ever imported where a learner's test runs. `saved` collects the tests of earlier labs.
A name is loaded when it is first asked for.
"""

from shared import lazy_names

_HOMES = {
    **dict.fromkeys(("BUGS", "Bug", "find_bug"), "bugs"),
    **dict.fromkeys(("Outcome", "Runner"), "running"),
    **dict.fromkeys(("SavedTest", "saved_tests"), "saved"),
    "plant": "patches",
    "score_suite": "scoring",
    "show_caught": "pictures",
}

__all__, __getattr__ = lazy_names(__name__, _HOMES)
