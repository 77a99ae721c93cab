"""The ideas that Lab 5 tries: a configuration, a menu, networks, and trials of all of them."""

from shared.ideas.configuration import Configuration, ConfigurationError
from shared.ideas.menu import IDEAS, Idea, find_idea

__all__ = ["IDEAS", "Configuration", "ConfigurationError", "Idea", "find_idea"]
