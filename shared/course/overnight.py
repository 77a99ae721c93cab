"""Run ideas unattended for some hours, and leave a report that opens in a browser.

Every finished trial is a file in my/studies/NAME, and a run in W&B's files; one that is broken
off goes on from its checkpoint: after a kill or a reboot the same command goes on. Without --hours
it runs until all is finished.

Examples:
  labs overnight --hours 8                         the whole menu, seed after seed
  labs overnight --hours 1 --ideas gru transformer two ideas and the base
  labs overnight --report                          only write the report anew
"""

from __future__ import annotations

import argparse

from shared.course.outline import CourseError

ROUNDS = 5  # Seeds, unless said: after that another one tells little
#: What Ctrl-C says
STOPPED = "The same command goes on where it stopped."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs overnight`."""
    from shared.experiments.ideas import IDEAS
    from shared.experiments.ideas.night import MOST_MB

    parser.add_argument("--hours", type=float, default=None, help="how long, checkpoints included")
    parser.add_argument("--ideas", nargs="+", metavar="IDEA", help=f"among {', '.join(IDEAS)}")
    parser.add_argument("--seeds", type=int, default=ROUNDS, help="trials of each idea")
    parser.add_argument("--updates", type=int, default=None, help="batches of a trial")
    parser.add_argument("--lines", type=int, default=None, help="lines that a trial learns from")
    parser.add_argument("--name", default="ideas", help="folder in my/studies")
    parser.add_argument("--most-mb", type=float, default=MOST_MB, help="disk the study may take")
    parser.add_argument("--report", action="store_true", help="only write the report anew")


def run(arguments: argparse.Namespace) -> int:
    """Run until the time is over, and return 1 if a trial failed."""
    from shared.experiments.ideas import IDEAS, night
    from shared.experiments.ideas.configuration import ConfigurationError
    from shared.experiments.ideas.study import plan, study_directory
    from shared.experiments.study import StudyError

    folder = study_directory(arguments.name)
    given = {"updates": arguments.updates, "lines": arguments.lines}
    settings = {name: value for name, value in given.items() if value is not None}
    ideas = list(dict.fromkeys(["base", *(arguments.ideas or IDEAS)]))
    try:
        trials = plan(ideas, range(arguments.seeds), **settings)
        if arguments.report:
            path = night.write_report(folder, None)
        else:
            hours, most_mb = arguments.hours, arguments.most_mb
            path = night.spend(folder, trials, hours, most_mb)
    except (ConfigurationError, StudyError) as error:
        raise CourseError(str(error)) from error
    print(f"Open {path} in a browser.")
    return 1 if night.failures_in(folder) else 0
