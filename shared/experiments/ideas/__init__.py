"""The ideas that Lab 5 tries: a configuration, a menu, networks, and trials of all of them."""

from shared.experiments.ideas.configuration import Configuration, ConfigurationError
from shared.experiments.ideas.menu import IDEAS, Idea, find_idea
from shared.experiments.ideas.study import load_study

__all__ = ["IDEAS", "Configuration", "ConfigurationError", "Idea", "find_idea", "load_study"]
