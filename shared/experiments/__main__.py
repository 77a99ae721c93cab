"""Run a study file, on this machine or on a cluster; run it again to go on.

Examples:
  python -m shared.experiments study.toml
  python -m shared.experiments study.toml --workers 4 --minutes 30
  python -m shared.experiments study.toml --engine ray --address auto

A study file (TOML):
  name = "rates"
  function = "shared.experiments.characters:train"
  metric = "accuracy"
  seeds = [1, 2]
  [fixed]
  updates = 200
  [space]
  learning_rate = [0.001, 0.004]
  [stop]
  pruner = "SuccessiveHalvingPruner"
  min_resource = 50
  reduction_factor = 2

Exit status: 0 every trial finished or was stopped early, 1 a trial failed or is to go on,
2 the study cannot be run as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from shared.experiments.running import run_study
from shared.experiments.settings import ConfigError
from shared.experiments.study import Study, StudyError
from shared.experiments.tracking import runs_table


def main(words: Sequence[str] | None = None) -> int:
    """Run the study that the words name, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m shared.experiments", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("file", help="the study file")
    parser.add_argument("--engine", choices=("local", "ray"), default="local")
    parser.add_argument("--workers", type=int, help="trials at once; by default what fits")
    parser.add_argument("--address", help="a Ray cluster to join, such as auto")
    parser.add_argument("--minutes", type=float, help="budget of time; the rest goes on next time")
    parser.add_argument("--fresh", action="store_true", help="set earlier results aside first")
    arguments = parser.parse_args(words)
    try:
        study = Study.from_file(arguments.file)
        study.seconds = 60 * arguments.minutes if arguments.minutes else study.seconds
        runs = run_study(
            study, arguments.engine, workers=arguments.workers, address=arguments.address,
            fresh=arguments.fresh,
        )  # fmt: skip
    except (StudyError, ConfigError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; run the same command to go on", file=sys.stderr)
        return 130
    if runs:
        print(runs_table(runs, [study.metric], study.goal == "max"))
    over = [run for run in runs if run.state in ("finished", "stopped")]
    return int(len(over) < len(study.planned()))


if __name__ == "__main__":
    raise SystemExit(main())
