"""Planted bugs: run tests against the course's own code with one function exchanged.

`patches` makes other source for one function, `applying` puts it into a process, `server` is the
warm process whose forks run a test each, `running` talks to it, `watching` notices a test that
looks at the code or changes it. `bugs` and `rewritings` hold what is wrong and what is right
otherwise; `scoring` judges, and like the two is never imported where a learner's test runs.
`saved` collects the tests of earlier labs.
"""

from shared.planted.running import Outcome, Runner, pack_test
from shared.planted.saved import SavedTest, saved_tests

__all__ = ["Outcome", "Runner", "SavedTest", "pack_test", "saved_tests"]
