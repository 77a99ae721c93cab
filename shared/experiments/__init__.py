"""Experiments: many runs of one function, in parallel, resumable, with one record each.

A study names a function `function(config, trial)`, what to vary, and how to judge it.
Optuna's journal `my/studies/NAME/journal.log` keeps the books. Each trial has a history of its
own, `trials/ID/run.jsonl`, with `log.txt` beside it, and is written to Weights & Biases, offline.

Example:
    >>> study = Study(
    ...     "rates", "shared.experiments.characters:train", metric="accuracy",
    ...     space={"learning_rate": [1e-3, 4e-3]}, seeds=[1, 2],
    ...     stop=optuna.pruners.SuccessiveHalvingPruner(min_resource=30, reduction_factor=2),
    ... )  # doctest: +SKIP
    >>> runs = run_study(study)  # doctest: +SKIP
    >>> study.best().config["learning_rate"]  # doctest: +SKIP
    0.004

A function may report curves, keep files, and go on after a kill from `trial.folder`:

    @with_settings(rate=Setting(0.1, low=0.0, high=1.0))
    def train(config, trial):
        for step in range(100):
            ...
            trial.report(step, loss=loss)       # may end the trial here: early stopping, budget
        trial.predictions("validation", rows)   # text, prediction, and image where useful
        trial.artifact("model.weights.h5", Path("model.weights.h5"))
        return {"accuracy": accuracy}
"""

from shared.experiments.characters import train as train_characters
from shared.experiments.ideas import load_study
from shared.experiments.language_model import count_model, course_model, tune
from shared.experiments.running import run_study
from shared.experiments.settings import ConfigError, Setting, complete, with_settings
from shared.experiments.study import Study, StudyError
from shared.experiments.trial import Trial, TrialEnded

__all__ = [
    "ConfigError",
    "Setting",
    "Study",
    "StudyError",
    "Trial",
    "TrialEnded",
    "complete",
    "count_model",
    "course_model",
    "load_study",
    "run_study",
    "train_characters",
    "tune",
    "with_settings",
]
