"""The ideas that Lab 5 tries: a configuration, a menu, networks, trials of all of them, a night."""

from shared.experiments.ideas import night
from shared.experiments.ideas.analysis import Results
from shared.experiments.ideas.configuration import Configuration, ConfigurationError
from shared.experiments.ideas.menu import IDEAS, Idea, find_idea
from shared.experiments.ideas.report import report_page
from shared.experiments.ideas.study import load_study, with_own_trials
from shared.experiments.ideas.trial import run_trial

__all__ = [
    "IDEAS",
    "Configuration",
    "ConfigurationError",
    "Idea",
    "Results",
    "find_idea",
    "load_study",
    "night",
    "report_page",
    "run_trial",
    "with_own_trials",
]
